/**
 * The tests of a folder laid out as WebAssembly/wasi-testsuite's: `tests/<language>/testsuite/wasm32-wasip1/<name>.wasm`, each
 * with what it is given and what is expected of it in `<name>.json`, when it differs from nothing and exit code 0.
 * @module
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { z } from 'zod'
import type { GuestDirectory, GuestFile, SandboxJob } from '../../src/ports/sandbox.ts'

const Specification = z.strictObject({
  args: z.array(z.string()).default([]),
  /** Directories beside the test, under their own names. */
  dirs: z.array(z.string()).default([]),
  /** A directory beside the test, as `/`. */
  root: z.string().optional(),
  env: z.record(z.string(), z.string()).default({}),
  exit_code: z.int().min(0).default(0),
  stdout: z.string().optional(),
  stderr: z.string().optional(),
})

export interface SuiteTest {
  /** `<language>/<name>`. */
  readonly name: string
  readonly module: Uint8Array
  readonly given: Required<Pick<SandboxJob, 'args' | 'env' | 'directories'>>
  readonly expected: { readonly exit: number; readonly stdout?: string; readonly stderr?: string }
}

/** In the order of their names. */
export function readSuite(folder: string): readonly SuiteTest[] {
  const tests = join(folder, 'tests')
  if (!existsSync(tests)) return []
  return readdirSync(tests).flatMap((language) => {
    const suite = join(tests, language, 'testsuite', 'wasm32-wasip1')
    if (!existsSync(suite)) return []
    const modules = readdirSync(suite).filter((file) => file.endsWith('.wasm'))
    return modules.sort().map((file) => readTest(suite, language, basename(file, '.wasm')))
  })
}

function readTest(suite: string, language: string, name: string): SuiteTest {
  const file = join(suite, `${name}.json`)
  const { args, dirs, root, env, exit_code, stdout, stderr } = Specification.parse(
    existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {},
  )
  const directories = dirs.map((path) => readDirectory(join(suite, path), path))
  if (root !== undefined) directories.unshift(readDirectory(join(suite, root), '/'))
  return {
    name: `${language}/${name}`,
    module: readFileSync(join(suite, `${name}.wasm`)),
    given: { args: [`${name}.wasm`, ...args], env: Object.entries(env), directories },
    expected: {
      exit: exit_code,
      ...(stdout === undefined ? {} : { stdout }),
      ...(stderr === undefined ? {} : { stderr }),
    },
  }
}

function readDirectory(folder: string, guestPath: string): GuestDirectory {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  const files = entries.map((entry): GuestFile => {
    const whole = join(entry.parentPath, entry.name)
    const path = relative(folder, whole).replaceAll('\\', '/')
    if (!entry.isDirectory()) return { path, bytes: readFileSync(whole) }
    return { path: `${path}/`, bytes: new Uint8Array() }
  })
  const filled = (path: string) => files.some((file) => file.path !== path && file.path.startsWith(path))
  return { guestPath, files: files.filter(({ path }) => !path.endsWith('/') || !filled(path)) }
}
