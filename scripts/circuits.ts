/**
 * Compiles the project's circuits: `node scripts/circuits.ts [name…]`.
 *
 * Results are kept under artifacts/circuits/<name>-<hash of sources, compiler and flags>. Circuits are GPL-3.0 (circuits/LICENSE).
 */
import { randomUUID } from 'node:crypto'
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  type CircuitSources,
  circuitSources,
  compileSources,
  constraintCounts,
  sourcesHash,
} from '../src/apps/cli/circuit-compile.ts'

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..')
const CACHE = join(ROOT, 'artifacts', 'circuits')

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

/** `source`: relative to the project, such as `circuits/main/committee-median-4.circom`. */
export async function compileCircuit(source: string): Promise<CompiledCircuit> {
  const name = basename(source, '.circom')
  const sources = circuitSources(ROOT, source)
  const folder = join(CACHE, `${name}-${sourcesHash(sources).slice(0, 32)}`)
  if (!existsSync(folder)) await compileInto(folder, name, sources)
  const [r1cs, wasm, sym] = ['r1cs', 'wasm', 'sym'].map((ending) => join(folder, `${name}.${ending}`))
  return { name, r1cs: r1cs as string, wasm: wasm as string, sym: sym as string }
}

/** In a folder of its own, moved when it is whole: several processes may compile one circuit at a time. */
async function compileInto(folder: string, name: string, sources: CircuitSources): Promise<void> {
  const files = await compileSources(sources)
  const stage = join(CACHE, `.stage-${randomUUID()}`)
  try {
    mkdirSync(stage, { recursive: true })
    for (const ending of ['r1cs', 'wasm', 'sym'] as const)
      writeFileSync(join(stage, `${name}.${ending}`), files[ending])
    moveUnlessThere(stage, folder)
  } finally {
    rmSync(stage, { recursive: true, force: true })
  }
}

function moveUnlessThere(from: string, to: string): void {
  try {
    renameSync(from, to)
  } catch (error) {
    if (!existsSync(to)) throw error
  }
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
