import { openAccount } from '../account.ts'
import { parseSomeEther, requiredText } from '../arguments.ts'
import type { Run } from '../command.ts'
import { EXIT } from '../exit.ts'
import { readNodeNames } from '../node-folder.ts'
import { bondStake } from '../operator.ts'
import { ether } from '../output.ts'

export const run: Run = async (context, _args, options) => {
  const { output } = context
  const amount = parseSomeEther('--amount', requiredText(options, 'amount'))
  const { attestor } = await readNodeNames(requiredText(options, 'data'))
  const account = await openAccount(context, options)
  try {
    const { hash, gasUsed } = await bondStake(account, attestor, amount)
    output.result({ attestor, amount, transaction: hash, gasUsed }, () => {
      output.line(`bonded      ${ether(amount)} to ${attestor}; it counts from the next sealed epoch`)
    })
    return EXIT.ok
  } finally {
    await account.close()
  }
}
