import { keyRoot } from '../../../crypto/committee-proof.ts'
import { InvalidInputError } from '../../../protocol/errors.ts'
import { standingOf } from '../../shared/committees.ts'
import { openAccount, sendOrThrow } from '../account.ts'
import type { Run } from '../command.ts'
import { committeeSize, wordText } from '../committee-options.ts'
import { EXIT } from '../exit.ts'
import { ether } from '../output.ts'

export const run: Run = async (context, _args, options) => {
  const { output } = context
  const size = committeeSize(options)
  const account = await openAccount(context, options)
  const { chain, sender, address } = account
  try {
    const { reads, registry } = standingOf(chain)
    const posted = await reads.posted(size)
    const newest = await chain.reads.latestSealedEpoch()
    // What was posted last, unless that counts already; else the newest epoch's, which nobody need have posted.
    const isUndecided = posted !== undefined && (await reads.latest(size))?.epoch !== posted.epoch
    const epoch = isUndecided ? posted.epoch : newest
    if (epoch === undefined)
      throw new InvalidInputError('network', 'has never sealed an epoch', {
        fix: 'try again after the first seal',
      })
    const right = keyRoot((await reads.committeeAt(epoch, size)).keys)
    const wasRight = !isUndecided || right === posted.keyRoot
    output.progress('the chain computes the root, which takes up to three million gas')
    const call = chain.calls.checkCommittee(registry, epoch, size)
    const { hash, gasUsed } = await sendOrThrow(sender, `check:${epoch}:${size}`, call)
    const credit = await reads.creditOf(address)
    output.result(
      { epoch, size, keyRoot: wordText(right), wasRight, credit, transaction: hash, gasUsed },
      () => {
        output.line(
          `epoch ${epoch}'s committee of ${size}: ${isUndecided ? `the posted root was ${wasRight ? 'right' : 'WRONG'}` : 'nobody had posted its root'}`,
        )
        output.line(`key root    ${wordText(right)}, which counts from now on`)
        if (credit > 0n) output.line(`yours       ${ether(credit)} of bonds: \`dikast committee claim\``)
      },
    )
    return EXIT.ok
  } finally {
    await account.close()
  }
}
