import { capabilityNames } from '../../../core/permissions/capability.ts'
import type { Hex } from '../../../protocol/types.ts'
import { readExtensions } from '../../shared/extensions.ts'
import { openAccount } from '../account.ts'
import { parseSomeEther, requiredText, textOption } from '../arguments.ts'
import type { Run } from '../command.ts'
import { EXIT } from '../exit.ts'
import { readNodeKeys } from '../node-folder.ts'
import { registerNode } from '../operator.ts'
import { ether } from '../output.ts'

export const run: Run = async (context, _args, options) => {
  const { output } = context
  const stake = parseSomeEther('--stake', requiredText(options, 'stake'))
  const dataFolder = requiredText(options, 'data')
  const { file, capabilities } = readExtensions(dataFolder, textOption(options, 'extensions'))
  const keys = await readNodeKeys(dataFolder)
  const account = await openAccount(context, options)
  try {
    const { hash, gasUsed } = await registerNode(account, keys, stake, capabilities)
    output.result(
      {
        attestor: keys.attestor,
        peer: keys.peer,
        operator: account.address,
        stake,
        capabilities,
        transaction: hash,
        gasUsed,
      },
      () => {
        output.line(`registered  ${keys.attestor}, peer ${keys.peer}`)
        output.line(`operator    ${account.address}, stake ${ether(stake)}`)
        output.line(describe(capabilities, file))
        output.line('next        `dikast node start`; it may be drawn from the next sealed epoch on')
      },
    )
    return EXIT.ok
  } finally {
    await account.close()
  }
}

function describe(capabilities: Hex, file: string | undefined): string {
  const names = capabilityNames(capabilities)
  return `offers      ${names.length === 0 ? 'nothing outside the sandbox' : `${names.join(', ')}, as ${file} grants`}`
}
