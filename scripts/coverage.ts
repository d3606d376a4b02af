/**
 * Which lines and branches of contracts/ the tests run: `npm run coverage:contracts`. Fails below `MIN_PERCENT` of either.
 *
 * It works in a copy of the tree, whose contracts are instrumented (scripts/contract-coverage/instrument.ts) before Hardhat instruments them
 * again and runs the tests. Hardhat counts lines and no branches, and takes lines between two statements for run: here a line is
 * one on which a statement begins. Interfaces have none. Assembly is one statement, and its branches are not seen.
 *
 * Tests of gas and of bytecode fail under code that counts. They are printed, and left out of the verdict: every other check is
 * what fails on them, and what they did not run any more is not counted as run.
 *
 *   --json         the report as JSON on standard output
 *   --tree FOLDER  work in this folder and leave it, so that the next run compiles only what changed
 *   [tests ...]    only these, or all; a part proves nothing about the total
 * @module
 */
import { spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { BRANCHES_PATH, type Instrumented, instrument } from './contract-coverage/instrument.ts'
import { type Coverage, coverageOf, printReport, readLcov } from './contract-coverage/report.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const MIN_PERCENT = 95
/** What tests read. */
const COPIED = [
  'circuits',
  'contracts',
  'docs',
  'examples',
  'scripts',
  'src',
  'templates',
  'test',
  'hardhat.config.ts',
  'package.json',
  'package-lock.json',
  'README.md',
  'tsconfig.base.json',
  'tsconfig.build.json',
  'tsconfig.json',
  'tsconfig.node.json',
  'tsconfig.pure.json',
]

function copyTree(tree: string): void {
  for (const name of COPIED) {
    rmSync(join(tree, name), { recursive: true, force: true })
    if (existsSync(join(ROOT, name))) cpSync(join(ROOT, name), join(tree, name), { recursive: true })
  }
  const modules = join(tree, 'node_modules')
  if (!existsSync(modules)) symlinkSync(join(ROOT, 'node_modules'), modules)
}

function write(tree: string, { files, branchesFile }: Instrumented): void {
  for (const { path, text } of files) writeFileSync(join(tree, path), text)
  mkdirSync(join(tree, dirname(BRANCHES_PATH)), { recursive: true })
  writeFileSync(join(tree, BRANCHES_PATH), branchesFile)
}

/** Runs the tests in the copy, and says what they ran. */
function measure(tree: string, tests: readonly string[]): Coverage {
  copyTree(tree)
  const instrumented = instrument(ROOT)
  write(tree, instrumented)
  const lcov = join(tree, 'coverage', 'lcov.info')
  rmSync(lcov, { force: true })
  const env = { ...process.env, DIKAST_COVERAGE: '1', FORCE_COLOR: '0' }
  // What the tests print goes to standard error: standard output is the report's.
  spawnSync('hardhat', ['test', '--coverage', ...tests], { cwd: tree, stdio: ['ignore', 2, 2], env })
  if (!existsSync(lcov)) throw new Error('the tests were not run: no coverage was written')
  return coverageOf(instrumented, readLcov(readFileSync(lcov, 'utf8')))
}

const { values, positionals } = parseArgs({
  options: { json: { type: 'boolean', default: false }, tree: { type: 'string' } },
  allowPositionals: true,
})
const tree = values.tree ?? mkdtempSync(join(tmpdir(), 'dikast-coverage-'))
try {
  mkdirSync(tree, { recursive: true })
  const coverage = measure(tree, positionals)
  if (values.json) process.stdout.write(`${JSON.stringify(coverage, undefined, 2)}\n`)
  else printReport(coverage, MIN_PERCENT)
  const { lines, branches } = coverage.total
  process.exitCode = lines.percent >= MIN_PERCENT && branches.percent >= MIN_PERCENT ? 0 : 1
} finally {
  if (values.tree === undefined) rmSync(tree, { recursive: true, force: true })
}
