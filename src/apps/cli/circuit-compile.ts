/**
 * Compiles a circuit with circom 2, and writes into its witness calculator what it is given (CIR-3).
 *
 * The compiler is WebAssembly, run as a child on a staged copy of exactly the files a circuit includes, so that the result depends on
 * nothing else. It is deterministic: the same sources give the same constraints and the same calculator everywhere. circom
 * is GPL-3.0; nothing here links to it.
 * @module
 */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, dirname, join, sep } from 'node:path'
import { promisify } from 'node:util'
import { type CircuitManifest, withManifest } from '../../core/circuit/manifest.ts'
import { InvalidInputError, LimitExceededError } from '../../protocol/errors.ts'

/** Without `--O2` constraints that are sums stay in, and twice as many are proven. */
export const COMPILER_FLAGS = ['--r1cs', '--wasm', '--sym', '--O2', '--prime', 'bn128']
/** What the compiler may print before it is cut off, and how much of it is shown. */
const PRINTED_BYTES_MAX = 1 << 20
const PROBLEM_CHARACTERS_MAX = 2_000
const SOURCES_MAX = 1_000
/** circomlib's constants are two million bytes. */
const SOURCE_BYTES_MAX = 8 * 1024 * 1024
const HEADER_SECTION = 1
/** Libraries are found where packages are: the first part of an include's path is a package's name. */
const LIBRARIES = '.packages'

export interface CompiledFiles {
  /** The constraints. */
  readonly r1cs: Uint8Array
  /** The witness calculator, with its manifest. */
  readonly wasm: Uint8Array
  readonly sym: Uint8Array
}

/** Counts in the header of an r1cs file, in the order its format has them. */
export interface ConstraintCounts {
  readonly wires: number
  readonly publicOutputs: number
  readonly publicInputs: number
  readonly privateInputs: number
  readonly constraints: number
}

/** A circuit's sources, by their paths in the staged copy. */
export interface CircuitSources {
  readonly main: string
  readonly files: ReadonlyMap<string, Uint8Array>
}

/**
 * Everything a source includes, directly or not. `root` is where relative paths end: nothing above it is read. Throws
 * `InvalidInputError` for what cannot be read.
 */
export function circuitSources(root: string, source: string): CircuitSources {
  const files = new Map<string, Uint8Array>()
  const waiting = [source]
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (files.has(path)) continue
    if (files.size >= SOURCES_MAX)
      throw new LimitExceededError('sources of a circuit', files.size + 1, SOURCES_MAX)
    const bytes = readSource(onDisk(root, path), path)
    files.set(path, bytes)
    for (const [, included = ''] of new TextDecoder().decode(bytes).matchAll(/^\s*include\s+"([^"]+)"/gm)) {
      const beside = join(dirname(path), included)
      // As circom: beside the file that includes it, or else in a library.
      waiting.push(existsSync(onDisk(root, beside)) ? beside : join(LIBRARIES, included))
    }
  }
  return { main: source, files }
}

function onDisk(root: string, staged: string): string {
  const [top, name = '', ...rest] = staged.split(sep)
  if (top !== LIBRARIES) {
    if (staged.startsWith('..')) throw new InvalidInputError('include', `«${staged}» lies outside ${root}`)
    return join(root, staged)
  }
  // The circuit's own packages first, then this program's.
  for (const from of [join(root, 'package.json'), import.meta.url]) {
    try {
      return join(dirname(createRequire(from).resolve(`${name}/package.json`)), ...rest)
    } catch {
      // Not there.
    }
  }
  return join(root, 'node_modules', name, ...rest)
}

function readSource(file: string, path: string): Uint8Array {
  try {
    const { size } = statSync(file)
    if (size > SOURCE_BYTES_MAX) throw new LimitExceededError('bytes of a source', size, SOURCE_BYTES_MAX)
    return new Uint8Array(readFileSync(file))
  } catch (cause) {
    if (cause instanceof LimitExceededError) throw cause
    throw new InvalidInputError('circuit', `${path} cannot be read`, {
      cause,
      fix: 'name a .circom file; what it includes lies beside it or in a package that is installed, as circomlib is',
    })
  }
}

/** Of sources, compiler and flags: another digest may be another circuit. */
export function sourcesHash({ files }: CircuitSources): string {
  const hash = createHash('sha256').update(JSON.stringify([compilerVersion(), COMPILER_FLAGS]))
  for (const [path, bytes] of [...files].sort(([a], [b]) => (a < b ? -1 : 1)))
    hash.update(JSON.stringify([path, bytes.length])).update(bytes)
  return hash.digest('hex')
}

/** As a transcript names it. */
export function compilerName(): string {
  return `circom2 ${compilerVersion()}`
}

function compilerVersion(): string {
  const file = readFileSync(join(compilerFolder(), 'package.json'), 'utf8')
  return (JSON.parse(file) as { version: string }).version
}

function compilerFolder(): string {
  return dirname(createRequire(import.meta.url).resolve('circom2/package.json'))
}

/** Throws `InvalidInputError` with what the compiler says. */
export async function compileSources({ main, files }: CircuitSources): Promise<CompiledFiles> {
  const name = basename(main, '.circom')
  const stage = mkdtempSync(join(tmpdir(), 'dikast-circuit-'))
  try {
    for (const [path, bytes] of files) {
      mkdirSync(join(stage, dirname(path)), { recursive: true })
      writeFileSync(join(stage, path), bytes)
    }
    mkdirSync(join(stage, 'out'))
    const libraries = [...files.keys()].some((path) => path.startsWith(`${LIBRARIES}${sep}`))
    const command = [
      join(compilerFolder(), 'cli.js'),
      main,
      ...COMPILER_FLAGS,
      ...(libraries ? ['-l', LIBRARIES] : []),
    ]
    await promisify(execFile)(process.execPath, [...command, '-o', 'out'], {
      cwd: stage,
      maxBuffer: PRINTED_BYTES_MAX,
    })
    const read = (...path: readonly string[]) => new Uint8Array(readFileSync(join(stage, 'out', ...path)))
    const [r1cs, sym] = [read(`${name}.r1cs`), read(`${name}.sym`)]
    const calculator = read(`${name}_js`, `${name}.wasm`)
    return { r1cs, sym, wasm: withManifest(calculator, manifestOf(r1cs, sym)) }
  } catch (cause) {
    const { stdout = '', stderr = '' } = cause as { readonly stdout?: string; readonly stderr?: string }
    const said = `${stdout}${stderr}`.trim() || String(cause)
    throw new InvalidInputError(
      'circuit',
      `${main} does not compile: ${said.slice(-PROBLEM_CHARACTERS_MAX)}`,
      {
        cause,
      },
    )
  } finally {
    rmSync(stage, { recursive: true, force: true })
  }
}

/** What a circuit is given. Signals of the main component come first among the symbols: outputs, public inputs, private ones. */
function manifestOf(r1cs: Uint8Array, symbols: Uint8Array): CircuitManifest {
  const { publicOutputs, publicInputs, privateInputs } = constraintCounts(r1cs)
  const inputs = new TextDecoder()
    .decode(symbols)
    .split('\n', publicOutputs + publicInputs + privateInputs)
    .slice(publicOutputs)
    .map((line) => /,main\.([A-Za-z_$][\w$]*)(?:\[\d+\])*$/.exec(line)?.[1] ?? '')
  const isPublic = new Map<string, boolean>()
  const sizes = new Map<string, number>()
  for (const [i, name] of inputs.entries()) {
    sizes.set(name, (sizes.get(name) ?? 0) + 1)
    isPublic.set(name, i < publicInputs)
  }
  return {
    outputs: publicOutputs,
    inputs: [...sizes].map(([name, size]) => ({ name, size, isPublic: isPublic.get(name) === true })),
  }
}

/** Throws `InvalidInputError` when it is no r1cs file. */
export function constraintCounts(r1cs: Uint8Array): ConstraintCounts {
  const view = new DataView(r1cs.buffer, r1cs.byteOffset, r1cs.byteLength)
  try {
    for (let at = 12; at < r1cs.length; ) {
      const bytes = Number(view.getBigUint64(at + 4, true))
      if (view.getUint32(at, true) === HEADER_SECTION) {
        const counts = at + 12 + 4 + view.getUint32(at + 12, true)
        const word = (i: number) => view.getUint32(counts + 4 * i, true)
        return {
          wires: word(0),
          publicOutputs: word(1),
          publicInputs: word(2),
          privateInputs: word(3),
          // A 64-bit count of labels stands between.
          constraints: word(6),
        }
      }
      at += 12 + bytes
    }
  } catch {
    // Cut short.
  }
  throw new InvalidInputError('constraints', 'have no header: this is no whole .r1cs file')
}
