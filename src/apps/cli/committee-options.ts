/** What the commands of standing committees share. */
import { toBytesBE, toHex } from '../../crypto/bytes.ts'
import type { Hex } from '../../protocol/types.ts'
import { STANDING_SIZE_MAX, STANDING_SIZE_MIN } from '../shared/committees.ts'
import { requiredText, textOption, wholeNumber } from './arguments.ts'
import type { Options } from './command.ts'

export function committeeSize(options: Options): number {
  return sizeOf('--size', requiredText(options, 'size'))
}

/** Of a coordinator: `--committees 15,30`, or none. */
export function committeeSizes(options: Options): readonly number[] {
  const list = textOption(options, 'committees')
  if (list === undefined) return []
  return [...new Set(list.split(',').map((size) => sizeOf('--committees', size)))]
}

function sizeOf(name: string, text: string): number {
  return wholeNumber(name, text, STANDING_SIZE_MIN, STANDING_SIZE_MAX)
}

/** A field element as people compare it. */
export function wordText(word: bigint): Hex {
  return toHex(toBytesBE(word, 32))
}
