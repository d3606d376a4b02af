/**
 * Fuel of host calls (docs/spec/fuel.md, FUEL-30 to FUEL-34). What a call costs is known before its work is done, so that
 * no call is larger than the fuel that is left.
 * @module
 */
import { EXIT } from '../../../core/wasm/exit.ts'
import { RunEnd } from './abi.ts'

/** A call takes about as long as a thousand instructions. */
export const HOST_CALL_FUEL = 1_000
export const HOST_BYTE_FUEL = 1
/** A part of a path, also of a link on the way: a look into a table. */
export const PATH_PART_FUEL = 100
/** A directory's entry that a listing passes or gives, and a directory a renaming looks at. */
export const DIRECTORY_ENTRY_FUEL = 50
/** As `memory.fill`: a unit for each whole 8 bytes. */
const BYTES_MOVED_SHIFT = 3

export class HostMeter {
  #fuel: WebAssembly.Global<'i64'> | undefined
  /** While a call runs; fuel limits are far below 2^53. */
  #left = Number.POSITIVE_INFINITY

  /** Without it nothing is counted. */
  bind(fuel: WebAssembly.Global<'i64'>): void {
    this.#fuel = fuel
  }

  begin(): void {
    if (this.#fuel === undefined) return
    this.#left = Number(this.#fuel.value)
    this.take(HOST_CALL_FUEL)
  }

  /** Bytes between guest and host. */
  bytes(count: number): void {
    this.take(count * HOST_BYTE_FUEL)
  }

  /** Bytes the host clears or copies in its own memory. */
  moved(bytes: number): void {
    this.take(Math.floor(bytes / 2 ** BYTES_MOVED_SHIFT))
  }

  /** Whatever becomes of the call. */
  end(): void {
    if (this.#fuel !== undefined) this.#fuel.value = BigInt(this.#left)
  }

  /** Throws `RunEnd` when there is not enough left. */
  take(units: number): void {
    this.#left -= units
    if (this.#left < 0) throw new RunEnd(EXIT.outOfFuel)
  }
}
