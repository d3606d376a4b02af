/**
 * What a job costs in the warm pool: against a `node` process for each, in processor time, and how fast an endless one is
 * killed.
 * @module
 */
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { createSandbox } from '../../src/adapters/sandbox/sandbox.ts'
import { METERED, type Sandbox, type SandboxJob, UNMETERED } from '../../src/ports/sandbox.ts'
import { call, DROP, END, guest, i32, store, UNREACHABLE } from '../fixtures/wasm/assemble.ts'

const WARM_UPS = 500
const JOBS = 6_000
const SPAWNS = 24
const KILLS = 15
/** Jobs in flight for each processor: the executor never waits for the daemon. */
const IN_FLIGHT = 64
const ROUNDS = 7
const TICKS_A_SECOND = 100

const HELLO = guest({
  imports: ['fd_write'],
  data: [{ at: 100, bytes: 'hello, world' }],
  start: [
    ...store(0, i32(100)),
    ...store(4, i32(12)),
    ...[...i32(1), ...i32(0), ...i32(1), ...i32(8), ...call(0), DROP],
  ],
})
const ENDLESS = guest({ start: [0x03, 0x40, 0x0c, 0, END, UNREACHABLE] })

export interface PoolFigures {
  /** Jobs a second in the pool over jobs a second with a process for each, both on all processors. */
  readonly poolVsSpawn: number
  readonly jobCpuUs: number
  readonly killMs: number
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN

function jobOf(module: Uint8Array, overrides: Partial<SandboxJob> = {}): SandboxJob {
  return {
    moduleHash: `0x${createHash('sha256').update(module).digest('hex')}`,
    module,
    runtime: METERED,
    fuelLimit: 10_000_000n,
    entry: '_start',
    input: new Uint8Array(),
    seed: new Uint8Array(32),
    clockNs: 0n,
    memoryBytesMax: 4 * 1024 * 1024,
    outputBytesMax: 1024,
    wallClockMsMax: 60_000,
    ...overrides,
  }
}

export async function measurePool(): Promise<PoolFigures> {
  const sandbox = createSandbox()
  const folder = mkdtempSync(join(tmpdir(), 'dikast-spawn-'))
  try {
    await prepareSpawns(folder)
    await runJobs(sandbox, WARM_UPS)
    const rounds: { readonly ratio: number; readonly cpuUs: number }[] = []
    for (let round = 0; round < ROUNDS; round++) {
      const spawned = await spawnedPerSecond(folder)
      const cpu = cpuOfAll()
      const started = performance.now()
      await runJobs(sandbox, JOBS)
      const pooled = (JOBS * 1_000) / (performance.now() - started)
      rounds.push({ ratio: pooled / spawned, cpuUs: ((cpuOfAll() - cpu) * 1e6) / JOBS })
    }
    return {
      poolVsSpawn: median(rounds.map(({ ratio }) => ratio)),
      jobCpuUs: median(rounds.map(({ cpuUs }) => cpuUs)),
      killMs: await killMs(sandbox),
    }
  } finally {
    await sandbox.close()
    rmSync(folder, { recursive: true })
  }
}

async function runJobs(sandbox: Sandbox, count: number): Promise<void> {
  const job = jobOf(HELLO)
  let left = count
  const one = async () => {
    while (left-- > 0) assert.equal((await sandbox.run(job)).output.length, 12)
  }
  await Promise.all(Array.from({ length: availableParallelism() * IN_FLIGHT }, one))
}

/** Processor seconds of this process and its executors. */
function cpuOfAll(): number {
  const { user, system } = process.cpuUsage()
  const { stdout } = spawnSync('pgrep', ['-f', '-P', String(process.pid), 'sandbox/executor'], {
    encoding: 'utf8',
  })
  const ticks = stdout
    .split('\n')
    .filter(Boolean)
    .map((pid) => {
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
      return Number(fields[11]) + Number(fields[12])
    })
  return (user + system) / 1e6 + ticks.reduce((sum, one) => sum + one, 0) / TICKS_A_SECOND
}

/** The same job in a process of its own each time: the same code, in one file, meters, compiles and runs the module. */
async function spawnedPerSecond(folder: string): Promise<number> {
  let left = SPAWNS
  const one = async () => {
    while (left-- > 0) assert.equal(await outputOf(folder), 'hello, world')
  }
  const started = performance.now()
  await Promise.all(Array.from({ length: availableParallelism() }, one))
  return (SPAWNS * 1_000) / (performance.now() - started)
}

async function prepareSpawns(folder: string): Promise<void> {
  writeFileSync(join(folder, 'hello.wasm'), HELLO)
  await build({
    entryPoints: [fileURLToPath(new URL('one-job.ts', import.meta.url))],
    outfile: join(folder, 'one-job.mjs'),
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    logLevel: 'error',
  })
}

function outputOf(folder: string): Promise<string> {
  const child = spawn(process.execPath, [
    '--no-warnings',
    join(folder, 'one-job.mjs'),
    join(folder, 'hello.wasm'),
  ])
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', () => resolve(output))
  })
}

/** From a job's deadline to its failure. */
async function killMs(sandbox: Sandbox): Promise<number> {
  const wallClockMsMax = 100
  const job = jobOf(ENDLESS, { runtime: UNMETERED, fuelLimit: 0n, wallClockMsMax })
  const times: number[] = []
  for (let i = 0; i < KILLS; i++) {
    const started = performance.now()
    await assert.rejects(sandbox.run(job), /wall-clock/)
    times.push(performance.now() - started - wallClockMsMax)
  }
  return median(times)
}
