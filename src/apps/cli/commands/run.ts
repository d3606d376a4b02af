import { createSandbox } from '../../../adapters/sandbox/sandbox.ts'
import { EXIT as GUEST_EXIT } from '../../../core/wasm/exit.ts'
import type { GuestDirectory, SandboxJob, SandboxResult } from '../../../ports/sandbox.ts'
import { InvalidInputError } from '../../../protocol/errors.ts'
import { listOption } from '../arguments.ts'
import type { Run } from '../command.ts'
import { adviceOn, processExitOf } from '../exit-advice.ts'
import { changesOf, type FileChange, type GuestFolder, readGuestFolder, writeBack } from '../guest-folder.ts'
import { checkModule, readModule } from '../module-file.ts'
import type { Output } from '../output.ts'
import { OUTSIDE_OPTIONS, runTermsFrom } from '../run-options.ts'
import { runReportOf } from '../run-report.ts'

export const run: Run = async ({ output }, [file = ''], options) => {
  const terms = runTermsFrom(file, options)
  const folders = listOption(options, 'dir').map(readGuestFolder)
  const writesBack = options.writeBack === true
  if (writesBack && folders.length === 0)
    throw new InvalidInputError('--write-back', 'there is no folder to write to', {
      fix: 'name one with --dir host::guest',
    })
  const asksOutside = OUTSIDE_OPTIONS.some((name) => options[name] !== undefined)
  // Loaded only for it: it holds clients of all that is outside.
  const outside = asksOutside ? (await import('../outside.ts')).openOutside(options, output) : undefined
  const { bytes, moduleHash } = await readModule(file)
  const job: SandboxJob = {
    ...terms,
    moduleHash,
    module: bytes,
    ...(outside === undefined ? {} : { host: outside.session }),
    ...(folders.length === 0 ? {} : { directories: folders.map(({ given }) => given), keepsFiles: true }),
  }
  let result: SandboxResult
  try {
    result = await runOnce(job)
  } finally {
    await outside?.close()
  }
  const transcriptDigest = outside?.finish()
  // Nodes say no more than that; here the reason can be told.
  if (result.exit === GUEST_EXIT.moduleRejected)
    await checkModule(bytes, file, { entry: job.entry, memoryBytesMax: BigInt(job.memoryBytesMax) })
  output.raw('err', result.stderr)
  output.raw('out', result.output)
  const changes = folders.flatMap((folder, i) => back(folder, result.directories?.[i], writesBack))
  output.result(runReportOf(job, result, changes, transcriptDigest), () =>
    explain(output, result.exit, writesBack),
  )
  return processExitOf(result.exit)
}

async function runOnce(job: SandboxJob): Promise<SandboxResult> {
  const sandbox = createSandbox({ workers: 1 })
  try {
    return await sandbox.run(job)
  } finally {
    await sandbox.close()
  }
}

/** A guest that trapped leaves nothing. */
function back(
  folder: GuestFolder,
  left: GuestDirectory | undefined,
  writesBack: boolean,
): readonly FileChange[] {
  if (left === undefined) return []
  const changes = changesOf(folder.given, left)
  if (writesBack) writeBack(folder, left, changes)
  return changes
}

function explain(output: Output, exit: number, writesBack: boolean): void {
  const advice = adviceOn(exit)
  if (advice === undefined) return
  output.progress(`error: ${advice.problem} (exit 0x${exit.toString(16)})`)
  if (advice.fix !== undefined) output.progress(`  fix: ${advice.fix}`)
  output.progress(
    `  nodes certify this exit with an empty output and all the fuel${writesBack ? '; nothing was written back' : ''}`,
  )
}
