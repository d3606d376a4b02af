import { openAccount } from '../account.ts'
import { requiredText } from '../arguments.ts'
import type { Run } from '../command.ts'
import { wordText } from '../committee-options.ts'
import { EXIT } from '../exit.ts'
import { readNodeKeys } from '../node-folder.ts'
import { registerSchnorrKey } from '../operator.ts'

export const run: Run = async (context, _args, options) => {
  const { output } = context
  const keys = await readNodeKeys(requiredText(options, 'data'))
  const account = await openAccount(context, options)
  try {
    const { attestor } = keys
    const { hash, gasUsed, key } = await registerSchnorrKey(account, keys)
    output.result({ attestor, key: wordText(key), transaction: hash, gasUsed }, () => {
      output.line(`key         ${wordText(key)}`)
      output.line(`of          ${attestor}, for good, from the next epoch on`)
    })
    return EXIT.ok
  } finally {
    await account.close()
  }
}
