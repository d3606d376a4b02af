/**
 * Steps of a key's ceremony by snarkjs, each in a process of its own that ends with it.
 *
 * A step that makes a key writes it beside its place and moves it there once it is whole: whatever interrupts it leaves nothing
 * that looks like a key. Files may be hostile: a step has a deadline, and what it says is cut off.
 * @module
 */
import { fork } from 'node:child_process'
import { existsSync, renameSync, rmSync } from 'node:fs'
import { ProverError } from '../../ports/prover.ts'
import { InvalidInputError } from '../../protocol/errors.ts'
import type { CeremonyStep, FromCeremony } from './ceremony-messages.ts'

export interface CeremonyOptions {
  /** Called with what it is at. */
  readonly onProgress?: (text: string) => void
  readonly stepMsMax?: number
}

export interface StepAnswer {
  readonly isDone: boolean
  /** Why not. */
  readonly detail: string
  readonly value: unknown
}

/** Verifying the powers of tau of a million constraints takes hours. */
const STEP_MS_MAX = 24 * 3_600_000
const LAST_WORDS_CHARACTERS_MAX = 1_000
const FILE = new URL(
  import.meta.url.endsWith('.ts') ? './ceremony-process.ts' : './ceremony-process.js',
  import.meta.url,
)

/** Throws `ProverError`, `died`, when its process does not answer. */
export async function performStep(step: CeremonyStep, options: CeremonyOptions = {}): Promise<StepAnswer> {
  const child = fork(FILE, [], {
    env: {},
    execArgv: [],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  const closed = new Promise((resolve) => child.once('close', resolve))
  const msMax = options.stepMsMax ?? STEP_MS_MAX
  let deadline: NodeJS.Timeout | undefined
  try {
    return await new Promise<StepAnswer>((resolve, reject) => {
      let lastWords = ''
      const die = (how: string) => reject(new ProverError('died', `${how}. ${lastWords}`.trim()))
      deadline = setTimeout(() => die(`was killed: ${step.type} took more than ${msMax} ms`), msMax)
      child.stderr?.on('data', (chunk: Buffer) => {
        lastWords = (lastWords + chunk.toString()).slice(-LAST_WORDS_CHARACTERS_MAX)
      })
      child.on('error', (error) => die(String(error)))
      child.on('close', (code, signal) => die(`ended with ${signal ?? code}`))
      child.on('message', (message: FromCeremony) => {
        if (message.type === 'progress') options.onProgress?.(message.text)
        else resolve({ isDone: message.verdict === 'yes', detail: message.detail, value: message.value })
      })
      child.send(step, (error) => {
        if (error !== null) die(String(error))
      })
    })
  } finally {
    clearTimeout(deadline)
    child.kill('SIGKILL')
    // It writes nothing any more.
    await closed
  }
}

/** Makes the file `to`. Throws `InvalidInputError` when there is one already, or the tools refuse. */
export async function makeKey(
  step: Extract<CeremonyStep, { readonly to: string }>,
  options: CeremonyOptions = {},
): Promise<void> {
  const { to } = step
  if (existsSync(to))
    throw new InvalidInputError('key', `${to} is there already`, {
      fix: 'name another file: no step of a ceremony is written over',
    })
  const partial = `${to}.partial`
  try {
    const { isDone, detail } = await performStep({ ...step, to: partial }, options)
    if (!isDone)
      throw new InvalidInputError('ceremony', detail === '' ? 'snarkjs refuses the files' : detail, {
        fix: 'check that constraints, powers of tau and key belong together, and that the powers are prepared and large enough',
      })
    renameSync(partial, to)
  } finally {
    rmSync(partial, { force: true })
  }
}
