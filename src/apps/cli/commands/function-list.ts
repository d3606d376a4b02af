import { CONSENSUS } from '../../../protocol/types.ts'
import { openChain } from '../../shared/chain-access.ts'
import { readNetworkFile } from '../../shared/network-file.ts'
import type { Run } from '../command.ts'
import { EXIT } from '../exit.ts'
import { describeFuelTerms } from '../fuel.ts'
import { ether } from '../output.ts'

export const run: Run = async ({ output, networkFile, rpcUrl }) => {
  const chain = await openChain(readNetworkFile(networkFile), rpcUrl)
  const functions = await chain.audits.functions()
  output.result(functions, () => {
    if (functions.length === 0)
      output.line('no function is deployed; `dikast function deploy <module>` deploys one')
    for (const { functionId, spec, names } of functions) {
      const consensus = CONSENSUS[spec.consensus] ?? 'exact'
      const label = names.length === 0 ? '(no name)' : names.join(', ')
      output.line(
        `${functionId}  ${label}  ${consensus} ${spec.committeeSize}  ${ether(spec.flatFeePerSeat)} a seat, fuel ${describeFuelTerms(spec)}`,
      )
    }
  })
  return EXIT.ok
}
