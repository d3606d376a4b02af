import { openAccount } from '../account.ts'
import { awaitSnapshot, coverageOf, describeCoverage } from '../capability-snapshot.ts'
import type { Run } from '../command.ts'
import { EXIT } from '../exit.ts'
import { findFunction } from '../function-lookup.ts'

export const run: Run = async (context, [idOrName = ''], options) => {
  const { output } = context
  const account = await openAccount(context, options)
  try {
    const { functionId, spec } = await findFunction(account.chain, idOrName)
    const { capabilities, committeeSize } = spec
    if (BigInt(capabilities) === 0n) {
      output.result({ functionId, capabilities, state: 'sealed' }, () =>
        output.line(`${functionId} reaches nothing outside: its committees are drawn from every node`),
      )
      return EXIT.ok
    }
    const state = await awaitSnapshot(account, output, { capabilities, committeeSize, waitMsMax: 0 })
    const coverage = await coverageOf(account.chain, capabilities)
    output.result({ functionId, capabilities, state, ...coverage }, () => {
      if (coverage !== undefined) output.line(describeCoverage(coverage, capabilities, committeeSize))
      if (state === 'sealed') output.line(`sealed for epoch ${coverage?.epoch}: it can be requested`)
    })
    return state === 'sealed' ? EXIT.ok : EXIT.no
  } finally {
    await account.close()
  }
}
