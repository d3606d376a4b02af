import { openAccount } from '../account.ts'
import { requiredText } from '../arguments.ts'
import type { Run } from '../command.ts'
import { EXIT } from '../exit.ts'
import { readNodeNames } from '../node-folder.ts'
import { renewNode } from '../operator.ts'

export const run: Run = async (context, _args, options) => {
  const { output } = context
  const { attestor } = await readNodeNames(requiredText(options, 'data'))
  const account = await openAccount(context, options)
  try {
    const { hash, gasUsed, liveUntil } = await renewNode(account, attestor)
    output.result({ attestor, liveUntil, transaction: hash, gasUsed }, () => {
      output.line(`renewed     ${attestor} is drawn before epoch ${liveUntil}, from the next sealed epoch on`)
    })
    return EXIT.ok
  } finally {
    await account.close()
  }
}
