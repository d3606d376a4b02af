/**
 * The sandbox: daemon → executor child processes → worker threads.
 *
 * There are two lanes with an executor each. V8 compiles WebAssembly in two tiers and does not replace code that is running:
 * one long call stays in the baseline's code, several times slower. So jobs that may be long run where everything is
 * compiled by the optimising compiler at once, the others where they start soonest; fuel and results are the same in both.
 * A flood of long jobs leaves the short ones their own threads.
 *
 * A metered profile counts fuel and stack and makes NaNs canonical. Under `unmetered` nothing is: an endless loop ends at the
 * wall clock, and a `memory.grow` below the module's limit that the host refuses gives the guest -1.
 * @module
 */
import { availableParallelism } from 'node:os'
import type { Log } from '../../ports/log.ts'
import { silentLog } from '../../ports/log.ts'
import {
  inputBytesMaxOf,
  RUNTIMES,
  type Sandbox,
  SandboxFailure,
  type SandboxJob,
  type SandboxResult,
  UNMETERED,
} from '../../ports/sandbox.ts'
import { InvalidInputError, LimitExceededError } from '../../protocol/errors.ts'
import { MEMORY_BYTES_MAX, MODULE_BYTES_MAX, OUTPUT_BYTES_MAX } from '../../protocol/limits.ts'
import { checkGuestWorld, copiedDirectories } from './guest-world.ts'
import { Lane, surplusOf } from './lane.ts'
import type { Outcome } from './messages.ts'

export interface SandboxOptions {
  /** Short jobs run side by side, each on a thread of its own; by default as many as there are processors. */
  readonly workers?: number
  /** Long jobs run side by side, beside the short ones; by default as many. */
  readonly longWorkers?: number
  /** Jobs that may wait; beyond them `run` fails with `overloaded`. */
  readonly queuedMax?: number
  /** An executor ends after this time without a job. */
  readonly idleMs?: number
  readonly log?: Log
}

/** Fuel is counted in doubles while the host works for a guest: far below 2^53. */
const FUEL_MAX = 2n ** 48n
const ENTRY_LENGTH_MAX = 256
const WALL_CLOCK_MS_MAX = 2 ** 31 - 1
const SEED_BYTES = 32
/** What jobs of a lane may hold in inputs beyond those of requests: all outputs of a largest committee, a few times. */
const SURPLUS_BYTES_MAX = 32 * 1024 * 1024
/** From this fuel on a job is long. A billion units of a plain loop are about 40 ms of optimised code. */
const LONG_FUEL = 100_000_000n

/** Throws for a job no executor should see. */
function checkJob(job: SandboxJob): void {
  const bounded = (name: string, value: number, max: number) => {
    if (value > max) throw new LimitExceededError(name, value, max)
    if (!Number.isSafeInteger(value) || value < 0) throw new InvalidInputError(name, 'not a whole number')
  }
  if (!RUNTIMES.includes(job.runtime))
    throw new InvalidInputError('job.runtime', `unknown profile; this sandbox runs ${RUNTIMES.join(', ')}`)
  if (job.fuelLimit < 0n || job.fuelLimit > (job.runtime === UNMETERED ? 0n : FUEL_MAX))
    throw new InvalidInputError('job.fuelLimit', `${job.fuelLimit} under ${job.runtime}`)
  if (!/^0x[0-9a-f]{64}$/.test(job.moduleHash))
    throw new InvalidInputError('job.moduleHash', 'not a lower-case hash')
  bounded('job.module bytes', job.module.length, MODULE_BYTES_MAX)
  bounded('job.input bytes', job.input.length, inputBytesMaxOf(job.entry))
  bounded('job.entry length', job.entry.length, ENTRY_LENGTH_MAX)
  bounded('job.memoryBytesMax', job.memoryBytesMax, MEMORY_BYTES_MAX)
  bounded('job.outputBytesMax', job.outputBytesMax, OUTPUT_BYTES_MAX)
  bounded('job.wallClockMsMax', job.wallClockMsMax, WALL_CLOCK_MS_MAX)
  if (job.seed.length !== SEED_BYTES) throw new InvalidInputError('job.seed', `not ${SEED_BYTES} bytes`)
  if (BigInt.asUintN(64, job.clockNs) !== job.clockNs)
    throw new InvalidInputError('job.clockNs', 'not a uint64')
  checkGuestWorld(job)
}

export function createSandbox(options: SandboxOptions = {}): Sandbox {
  return new ProcessSandbox(options)
}

class ProcessSandbox implements Sandbox {
  readonly #short: Lane
  readonly #long: Lane
  readonly #queuedMax: number
  #closed = false

  constructor(options: SandboxOptions) {
    const { workers = availableParallelism(), queuedMax = 256, idleMs = 60_000, log = silentLog } = options
    const { longWorkers = workers } = options
    this.#queuedMax = queuedMax
    this.#short = new Lane({ name: 'short', workers, idleMs, engineFlags: [], log })
    this.#long = new Lane({ name: 'long', workers: longWorkers, idleMs, engineFlags: ['--no-liftoff'], log })
  }

  async run(job: SandboxJob): Promise<SandboxResult> {
    checkJob(job)
    if (this.#closed) throw new SandboxFailure('closed', 'the sandbox is closed')
    const lane = job.fuelLimit >= LONG_FUEL ? this.#long : this.#short
    if (lane.waiting >= this.#queuedMax) {
      throw new SandboxFailure('overloaded', `${this.#queuedMax} jobs are waiting`)
    }
    if (lane.surplusBytes + surplusOf(job) > SURPLUS_BYTES_MAX)
      throw new SandboxFailure('overloaded', `${lane.surplusBytes} bytes of inputs are waiting`)
    return new Promise((resolve, reject) => {
      lane.run(job, (outcome) => {
        if (outcome instanceof SandboxFailure) reject(outcome)
        else if (outcome.type === 'failed') reject(new SandboxFailure(outcome.reason, outcome.detail))
        else if (outcome.type === 'invalid') reject(new InvalidInputError(outcome.field, outcome.problem))
        else resolve(resultOf(outcome))
      })
    })
  }

  async close(): Promise<void> {
    this.#closed = true
    const closed = new SandboxFailure('closed', 'the sandbox was closed')
    await Promise.all([this.#short.close(closed), this.#long.close(closed)])
  }
}

/** In buffers of its own: what IPC gives shares one. */
function resultOf(finished: Extract<Outcome, { type: 'finished' }>): SandboxResult {
  const { exit, fuelUsed, output, stderr, directories } = finished
  return {
    exit,
    fuelUsed,
    output: Uint8Array.from(output),
    stderr: Uint8Array.from(stderr),
    ...copiedDirectories(directories),
  }
}
