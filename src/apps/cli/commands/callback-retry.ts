import { ChainError } from '../../../ports/chain.ts'
import { openAccount, sendOrThrow } from '../account.ts'
import { parseDigest } from '../arguments.ts'
import { callbackGasOption, findFailedCallback } from '../callback.ts'
import type { Run } from '../command.ts'
import { EXIT } from '../exit.ts'

export const run: Run = async (context, [id = ''], options) => {
  const { output } = context
  const requestId = parseDigest('request', id)
  const account = await openAccount(context, options)
  const { chain, sender } = account
  try {
    const callback = await findFailedCallback(chain, requestId)
    const gas = callbackGasOption(options, callback)
    const call = chain.calls.retryCallback(callback.request, callback.result, gas)
    const { hash, blockNumber, gasUsed } = await sendOrThrow(sender, `retry:${requestId}`, call)
    const ok = await chain.audits.callbackRetriedIn(requestId, hash, blockNumber)
    if (ok === undefined)
      throw new ChainError('missing', `transaction ${hash} was mined, the node does not serve what it did`, {
        fix: `\`dikast status ${requestId}\` says how it ended`,
      })
    output.result({ requestId, ok, gas, transaction: hash, gasUsed }, () => {
      output.line(ok ? `called back ${callback.target}` : `${callback.target} failed again, with ${gas} gas`)
      if (!ok) output.line(`fix         \`dikast callback debug ${requestId}\` says why`)
    })
    return ok ? EXIT.ok : EXIT.no
  } finally {
    await account.close()
  }
}
