import { openAccount, sendOrThrow } from '../account.ts'
import { parseAddress, parseSomeEther, requiredText, textOption } from '../arguments.ts'
import type { Run } from '../command.ts'
import { EXIT } from '../exit.ts'
import { ether } from '../output.ts'

export const run: Run = async (context, _args, options) => {
  const { output } = context
  const amount = parseSomeEther('--amount', requiredText(options, 'amount'))
  const other = textOption(options, 'for')
  const given = other === undefined ? undefined : parseAddress('--for', other)
  const payer = await openAccount(context, options)
  const { chain, sender } = payer
  try {
    const account = given ?? payer.address
    const call = chain.calls.deposit(account, amount)
    const { hash, gasUsed } = await sendOrThrow(sender, `deposit:${Date.now()}`, call)
    const credit = await chain.reads.creditOf(account)
    output.result({ account, amount, credit, transaction: hash, gasUsed }, () => {
      output.line(`deposited   ${ether(amount)} for ${account}`)
      output.line(`credit      ${ether(credit)}`)
    })
    return EXIT.ok
  } finally {
    await payer.close()
  }
}
