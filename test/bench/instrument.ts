/**
 * Meters one large module, once, in a process that has metered nothing before: prints milliseconds of its thread’s processor time
 * and bytes.
 *
 *   node test/bench/instrument.ts module.wasm
 * @module
 */
import { readFileSync } from 'node:fs'
import { meterModule } from '../../src/core/wasm/meter.ts'

const module = new Uint8Array(readFileSync(process.argv[2] ?? ''))
const start = process.threadCpuUsage()
meterModule(module, { entry: '_start', memoryBytesMax: 2 ** 28 })
const { user, system } = process.threadCpuUsage(start)
const ms = (user + system) / 1000
process.stdout.write(JSON.stringify({ ms, bytes: module.length }))
