/**
 * What of each contract was run: of its lines those on which a statement begins, of its branches both sides of every condition.
 * @module
 */
import { BRANCHES_PATH, type Instrumented, type InstrumentedFile } from './instrument.ts'

export interface Share {
  readonly run: number
  readonly of: number
  readonly percent: number
}

/** A side of a condition that never was. */
export interface MissedBranch {
  readonly line: number
  readonly condition: string
  readonly never: boolean
}

export interface FileCoverage {
  readonly path: string
  readonly lines: Share
  readonly branches: Share
  readonly missedLines: readonly number[]
  readonly missedBranches: readonly MissedBranch[]
}

export interface Coverage {
  readonly files: readonly FileCoverage[]
  readonly total: { readonly lines: Share; readonly branches: Share }
}

/** Which lines of which files ran, as an lcov report has it. */
export type Hits = ReadonlyMap<string, ReadonlyMap<number, boolean>>

export function readLcov(lcov: string): Hits {
  const hits = new Map<string, ReadonlyMap<number, boolean>>()
  for (const record of lcov.split('end_of_record')) {
    const path = /^SF:(.+)$/m.exec(record)?.[1]
    if (path === undefined) continue
    const lines = [...record.matchAll(/^DA:(\d+),(\d+)$/gm)]
    hits.set(path, new Map(lines.map(([, line, count]) => [Number(line), Number(count) > 0])))
  }
  return hits
}

/** Throws where the counter knows nothing of a line: what is not counted must not pass for run. */
export function coverageOf({ files }: Instrumented, hits: Hits): Coverage {
  const covered = files
    .filter(({ statementLines, branches }) => statementLines.length + branches.length > 0)
    .map((file) => coverageOfFile(file, hits))
  return {
    files: covered,
    total: {
      lines: shareOf(covered.map(({ lines }) => lines)),
      branches: shareOf(covered.map(({ branches }) => branches)),
    },
  }
}

function coverageOfFile(file: InstrumentedFile, hits: Hits): FileCoverage {
  const ran = (path: string, line: number): boolean => {
    const isRun = hits.get(path)?.get(line)
    if (isRun === undefined) throw new Error(`line ${line} of ${path} was not counted`)
    return isRun
  }
  const missedLines = file.statementLines.filter((line) => !ran(file.path, line))
  const missedBranches = file.branches.flatMap(({ line, text: condition, takenLine, passedLine }) => [
    ...(ran(BRANCHES_PATH, takenLine) ? [] : [{ line, condition, never: true }]),
    ...(ran(BRANCHES_PATH, passedLine) ? [] : [{ line, condition, never: false }]),
  ])
  const sides = 2 * file.branches.length
  return {
    path: file.path,
    lines: share(file.statementLines.length - missedLines.length, file.statementLines.length),
    branches: share(sides - missedBranches.length, sides),
    missedLines,
    missedBranches,
  }
}

function share(run: number, of: number): Share {
  return { run, of, percent: of === 0 ? 100 : (100 * run) / of }
}

/** Of nothing at all nothing was run. */
function shareOf(shares: readonly Share[]): Share {
  const of = shares.reduce((sum, each) => sum + each.of, 0)
  const run = shares.reduce((sum, each) => sum + each.run, 0)
  return of === 0 ? { run, of, percent: 0 } : share(run, of)
}

export function printReport({ files, total }: Coverage, minPercent: number): void {
  const print = (line: string) => process.stdout.write(`${line}\n`)
  const figure = ({ percent }: Share) => `${(Math.floor(10 * percent) / 10).toFixed(1).padStart(5)} %`
  print('\nlines    branches')
  for (const file of files) {
    print(`${figure(file.lines)}  ${figure(file.branches)}  ${file.path}`)
    if (file.missedLines.length !== 0) print(`${' '.repeat(18)}not run: ${file.missedLines.join(' ')}`)
    for (const { line, condition, never } of file.missedBranches)
      print(`${' '.repeat(18)}never ${never}: ${line}: ${condition}`)
  }
  for (const [name, { run, of, percent }] of Object.entries(total))
    print(
      `${run} of ${of} ${name === 'branches' ? 'sides of branches' : name}, ${(Math.floor(10 * percent) / 10).toFixed(1)} %; at least ${minPercent} %`,
    )
}
