/**
 * A circuit, compiled, with a development key: kept under node_modules/.cache/dikast-zk, or the folder DIKAST_ZK_CACHE names.
 * @module
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { devSetup } from '../../src/adapters/prover/dev-setup.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const CACHE = process.env.DIKAST_ZK_CACHE ?? join(ROOT, 'node_modules', '.cache', 'dikast-zk')
const SEED = 'dikast bench'
const resolve = createRequire(import.meta.url).resolve

export interface CompiledCircuit {
  readonly constraints: number
  readonly calculator: string
  readonly provingKey: string
}

/** `source`: a .circom file with a main component; what it includes lies beside it, in ../lib, or in circomlib. */
export async function prepareCircuit(source: string): Promise<CompiledCircuit> {
  mkdirSync(CACHE, { recursive: true })
  const name = basename(source, '.circom')
  const folder = join(CACHE, `${name}-${hashOfSources(source)}`)
  if (!existsSync(folder)) compile(source, folder)
  const r1cs = readFileSync(join(folder, `${name}.r1cs`))
  const provingKey = join(CACHE, `${createHash('sha256').update(r1cs).digest('hex')}.zkey`)
  if (!existsSync(provingKey)) {
    writeFileSync(`${provingKey}.part`, await devSetup(new Uint8Array(r1cs), SEED))
    renameSync(`${provingKey}.part`, provingKey)
  }
  // Of the header: numbers of 32 bytes, the prime, wires, three counts of inputs, labels.
  const constraints = r1cs.readUInt32LE(headerAt(r1cs) + 4 + 32 + 4 * 4 + 8)
  return { constraints, calculator: join(folder, `${name}.wasm`), provingKey }
}

/** Sections are in no given order. */
function headerAt(r1cs: Buffer): number {
  let at = 12
  while (r1cs.readUInt32LE(at) !== 1) at += 12 + Number(r1cs.readBigUInt64LE(at + 4))
  return at + 12
}

function hashOfSources(source: string): string {
  const hash = createHash('sha256').update(readFileSync(resolve('circom2/package.json')))
  for (const folder of foldersOf(source))
    for (const file of readdirSync(folder).sort())
      if (file.endsWith('.circom')) hash.update(readFileSync(join(folder, file)))
  return hash.digest('hex').slice(0, 16)
}

function foldersOf(source: string): readonly string[] {
  return [dirname(source), join(dirname(source), '..', 'lib')].filter((folder) => existsSync(folder))
}

/** In a folder of its own: the compiler opens nothing outside of where it is started. */
function compile(source: string, into: string): void {
  const work = mkdtempSync(join(tmpdir(), 'dikast-circom-'))
  try {
    const folders = [...foldersOf(source), join(dirname(resolve('circomlib/package.json')), 'circuits')]
    for (const [i, folder] of folders.entries())
      cpSync(folder, join(work, i === 0 ? 'main' : `lib-${i}`), { recursive: true })
    // What circuits include as `../lib/x.circom`, and as `circomlib/circuits/x.circom`.
    if (folders.length === 3) cpSync(folders[1] as string, join(work, 'lib'), { recursive: true })
    cpSync(folders.at(-1) as string, join(work, 'circomlib', 'circuits'), { recursive: true })
    const libraries = ['.', 'main', ...folders.slice(1).map((_, i) => `lib-${i + 1}`)].flatMap((path) => [
      '-l',
      path,
    ])
    const name = basename(source, '.circom')
    mkdirSync(join(work, 'out'))
    const flags = ['--r1cs', '--wasm', '--O2', '--prime', 'bn128', ...libraries, '-o', 'out']
    execFileSync(process.execPath, [resolve('circom2/cli.js'), join('main', `${name}.circom`), ...flags], {
      cwd: work,
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    const part = `${into}.part`
    rmSync(part, { recursive: true, force: true })
    mkdirSync(part)
    cpSync(join(work, 'out', `${name}.r1cs`), join(part, `${name}.r1cs`))
    cpSync(join(work, 'out', `${name}_js`, `${name}.wasm`), join(part, `${name}.wasm`))
    renameSync(part, into)
  } finally {
    rmSync(work, { recursive: true })
  }
}
