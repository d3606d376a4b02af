import { openAccount } from '../account.ts'
import { parseAddress, requiredText, textOption } from '../arguments.ts'
import type { Run } from '../command.ts'
import { EXIT } from '../exit.ts'
import { readNodeNames } from '../node-folder.ts'
import { claimEarnings } from '../operator.ts'
import { ether } from '../output.ts'

export const run: Run = async (context, _args, options) => {
  const { output } = context
  const given = textOption(options, 'to')
  const other = given === undefined ? undefined : parseAddress('--to', given)
  const { attestor } = await readNodeNames(requiredText(options, 'data'))
  const account = await openAccount(context, options)
  try {
    const to = other ?? account.address
    const { hash, gasUsed, amount, shares } = await claimEarnings(account, attestor, to)
    output.result({ attestor, to, amount, shares, transaction: hash, gasUsed }, () => {
      if (shares.count > 0)
        output.line(`shares      ${shares.count} of large committees, ${ether(shares.wei)}`)
      output.line(`claimed     ${ether(amount)} to ${to}`)
    })
    return EXIT.ok
  } finally {
    await account.close()
  }
}
