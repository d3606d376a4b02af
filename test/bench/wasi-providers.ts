/**
 * Processor time of a trivial job, in microseconds: «hello» with the deterministic WASI, with @wasmer/wasi as its README has it
 * (one library for all jobs, nothing metered, checked or bounded), and under `wasmer-1`. Everything but compiling is
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
import { meterModule } from '../../src/core/wasm/meter.ts'
import { METERED, WASMER } from '../../src/ports/sandbox.ts'
import { call, DROP, guest, i32, store } from '../fixtures/wasm/assemble.ts'

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
const HELLO = guest({
  imports: ['fd_write'],
  data: [{ at: 100, bytes: TEXT }],
  start: [
    ...store(0, i32(100)),
    ...store(4, i32(TEXT.length)),
    ...[...i32(1), ...i32(0), ...i32(1), ...i32(8), ...call(0), DROP],
  ],
})

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN

function cpuUs(job: () => string): number {
  const before = process.cpuUsage()
  for (let i = 0; i < JOBS; i++) assert.equal(job(), TEXT)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / JOBS
}

function jobUnder(runtime: string, provider: WasiProvider): () => string {
  const metered = meterModule(HELLO, { entry: '_start', memoryBytesMax: 2 ** 26 })
  const compiled = new WebAssembly.Module(Uint8Array.from(metered))
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

function libraryAlone(): () => string {
  const compiled = new WebAssembly.Module(Uint8Array.from(HELLO))
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

export async function wasiProviders(): Promise<readonly ProviderFigure[]> {
  const library = await loadLibrary()
  await init()
  const jobs = {
    deterministic: jobUnder(METERED, DETERMINISTIC),
    alone: libraryAlone(),
    wasmer: jobUnder(WASMER, createWasmerProvider(library)),
  }
  // In turns, so that what else the machine does falls on all alike; `wasmer-1` last, for it restarts the library.
  const rounds = Array.from({ length: ROUNDS }, () => [cpuUs(jobs.deterministic), cpuUs(jobs.alone)] as const)
  const deterministic = median(rounds.map(([ours]) => ours))
  const alone = median(rounds.map(([, theirs]) => theirs))
  const us = (name: string, value: number): ProviderFigure => ({
    name,
    value: Math.round(value),
    unit: 'us',
    bar: null,
    better: 'lower',
  })
  return [
    {
      name: 'wasi-vs-wasmer',
      value: Math.round((deterministic / alone) * 1000) / 1000,
      unit: 'ratio',
      bar: 1,
      better: 'lower',
    },
    us('wasi-job-deterministic', deterministic),
    us('wasi-job-wasmer-alone', alone),
    us('wasi-job-wasmer-1', cpuUs(jobs.wasmer)),
  ]
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const figures = await wasiProviders()
  process.stdout.write(`${JSON.stringify({ figures })}\n`)
  process.exitCode = figures.some(({ value, bar }) => bar !== null && value > bar) ? 1 : 0
}
