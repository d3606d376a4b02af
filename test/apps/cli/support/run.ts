/** The command line, in this process or in one of its own. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { main } from '../../../../src/apps/cli/main.ts'

export const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))
const LAUNCHER = join(ROOT, 'scripts', 'dikast.mjs')
/** A command that has not ended by then hangs. */
const TIMEOUT_MS = 60_000

export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

export type Environment = Readonly<Record<string, string>>

/** What the shell of whoever runs the tests says must not matter. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('DIKAST_')))
}

/** Runs `main` here, with these variables for as long as it runs. One at a time. */
export async function runHere(args: readonly string[], environment: Environment = {}): Promise<Ended> {
  const before = process.env
  process.env = { ...cleanEnvironment(), ...environment }
  let out = ''
  let err = ''
  try {
    const code = await main(args, {
      out: {
        write: (text) => {
          out += textOf(text)
        },
      },
      err: {
        write: (text) => {
          err += textOf(text)
        },
      },
    })
    return { code, out, err }
  } finally {
    process.env = before
  }
}

function textOf(written: string | Uint8Array): string {
  return typeof written === 'string' ? written : new TextDecoder().decode(written)
}

export interface SpawnOptions {
  readonly env?: Environment
  readonly cwd?: string
  readonly stdin?: string
  /** Before the launcher, e.g. `--import`. */
  readonly nodeFlags?: readonly string[]
  /** Another script than the launcher, and another Node. */
  readonly script?: string
  readonly node?: string
  readonly timeoutMs?: number
}

/** Runs a process to its end; one that does not end is killed and has the code null. */
export async function runProcess(args: readonly string[], options: SpawnOptions = {}): Promise<Ended> {
  const { env = {}, cwd, nodeFlags = [], script = LAUNCHER, node = process.execPath } = options
  const child = spawn(node, [...nodeFlags, script, ...args], {
    env: { ...cleanEnvironment(), ...env },
    cwd,
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: options.timeoutMs ?? TIMEOUT_MS,
    killSignal: 'SIGKILL',
  })
  child.stdin.on('error', () => {}) // It may end without reading.
  child.stdin.end(options.stdin ?? '')
  let out = ''
  let err = ''
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString()
  })
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  return { code, out, err }
}

export interface JsonFailure {
  readonly code: string
  readonly message: string
  readonly fix: string
}

/** The one JSON value a command printed; throws when there was anything else. */
export function jsonOf({ out, err }: Ended): unknown {
  try {
    return JSON.parse(out)
  } catch {
    throw new Error(`standard output is not one JSON value: «${out}», standard error: «${err}»`)
  }
}

/** The failure a command printed with --json. */
export function failureIn(ended: Ended): JsonFailure {
  const { error } = jsonOf(ended) as { readonly error?: JsonFailure }
  if (error === undefined) throw new Error(`no failure: ${ended.out}`)
  return error
}
