/**
 * Compiles the circuits: `node scripts/circuits.ts [name…]`.
 *
 * The compiler is circom 2 as WebAssembly, run as a child on a staged copy of exactly the files a circuit includes, so that the
 * result depends on nothing else. It is deterministic: the same sources give the same constraints and the same witness
 * calculator everywhere. Results are kept under artifacts/circuits/<name>-<hash of sources, compiler and flags>.
 *
 * Circuits are GPL-3.0 (circuits/LICENSE), as is the compiler; nothing here links to either.
 */
import { execFile } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type CircuitManifest, withManifest } from '../src/core/circuit/manifest.ts'

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..')
const CACHE = join(ROOT, 'artifacts', 'circuits')
const COMPILER = dirname(createRequire(import.meta.url).resolve('circom2/package.json'))
/** Libraries a circuit may include from, by the name its path begins with. */
const LIBRARIES: Readonly<Record<string, string>> = {
  circomlib: dirname(createRequire(import.meta.url).resolve('circomlib/package.json')),
}
/** Without `--O2` constraints that are sums stay in, and twice as many are proven. */
const FLAGS = ['--r1cs', '--wasm', '--sym', '--O2', '--prime', 'bn128']
/** What the compiler may print before it is cut off. */
const PRINTED_BYTES_MAX = 1 << 20

export interface CompiledCircuit {
  readonly name: string
  /** Paths of files. */
  readonly r1cs: string
  readonly wasm: string
  readonly sym: string
}

/** Circuits by name: those of the network, and those of the examples. */
export const CIRCUITS: ReadonlyMap<string, string> = new Map(
  ['circuits/main/*.circom', 'examples/circuit-*/*.circom']
    .flatMap((pattern) => globSync(pattern, { cwd: ROOT }))
    .sort()
    .map((path) => [basename(path, '.circom'), path]),
)

/** Everything a source includes, directly or not, by its path in the staged copy. */
function closureOf(source: string): ReadonlyMap<string, Buffer> {
  const files = new Map<string, Buffer>()
  const waiting = [source]
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (files.has(path)) continue
    const text = readFileSync(onDisk(path))
    files.set(path, text)
    for (const [, included = ''] of text.toString().matchAll(/^\s*include\s+"([^"]+)"/gm))
      waiting.push(libraryOf(included) === undefined ? join(dirname(path), included) : join('lib', included))
  }
  return files
}

function libraryOf(path: string): string | undefined {
  return LIBRARIES[path.split('/')[0] ?? '']
}

/** Where a staged file comes from. */
function onDisk(staged: string): string {
  const [top, name = '', ...rest] = staged.split('/')
  const library = top === 'lib' ? LIBRARIES[name] : undefined
  return library === undefined ? join(ROOT, staged) : join(library, ...rest)
}

function hashOf(files: ReadonlyMap<string, Buffer>): string {
  const { version } = JSON.parse(readFileSync(join(COMPILER, 'package.json'), 'utf8')) as { version: string }
  const hash = createHash('sha256').update(JSON.stringify([version, FLAGS]))
  for (const [path, bytes] of [...files].sort(([a], [b]) => (a < b ? -1 : 1)))
    hash.update(JSON.stringify([path, bytes.length])).update(bytes)
  return hash.digest('hex').slice(0, 32)
}

/** `source`: relative to the project, such as `circuits/main/committee-median-4.circom`. */
export async function compileCircuit(source: string): Promise<CompiledCircuit> {
  const name = basename(source, '.circom')
  const files = closureOf(source)
  const folder = join(CACHE, `${name}-${hashOf(files)}`)
  if (!existsSync(folder)) await compile(source, files, folder)
  const [r1cs, wasm, sym] = ['r1cs', 'wasm', 'sym'].map((ending) => join(folder, `${name}.${ending}`))
  return { name, r1cs: r1cs as string, wasm: wasm as string, sym: sym as string }
}

/** In a folder of its own, moved when it is whole: several processes may compile one circuit at a time. */
async function compile(source: string, files: ReadonlyMap<string, Buffer>, folder: string): Promise<void> {
  const name = basename(source, '.circom')
  const stage = join(CACHE, `.stage-${randomUUID()}`)
  try {
    for (const [path, bytes] of files) {
      mkdirSync(join(stage, dirname(path)), { recursive: true })
      writeFileSync(join(stage, path), bytes)
    }
    mkdirSync(join(stage, 'out'))
    const libraries = [...files.keys()].some((path) => path.startsWith('lib/')) ? ['-l', 'lib'] : []
    await promisify(execFile)(
      process.execPath,
      [join(COMPILER, 'cli.js'), source, ...FLAGS, ...libraries, '-o', 'out'],
      { cwd: stage, maxBuffer: PRINTED_BYTES_MAX },
    )
    const out = join(stage, 'out')
    const calculator = readFileSync(join(out, `${name}_js`, `${name}.wasm`))
    const manifest = manifestOf(
      readFileSync(join(out, `${name}.r1cs`)),
      readFileSync(join(out, `${name}.sym`)),
    )
    writeFileSync(join(out, `${name}.wasm`), withManifest(calculator, manifest))
    rmSync(join(out, `${name}_js`), { recursive: true })
    moveUnlessThere(out, folder)
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { readonly stdout?: string; readonly stderr?: string }
    throw new Error(`${source} does not compile: ${stdout}${stderr || String(error)}`)
  } finally {
    rmSync(stage, { recursive: true, force: true })
  }
}

/** What a circuit is given. Signals of the main component come first among the symbols: outputs, public inputs, private ones. */
function manifestOf(r1cs: Uint8Array, symbols: Buffer): CircuitManifest {
  const { publicOutputs, publicInputs, privateInputs } = constraintCounts(r1cs)
  const inputs = symbols
    .toString()
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

function moveUnlessThere(from: string, to: string): void {
  try {
    renameSync(from, to)
  } catch (error) {
    if (!existsSync(to)) throw error
  }
}

/** Counts in the header of an r1cs file, in the order its format has them. */
export interface ConstraintCounts {
  readonly wires: number
  readonly publicOutputs: number
  readonly publicInputs: number
  readonly privateInputs: number
  readonly constraints: number
}

const HEADER_SECTION = 1

export function constraintCounts(r1cs: Uint8Array): ConstraintCounts {
  const view = new DataView(r1cs.buffer, r1cs.byteOffset, r1cs.byteLength)
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
  throw new Error('the file has no header section')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const names = process.argv.slice(2)
  for (const name of names.length === 0 ? CIRCUITS.keys() : names) {
    const source = CIRCUITS.get(name)
    if (source === undefined)
      throw new Error(`no circuit is called ${name}: ${[...CIRCUITS.keys()].join(', ')}`)
    const compiled = await compileCircuit(source)
    const { constraints, publicOutputs, publicInputs, privateInputs } = constraintCounts(
      readFileSync(compiled.r1cs),
    )
    process.stdout.write(
      `${name}: ${constraints} constraints, ${publicOutputs + publicInputs} public, ${privateInputs} private inputs, ${relative(ROOT, dirname(compiled.r1cs))}\n`,
    )
  }
}
