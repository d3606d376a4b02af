/**
 * The demo's processes: started, watched, killed, and none left behind.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream, existsSync, readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

const STOP_TIMEOUT_MS = 8_000
const DESCENDANTS_TIMEOUT_MS = 5_000

export interface Started {
  readonly name: string
  readonly child: ChildProcess
  readonly exited: Promise<number | null>
}

export class Processes {
  readonly #started: Started[] = []
  readonly #environment: NodeJS.ProcessEnv
  readonly #undo: (() => Promise<void>)[] = []
  #stopping = false

  constructor(environment: NodeJS.ProcessEnv) {
    this.#environment = environment
  }

  /** Starts `node ...args`; output goes to a log file. `ipc` opens a channel for messages. */
  start(
    name: string,
    args: readonly string[],
    logFile: string,
    options: { readonly env?: NodeJS.ProcessEnv; readonly ipc?: boolean } = {},
  ): Started {
    if (this.#stopping) throw new Error(`${name} was to start while everything stops`)
    const log = createWriteStream(logFile, { flags: 'a' })
    const child = spawn(process.execPath, [...args], {
      env: { ...this.#environment, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe', ...(options.ipc === true ? (['ipc'] as const) : [])],
    })
    child.stdout?.pipe(log)
    child.stderr?.pipe(log)
    const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)))
    const started = { name, child, exited }
    this.#started.push(started)
    return started
  }

  /** Runs `node ...args` to its end. */
  async run(
    args: readonly string[],
    env: NodeJS.ProcessEnv = {},
  ): Promise<{ readonly code: number | null; readonly out: string; readonly err: string }> {
    const child = spawn(process.execPath, [...args], {
      env: { ...this.#environment, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let out = ''
    let err = ''
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString()
    })
    child.stderr.on('data', (chunk: Buffer) => {
      err += chunk.toString()
    })
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
    return { code, out, err }
  }

  /** Something in this process that must end with the others, however far the demo came. */
  onStop(undo: () => Promise<void>): void {
    this.#undo.push(undo)
  }

  /** Process ids of everything started here and still alive, with all their descendants. */
  pids(): readonly number[] {
    const roots = this.#started.filter(({ child }) => child.exitCode === null && child.signalCode === null)
    return withDescendants(roots.flatMap(({ child }) => (child.pid === undefined ? [] : [child.pid])))
  }

  /** Asks everything to stop, the first started last, and makes sure it did. Returns what had to be killed. */
  async stopAll(): Promise<readonly string[]> {
    this.#stopping = true
    const descendants = this.pids()
    const stubborn: string[] = []
    const stop = async ({ name, child, exited }: Started): Promise<void> => {
      child.kill('SIGTERM')
      const timer = setTimeout(() => {
        stubborn.push(name)
        child.kill('SIGKILL')
      }, STOP_TIMEOUT_MS)
      await exited
      clearTimeout(timer)
    }
    // Everything leans on what was started first: the chain.
    const [first, ...rest] = this.#started
    await Promise.all(rest.map(stop))
    if (first !== undefined) await stop(first)
    for (const undo of this.#undo.splice(0)) await undo()
    // What they had started ends with them, a moment later.
    const end = Date.now() + DESCENDANTS_TIMEOUT_MS
    while (descendants.some(isAlive) && Date.now() < end) await sleep(100)
    for (const pid of descendants.filter(isAlive)) {
      stubborn.push(`process ${pid}`)
      process.kill(pid, 'SIGKILL')
    }
    return stubborn
  }
}

/** Kills a process and all its descendants at once, as a power cut would. */
export async function killTree({ child, exited }: Started): Promise<void> {
  if (child.pid === undefined) return
  for (const pid of withDescendants([child.pid])) if (isAlive(pid)) process.kill(pid, 'SIGKILL')
  await exited
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** Reads /proc where there is one; elsewhere only the roots are known. */
function withDescendants(roots: readonly number[]): readonly number[] {
  if (!existsSync('/proc/self/stat')) return roots
  const children = new Map<number, number[]>()
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'utf8')
      const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
      children.set(parent, [...(children.get(parent) ?? []), Number(entry)])
    } catch {
      // It ended while we were looking.
    }
  }
  const all: number[] = []
  const visit = (pid: number): void => {
    all.push(pid)
    for (const child of children.get(pid) ?? []) visit(child)
  }
  for (const root of roots) visit(root)
  return all
}

/** Memory of processes in bytes: proportional set size where the system tells it, so shared pages count once. */
export function memoryOf(pids: readonly number[]): number {
  let bytes = 0
  for (const pid of pids) {
    try {
      const pss = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))
      bytes += Number(pss?.[1] ?? 0) * 1024
    } catch {
      // No /proc, or the process ended.
    }
  }
  return bytes
}

/** Ports that are free now, on loopback. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer()
      await new Promise<void>((resolve, reject) =>
        server.once('error', reject).listen(0, '127.0.0.1', resolve),
      )
      return server
    }),
  )
  return Promise.all(
    servers.map(async (server) => {
      const address = server.address()
      await new Promise<void>((resolve) => server.close(() => resolve()))
      if (typeof address !== 'object' || address === null) throw new Error('a TCP server has a port')
      return address.port
    }),
  )
}

/** Whether something listens on a loopback port. */
export async function isListening(port: number): Promise<boolean> {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', () => resolve(true))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(false)))
  })
}
