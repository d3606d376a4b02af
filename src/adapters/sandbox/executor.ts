/**
 * The executor: a child process that compiles modules and runs jobs on worker threads. A native crash, or memory the
 * host cannot give, takes this process down and not the daemon. It holds no key, no file and no connection but the IPC
 * channel, and ends with it.
 */
import { EXIT } from '../../core/wasm/exit.ts'
import { STACK_PER_DEPTH } from '../../core/wasm/meter-body.ts'
import { Claims, keyOf, Pace, TAKE_BACK_MS } from './batches.ts'
import { ExecutorBridges } from './host-bridge.ts'
import type {
  CompiledModule,
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
import { type Compiled, ModuleCache, type Prepare } from './module-cache.ts'
import { packedRuns } from './packing.ts'
import { STACK_BYTES } from './stack.ts'
import { type Ended, WorkerPool } from './worker-pool.ts'

const fileOf = (name: string) =>
  new URL(import.meta.url.endsWith('.ts') ? `./${name}.ts` : `./${name}.js`, import.meta.url)
/** What a guest's frames may take at the most, and what the thread itself is about. Address space only, until used. */
const STACK_MEGABYTES = (STACK_BYTES / 2 ** 20) * STACK_PER_DEPTH + 9
const IDLE_MS = 10_000
/** Threads that do not end for all being told to hold memory and processors: the process is started anew instead. */
const ENDING_MAX = 8
const onTooManyEnding = (): never => process.exit(1)
const EMPTY = new Uint8Array()

const modules = new ModuleCache()
const guests = new WorkerPool<WorkerJob, WorkerReply>(fileOf('worker'), {
  stackMegabytes: STACK_MEGABYTES,
  // File entries, tables.
  heapMegabytesMax: 96,
  idleMs: IDLE_MS,
  endingMax: ENDING_MAX,
  onTooManyEnding,
})
const preparers = new WorkerPool<PrepareRequest, PrepareReply>(fileOf('prepare-worker'), {
  stackMegabytes: 4,
  // Charges and looks of one function at a time; a function is at most a megabyte of code.
  heapMegabytesMax: 256,
  idleMs: IDLE_MS,
  endingMax: ENDING_MAX,
  onTooManyEnding,
})
/** Jobs at a time. */
const workers = Number(process.argv[2])
const waiting: RunMessage[] = []
const pace = new Pace()
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

async function execute(compiled: CompiledModule, run: RunMessage, msLeft: number): Promise<Outcome> {
  const job: WorkerJob = { compiled, runs: packedRuns([run]) }
  if (run.hasHost === true) return executeWithHost(job, run, msLeft)
  return outcomeOf(await guests.run(job, msLeft), run)
}

function outcomeOf(ended: Ended<WorkerReply>, run: RunMessage): Outcome {
  if (ended.type === 'late') return tooSlow(run)
  if (ended.type === 'died')
    return failed(ended.isOutOfMemory ? 'host-memory' : 'executor-crashed', ended.detail)
  const [outcome] = ended.reply.outcomes
  pace.note(keyOf(run), ended.reply.ms)
  return outcome ?? failed('executor-crashed', 'the thread gave no outcome')
}

/** Several at a time: those that were not begun wait again, at the front. */
async function executeBatch(compiled: CompiledModule, runs: readonly RunMessage[]): Promise<void> {
  const [first] = runs
  if (first === undefined) return
  const shared = Claims.sharedBy(runs.length)
  const claims = new Claims(shared)
  let begun = runs.length
  const takeBack = (): void => {
    const before = begun
    begun = claims.takeBack()
    putBack(runs.slice(begun, before))
  }
  const takingBack = setTimeout(takeBack, TAKE_BACK_MS)
  // What is begun last begins before the others are taken back.
  const msMax = TAKE_BACK_MS + Math.max(...runs.map(({ wallClockMsMax }) => wallClockMsMax))
  const ended = await guests.run({ compiled, runs: packedRuns(runs), claims: shared }, msMax)
  clearTimeout(takingBack)
  takeBack()
  if (ended.type === 'replied') {
    pace.note(keyOf(first), ended.reply.ms / Math.max(1, ended.reply.outcomes.length))
    for (const [i, outcome] of ended.reply.outcomes.entries()) answer(runs[i]?.id ?? 0, outcome)
    return
  }
  // Outcomes of those before the last begun are lost with the thread; they have no side effects.
  const last = Math.max(0, begun - 1)
  pace.note(keyOf(first), msMax)
  answer(runs[last]?.id ?? 0, outcomeOf(ended, runs[last] ?? first))
  putBack(runs.slice(0, last))
}

/** A guest whose session fails waits for an answer that never comes: its thread is ended. */
async function executeWithHost(job: WorkerJob, run: RunMessage, msLeft: number): Promise<Outcome> {
  const ending = new AbortController()
  let failure: string | undefined
  const bridge = bridges.open(run.id, (detail) => {
    failure = detail
    ending.abort(detail)
  })
  try {
    const { worker } = bridge
    const options = { transfer: [worker.port], signal: ending.signal }
    const ended = await guests.run({ ...job, bridge: worker }, msLeft, options)
    return failure === undefined ? outcomeOf(ended, run) : failed('host-session', failure)
  } finally {
    bridge.close()
  }
}

const prepareWithin =
  (msLeft: () => number): Prepare =>
  async (request) => {
    const msMax = Math.max(0, Math.round(msLeft()))
    const ended = await preparers.run(request, msMax)
    if (ended.type === 'replied') return ended.reply
    if (ended.type === 'late')
      return { type: 'failed', reason: 'wall-clock', detail: `the module was not prepared after ${msMax} ms` }
    const reason = ended.isOutOfMemory ? 'host-memory' : 'executor-crashed'
    return { type: 'failed', reason, detail: ended.detail }
  }

/** Runs jobs of one module, and answers each or puts it back. */
async function perform(runs: readonly RunMessage[]): Promise<void> {
  const [run] = runs
  if (run === undefined) return
  const startedMs = performance.now()
  const load = () =>
    new Promise<Uint8Array>((resolve) => {
      wanted.set(run.id, resolve)
      send({ type: 'needModule', id: run.id })
    })
  const left = () => run.wallClockMsMax - (performance.now() - startedMs)
  const got = await modules.get(run.moduleHash, run, load, prepareWithin(left))
  if (got.type !== 'compiled') {
    for (const each of runs) answer(each.id, withoutModule(got, each))
    return
  }
  if (runs.length > 1) {
    await executeBatch(got.compiled, runs)
    return
  }
  const msLeft = left()
  answer(run.id, msLeft <= 0 ? tooSlow(run) : await execute(got.compiled, run, msLeft))
}

function withoutModule(compiled: Exclude<Compiled, { type: 'compiled' }>, run: RunMessage): Outcome {
  switch (compiled.type) {
    case 'mismatch':
      return { type: 'invalid', field: 'job.module', problem: 'its SHA-256 is not job.moduleHash' }
    case 'failed':
      return compiled
    case 'rejected': {
      const stderr = new TextEncoder().encode(compiled.detail)
      return { type: 'finished', exit: EXIT.moduleRejected, fuelUsed: run.fuelLimit, output: EMPTY, stderr }
    }
  }
}

/** Begins jobs in the order in which they came: the daemon goes by it. */
function next(): void {
  while (running < workers && waiting.length > 0) {
    const runs = pace.batchFrom(waiting, workers)
    running++
    perform(runs)
      .catch((error: unknown) => {
        for (const { id } of runs) answer(id, failed('executor-crashed', String(error).slice(0, 200)))
      })
      .then(() => {
        running--
        next()
      })
  }
}

function putBack(runs: readonly RunMessage[]): void {
  waiting.unshift(...runs)
  next()
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
  waiting.push(...message.runs)
  next()
})
process.on('disconnect', () => process.exit())
// A terminal interrupts the whole process group; when to end is the daemon's decision.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => {})
