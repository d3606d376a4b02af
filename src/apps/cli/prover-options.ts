/**
 * Which prover: as the command line says it.
 * @module
 */
import { InvalidInputError } from '../../protocol/errors.ts'
import type { LocalProver, ProverChoice } from '../shared/prover.ts'
import { requiredText, textOption } from './arguments.ts'
import type { Options } from './command.ts'

const ENGINES = ['kernel', 'snarkjs', 'rapidsnark'] as const
const SHOWN_CHARS_MAX = 80

/** `--prover` of a node. */
export function proverOption(options: Options): ProverChoice {
  const text = requiredText(options, 'prover')
  if (text === 'redis') return { engine: 'redis', url: redisUrl('--prover redis', undefined) }
  if (/^rediss?:/.test(text)) return { engine: 'redis', url: redisUrl('--prover', text) }
  return localProver('--prover', text, options, ['redis', 'redis://host:port'])
}

/** `--engine` of a prover. */
export function engineOption(options: Options): LocalProver {
  return localProver('--engine', requiredText(options, 'engine'), options)
}

/** `text`, or else REDIS_URL. */
export function redisUrl(name: string, text: string | undefined): string {
  const url = text ?? process.env.REDIS_URL
  if (url === undefined || url === '')
    throw new InvalidInputError(name, 'names no Redis', {
      fix: 'set REDIS_URL to its address, such as redis://127.0.0.1:6379',
    })
  if (!URL.canParse(url) || !/^rediss?:$/.test(new URL(url).protocol) || new URL(url).hostname === '')
    throw new InvalidInputError(text === undefined ? 'REDIS_URL' : name, 'is not the address of a Redis', {
      fix: 'write it like redis://127.0.0.1:6379, or rediss:// for TLS',
    })
  if (text !== undefined && new URL(url).password !== '')
    throw new InvalidInputError(name, 'holds a password, which other users of this machine can read', {
      fix: 'put the address into REDIS_URL',
    })
  return url
}

function localProver(
  name: string,
  text: string,
  options: Options,
  others: readonly string[] = [],
): LocalProver {
  const engine = ENGINES.find((candidate) => candidate === text)
  if (engine === undefined)
    throw new InvalidInputError(
      name,
      `«${text.slice(0, SHOWN_CHARS_MAX)}» is none of ${[...ENGINES, ...others].join(', ')}`,
    )
  if (engine !== 'rapidsnark') return { engine }
  return { engine, binary: textOption(options, 'rapidsnark') ?? 'rapidsnark' }
}
