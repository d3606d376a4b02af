import { InvalidInputError } from '../../../protocol/errors.ts'
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
    const amount = await chain.reads.creditOf(address)
    if (amount === 0n)
      throw new InvalidInputError('account', `${address} holds nothing in the market`, {
        fix: 'use the key of an account that does: `dikast account show` says what one holds',
      })
    const to = given ?? address
    const { hash, gasUsed } = await sendOrThrow(sender, `claim:${Date.now()}`, chain.calls.claim(to))
    output.result({ account: address, to, amount, transaction: hash, gasUsed }, () =>
      output.line(`claimed     ${ether(amount)} to ${to}`),
    )
    return EXIT.ok
  } finally {
    await account.close()
  }
}
