import { openAccount } from '../account.ts'
import { parseSomeEther, requiredText } from '../arguments.ts'
import type { Run } from '../command.ts'
import { EXIT } from '../exit.ts'
import { readNodeNames } from '../node-folder.ts'
import { unbondStake } from '../operator.ts'
import { ether } from '../output.ts'

export const run: Run = async (context, _args, options) => {
  const { output } = context
  const asked = requiredText(options, 'amount')
  const wanted = asked === 'all' ? asked : parseSomeEther('--amount', asked)
  const { attestor } = await readNodeNames(requiredText(options, 'data'))
  const account = await openAccount(context, options)
  try {
    const { hash, gasUsed, amount } = await unbondStake(account, attestor, wanted)
    output.result({ attestor, amount, transaction: hash, gasUsed }, () => {
      output.line(`unbonding   ${ether(amount)} of ${attestor}`)
      output.line('next        `dikast node withdraw`, once the unbonding period after the next seal is over')
    })
    return EXIT.ok
  } finally {
    await account.close()
  }
}
