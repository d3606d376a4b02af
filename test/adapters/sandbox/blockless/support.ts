/** The calls of the ABI without a guest, on a memory of one's own, and jobs for guests built with the SDK. */
import { createHash } from 'node:crypto'
import { type BlocklessRun, createBlockless } from '../../../../src/adapters/sandbox/blockless/imports.ts'
import type { AskHost } from '../../../../src/adapters/sandbox/blockless/outside.ts'
import { RunEnd } from '../../../../src/adapters/sandbox/wasi/abi.ts'
import { createImports, WASI_FUNCTIONS } from '../../../../src/adapters/sandbox/wasi/imports.ts'
import { createWorld } from '../../../../src/adapters/sandbox/wasi/world.ts'
import type { HostAnswer, HostCall } from '../../../../src/core/host-call.ts'
import { encodeAnswer } from '../../../../src/core/host-codec.ts'
import { BLOCKLESS_NAMESPACES, type BlocklessNamespace } from '../../../../src/core/wasm/blockless.ts'
import type { HostSession } from '../../../../src/ports/host.ts'
import { METERED, type SandboxJob } from '../../../../src/ports/sandbox.ts'
import type { Hash } from '../../../../src/protocol/types.ts'

export const MEMORY_BYTES = 4 * 65_536
/** Where tests put texts and results. */
export const AT = 4_096
export const RESULT = 64

type Name = { [N in BlocklessNamespace]: keyof (typeof BLOCKLESS_NAMESPACES)[N] }[BlocklessNamespace]

type Calls = Record<string, (...values: (number | bigint)[]) => unknown>

export class Guest {
  readonly memory = new WebAssembly.Memory({ initial: 4 })
  readonly fuel = new WebAssembly.Global({ value: 'i64', mutable: true }, 1_000_000_000n)
  readonly #calls: Calls
  readonly #wasi: Calls
  #next = AT

  constructor(ask?: AskHost, run: Partial<BlocklessRun> = {}) {
    const input = run.input ?? new Uint8Array()
    const world = createWorld({ input, seed: new Uint8Array(32), clockNs: 0n, outputBytesMax: 1024 })
    world.memory.bind(this.memory)
    world.meter.bind(this.fuel as WebAssembly.Global<'i64'>)
    const blockless = createBlockless(world, { ...run, input }, ask)
    const namespaces = Object.keys(BLOCKLESS_NAMESPACES) as BlocklessNamespace[]
    this.#calls = Object.assign({}, ...namespaces.map((name) => blockless.imports(name)))
    this.#wasi = blockless.withStreams(
      createImports(world, 'wasi_snapshot_preview1', WASI_FUNCTIONS),
    ) as unknown as Calls
  }

  /** The code, or how the run ended. */
  call(name: Name, ...values: number[]): number | string {
    return this.#run(this.#calls[name], values)
  }

  wasi(name: string, ...values: (number | bigint)[]): number | string {
    return this.#run(this.#wasi[name], values)
  }

  #run(call: ((...values: (number | bigint)[]) => unknown) | undefined, values: (number | bigint)[]) {
    if (call === undefined) throw new Error('no such call')
    try {
      return call(...values) as number
    } catch (error) {
      if (error instanceof RunEnd) return `end 0x${error.exit.toString(16)}`
      throw error
    }
  }

  /** Puts a text into the memory: pointer and length. */
  put(content: string | Uint8Array): [pointer: number, length: number] {
    const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content
    const at = this.#next
    this.#next += bytes.length
    new Uint8Array(this.memory.buffer).set(bytes, at)
    return [at, bytes.length]
  }

  u32(at = RESULT): number {
    return new DataView(this.memory.buffer).getUint32(at, true)
  }

  text(at: number, length: number): string {
    return Buffer.from(this.memory.buffer.slice(at, at + length)).toString()
  }

  /** Opens a descriptor's vector at 16: what `fd_read` and `fd_write` take. */
  vector(at: number, length: number): [pointer: number, count: number] {
    new DataView(this.memory.buffer).setUint32(16, at, true)
    new DataView(this.memory.buffer).setUint32(20, length, true)
    return [16, 1]
  }
}

/** A host that answers every call alike, and keeps what it was asked. */
export function answering(answer: HostAnswer | ((call: HostCall) => HostAnswer)) {
  const asked: HostCall[] = []
  const ask: AskHost = (call) => {
    asked.push(call)
    return encodeAnswer(typeof answer === 'function' ? answer(call) : answer)
  }
  return { ask, asked }
}

/** The same as a session. */
export function sessionOf(answer: (call: HostCall) => HostAnswer | Promise<HostAnswer>): HostSession {
  return { call: async (call) => encodeAnswer(await answer(call)), close: async () => {} }
}

export function jobOf(module: Uint8Array, input: string, overrides: Partial<SandboxJob> = {}): SandboxJob {
  const moduleHash: Hash = `0x${createHash('sha256').update(module).digest('hex')}`
  return {
    moduleHash,
    module,
    runtime: METERED,
    fuelLimit: 1_000_000_000n,
    entry: '_start',
    input: new TextEncoder().encode(input),
    seed: new Uint8Array(32),
    clockNs: 0n,
    memoryBytesMax: 16 * 1024 * 1024,
    outputBytesMax: 32_768,
    wallClockMsMax: 60_000,
    ...overrides,
  }
}
