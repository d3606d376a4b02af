/**
 * From a module as published to the bytes that run, by the runtime profile.
 * @module
 */
import { createHash } from 'node:crypto'
import { meterLentModule } from '../../core/wasm/meter.ts'
import { prepareModule } from '../../core/wasm/prepare.ts'
import { ModuleRejectedError } from '../../core/wasm/reject.ts'
import { UNMETERED } from '../../ports/sandbox.ts'
import type { PrepareReply, PrepareRequest } from './messages.ts'

/** After a module of this size the thread is replaced, rather than waiting for its garbage collector. */
const BYTES_KEPT_MAX = 1024 * 1024
const DETAIL_CHARACTERS_MAX = 300

export function prepare({ hash, bytes, runtime, ...options }: PrepareRequest): PrepareReply {
  const spent = bytes.length > BYTES_KEPT_MAX
  if (`0x${createHash('sha256').update(bytes).digest('hex')}` !== hash) return { type: 'mismatch', spent }
  try {
    if (runtime === UNMETERED)
      return { type: 'prepared', bytes: copyOf(prepareModule(bytes, options)), spent }
    const { bytes: metered, memory } = meterLentModule(bytes, options)
    // What is added to a module must not make valid what was not.
    const problem = problemOf(bytes)
    if (problem !== undefined) return { type: 'rejected', detail: problem, spent }
    return { type: 'prepared', bytes: copyOf(metered), memory, spent }
  } catch (error) {
    if (!(error instanceof ModuleRejectedError)) throw error
    return { type: 'rejected', detail: error.message.slice(0, DETAIL_CHARACTERS_MAX), spent }
  }
}

/** Bytes that own their buffer, so that it can be handed over. */
function copyOf(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(bytes)
}

/** What the engine says is wrong with a module. Compiling is left out unless something is. */
function problemOf(bytes: Uint8Array): string | undefined {
  const own = copyOf(bytes)
  if (WebAssembly.validate(own)) return undefined
  try {
    new WebAssembly.Module(own)
    return undefined
  } catch (error) {
    return String(error instanceof Error ? error.message : error).slice(0, DETAIL_CHARACTERS_MAX)
  }
}
