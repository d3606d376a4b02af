/**
 * A prover: takes proofs from a Redis that nodes put them into, and makes them, one after another. It holds no key of anybody,
 * reaches neither chain nor peers, and may be killed at any time.
 * @module
 */
import { startProofWorker } from '../../adapters/proof-queue/proof-worker.ts'
import type { Log } from '../../ports/log.ts'
import { Closer, type Running } from '../shared/process.ts'
import { type LocalProver, openLocalProver } from '../shared/prover.ts'

export interface ProverConfig {
  readonly redisUrl: string
  readonly prover: LocalProver
  readonly threads?: number
  /** What keys that are kept loaded may take. */
  readonly keyBytesMax?: number
  readonly log: Log
}

export async function startProver(config: ProverConfig): Promise<Running> {
  const { log, redisUrl } = config
  const closer = new Closer()
  try {
    const prover = await openLocalProver(config.prover, config)
    closer.add(() => prover.close())
    // Closed first: it gives the job at hand back to others.
    const worker = await startProofWorker({ redisUrl, prover, log })
    closer.add(() => worker.close())
    log.info('prover started', { engine: config.prover.engine })
    return { done: new Promise(() => {}), stop: () => closer.close(log) }
  } catch (error) {
    await closer.close(log)
    throw error
  }
}
