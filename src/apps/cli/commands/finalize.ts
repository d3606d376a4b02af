import { describeCourse } from '../../../core/audit/finality.ts'
import type { RequestId } from '../../../protocol/types.ts'
import { type Account, openAccount, sendOrThrow } from '../account.ts'
import { parseDigest } from '../arguments.ts'
import { findHeld, type HeldRequest, NotNowError } from '../challenges.ts'
import type { Run } from '../command.ts'
import { EXIT } from '../exit.ts'

/** Whatever is left to do: settles or expires the request, and closes a challenge nobody decided. */
export const run: Run = async (context, [id = ''], options) => {
  const { output } = context
  const requestId = parseDigest('request', id)
  const account = await openAccount(context, options)
  try {
    const held = await findHeld(account.chain, requestId)
    const closed = await close(account, requestId, held)
    const finalized = await finalize(account, requestId, held)
    if (closed === undefined && finalized === undefined)
      throw new NotNowError(`nothing is left to do: ${wordsOf(held)}`)
    const after = await findHeld(account.chain, requestId)
    const { state, final, result } = after.course
    output.result({ requestId, state, final, ...result, closed, finalized }, () => {
      output.line(`status      ${wordsOf(after)}`)
      if (finalized !== undefined) output.line(`finalized   in ${finalized}`)
      if (closed !== undefined)
        output.line(`closed      in ${closed}: half the bond is the challenger’s again`)
      if (result !== undefined) output.line(`output      exit ${result.exit}, ${result.output}`)
    })
    return EXIT.ok
  } finally {
    await account.close()
  }
}

function wordsOf({ course, evidence }: HeldRequest): string {
  return describeCourse(course, evidence.readTime)
}

async function finalize(
  account: Account,
  requestId: RequestId,
  { request, course, read, evidence }: HeldRequest,
) {
  if (course.final) return undefined
  const { state, until } = course
  if (state === 'challenged' || (state === 'certified' && evidence.readTime < until))
    throw new NotNowError(describeCourse(course, evidence.readTime), { fix: 'try again when that is over' })
  // An undecided request has no output to bring.
  const call = account.chain.calls.finalize(request, read.certified.certified, course.result?.output ?? '0x')
  return (await sendOrThrow(account.sender, `finalize:${requestId}`, call)).hash
}

async function close({ chain, sender }: Account, requestId: RequestId, { course, evidence }: HeldRequest) {
  if (course.state !== 'undecided' || evidence.challenge?.closed !== undefined) return undefined
  const call = chain.calls.closeUndecided(requestId)
  return call && (await sendOrThrow(sender, `close:${requestId}`, call)).hash
}
