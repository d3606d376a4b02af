/**
 * What snarkjs says while it works, a line at a time that somebody can read.
 * @module
 */
import type { CeremonyOptions } from '../../adapters/prover/ceremony.ts'
import type { Output } from './output.ts'

/** It says something for every few thousand points. */
const LINE_MS_MIN = 1_000
const LINE_CHARACTERS_MAX = 120

export function progressOf(output: Output): CeremonyOptions {
  let last = 0
  return {
    onProgress: (text) => {
      const now = performance.now()
      if (now - last < LINE_MS_MIN) return
      last = now
      output.progress(`  ${text.slice(0, LINE_CHARACTERS_MAX)}`)
    },
  }
}

export function nowSeconds(): number {
  return Math.floor(Date.now() / 1000)
}
