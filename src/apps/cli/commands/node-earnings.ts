import { openChain } from '../../shared/chain-access.ts'
import { readNetworkFile } from '../../shared/network-file.ts'
import { requiredText } from '../arguments.ts'
import type { Run } from '../command.ts'
import { earningsOf } from '../earnings.ts'
import { EXIT } from '../exit.ts'
import { readNodeNames } from '../node-folder.ts'
import { ether } from '../output.ts'
import { unclaimedShares } from '../shares.ts'

export const run: Run = async ({ output, networkFile, rpcUrl }, _args, options) => {
  const { attestor } = await readNodeNames(requiredText(options, 'data'))
  const chain = await openChain(readNetworkFile(networkFile), rpcUrl)
  const earned = await earningsOf(chain, attestor)
  const claimable = await chain.audits.nodeCreditOf(attestor)
  const unclaimed = await unclaimedShares(chain, attestor)
  const shares = { count: unclaimed.length, wei: unclaimed.reduce((sum, { wei }) => sum + wei, 0n) }
  const total = earned.reduce((sum, { wei }) => sum + wei, 0n)
  output.result({ attestor, total, claimable, shares, earned }, () => {
    for (const { requestId, as, seat, wei, time } of earned) {
      const when = new Date(Number(time) * 1000).toISOString().slice(0, 19)
      output.line(
        `${when}  ${requestId}  ${as === 'judge' ? 'judge in seat' : 'seat'} ${seat}  ${ether(wei)}`,
      )
    }
    output.line(`earned      ${ether(total)} from ${earned.length} seats`)
    output.line(`claimable   ${ether(claimable)}`)
    if (shares.count > 0)
      output.line(`unclaimed   ${ether(shares.wei)} in ${shares.count} shares of large committees`)
  })
  return EXIT.ok
}
