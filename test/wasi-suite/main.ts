/**
 * Runs the official WASI tests from a folder, a checkout of WebAssembly/wasi-testsuite's branch with compiled tests:
 *
 *   npm run test:wasi-suite -- <folder> [--provider deterministic-1|wasmer-1] [--json]
 *
 * Prints a line a test, or one JSON object. Exits with 1 when a test fails or the folder has none, 2 when called wrongly.
 * @module
 */
import { createHash } from 'node:crypto'
import { parseArgs } from 'node:util'
import { createSandbox } from '../../src/adapters/sandbox/sandbox.ts'
import { describeExit } from '../../src/core/wasm/exit.ts'
import { METERED, type Sandbox, SandboxFailure, WASMER } from '../../src/ports/sandbox.ts'
import { OUTPUT_BYTES_MAX } from '../../src/protocol/limits.ts'
import { readSuite, type SuiteTest } from './suite.ts'

const PROVIDERS: readonly string[] = [METERED, WASMER]
const FUEL_LIMIT = 10_000_000_000n
const MEMORY_BYTES_MAX = 256 * 1024 * 1024
const WALL_CLOCK_MS_MAX = 60_000
const CLOCK_NS = 1_700_000_000_000_000_000n

interface Verdict {
  readonly name: string
  readonly passed: boolean
  /** What differs from what is expected. */
  readonly problem?: string
}

async function judge(sandbox: Sandbox, runtime: string, test: SuiteTest): Promise<Verdict> {
  const { name, module, given, expected } = test
  const job = {
    moduleHash: `0x${createHash('sha256').update(module).digest('hex')}` as const,
    module,
    runtime,
    fuelLimit: FUEL_LIMIT,
    entry: '_start',
    input: new Uint8Array(),
    ...given,
    seed: new Uint8Array(32).fill(1),
    clockNs: CLOCK_NS,
    memoryBytesMax: MEMORY_BYTES_MAX,
    outputBytesMax: OUTPUT_BYTES_MAX,
    wallClockMsMax: WALL_CLOCK_MS_MAX,
  }
  try {
    const { exit, output, stderr } = await sandbox.run(job)
    const said = new TextDecoder().decode(stderr)
    if (exit !== expected.exit)
      return { name, passed: false, problem: `${describeExit(exit)}: ${said.trim().slice(-300)}` }
    const texts = { stdout: new TextDecoder().decode(output), stderr: said }
    for (const stream of ['stdout', 'stderr'] as const)
      if (expected[stream] !== undefined && expected[stream] !== texts[stream])
        return { name, passed: false, problem: `${stream} is ${JSON.stringify(texts[stream].slice(0, 300))}` }
    return { name, passed: true }
  } catch (error) {
    if (!(error instanceof SandboxFailure)) throw error
    return { name, passed: false, problem: error.message }
  }
}

function misuse(problem: string, fix: string): never {
  process.stderr.write(`error: ${problem}\n  fix: ${fix}\n`)
  process.exit(2)
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { provider: { type: 'string', default: METERED }, json: { type: 'boolean', default: false } },
})
const [folder] = positionals
if (folder === undefined)
  misuse('no folder', 'name a folder that holds tests/<language>/testsuite/wasm32-wasip1')
if (!PROVIDERS.includes(values.provider))
  misuse(`no provider «${values.provider}»`, `name one of ${PROVIDERS.join(', ')}`)

const sandbox = createSandbox({ workers: 1 })
const verdicts: Verdict[] = []
try {
  for (const test of readSuite(folder)) {
    const verdict = await judge(sandbox, values.provider, test)
    verdicts.push(verdict)
    if (!values.json)
      process.stdout.write(
        `${verdict.passed ? 'pass' : 'FAIL'}  ${verdict.name}${verdict.problem === undefined ? '' : `  ${verdict.problem}`}\n`,
      )
  }
} finally {
  await sandbox.close()
}
const passed = verdicts.filter((verdict) => verdict.passed).length
const failed = verdicts.length - passed
if (values.json)
  process.stdout.write(`${JSON.stringify({ provider: values.provider, passed, failed, tests: verdicts })}\n`)
else process.stdout.write(`${passed} passed, ${failed} failed\n`)
if (verdicts.length === 0) process.stderr.write('error: the folder holds no test\n')
process.exitCode = failed > 0 || verdicts.length === 0 ? 1 : 0
