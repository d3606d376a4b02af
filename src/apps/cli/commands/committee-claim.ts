import { InvalidInputError } from '../../../protocol/errors.ts'
import { standingOf } from '../../shared/committees.ts'
import { openAccount, sendOrThrow } from '../account.ts'
import { parseAddress, textOption } from '../arguments.ts'
import type { Run } from '../command.ts'
import { EXIT } from '../exit.ts'
import { ether } from '../output.ts'

export const run: Run = async (context, _args, options) => {
  const { output } = context
  const other = textOption(options, 'to')
  const given = other === undefined ? undefined : parseAddress('--to', other)
  const account = await openAccount(context, options)
  const { chain, sender, address } = account
  try {
    const { reads, registry } = standingOf(chain)
    const amount = await reads.creditOf(address)
    if (amount === 0n)
      throw new InvalidInputError('account', `no bond is owed to ${address}`, {
        fix: 'a bond is its poster’s again once its root counts, or whose `dikast committee check` found it wrong',
      })
    const to = given ?? address
    const call = chain.calls.claimCommitteeBond(registry, to)
    const { hash, gasUsed } = await sendOrThrow(sender, `claim:${Date.now()}`, call)
    output.result({ account: address, to, amount, transaction: hash, gasUsed }, () =>
      output.line(`claimed     ${ether(amount)} to ${to}`),
    )
    return EXIT.ok
  } finally {
    await account.close()
  }
}
