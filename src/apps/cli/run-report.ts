/**
 * What `dikast run --json` prints.
 * @module
 */
import { blocklessExitOf } from '../../core/wasm/blockless-exit.ts'
import { describeExit } from '../../core/wasm/exit.ts'
import { toHex } from '../../crypto/bytes.ts'
import type { SandboxJob, SandboxResult } from '../../ports/sandbox.ts'
import type { FileChange } from './guest-folder.ts'

/** Text where the bytes are UTF-8, else base64. */
export type Written = { readonly bytes: number } & ({ readonly text: string } | { readonly base64: string })

export interface RunReport {
  readonly exit: number
  readonly exitWords: string
  readonly blocklessExit: number
  readonly fuelUsed: bigint
  readonly limits: {
    readonly fuel: bigint
    readonly memoryBytes: number
    readonly outputBytes: number
  }
  readonly output: Written
  readonly stderr: Written
  /** What the guest changed in the directories it was given; none when it trapped or met a limit. */
  readonly files: readonly FileChange[]
  readonly moduleHash: string
  readonly moduleBytes: number
  readonly runtime: string
  readonly entry: string
  readonly seed: string
  readonly timeNs: bigint
  /** Of what it asked the outside and the answers; undefined when it could ask nothing. */
  readonly transcriptDigest: string | undefined
}

export function runReportOf(
  job: SandboxJob,
  result: SandboxResult,
  files: readonly FileChange[],
  transcriptDigest: string | undefined,
): RunReport {
  const { exit, fuelUsed, output, stderr } = result
  return {
    exit,
    exitWords: describeExit(exit),
    blocklessExit: blocklessExitOf(exit),
    fuelUsed,
    limits: { fuel: job.fuelLimit, memoryBytes: job.memoryBytesMax, outputBytes: job.outputBytesMax },
    output: writtenOf(output),
    stderr: writtenOf(stderr),
    files,
    moduleHash: job.moduleHash,
    moduleBytes: job.module.length,
    runtime: job.runtime,
    entry: job.entry,
    seed: toHex(job.seed),
    timeNs: job.clockNs,
    transcriptDigest,
  }
}

export function writtenOf(bytes: Uint8Array): Written {
  try {
    // A byte order mark is part of what was written.
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    return { bytes: bytes.length, text }
  } catch {
    return { bytes: bytes.length, base64: Buffer.from(bytes).toString('base64') }
  }
}
