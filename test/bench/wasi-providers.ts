/**
 * Processor time of trivial jobs, in microseconds: with the deterministic WASI, with @wasmer/wasi as its README has it (one
 * library for all jobs, nothing metered, checked or bounded), and one under `wasmer-1`. Everything but compiling is
 * measured; the bar is that determinism costs no more than the library alone.
 * @module
 */
import assert from 'node:assert/strict'
import { fileURLToPath } from 'node:url'
import { init, MemFS, WASI } from '@wasmer/wasi'
import type { RunMessage } from '../../src/adapters/sandbox/messages.ts'
import { DETERMINISTIC, type WasiProvider } from '../../src/adapters/sandbox/provider.ts'
import { runGuest } from '../../src/adapters/sandbox/run-guest.ts'
import { loadLibrary } from '../../src/adapters/sandbox/wasmer/library.ts'
import { createWasmerProvider } from '../../src/adapters/sandbox/wasmer/provider.ts'
import { meterLentModule } from '../../src/core/wasm/meter.ts'
import { METERED, WASMER } from '../../src/ports/sandbox.ts'
import { call, DROP, guest, i32, i64, store } from '../fixtures/wasm/assemble.ts'

export interface ProviderFigure {
  readonly name: string
  readonly value: number
  readonly unit: 'ratio' | 'us'
  readonly bar: number | null
  readonly better: 'lower'
}

const ROUNDS = 9
const JOBS = 300
const TEXT = 'hello, world'
/** Function 0 is `fd_write`: the text to standard output. */
const WRITE = [
  ...store(0, i32(100)),
  ...store(4, i32(TEXT.length)),
  ...[...i32(1), ...i32(0), ...i32(1), ...i32(8), ...call(0), DROP],
]
const repeated = (times: number, code: readonly number[]) => Array.from({ length: times }, () => code).flat()
const data = [{ at: 100, bytes: TEXT }]

/** Programs that both run, and what they write. */
const PROGRAMS: Readonly<Record<string, readonly [module: Uint8Array, output: string]>> = {
  hello: [guest({ imports: ['fd_write'], data, start: WRITE }), TEXT],
  'fifty writes': [guest({ imports: ['fd_write'], data, start: repeated(50, WRITE) }), TEXT.repeat(50)],
  'arguments, clock and random': [
    guest({
      imports: ['fd_write', 'random_get', 'clock_time_get', 'args_sizes_get'],
      data,
      start: [
        ...[...i32(200), ...i32(32), ...call(1), DROP],
        ...[...i32(0), ...i64(1n), ...i32(300), ...call(2), DROP],
        ...[...i32(400), ...i32(404), ...call(3), DROP],
        ...WRITE,
      ],
    }),
    TEXT,
  ],
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN

function cpuUs(job: () => string, output: string): number {
  const before = process.cpuUsage()
  for (let i = 0; i < JOBS; i++) assert.equal(job(), output)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / JOBS
}

function jobUnder(module: Uint8Array, runtime: string, provider: WasiProvider): () => string {
  const { bytes, memory } = meterLentModule(module, { entry: '_start', memoryBytesMax: 2 ** 26 })
  const compiled = { module: new WebAssembly.Module(Uint8Array.from(bytes)), memory }
  const run: RunMessage = {
    id: 0,
    moduleHash: '0x',
    runtime,
    fuelLimit: 1_000_000n,
    entry: '_start',
    input: new Uint8Array(),
    seed: new Uint8Array(32),
    clockNs: 0n,
    memoryBytesMax: 2 ** 26,
    outputBytesMax: 1024,
    wallClockMsMax: 10_000,
  }
  return () => {
    const { outcome } = runGuest(compiled, run, provider)
    assert.ok(outcome.type === 'finished' && outcome.exit === 0)
    return new TextDecoder().decode(outcome.output)
  }
}

function libraryAlone(module: Uint8Array): () => string {
  const compiled = new WebAssembly.Module(Uint8Array.from(module))
  return () => {
    const wasi = new WASI({ args: ['function'], env: {}, preopens: {}, fs: new MemFS() })
    const imports = wasi.getImports(compiled) as WebAssembly.Imports
    wasi.instantiate(new WebAssembly.Instance(compiled, imports), {})
    assert.equal(wasi.start(), 0)
    const output = wasi.getStdoutString()
    wasi.free()
    return output
  }
}

/** Geometric. */
const mean = (values: readonly number[]): number =>
  Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length)

export async function wasiProviders(): Promise<readonly ProviderFigure[]> {
  const library = await loadLibrary()
  await init()
  const measured = Object.values(PROGRAMS).map(([module, output]) => {
    const ours = jobUnder(module, METERED, DETERMINISTIC)
    const theirs = libraryAlone(module)
    // In turns, so that what else the machine does falls on both alike.
    const rounds = Array.from({ length: ROUNDS }, () => [cpuUs(ours, output), cpuUs(theirs, output)] as const)
    return {
      ratio: median(rounds.map(([one, other]) => one / other)),
      ours: median(rounds.map(([one]) => one)),
      theirs: median(rounds.map(([, other]) => other)),
    }
  })
  const us = (name: string, value: number): ProviderFigure => ({
    name,
    value: Math.round(value),
    unit: 'us',
    bar: null,
    better: 'lower',
  })
  // Last, for it restarts the library.
  const [hello, text] = PROGRAMS.hello ?? [new Uint8Array(), '']
  const under = cpuUs(jobUnder(hello, WASMER, createWasmerProvider(library)), text)
  return [
    {
      name: 'wasi-vs-wasmer',
      value: Math.round(mean(measured.map(({ ratio }) => ratio)) * 1000) / 1000,
      unit: 'ratio',
      bar: 1,
      better: 'lower',
    },
    us('wasi-job-deterministic', mean(measured.map(({ ours }) => ours))),
    us('wasi-job-wasmer-alone', mean(measured.map(({ theirs }) => theirs))),
    us('wasi-job-wasmer-1', under),
  ]
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const figures = await wasiProviders()
  process.stdout.write(`${JSON.stringify({ figures })}\n`)
  process.exitCode = figures.some(({ value, bar }) => bar !== null && value > bar) ? 1 : 0
}
