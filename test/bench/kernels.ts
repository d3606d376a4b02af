/**
 * Compiles test/bench/kernels, which is AssemblyScript: a module that exports a function `() => f64` for each.
 *
 * The sources are named `.as`, so that nobody takes them for TypeScript; the compiler wants `.ts` and gets copies.
 * @module
 */
import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const FOLDER = join(dirname(fileURLToPath(import.meta.url)), 'kernels')
const ASC = join(
  dirname(createRequire(import.meta.url).resolve('assemblyscript/package.json')),
  'bin',
  'asc.js',
)
const FLAGS = [
  '-O3',
  '--runtime',
  'incremental',
  '--exportStart',
  '_start',
  '--use',
  'abort=',
  '--enable',
  'simd',
]

export async function compileKernels(): Promise<Uint8Array<ArrayBuffer>> {
  const scratch = await mkdtemp(join(tmpdir(), 'dikast-kernels-'))
  try {
    for (const file of await readdir(FOLDER)) {
      const source = await readFile(join(FOLDER, file))
      await writeFile(join(scratch, file.replace(/\.as$/, '.ts')), source)
    }
    const outFile = join(scratch, 'kernels.wasm')
    await promisify(execFile)(process.execPath, [ASC, 'index.ts', '--outFile', outFile, ...FLAGS], {
      cwd: scratch,
    })
    return Uint8Array.from(await readFile(outFile))
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}
