/**
 * Runs a group of test suites and adds up what they counted.
 *
 *   npm test               contracts, core, adapters, end to end: Node only
 *   npm run test:system    what needs Redis or another Debian package
 *   npm run test:faults    committees over a network that fails; DIKAST_FAULTS_SIZES names their sizes
 *   npm run test:slow      long simulations and fuzzing, and the largest proofs
 *
 * The last line is `N passed, N failed`.
 */
import { execFileSync, spawn } from 'node:child_process'
import { globSync } from 'node:fs'

interface Suite {
  readonly name: string
  readonly command: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  /** How the runner reports its counts. */
  readonly passed: RegExp
  readonly failed: RegExp
}

const NODE_COUNTS = { passed: /^ℹ pass (\d+)$/m, failed: /^ℹ (?:fail|cancelled) (\d+)$/gm }
const HARDHAT_COUNTS = { passed: /^\s*(\d+) passing/gm, failed: /^\s*(\d+) failing/gm }

function nodeSuite(
  name: string,
  patterns: readonly string[],
  options: { readonly exclude?: RegExp; readonly concurrency?: number; readonly timeoutMs?: number } = {},
): Suite {
  const files = globSync([...patterns])
    .filter((file) => options.exclude?.test(file) !== true)
    .sort()
  const flags = [
    '--test',
    '--test-reporter=spec',
    `--test-concurrency=${options.concurrency ?? 2}`,
    `--test-timeout=${options.timeoutMs ?? 300_000}`,
  ]
  return { name, command: ['node', ...flags, ...files], ...NODE_COUNTS }
}

const groups: Readonly<Record<string, () => readonly Suite[]>> = {
  default: () => [
    { name: 'contracts in Solidity', command: ['hardhat', 'test', 'solidity'], ...HARDHAT_COUNTS },
    nodeSuite('TypeScript', ['test/**/*.test.ts'], { exclude: /^test\/(system|slow|bench|e2e|faults)\// }),
    nodeSuite('end to end', ['test/e2e/**/*.test.ts'], { concurrency: 1 }),
  ],
  system: () => [nodeSuite('system', ['test/system/**/*.test.ts'], { concurrency: 1 })],
  faults: () => [nodeSuite('faults', ['test/faults/**/*.test.ts'], { concurrency: 1, timeoutMs: 3_600_000 })],
  slow: () => [
    {
      name: 'invariants of the contracts, for long',
      command: ['hardhat', 'test', 'solidity'],
      ...HARDHAT_COUNTS,
      environment: { DIKAST_INVARIANT_RUNS: '200', DIKAST_INVARIANT_DEPTH: '150' },
    },
    {
      ...nodeSuite('long simulations and fuzzing', [
        'test/sim/**/*.test.ts',
        'test/core/wasm/fuzz.test.ts',
        'test/adapters/sandbox/hostile.test.ts',
        'test/runtime/wire.test.ts',
        'test/adapters/transport/frames.test.ts',
      ]),
      environment: { DIKAST_SIM_SEEDS: '300', DIKAST_FUZZ: '20', DIKAST_MODEL_STATES: '200000' },
    },
    nodeSuite('what is too large for every day', ['test/slow/**/*.test.ts'], {
      concurrency: 1,
      timeoutMs: 3_600_000,
    }),
  ],
}

function count(text: string, pattern: RegExp): number {
  const matches = pattern.global ? [...text.matchAll(pattern)] : [text.match(pattern)]
  return matches.reduce((sum, match) => sum + Number(match?.[1] ?? 0), 0)
}

async function run(suite: Suite): Promise<{ readonly passed: number; readonly failed: number }> {
  process.stdout.write(`\n== ${suite.name}\n`)
  const [command = '', ...args] = suite.command
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...suite.environment, FORCE_COLOR: '0' },
  })
  let text = ''
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString()
    process.stdout.write(chunk)
  })
  const status = await new Promise<number>((resolve) => child.on('close', (code) => resolve(code ?? 1)))
  const passed = count(text, suite.passed)
  const failed = count(text, suite.failed)
  // A runner that failed without counting a failure (it could not start, say) is itself one, and so is an empty suite.
  return { passed, failed: failed === 0 && (status !== 0 || passed === 0) ? 1 : failed }
}

const named = process.argv[2] ?? 'default'
const group = Object.hasOwn(groups, named) ? groups[named] : undefined
if (group === undefined) {
  const known = Object.keys(groups).join(', ')
  process.stderr.write(`error: no group of tests is named «${named}»\n  fix: name one of ${known}\n`)
  process.exit(2)
}
execFileSync('hardhat', ['build', '--quiet'], { stdio: 'inherit' })
let passed = 0
let failed = 0
for (const suite of group()) {
  const counts = await run(suite)
  passed += counts.passed
  failed += counts.failed
}
process.stdout.write(`\n${passed} passed, ${failed} failed\n`)
process.exitCode = failed === 0 ? 0 : 1
