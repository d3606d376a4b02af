/** Guests that show what they were given, for the sandbox's tests. @module */
import { createHash } from 'node:crypto'
import { METERED, type SandboxJob } from '../../../../src/ports/sandbox.ts'
import type { Hash } from '../../../../src/protocol/types.ts'
import { type Code, call, DROP, guest, i32, i64, load, store } from '../../../fixtures/wasm/assemble.ts'

export function jobOf(module: Uint8Array, overrides: Partial<SandboxJob> = {}): SandboxJob {
  const moduleHash: Hash = `0x${createHash('sha256').update(module).digest('hex')}`
  return {
    moduleHash,
    module,
    runtime: METERED,
    fuelLimit: 1_000_000_000n,
    entry: '_start',
    input: new Uint8Array(),
    seed: new Uint8Array(32),
    clockNs: 0n,
    memoryBytesMax: 4 * 1024 * 1024,
    outputBytesMax: 1024,
    wallClockMsMax: 60_000,
    ...overrides,
  }
}

/** `function(…arguments)`, its errno dropped. */
const host = (index: number, ...values: readonly Code[]): Code => [...values.flat(), ...call(index), DROP]
const iovec = (at: number, length: Code): Code => [...store(0, i32(at)), ...store(4, length)]

/** Writes its arguments and its environment to standard output, each text with its NUL. */
export const TEXTS = guest({
  imports: ['args_sizes_get', 'args_get', 'environ_sizes_get', 'environ_get', 'fd_write'],
  start: [
    ...host(0, i32(16), i32(20)),
    ...host(1, i32(1024), i32(4096)),
    ...iovec(4096, load(20)),
    ...host(4, i32(1), i32(0), i32(1), i32(8)),
    ...host(2, i32(16), i32(20)),
    ...host(3, i32(1024), i32(4096)),
    ...iovec(4096, load(20)),
    ...host(4, i32(1), i32(0), i32(1), i32(8)),
  ],
})

const RIGHT_READ = 2n
const RIGHT_WRITE = 64n
const CREATE = 1
/** `in/a.txt` of descriptor 3 to standard output and to `out/b.txt` of descriptor 3, with a directory `empty`. */
export const COPY = guest({
  imports: ['path_open', 'fd_read', 'fd_write', 'path_create_directory'],
  data: [
    { at: 100, bytes: 'in/a.txt' },
    { at: 120, bytes: 'out/b.txt' },
    { at: 140, bytes: 'empty' },
    { at: 150, bytes: 'out' },
  ],
  start: [
    ...host(0, i32(3), i32(0), i32(100), i32(8), i32(0), i64(RIGHT_READ), i64(0n), i32(0), i32(40)),
    ...iovec(200, i32(1000)),
    ...host(1, load(40), i32(0), i32(1), i32(8)),
    ...iovec(200, load(8)),
    ...host(2, i32(1), i32(0), i32(1), i32(12)),
    ...host(3, i32(3), i32(150), i32(3)),
    ...host(3, i32(3), i32(140), i32(5)),
    ...host(0, i32(3), i32(0), i32(120), i32(9), i32(CREATE), i64(RIGHT_WRITE), i64(0n), i32(0), i32(40)),
    ...host(2, load(40), i32(0), i32(1), i32(12)),
  ],
})
