/**
 * Fuel of host calls: a fixed part for each, and one for each byte that passes between guest and host (docs/spec/fuel.md).
 * What a call costs is known before its work is done, so that no call is larger than the fuel that is left.
 * @module
 */
import { EXIT } from '../../../core/wasm/exit.ts'
import { RunEnd } from './abi.ts'

/** A call takes about as long as a thousand instructions. */
export const HOST_CALL_FUEL = 1_000
export const HOST_BYTE_FUEL = 1

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
    this.#take(HOST_CALL_FUEL)
  }

  /** Throws `RunEnd` when there is not enough left. */
  bytes(count: number): void {
    this.#take(count * HOST_BYTE_FUEL)
  }

  /** Whatever becomes of the call. */
  end(): void {
    if (this.#fuel !== undefined) this.#fuel.value = BigInt(this.#left)
  }

  #take(units: number): void {
    this.#left -= units
    if (this.#left < 0) throw new RunEnd(EXIT.outOfFuel)
  }
}
