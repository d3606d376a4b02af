/**
 * Which prover a process uses, and how it is opened.
 * @module
 */
import { openQueueProver } from '../../adapters/proof-queue/queue-prover.ts'
import { ProcessProver } from '../../adapters/prover/process-prover.ts'
import { openRapidsnark } from '../../adapters/prover/rapidsnark.ts'
import type { Log } from '../../ports/log.ts'
import type { Prover } from '../../ports/prover.ts'

/** One that proves on this machine. */
export type LocalProver =
  | { readonly engine: 'kernel' | 'snarkjs' }
  | {
      readonly engine: 'rapidsnark'
      /** A path, or a name on PATH. */
      readonly binary: string
    }

export type ProverChoice = LocalProver | { readonly engine: 'redis'; readonly url: string }

export const KERNEL: LocalProver = { engine: 'kernel' }

export interface LocalProverOptions {
  readonly log: Log
  readonly threads?: number
  readonly keyBytesMax?: number
}

/** Throws `RapidsnarkMissingError`. */
export async function openLocalProver(
  choice: LocalProver,
  { log, threads, keyBytesMax }: LocalProverOptions,
): Promise<Prover> {
  const bounds = keyBytesMax === undefined ? {} : { keyBytesMax }
  if (choice.engine === 'rapidsnark')
    return openRapidsnark({
      binary: choice.binary,
      ...(keyBytesMax === undefined ? {} : { keyFileBytesMax: keyBytesMax }),
    })
  return new ProcessProver({
    engine: choice.engine,
    log,
    ...bounds,
    ...(threads === undefined ? {} : { threads }),
  })
}

/** `asker`: who it is to provers elsewhere. Throws `RapidsnarkMissingError`, `ProofQueueUnreachableError`. */
export async function openProver(
  choice: ProverChoice,
  { log, asker }: { readonly log: Log; readonly asker: string },
): Promise<Prover> {
  if (choice.engine === 'redis') return openQueueProver({ redisUrl: choice.url, asker, log })
  return openLocalProver(choice, { log })
}
