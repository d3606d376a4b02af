/**
 * What metering costs: compute kernels metered against the same unmetered, and the speed of metering itself; and what a job
 * costs in the warm pool.
 * `npm run bench:sandbox -- [--json]`.
 *
 * Everything is compiled by the optimising compiler only, as long jobs are. Each kernel runs in turns, plain and metered,
 * and gives the same number either way; its ratio is the median over the rounds. Exits with 1 when a figure misses its bar.
 * @module
 */
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { meterModule } from '../../src/core/wasm/meter.ts'
import { parseModule } from '../../src/core/wasm/parse.ts'
import { Reader } from '../../src/core/wasm/reader.ts'
import { SECTION } from '../../src/core/wasm/structure.ts'
import { Writer } from '../../src/core/wasm/writer.ts'
import { compileKernels } from './kernels.ts'
import { measurePool } from './pool.ts'

interface Figure {
  readonly name: string
  readonly value: number
  readonly unit: 'ratio' | 'MB/s' | 'us' | 'ms'
  readonly bar: number | null
  readonly better: 'lower' | 'higher'
}

const ROUNDS = 31
/** A side of a round runs for so long at least: well above the grain of the clock. */
const SIDE_MS = 12
const INSTRUMENT_ROUNDS = 5
const LARGE_BYTES = 1_200_000
const INSTRUMENT = fileURLToPath(new URL('instrument.ts', import.meta.url))

const PROVIDERS = fileURLToPath(new URL('wasi-providers.ts', import.meta.url))

/** Of an even number of values, halfway between the two in the middle. */
const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const [low = Number.NaN, high = low] = sorted.slice((sorted.length - 1) >> 1, (sorted.length >> 1) + 1)
  return (low + high) / 2
}

type Kernel = () => number
interface Instance {
  readonly kernel: (name: string) => Kernel
  readonly names: readonly string[]
}

function instantiate(bytes: Uint8Array<ArrayBuffer>): Instance {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes))
  const fuel = exports.$fuel as WebAssembly.Global<'i64'> | undefined
  const depth = exports.$depth as WebAssembly.Global<'i32'> | undefined
  const refill = (): void => {
    if (fuel !== undefined) fuel.value = 2n ** 60n
    if (depth !== undefined) depth.value = 8 * 1024 * 1024
  }
  refill()
  ;(exports._start as () => void)()
  const names = Object.keys(exports).filter((name) => /^[a-z]/.test(name) && name !== 'memory')
  return {
    names,
    kernel: (name) => {
      const run = exports[name] as Kernel
      return () => {
        refill()
        return run()
      }
    },
  }
}

/** Processor time: what other processes do on the machine is not in it. */
function cpuMs(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 1000
}

function timeOf(kernel: Kernel, times: number): number {
  const start = process.cpuUsage()
  for (let i = 0; i < times; i++) kernel()
  return cpuMs(start)
}

/** Metered over plain. */
function ratioOf(plain: Kernel, metered: Kernel): number {
  assert.equal(metered(), plain())
  let times = 1
  while (timeOf(plain, times) < SIDE_MS) times *= 2
  const ratios = Array.from({ length: ROUNDS }, (_, round) => {
    // Who goes first takes turns.
    if (round % 2 === 0) {
      const before = timeOf(plain, times)
      return timeOf(metered, times) / before
    }
    const first = timeOf(metered, times)
    return first / timeOf(plain, times)
  })
  return median(ratios)
}

/** The module with all of its functions again and again, as large as modules get. */
function enlarged(bytes: Uint8Array): Uint8Array {
  const { sections } = parseModule(bytes)
  const code = sections.find(({ id }) => id === SECTION.code)
  const times = Math.ceil(LARGE_BYTES / (code === undefined ? 1 : code.end - code.start))
  const out = new Writer(LARGE_BYTES * 2)
  out.bytes(bytes.subarray(0, 8))
  for (const { id, start, end } of sections) {
    const reader = new Reader(bytes, start, end)
    const content = new Writer(end - start)
    if (id === SECTION.code || id === SECTION.function) {
      content.u32(reader.u32() * times)
      for (let i = 0; i < times; i++) content.bytes(bytes.subarray(reader.at, end))
    } else content.bytes(bytes.subarray(start, end))
    out.section(id, content.result())
  }
  return out.result()
}

function instrumentSpeed(module: Uint8Array): number {
  const scratch = mkdtempSync(join(tmpdir(), 'dikast-bench-'))
  try {
    const file = join(scratch, 'large.wasm')
    writeFileSync(file, enlarged(module))
    const speeds = Array.from({ length: INSTRUMENT_ROUNDS }, () => {
      const text = execFileSync(process.execPath, ['--no-warnings', INSTRUMENT, file], { encoding: 'utf8' })
      const { ms, bytes } = JSON.parse(text) as { readonly ms: number; readonly bytes: number }
      return bytes / 1000 / ms
    })
    return median(speeds)
  } finally {
    rmSync(scratch, { recursive: true })
  }
}

/** In a process of its own: the other provider's library is restarted on the way. */
function providerFigures(): readonly Figure[] {
  const { stdout } = spawnSync(process.execPath, ['--no-warnings', PROVIDERS], { encoding: 'utf8' })
  return (JSON.parse(stdout) as { readonly figures: readonly Figure[] }).figures
}

async function measure(): Promise<readonly Figure[]> {
  const module = await compileKernels()
  const speed = instrumentSpeed(module)
  const providers = providerFigures()
  const pool = await measurePool()
  setFlagsFromString('--no-liftoff')
  const plain = instantiate(module)
  const metered = instantiate(
    Uint8Array.from(meterModule(module, { entry: '_start', memoryBytesMax: 2 ** 28 })),
  )
  const ratios = plain.names.map((name) => [name, ratioOf(plain.kernel(name), metered.kernel(name))] as const)
  const values = ratios.map(([, ratio]) => ratio)
  const geomean = Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length)
  const ratio = (name: string, value: number, bar: number | null): Figure => ({
    name,
    value: Math.round(value * 1000) / 1000,
    unit: 'ratio',
    bar,
    better: 'lower',
  })
  return [
    ratio('metering-median', median(values), 1.08),
    ratio('metering-geomean', geomean, 1.16),
    ratio('metering-worst', Math.max(...values), 1.7),
    { ...ratio('pool-vs-spawn', pool.poolVsSpawn, 450), better: 'higher' },
    { name: 'job-cpu-us', value: Math.round(pool.jobCpuUs), unit: 'us', bar: 300, better: 'lower' },
    { name: 'kill-ms', value: Math.round(pool.killMs * 100) / 100, unit: 'ms', bar: 10, better: 'lower' },
    { name: 'instrument-MBps', value: Math.round(speed * 100) / 100, unit: 'MB/s', bar: 3, better: 'higher' },
    ...providers,
    ...ratios.map(([name, value]) => ratio(`metering-${name}`, value, null)),
  ]
}

const misses = ({ value, bar, better }: Figure): boolean =>
  bar !== null && (better === 'lower' ? value > bar : value < bar)

const figures = await measure()
if (process.argv.includes('--json')) {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim()
  const machine = `${cpus()[0]?.model ?? 'unknown'} x ${cpus().length}`
  process.stdout.write(`${JSON.stringify({ figures, machine, commit })}\n`)
} else
  for (const figure of figures) {
    const bar = figure.bar === null ? '' : `  bar ${figure.bar}${misses(figure) ? '  MISSED' : ''}`
    process.stdout.write(`${figure.name.padEnd(24)}${figure.value.toFixed(3)} ${figure.unit}${bar}\n`)
  }
process.exitCode = figures.some(misses) ? 1 : 0
