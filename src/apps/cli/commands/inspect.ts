import { MEMORY_BYTES_MAX, MEMORY_BYTES_MIN } from '../../../protocol/limits.ts'
import { requiredText, wholeNumber } from '../arguments.ts'
import type { Run } from '../command.ts'
import { EXIT } from '../exit.ts'
import { readModule } from '../module-file.ts'
import { inspectModule, type ModuleReport } from '../module-report.ts'
import type { Output } from '../output.ts'

/** A module may have thousands; `--json` has them all. */
const LISTED_MAX = 40

export const run: Run = async ({ output }, [file = ''], options) => {
  const memoryBytesMax = wholeNumber(
    '--memory',
    requiredText(options, 'memory'),
    MEMORY_BYTES_MIN,
    MEMORY_BYTES_MAX,
  )
  const report = inspectModule(await readModule(file), {
    entry: requiredText(options, 'entry'),
    memoryBytesMax,
  })
  output.result(report, () => tell(output, report))
  return report.accepted ? EXIT.ok : EXIT.no
}

function tell(output: Output, report: ModuleReport): void {
  const { rejection, memory, code, metered } = report
  output.line(`module      ${report.bytes} bytes, sha256 ${report.moduleHash}`)
  if (rejection === undefined) output.line('accepted    yes, by every node')
  else {
    const where = rejection.offset === undefined ? '' : ` at byte ${rejection.offset}`
    output.line(`accepted    no: ${rejection.reason}${where}: ${rejection.detail}`)
    output.line(`  fix       ${rejection.fix}`)
  }
  list(
    output,
    'import',
    report.imports.map(
      ({ module, name, signature = '', answeredBy }) =>
        `${module}.${name}${signature}${answeredBy === 'none' ? ', answered by nobody' : ` by ${answeredBy}`}`,
    ),
  )
  list(
    output,
    'export',
    report.exports.map(({ name, kind, signature }) => `${name}${signature ?? ` (${kind})`}`),
  )
  list(
    output,
    'entry',
    report.entries.map(({ name, problem }) =>
      problem === undefined ? name : `${name}, which nodes cannot call: ${problem}`,
    ),
  )
  if (report.capabilities.length > 0)
    output.line(
      `outside     ${report.capabilities.join(', ')}: denied unless permissions and the operator's grants cover the call`,
    )
  if (memory !== undefined)
    output.line(
      `memory      ${memory.minimumBytes} bytes at first, ${memory.maximumBytes === undefined ? 'no maximum of its own' : `at most ${memory.maximumBytes}`}`,
    )
  for (const { minimum, maximum } of report.tables)
    output.line(
      `table       ${minimum} elements at first${maximum === undefined ? '' : `, at most ${maximum}`}`,
    )
  if (report.hasStart) output.line('start       it has a start function, which runs before the entry')
  if (code !== undefined) {
    output.line(
      `code        ${code.functions} functions, ${code.bytes} bytes, the largest ${code.largestFunctionBytes}`,
    )
    output.line(
      `stack       the largest frame counts ${code.largestFrameBytes} of 8388608 bytes: ${code.depthMax} such calls deep`,
    )
  }
  if (metered !== undefined)
    output.line(`metered     ${metered.bytes} bytes, ${metered.growth} times the module`)
  if (report.accepted) output.line('fuel        a unit an instruction, 1000 a call to the host and 1 a byte')
}

function list(output: Output, label: string, lines: readonly string[]): void {
  for (const line of lines.slice(0, LISTED_MAX)) output.line(`${label.padEnd(12)}${line}`)
  if (lines.length > LISTED_MAX)
    output.line(`${label.padEnd(12)}and ${lines.length - LISTED_MAX} more: --json lists them`)
}
