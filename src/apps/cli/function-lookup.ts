/**
 * A function by its id or its name.
 * @module
 */
import type { DeployedFunction } from '../../ports/market.ts'
import { InvalidInputError } from '../../protocol/errors.ts'
import type { Hex } from '../../protocol/types.ts'
import type { ChainAccess } from '../shared/chain-access.ts'

/** What the registry takes: 3 to 32 of a-z, 0-9 and the hyphen, which neither begins nor ends a name. */
const NAME = /^[a-z0-9][a-z0-9-]{1,30}[a-z0-9]$/

export function parseFunctionName(option: string, text: string): string {
  if (NAME.test(text)) return text
  throw new InvalidInputError(option, `«${text.slice(0, 80)}» is not a name`, {
    fix: 'a name is 3 to 32 of a-z, 0-9 and -, and neither begins nor ends with -',
  })
}

/** Throws `InvalidInputError` when there is none. */
export async function findFunction(chain: ChainAccess, idOrName: string): Promise<DeployedFunction> {
  const isId = /^0x[0-9a-fA-F]{64}$/.test(idOrName)
  if (!isId && !NAME.test(idOrName)) {
    throw new InvalidInputError(
      'function',
      `«${idOrName.slice(0, 80)}» is neither a function id nor a name`,
      {
        fix: 'an id is 0x and 64 hexadecimal digits; a name is 3 to 32 of a-z, 0-9 and -',
      },
    )
  }
  const functionId = isId ? (idOrName.toLowerCase() as Hex) : await chain.reads.resolve(idOrName)
  const found = functionId === undefined ? undefined : await chain.reads.functionById(functionId)
  if (found === undefined) {
    throw new InvalidInputError('function', `nothing is deployed as «${idOrName}» on this network`, {
      fix: '`dikast function list` shows what is',
    })
  }
  return found
}
