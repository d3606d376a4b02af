/**
 * The process that proves: keeps an engine and its keys warm, holds no secret but the witness at hand, and ends with whoever
 * started it.
 */
import { type Proof, ProverError } from '../../ports/prover.ts'
import type { Engine } from './engine.ts'
import { KeyCache } from './key-cache.ts'
import type { FromProcess, ProcessOptions, ToProcess } from './messages.ts'
import { openEngine } from './open-engine.ts'

// Our own parent wrote it.
const options = JSON.parse(process.argv[2] ?? '{}') as ProcessOptions
const opened = openEngine(options.engine, options.threads).then((engine) => ({
  engine,
  keys: new KeyCache(engine, options.keyBytesMax),
}))

interface Current {
  readonly id: number
  readonly cancelling: AbortController
  onKey?: (file: Uint8Array) => void
}
let current: Current | undefined

function send(message: FromProcess): void {
  process.send?.(message)
}

async function prove(
  job: Current,
  { keyHash, witness }: Extract<ToProcess, { type: 'prove' }>,
): Promise<Proof> {
  const { id, cancelling } = job
  const { engine, keys } = await opened
  const key = await keys.get(keyHash, () => {
    send({ type: 'phase', id, phase: 'key' })
    send({ type: 'needKey', id })
    return new Promise((resolve, reject) => {
      if (cancelling.signal.aborted) reject(cancelled())
      job.onKey = resolve
      cancelling.signal.addEventListener('abort', () => reject(cancelled()))
    })
  })
  if (cancelling.signal.aborted) throw cancelled()
  return (engine as Engine<unknown>).prove(key, witness, {
    signal: cancelling.signal,
    onPhase: (phase) => send({ type: 'phase', id, phase }),
  })
}

function cancelled(): ProverError {
  return new ProverError('cancelled', 'whoever asked gave up')
}

/** What no proof should meet ends the process: its parent starts another, and asks once more. */
function fail(id: number, error: unknown): void {
  if (!(error instanceof ProverError)) {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`, () => process.exit(1))
    return
  }
  const { reason, fix } = error
  // Its message starts with what the other side will write again.
  const detail = error.message.slice(`prover: ${reason}: `.length)
  send(
    fix === undefined ? { type: 'failed', id, reason, detail } : { type: 'failed', id, reason, detail, fix },
  )
}

process.on('message', (message: ToProcess) => {
  if (message.type === 'prove') {
    const job: Current = { id: message.id, cancelling: new AbortController() }
    current = job
    prove(job, message).then(
      (proof) => send({ type: 'proved', id: job.id, ...proof }),
      (error: unknown) => fail(job.id, error),
    )
    return
  }
  if (current?.id !== message.id) return
  if (message.type === 'key') current.onKey?.(message.file)
  else current.cancelling.abort()
})
process.on('disconnect', () => process.exit())
// A terminal interrupts the whole process group; when to end is the parent's decision.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => {})
