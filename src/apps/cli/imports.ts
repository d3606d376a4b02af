/**
 * Who answers what a module imports, and what of the outside that is.
 * @module
 */
import { wasiSignature } from '../../core/wasm/wasi.ts'

export type Answerer = 'wasi' | 'blockless' | 'none'

export function answererOf(module: string, name: string): Answerer {
  return wasiSignature(module, name) === undefined ? 'none' : 'wasi'
}
