/**
 * The Blockless ABI as a run's imports. Calls cost what WASI calls cost: a fixed part, and one for each byte that passes
 * between guest and host.
 * @module
 */
import {
  BLOCKLESS_NAMESPACES,
  type BlocklessFunction,
  type BlocklessNamespace,
} from '../../../core/wasm/blockless.ts'
import { ERRNO, RunEnd, WasiError } from '../wasi/abi.ts'
import type { GuestMemory } from '../wasi/guest-memory.ts'
import type { HostMeter } from '../wasi/meter.ts'
import { CGI_CODES, cgiCalls } from './cgi.ts'
import { DRIVER_CODES, driverCalls, SOCKET_CODES, socketCalls } from './drivers.ts'
import { HTTP_CODES, httpCalls } from './http.ts'
import { IPFS_CODES, ipfsCalls } from './ipfs.ts'
import { LLM_CODES, llmCalls } from './llm.ts'
import { type Environment, MEMORY_CODES, memoryCalls } from './memory.ts'
import { type AskHost, Outside } from './outside.ts'
import { CodeError, type Codes, ProblemError } from './problems.ts'
import { RPC_CODES, rpcCalls } from './rpc.ts'
import { S3_CODES, s3Calls } from './s3.ts'
import { Streams } from './streams.ts'

const OK = 0

// biome-ignore lint/suspicious/noExplicitAny: each call declares its own parameters; the engine passes what they say
type Call = (...values: any[]) => void
type Raw = number | bigint
type Imports = Record<string, (...values: Raw[]) => number | undefined>

export interface BlocklessWorld {
  readonly memory: GuestMemory
  readonly meter: HostMeter
}

export interface BlocklessRun {
  readonly input: Uint8Array
  readonly env?: Environment
}

export interface Blockless {
  imports<N extends BlocklessNamespace>(namespace: N): Record<BlocklessFunction<N>, Call>
  /** WASI imports that know the descriptors of streams to the outside as well. */
  withStreams(wasi: object): WebAssembly.ModuleImports
}

/** Without `askHost` every call to the outside is denied. A call after the run has ended ends it again. */
export function createBlockless(
  { memory, meter }: BlocklessWorld,
  { input, env = [] }: BlocklessRun,
  askHost: AskHost | undefined,
): Blockless {
  const outside = new Outside(memory, askHost)
  const streams = new Streams(outside)
  let ended: RunEnd | undefined

  const guarded =
    (call: Call, codes: Codes): Call =>
    (...values: Raw[]) => {
      if (ended !== undefined) throw ended
      try {
        meter.begin()
        call(...values.map((value) => (typeof value === 'number' ? value >>> 0 : value)))
        return OK
      } catch (error) {
        if (error instanceof ProblemError) return codes[error.problem]
        if (error instanceof CodeError) return error.value
        // Memory outside the guest's, or more buffers than a call takes.
        if (error instanceof WasiError) return error.errno === ERRNO.fault ? codes.fault : codes.invalid
        if (error instanceof RunEnd) ended = error
        throw error
      } finally {
        meter.end()
      }
    }

  const namespaces: {
    readonly [N in BlocklessNamespace]: readonly [Codes, () => Record<BlocklessFunction<N>, Call>]
  } = {
    blockless_memory: [MEMORY_CODES, () => memoryCalls(outside, input, env)],
    blockless_http: [HTTP_CODES, () => httpCalls(outside)],
    blockless_ipfs: [IPFS_CODES, () => ipfsCalls(outside)],
    blockless_s3: [S3_CODES, () => s3Calls(outside)],
    blockless_cgi: [CGI_CODES, () => cgiCalls(outside)],
    blockless_socket: [SOCKET_CODES, () => socketCalls(outside, streams)],
    blockless_drivers: [DRIVER_CODES, () => driverCalls(outside, streams)],
    blockless_llm: [LLM_CODES, () => llmCalls(outside)],
    bless: [RPC_CODES, () => rpcCalls(outside)],
  }

  return {
    imports(namespace) {
      const [codes, create] = namespaces[namespace]
      const calls = create() as Record<string, Call>
      const names = Object.keys(BLOCKLESS_NAMESPACES[namespace])
      return Object.fromEntries(
        // The table above has a call for every name.
        names.map((name) => [name, guarded(calls[name] as Call, codes)]),
      ) as Record<BlocklessFunction<typeof namespace>, Call>
    },
    withStreams(wasi) {
      const own = wasi as Imports
      const overridden = Object.entries(streams.calls).map(([name, call]) => {
        const streamCall = guarded(call, streams.codes)
        return [
          name,
          (fd: number, ...rest: Raw[]) =>
            streams.has(fd >>> 0) ? streamCall(fd, ...rest) : own[name]?.(fd, ...rest),
        ]
      })
      return { ...own, ...Object.fromEntries(overridden) }
    },
  }
}
