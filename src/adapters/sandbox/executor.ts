/**
 * The executor: a child process that compiles modules and runs jobs on worker threads. A native crash, or memory the
 * host cannot give, takes this process down and not the daemon. It holds no key, no file and no connection but the IPC
 * channel, and ends with it.
 */
import { EXIT } from '../../core/wasm/exit.ts'
import { STACK_PER_DEPTH } from '../../core/wasm/meter-body.ts'
import { ExecutorBridges } from './host-bridge.ts'
import type {
  Failed,
  FromExecutor,
  Outcome,
  PrepareReply,
  PrepareRequest,
  RunMessage,
  ToExecutor,
  WorkerJob,
  WorkerReply,
} from './messages.ts'
import { ModuleCache, type Prepare } from './module-cache.ts'
import { STACK_BYTES } from './stack.ts'
import { type Ended, WorkerPool } from './worker-pool.ts'

const fileOf = (name: string) =>
  new URL(import.meta.url.endsWith('.ts') ? `./${name}.ts` : `./${name}.js`, import.meta.url)
/** What a guest's frames may take at the most, and what the thread itself is about. Address space only, until used. */
const STACK_MEGABYTES = (STACK_BYTES / 2 ** 20) * STACK_PER_DEPTH + 9
const IDLE_MS = 10_000
const EMPTY = new Uint8Array()

const modules = new ModuleCache()
const guests = new WorkerPool<WorkerJob, WorkerReply>(fileOf('worker'), {
  stackMegabytes: STACK_MEGABYTES,
  // File entries, tables.
  heapMegabytesMax: 96,
  idleMs: IDLE_MS,
})
const preparers = new WorkerPool<PrepareRequest, PrepareReply>(fileOf('prepare-worker'), {
  stackMegabytes: 4,
  // Charges and looks of one function at a time; a function is at most a megabyte of code.
  heapMegabytesMax: 256,
  idleMs: IDLE_MS,
})
/** Jobs at a time. */
const workers = Number(process.argv[2])
const waiting: RunMessage[] = []
let running = 0
const wanted = new Map<number, (module: Uint8Array) => void>()

function send(message: FromExecutor): void {
  process.send?.(message)
}

const bridges = new ExecutorBridges(send)

function failed(reason: Failed['reason'], detail: string): Failed {
  return { type: 'failed', reason, detail }
}

const tooSlow = ({ wallClockMsMax }: RunMessage) =>
  failed('wall-clock', `not done after ${wallClockMsMax} ms`)

async function execute(job: WorkerJob, msLeft: number): Promise<Outcome> {
  if (job.run.hasHost === true) return executeWithHost(job, msLeft)
  return outcomeOf(await guests.run(job, msLeft), job.run)
}

function outcomeOf(ended: Ended<WorkerReply>, run: RunMessage): Outcome {
  if (ended.type === 'replied') return ended.reply.outcome
  if (ended.type === 'late') return tooSlow(run)
  return failed(ended.isOutOfMemory ? 'host-memory' : 'executor-crashed', ended.detail)
}

/** A guest whose session fails waits for an answer that never comes: its thread is ended. */
async function executeWithHost(job: WorkerJob, msLeft: number): Promise<Outcome> {
  const ending = new AbortController()
  let failure: string | undefined
  const bridge = bridges.open(job.run.id, (detail) => {
    failure = detail
    ending.abort(detail)
  })
  try {
    const { worker } = bridge
    const options = { transfer: [worker.port], signal: ending.signal }
    const ended = await guests.run({ ...job, bridge: worker }, msLeft, options)
    return failure === undefined ? outcomeOf(ended, job.run) : failed('host-session', failure)
  } finally {
    bridge.close()
  }
}

const prepareWithin =
  (msMax: number): Prepare =>
  async (request) => {
    const ended = await preparers.run(request, msMax)
    if (ended.type === 'replied') return ended.reply
    if (ended.type === 'late')
      return { type: 'failed', reason: 'wall-clock', detail: `the module was not prepared after ${msMax} ms` }
    const reason = ended.isOutOfMemory ? 'host-memory' : 'executor-crashed'
    return { type: 'failed', reason, detail: ended.detail }
  }

async function perform(run: RunMessage): Promise<Outcome> {
  const startedMs = performance.now()
  const load = () =>
    new Promise<Uint8Array>((resolve) => {
      wanted.set(run.id, resolve)
      send({ type: 'needModule', id: run.id })
    })
  const compiled = await modules.get(run.moduleHash, run, load, prepareWithin(run.wallClockMsMax))
  switch (compiled.type) {
    case 'mismatch':
      return { type: 'invalid', field: 'job.module', problem: 'its SHA-256 is not job.moduleHash' }
    case 'failed':
      return compiled
    case 'rejected': {
      const stderr = new TextEncoder().encode(compiled.detail)
      return { type: 'finished', exit: EXIT.moduleRejected, fuelUsed: run.fuelLimit, output: EMPTY, stderr }
    }
    case 'compiled': {
      const msLeft = run.wallClockMsMax - (performance.now() - startedMs)
      if (msLeft <= 0) return tooSlow(run)
      return execute({ compiled: compiled.module, run }, msLeft)
    }
  }
}

/** Begins jobs in the order in which they came: the daemon goes by it. */
function next(): void {
  while (running < workers) {
    const run = waiting.shift()
    if (run === undefined) return
    running++
    perform(run)
      .catch((error: unknown) => failed('executor-crashed', String(error).slice(0, 200)))
      .then((outcome) => {
        running--
        answer(run.id, outcome)
        next()
      })
  }
}

const outbox: { readonly id: number; readonly outcome: Outcome }[] = []

function answer(id: number, outcome: Outcome): void {
  if (outbox.push({ id, outcome }) === 1)
    setImmediate(() => send({ type: 'outcomes', outcomes: outbox.splice(0) }))
}

process.on('message', (message: ToExecutor) => {
  if (message.type === 'module') {
    wanted.get(message.id)?.(message.module)
    wanted.delete(message.id)
    return
  }
  if (message.type === 'hostAnswer') {
    bridges.deliver(message)
    return
  }
  for (const run of message.runs) waiting.push(run)
  next()
})
process.on('disconnect', () => process.exit())
// A terminal interrupts the whole process group; when to end is the daemon's decision.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => {})
