import { openAccount } from '../account.ts'
import { parseSomeEther, requiredText } from '../arguments.ts'
import type { Run } from '../command.ts'
import { EXIT } from '../exit.ts'
import { readNodeKeys } from '../node-folder.ts'
import { registerNode } from '../operator.ts'
import { ether } from '../output.ts'

export const run: Run = async (context, _args, options) => {
  const { output } = context
  const stake = parseSomeEther('--stake', requiredText(options, 'stake'))
  const keys = await readNodeKeys(requiredText(options, 'data'))
  const account = await openAccount(context, options)
  try {
    const { hash, gasUsed } = await registerNode(account, keys, stake)
    output.result(
      {
        attestor: keys.attestor,
        peer: keys.peer,
        operator: account.address,
        stake,
        transaction: hash,
        gasUsed,
      },
      () => {
        output.line(`registered  ${keys.attestor}, peer ${keys.peer}`)
        output.line(`operator    ${account.address}, stake ${ether(stake)}`)
        output.line('next        `dikast node start`; it may be drawn from the next sealed epoch on')
      },
    )
    return EXIT.ok
  } finally {
    await account.close()
  }
}
