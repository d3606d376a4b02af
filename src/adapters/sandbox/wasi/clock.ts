const READ_NS = 1_000n

/**
 * Virtual time: it starts where the request says (ENV-2), moves by a microsecond with every reading, and jumps when
 * the guest waits. Nothing of the host's clock shows through.
 */
export class VirtualClock {
  readonly #startNs: bigint
  #elapsedNs = 0n

  constructor(startNs: bigint) {
    this.#startNs = BigInt.asUintN(64, startNs)
  }

  /** Nanoseconds since 1970. */
  realtime(): bigint {
    return BigInt.asUintN(64, this.#startNs + this.monotonic())
  }

  /** Nanoseconds since the start. */
  monotonic(): bigint {
    const now = this.#elapsedNs
    this.advance(READ_NS)
    return now
  }

  /** How long from now until a deadline, without reading the clock; 0 when it is past. */
  until(deadlineNs: bigint, clock: 'realtime' | 'monotonic'): bigint {
    const now = clock === 'realtime' ? this.#startNs + this.#elapsedNs : this.#elapsedNs
    return deadlineNs > now ? deadlineNs - now : 0n
  }

  /** Nanoseconds since 1970, without reading the clock. */
  now(): bigint {
    return BigInt.asUintN(64, this.#startNs + this.#elapsedNs)
  }

  advance(ns: bigint): void {
    this.#elapsedNs = BigInt.asUintN(64, this.#elapsedNs + ns)
  }
}
