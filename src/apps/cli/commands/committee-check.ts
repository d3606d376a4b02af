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
    if (posted === undefined)
      throw new InvalidInputError('committee', `no root of a committee of ${size} was ever posted`, {
        fix: `post one with \`dikast committee post --size ${size}\``,
      })
    const { epoch } = posted
    const right = keyRoot((await reads.committeeAt(epoch, size)).keys)
    const wasRight = right === posted.keyRoot
    output.progress('the chain computes the root, which takes one to two million gas')
    const call = chain.calls.checkCommittee(registry, epoch, size)
    const { hash, gasUsed } = await sendOrThrow(sender, `check:${epoch}:${size}`, call)
    const credit = await reads.creditOf(address)
    output.result(
      { epoch, size, keyRoot: wordText(right), wasRight, credit, transaction: hash, gasUsed },
      () => {
        output.line(
          `epoch ${epoch}'s committee of ${size}: the posted root was ${wasRight ? 'right' : 'WRONG'}`,
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
