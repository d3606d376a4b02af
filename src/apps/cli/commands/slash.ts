import { describeCourse } from '../../../core/audit/finality.ts'
import { seatsOf } from '../../../core/certificate.ts'
import { memberAt } from '../../../core/snapshot.ts'
import { InvalidInputError } from '../../../protocol/errors.ts'
import type { Address, Certified, Request } from '../../../protocol/types.ts'
import type { ChainAccess } from '../../shared/chain-access.ts'
import { openAccount, sendOrThrow } from '../account.ts'
import { parseDigest } from '../arguments.ts'
import { findHeld, NotNowError } from '../challenges.ts'
import type { Run } from '../command.ts'
import { EXIT } from '../exit.ts'

export const run: Run = async (context, [id = ''], options) => {
  const { output } = context
  const requestId = parseDigest('request', id)
  const account = await openAccount(context, options)
  try {
    const { chain, sender } = account
    const { request, course, evidence } = await findHeld(chain, requestId)
    if (course.state !== 'overturned')
      throw new NotNowError(`nobody is to blame: ${describeCourse(course, evidence.readTime)}`, {
        fix: 'only who signed what a challenge overturned loses stake for it',
      })
    const { certified } = evidence
    const call = chain.calls.reportOverturned(request, certified)
    if (call === undefined)
      throw new InvalidInputError('network', 'the network file names no slasher', {
        fix: 'take the network file again from who runs the network',
      })
    const { hash, gasUsed } = await sendOrThrow(sender, `slash:${requestId}`, call)
    const signers = await signersOf(chain, request, certified)
    const challenger = evidence.challenge?.challenger
    output.result({ requestId, signers, challenger, transaction: hash, gasUsed }, () => {
      for (const signer of signers) output.line(`slashed     ${signer}, half of its stake`)
      output.line(`a tenth     of that is ${challenger}'s, who challenged`)
    })
    return EXIT.ok
  } finally {
    await account.close()
  }
}

async function signersOf(
  chain: ChainAccess,
  request: Request,
  { attempt, signers }: Certified,
): Promise<readonly Address[]> {
  const [snapshot, committee] = await Promise.all([
    chain.reads.snapshot(request.snapshot),
    chain.audits.committeeOf(request, attempt),
  ])
  return seatsOf(signers, committee.length).map(
    (seat) => memberAt(snapshot, committee[seat] ?? snapshot.members.length).attestor,
  )
}
