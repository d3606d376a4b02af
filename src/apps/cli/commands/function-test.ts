import { createSandbox } from '../../../adapters/sandbox/sandbox.ts'
import type { Sandbox, SandboxResult } from '../../../ports/sandbox.ts'
import { type BuiltModule, buildFunction, readBuilt } from '../build.ts'
import type { Run } from '../command.ts'
import { EXIT } from '../exit.ts'
import { adviceOn } from '../exit-advice.ts'
import { grouped } from '../fuel.ts'
import { type FunctionCase, problemsOf, readCases } from '../function-cases.ts'
import { type Manifest, readManifest } from '../manifest.ts'
import { writtenOf } from '../run-report.ts'

const WALL_CLOCK_MS_MAX = 300_000

interface CaseReport {
  readonly name: string
  readonly passed: boolean
  readonly exit: number
  readonly fuelUsed: bigint
  readonly problems: readonly string[]
  readonly result: SandboxResult
}

export const run: Run = async ({ output }, [folder = '.'], options) => {
  const manifest = readManifest(folder)
  const cases = readCases(folder)
  const built = await (options.build === false ? readBuilt(manifest) : buildFunction(manifest, output))
  const reports = await runAll(manifest, built, cases)
  const failed = reports.filter(({ passed }) => !passed).length
  const told = reports.map(({ result: { output: given, stderr }, ...rest }) => ({
    ...rest,
    output: writtenOf(given),
    stderr: writtenOf(stderr),
  }))
  const { moduleHash } = built
  output.result(
    { name: manifest.name, moduleHash, passed: reports.length - failed, failed, cases: told },
    () => {
      for (const { name, passed, fuelUsed, problems, exit, result } of reports) {
        output.line(`${passed ? 'ok    ' : 'not ok'}  ${name} (${grouped(fuelUsed)} fuel)`)
        if (passed) continue
        for (const problem of problems) output.line(`        ${problem}`)
        for (const line of linesOf(result.stderr)) output.line(`        stderr: ${line}`)
        const fix = adviceOn(exit)?.fix
        if (fix !== undefined) output.line(`        fix: ${fix}`)
      }
      output.line(`${reports.length - failed} passed, ${failed} failed`)
    },
  )
  return failed === 0 ? EXIT.ok : EXIT.no
}

async function runAll(
  manifest: Manifest,
  built: BuiltModule,
  cases: readonly FunctionCase[],
): Promise<readonly CaseReport[]> {
  const sandbox = createSandbox({ workers: 1 })
  try {
    const reports: CaseReport[] = []
    // One after another: the machine is the author's, and the order is that of the file.
    for (const one of cases) reports.push(await runCase(sandbox, manifest, built, one))
    return reports
  } finally {
    await sandbox.close()
  }
}

/** With what a node gives, and no more. */
async function runCase(
  sandbox: Sandbox,
  manifest: Manifest,
  { bytes, moduleHash }: BuiltModule,
  one: FunctionCase,
): Promise<CaseReport> {
  const result = await sandbox.run({
    moduleHash,
    module: bytes,
    runtime: manifest.runtime,
    fuelLimit: BigInt(manifest.fuel),
    entry: one.entry ?? manifest.entry,
    input: one.input,
    seed: one.seed,
    clockNs: one.clockNs,
    memoryBytesMax: manifest.memory,
    outputBytesMax: manifest.output,
    wallClockMsMax: WALL_CLOCK_MS_MAX,
  })
  const problems = problemsOf(one, result)
  const { exit, fuelUsed } = result
  return { name: one.name, passed: problems.length === 0, exit, fuelUsed, problems, result }
}

/** The first of what the guest said. */
function linesOf(stderr: Uint8Array): readonly string[] {
  const text = new TextDecoder().decode(stderr).trimEnd()
  return text === '' ? [] : text.split('\n').slice(0, 10)
}
