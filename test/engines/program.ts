/**
 * A program that calls no host, metered: what it leaves in its memory, and its fuel.
 * @module
 */
import { createHash } from 'node:crypto'
import { meterModule } from '../../src/core/wasm/meter.ts'

const OPTIONS = { entry: '_start', memoryBytesMax: 256 * 65_536 }
const FUEL = 10n ** 12n
const STACK_BYTES = 8 * 1024 * 1024

export interface ProgramOutcome {
  readonly memoryHash: string
  readonly fuelUsed: string
  /** NaNs that are canonical, and others, in memory: a program that shows none proves nothing about them. */
  readonly nans: number
  readonly otherNans: number
}

export function runProgram(module: Uint8Array): ProgramOutcome {
  const metered = Uint8Array.from(meterModule(module, OPTIONS))
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(metered))
  const fuel = exports.$fuel as WebAssembly.Global<'i64'>
  fuel.value = FUEL
  ;(exports.$depth as WebAssembly.Global<'i32'>).value = STACK_BYTES
  ;(exports._start as () => void)()
  const memory = (exports.memory as WebAssembly.Memory).buffer
  let nans = 0
  let otherNans = 0
  for (const word of new BigUint64Array(memory)) {
    if ((word & 0x7fff_ffff_ffff_ffffn) <= 0x7ff0_0000_0000_0000n) continue
    if (word === 0x7ff8_0000_0000_0000n) nans++
    else otherNans++
  }
  const memoryHash = createHash('sha256').update(new Uint8Array(memory)).digest('hex')
  return { memoryHash, fuelUsed: String(FUEL - fuel.value), nans, otherNans }
}
