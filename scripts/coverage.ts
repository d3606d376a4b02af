/**
 * Which lines of contracts/ the tests run: `npm run coverage:contracts`.
 *
 * Hardhat counts statements and lines; it knows no branches. An `if` whose only statement is a `revert` is told all the same: the
 * revert is a statement of its own. What is not told: conditional expressions, `&&` and `||`, an `if` that is never false, and
 * assembly. Tests of what gas costs fail under the instrumented code and are left out of the verdict; every other check is.
 * Fails when fewer lines run than `LINES_MIN_PERCENT`.
 * @module
 */
import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const LCOV = join(ROOT, 'coverage', 'lcov.info')
const LINES_MIN_PERCENT = 95

interface FileCoverage {
  readonly path: string
  readonly lines: number
  readonly missed: readonly number[]
}

/** The files of an lcov report below contracts/. */
function read(lcov: string): readonly FileCoverage[] {
  return lcov
    .split('end_of_record')
    .map((record) => {
      const path = /^SF:(.+)$/m.exec(record)?.[1] ?? ''
      const lines = [...record.matchAll(/^DA:(\d+),(\d+)$/gm)].map(([, line, count]) => ({
        line: Number(line),
        count: Number(count),
      }))
      const missed = lines.filter(({ count }) => count === 0).map(({ line }) => line)
      return { path, lines: lines.length, missed: missed.sort((a, b) => a - b) }
    })
    .filter(({ path, lines }) => path.startsWith('contracts/') && lines > 0)
    .sort((a, b) => (a.path < b.path ? -1 : 1))
}

rmSync(LCOV, { force: true })
// Counting makes the contracts larger than a chain would take.
const environment = { ...process.env, DIKAST_COVERAGE: '1', FORCE_COLOR: '0' }
spawnSync('hardhat', ['test', '--coverage'], { cwd: ROOT, stdio: 'inherit', env: environment })
const files = read(readFileSync(LCOV, 'utf8'))
let lines = 0
let missed = 0
process.stdout.write('\n')
for (const file of files) {
  lines += file.lines
  missed += file.missed.length
  const percent = (100 * (1 - file.missed.length / file.lines)).toFixed(1)
  process.stdout.write(`${file.path.padEnd(52)} ${percent.padStart(5)} % ${file.missed.join(' ')}\n`)
}
const percent = lines === 0 ? 0 : 100 * (1 - missed / lines)
process.stdout.write(
  `${lines - missed} of ${lines} lines, ${percent.toFixed(1)} %; at least ${LINES_MIN_PERCENT} %\n`,
)
process.exitCode = percent >= LINES_MIN_PERCENT ? 0 : 1
