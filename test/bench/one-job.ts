/**
 * One job in a process of its own: what the warm pool is measured against.
 *
 *   node one-job.mjs module.wasm
 * @module
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { prepare } from '../../src/adapters/sandbox/preparation.ts'
import { runGuest } from '../../src/adapters/sandbox/run-guest.ts'
import { METERED } from '../../src/ports/sandbox.ts'

const bytes = new Uint8Array(readFileSync(process.argv[2] ?? ''))
const hash = `0x${createHash('sha256').update(bytes).digest('hex')}` as const
const options = { runtime: METERED, entry: '_start', memoryBytesMax: 4 * 1024 * 1024 }
const prepared = prepare({ hash, bytes, ...options })
if (prepared.type !== 'prepared') throw new Error(prepared.type)
const { outcome } = runGuest(
  { module: new WebAssembly.Module(prepared.bytes), ...prepared },
  {
    id: 1,
    moduleHash: hash,
    ...options,
    fuelLimit: 10_000_000n,
    input: new Uint8Array(),
    seed: new Uint8Array(32),
    clockNs: 0n,
    outputBytesMax: 1024,
    wallClockMsMax: 60_000,
  },
)
process.stdout.write(outcome.type === 'finished' ? outcome.output : outcome.type)
