/**
 * What the daemon and its executor child say to each other, by structured clone over the child's IPC channel.
 * @module
 */
import type { MemoryPages } from '../../core/wasm/meter.ts'
import type { GuestDirectory, SandboxFailureReason } from '../../ports/sandbox.ts'
import type { Hash } from '../../protocol/types.ts'
import type { HostAnswerMessage, HostCallMessage, WorkerBridge } from './host-bridge.ts'

/** A job without its module: the child asks for a module it does not have. */
export interface RunMessage {
  readonly id: number
  readonly moduleHash: Hash
  readonly runtime: string
  readonly fuelLimit: bigint
  readonly entry: string
  readonly input: Uint8Array
  readonly args?: readonly string[]
  readonly env?: readonly (readonly [name: string, value: string])[]
  readonly directories?: readonly GuestDirectory[]
  readonly keepsFiles?: boolean
  readonly seed: Uint8Array
  readonly clockNs: bigint
  readonly memoryBytesMax: number
  readonly outputBytesMax: number
  readonly wallClockMsMax: number
  /** Whether the daemon holds a host session for the job. */
  readonly hasHost?: boolean
}

export interface ModuleMessage {
  readonly type: 'module'
  readonly id: number
  readonly module: Uint8Array
}

/** Jobs in the order in which they begin. Several in one message: a message costs more than a trivial job. */
export interface RunsMessage {
  readonly type: 'runs'
  readonly runs: readonly RunMessage[]
}

export type ToExecutor = RunsMessage | ModuleMessage | HostAnswerMessage

export interface Finished {
  readonly type: 'finished'
  readonly exit: number
  readonly fuelUsed: bigint
  readonly output: Uint8Array
  readonly stderr: Uint8Array
  readonly directories?: readonly GuestDirectory[]
}

export interface Failed {
  readonly type: 'failed'
  readonly reason: SandboxFailureReason
  readonly detail: string
}

/** The caller's mistake: the module is not the one its hash names. */
export interface Invalid {
  readonly type: 'invalid'
  readonly field: string
  readonly problem: string
}

export type Outcome = Finished | Failed | Invalid

export type FromExecutor =
  | { readonly type: 'needModule'; readonly id: number }
  | HostCallMessage
  | {
      readonly type: 'outcomes'
      readonly outcomes: readonly { readonly id: number; readonly outcome: Outcome }[]
    }

export interface CompiledModule {
  readonly module: WebAssembly.Module
  /** Of the memory it is lent; without, it has its own. */
  readonly memory?: MemoryPages
}

/** From the executor to a worker thread. */
export interface WorkerJob {
  readonly compiled: CompiledModule
  readonly runs: readonly RunMessage[]
  /** Of `Claims`, where there are several runs. */
  readonly claims?: SharedArrayBuffer
  /** When the job has a host session. */
  readonly bridge?: WorkerBridge
}

/** From a worker thread. `spent` asks for the worker to be replaced: it holds much memory, or a used stack. */
export interface WorkerReply {
  /** Of the runs that were begun, in order. */
  readonly outcomes: readonly Outcome[]
  readonly ms: number
  readonly spent: boolean
}

/** From the executor to a thread that prepares modules. */
export interface PrepareRequest {
  readonly hash: Hash
  readonly bytes: Uint8Array
  readonly runtime: string
  readonly entry: string
  readonly memoryBytesMax: number
}

export type PrepareReply = { readonly spent: boolean } & (
  | {
      readonly type: 'prepared'
      readonly bytes: Uint8Array<ArrayBuffer>
      /** Of the memory it is to be lent. */
      readonly memory?: MemoryPages
    }
  /** Outside the profile: a result, the same everywhere. */
  | { readonly type: 'rejected'; readonly detail: string }
  | { readonly type: 'mismatch' }
)
