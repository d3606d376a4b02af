/**
 * The executor: a child process that compiles modules and runs jobs on worker threads. A native crash, or memory the
 * host cannot give, takes this process down and not the daemon. It holds no key, no file and no connection but the IPC
 * channel, and ends with it.
 */
import { Worker } from 'node:worker_threads'
import { EXIT } from '../../core/wasm/exit.ts'
import { ExecutorBridges } from './host-bridge.ts'
import type {
  Failed,
  FromExecutor,
  Outcome,
  RunMessage,
  ToExecutor,
  WorkerJob,
  WorkerReply,
} from './messages.ts'
import { ModuleCache } from './module-cache.ts'

const WORKER_FILE = new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url)
/** Guests are compiled for stacks of at most 8 MiB; address space only, until used. */
const STACK_MEGABYTES = 16
/** The host's own objects in a worker: file entries, tables. Linear memory is not part of it. */
const HEAP_MEGABYTES_MAX = 96
const EMPTY = new Uint8Array()

const modules = new ModuleCache()
const idle: Worker[] = []
const wanted = new Map<number, (module: Uint8Array) => void>()

function send(message: FromExecutor): void {
  process.send?.(message)
}

const bridges = new ExecutorBridges(send)

function failed(reason: Failed['reason'], detail: string): Failed {
  return { type: 'failed', reason, detail }
}

function startWorker(): Worker {
  return new Worker(WORKER_FILE, {
    env: {},
    execArgv: [],
    resourceLimits: {
      stackSizeMb: STACK_MEGABYTES,
      maxOldGenerationSizeMb: HEAP_MEGABYTES_MAX,
      maxYoungGenerationSizeMb: 4,
    },
  })
}

/** Keeps a worker for the next job, unless it ends by itself. */
function rest(worker: Worker): void {
  idle.push(worker)
  worker.on('exit', () => {
    const at = idle.indexOf(worker)
    if (at >= 0) idle.splice(at, 1)
  })
}

/** Runs a job on a worker of its own for the time; a worker not done after `msLeft` is killed. */
function execute(job: WorkerJob, msLeft: number): Promise<Outcome> {
  const worker = idle.pop() ?? startWorker()
  worker.removeAllListeners()
  return new Promise((resolve) => {
    const finish = (outcome: Outcome, keep: boolean) => {
      clearTimeout(timer)
      bridge?.close()
      worker.removeAllListeners()
      worker.on('error', () => {})
      if (keep) rest(worker)
      else void worker.terminate()
      resolve(outcome)
    }
    const timer = setTimeout(() => finish(tooSlow(job.run), false), msLeft)
    worker.on('message', ({ outcome, spent }: WorkerReply) => finish(outcome, !spent))
    worker.on('error', (error: Error & { readonly code?: string }) => {
      const reason = error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'host-memory' : 'executor-crashed'
      finish(failed(reason, String(error).slice(0, 200)), false)
    })
    worker.on('exit', (code) => finish(failed('executor-crashed', `worker ended with ${code}`), false))
    const bridge = job.run.hasHost
      ? bridges.open(job.run.id, (detail) => finish(failed('host-session', detail), false))
      : undefined
    if (bridge === undefined) worker.postMessage(job)
    else worker.postMessage({ ...job, bridge: bridge.worker }, [bridge.worker.port])
  })
}

const tooSlow = ({ wallClockMsMax }: RunMessage) =>
  failed('wall-clock', `not done after ${wallClockMsMax} ms`)

async function perform(run: RunMessage): Promise<Outcome> {
  const startedMs = performance.now()
  const load = () =>
    new Promise<Uint8Array>((resolve) => {
      wanted.set(run.id, resolve)
      send({ type: 'needModule', id: run.id })
    })
  const compiled = await modules.get(run.moduleHash, run, load)
  switch (compiled.type) {
    case 'mismatch':
      return { type: 'invalid', field: 'job.module', problem: 'its SHA-256 is not job.moduleHash' }
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

process.on('message', (message: ToExecutor) => {
  if (message.type === 'module') {
    wanted.get(message.id)?.(message.module)
    wanted.delete(message.id)
    return
  }
  if (message.type === 'hostAnswer') return bridges.deliver(message)
  perform(message)
    .catch((error: unknown) => failed('executor-crashed', String(error).slice(0, 200)))
    .then((outcome) => send({ type: 'outcome', id: message.id, outcome }))
})
process.on('disconnect', () => process.exit())
// A terminal interrupts the whole process group; when to end is the daemon's decision.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => {})
