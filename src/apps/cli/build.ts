/**
 * Builds a function by the command of its manifest, and checks what it made as nodes will.
 *
 * The command is the author's and runs as the author, as with `npm run`: in the manifest's folder, by a shell, with the programs
 * of installed packages on its path. Only build what you would run.
 * @module
 */
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { delimiter, dirname, join, resolve } from 'node:path'
import { DikastError, InvalidInputError } from '../../protocol/errors.ts'
import type { Hash } from '../../protocol/types.ts'
import { agreementFrom, entryBeside } from './agreement-manifest.ts'
import { deployOptionsOf, type Manifest } from './manifest.ts'
import { checkEntry, checkModule, readModule } from './module-file.ts'
import type { Output } from './output.ts'

/** The end of what the command said, for the error. */
const LAST_WORDS_CHARACTERS_MAX = 600
/** A shell's code for a program it does not find. */
const NOT_FOUND = 127

/** The build command ended badly, or made nothing. */
export class BuildError extends DikastError {
  readonly code = 'BUILD_FAILED'
}

export interface BuiltModule {
  readonly file: string
  readonly bytes: Uint8Array
  readonly moduleHash: Hash
  readonly meteredBytes: number
}

/** Runs the command, its words going to standard error. Throws `BuildError`, and `InvalidInputError` for a module nodes refuse. */
export async function buildFunction(manifest: Manifest, output: Output): Promise<BuiltModule> {
  const { folder, build } = manifest
  checkPackages(folder)
  output.progress(`building: ${build.command}`)
  const { code, lastWords } = await runCommand(build.command, folder, output)
  if (code !== 0) {
    // People have read it all on standard error.
    const said = output.json && lastWords !== '' ? `: ${lastWords}` : ''
    throw new BuildError(`the build command ended with ${code}${said}`, {
      fix:
        code === NOT_FOUND
          ? 'install the program it names, or mend build.command in the manifest'
          : `mend what it says above; the command is build.command of ${manifest.file}`,
    })
  }
  return readBuilt(manifest)
}

/** What was built before. Throws `BuildError` when there is nothing, and `InvalidInputError` for a module nodes refuse. */
export async function readBuilt(manifest: Manifest): Promise<BuiltModule> {
  const file = join(manifest.folder, manifest.build.artifact)
  if (!existsSync(file))
    throw new BuildError(`there is no ${file}`, {
      fix: `build it with \`dikast function build\`, or set build.artifact of ${manifest.file} to what the command makes`,
    })
  const { bytes, moduleHash } = await readModule(file)
  const { entry, memory } = manifest
  const metered = await checkModule(bytes, file, { entry, memoryBytesMax: BigInt(memory) })
  const beside = entryBeside(agreementFrom(deployOptionsOf(manifest)), entry)
  if (beside !== undefined) checkEntry(bytes, file, beside)
  return { file, bytes, moduleHash, meteredBytes: metered.length }
}

/** A compiler that is not installed yet is the commonest way a first build fails. */
function checkPackages(folder: string): void {
  const file = join(folder, 'package.json')
  if (!existsSync(file)) return
  let wanted: readonly string[]
  try {
    const { dependencies = {}, devDependencies = {} } = JSON.parse(readFileSync(file, 'utf8')) as Record<
      string,
      Record<string, string>
    >
    wanted = Object.keys({ ...dependencies, ...devDependencies })
  } catch (cause) {
    throw new InvalidInputError(file, 'is no JSON', { cause, fix: 'mend it' })
  }
  const missing = wanted.find((name) => !moduleFolders(folder).some((path) => existsSync(join(path, name))))
  if (missing !== undefined)
    throw new BuildError(`the package ${missing} is not installed`, {
      fix: `run \`npm install\` in ${folder}`,
    })
}

/** `node_modules` of the folder and of those above it. */
function moduleFolders(folder: string): readonly string[] {
  const folders: string[] = []
  for (let path = resolve(folder); ; path = dirname(path)) {
    folders.push(join(path, 'node_modules'))
    if (path === dirname(path)) return folders
  }
}

async function runCommand(
  command: string,
  folder: string,
  output: Output,
): Promise<{ readonly code: number; readonly lastWords: string }> {
  const programs = [...moduleFolders(folder).map((path) => join(path, '.bin')), dirname(process.execPath)]
  const { DIKAST_KEY: _key, DIKAST_PASSWORD: _password, ...environment } = process.env
  const child = spawn(command, {
    cwd: folder,
    shell: true,
    // A compiler has no use for the key of whoever pays.
    env: { ...environment, PATH: [...programs, process.env.PATH ?? ''].join(delimiter) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let lastWords = ''
  const hear = (chunk: Buffer) => {
    output.raw('err', chunk)
    lastWords = (lastWords + chunk.toString()).slice(-LAST_WORDS_CHARACTERS_MAX)
  }
  child.stdout.on('data', hear)
  child.stderr.on('data', hear)
  const code = await new Promise<number>((done, fail) => {
    child.once('error', (cause) =>
      fail(new BuildError(`the build command cannot be run: ${cause.message}`, { cause, fix: 'mend it' })),
    )
    child.once('close', (status, signal) => done(status ?? (signal === null ? 1 : 128)))
  })
  return { code, lastWords }
}
