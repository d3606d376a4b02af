import type { RegisteredNode } from '../../../adapters/chain/reads.ts'
import { capabilityNames } from '../../../core/permissions/capability.ts'
import { sameHex } from '../../../crypto/bytes.ts'
import { openChain } from '../../shared/chain-access.ts'
import { grantsDiffer, readExtensions } from '../../shared/extensions.ts'
import { readNetworkFile } from '../../shared/network-file.ts'
import { requiredText, textOption } from '../arguments.ts'
import type { Run } from '../command.ts'
import { EXIT } from '../exit.ts'
import { readNodeNames } from '../node-folder.ts'
import { ether } from '../output.ts'

/** Until when the node is drawn, and what to do when it is not. */
function liveLine({ stake, liveFrom, liveUntil, jailedUntil }: RegisteredNode, epoch: number): string {
  if (epoch < jailedUntil) return `jailed: it may renew from epoch ${jailedUntil} on`
  if (liveUntil === 0) return 'no longer in the list: its stake was taken out'
  if (liveUntil <= epoch + 1)
    return `lapsed${liveUntil <= epoch ? '' : ' from the next epoch on'}: a running node renews by itself, or \`dikast node renew\``
  if (stake === 0n) return 'without stake'
  return `in epochs ${liveFrom} to ${liveUntil - 1}; a running node renews by itself`
}

export const run: Run = async ({ output, networkFile, rpcUrl }, _args, options) => {
  const dataFolder = requiredText(options, 'data')
  const { attestor, peer } = await readNodeNames(dataFolder)
  const extensions = readExtensions(dataFolder, textOption(options, 'extensions'))
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
  const grants = extensions.config.grants.map(({ permission }) => permission)
  const differ = grantsDiffer(node.capabilities, extensions.capabilities)
  const result = {
    attestor,
    peer,
    registered: true,
    ...node,
    currentEpoch,
    sealedEpoch: sealed?.epoch,
    sharePercent: share,
    gasBalance,
    grants,
    grantsDiffer: differ,
  }
  output.result(result, () => {
    output.line(`attestor    ${attestor}, peer ${peer}`)
    output.line(`operator    ${node.operator}`)
    output.line(
      `stake       ${ether(node.stake)}${node.unbonding > 0n ? `, ${ether(node.unbonding)} unbonding from epoch ${node.unbondingEpoch}` : ''}`,
    )
    output.line(`live        ${liveLine(node, currentEpoch)}`)
    output.line(`epoch       ${currentEpoch}; newest sealed ${sealed?.epoch ?? 'none'}`)
    output.line(
      `drawn from  ${member === undefined ? 'not in the newest snapshot: wait for the next seal' : `${share} % of the stake`}`,
    )
    output.line(
      `registered  for ${capabilityNames(node.capabilities).join(', ') || 'functions that need nothing outside'}`,
    )
    output.line(
      extensions.file === undefined
        ? 'grants      none: there is no extensions file'
        : `grants      ${grants.join(', ') || 'none'} (${extensions.file})`,
    )
    if (differ !== undefined) output.line(`  differs   ${differ.detail}: ${differ.fix}`)
    output.line(`gas         ${ether(gasBalance)} at the attestor, for standing in as a submitter`)
  })
  return EXIT.ok
}
