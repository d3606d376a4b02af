import { sameHex } from '../../../crypto/bytes.ts'
import { openChain } from '../../shared/chain-access.ts'
import { readNetworkFile } from '../../shared/network-file.ts'
import { requiredText } from '../arguments.ts'
import type { Run } from '../command.ts'
import { EXIT } from '../exit.ts'
import { readNodeNames } from '../node-folder.ts'
import { ether } from '../output.ts'

export const run: Run = async ({ output, networkFile, rpcUrl }, _args, options) => {
  const { attestor, peer } = await readNodeNames(requiredText(options, 'data'))
  const chain = await openChain(readNetworkFile(networkFile), rpcUrl)
  const node = await chain.reads.node(attestor)
  if (node === undefined) {
    output.result({ attestor, peer, registered: false }, () => {
      output.line(`${attestor} is not registered; \`dikast node register\` registers it`)
    })
    return EXIT.no
  }
  const currentEpoch = await chain.reads.currentEpoch()
  const sealed = await chain.reads.latestSnapshot()
  // An epoch nobody stakes in is sealed empty.
  const snapshot =
    sealed === undefined || sealed.count === 0 ? undefined : await chain.reads.snapshot(sealed.blob)
  const member = snapshot?.members.find((candidate) => sameHex(candidate.attestor, attestor))
  const share =
    snapshot === undefined || member === undefined
      ? 0
      : Number((member.weight * 1_000_000n) / snapshot.totalWeight) / 10_000
  const gasBalance = await chain.reader.balance(attestor)
  const result = {
    attestor,
    peer,
    registered: true,
    ...node,
    currentEpoch,
    sealedEpoch: sealed?.epoch,
    sharePercent: share,
    gasBalance,
  }
  output.result(result, () => {
    output.line(`attestor    ${attestor}, peer ${peer}`)
    output.line(`operator    ${node.operator}`)
    output.line(
      `stake       ${ether(node.stake)}${node.unbonding > 0n ? `, ${ether(node.unbonding)} unbonding from epoch ${node.unbondingEpoch}` : ''}`,
    )
    output.line(`epoch       ${currentEpoch}; newest sealed ${sealed?.epoch ?? 'none'}`)
    output.line(
      `drawn from  ${member === undefined ? 'not in the newest snapshot: wait for the next seal' : `${share} % of the stake`}`,
    )
    output.line(`gas         ${ether(gasBalance)} at the attestor, for standing in as a submitter`)
  })
  return EXIT.ok
}
