/**
 * Builds the example functions: `npm run build:examples`.
 *
 * The output is deterministic and committed, so that a module's hash is the same for everyone; a test rebuilds it
 * and compares bytes.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..')
const ASC = join(
  dirname(createRequire(import.meta.url).resolve('assemblyscript/package.json')),
  'bin',
  'asc.js',
)

export interface Example {
  /** Holds an `asconfig.json`. */
  readonly folder: string
  readonly wasm: string
}

export const EXAMPLES: readonly Example[] = ['price-feed', 'spot-price'].map((name) => {
  const folder = join(ROOT, 'examples', name)
  return { folder, wasm: join(folder, 'build', `${name}.wasm`) }
})

/** Compiles one example, leaving its folder as it is. */
export async function compileExample(example: Example): Promise<Uint8Array> {
  const scratch = await mkdtemp(join(tmpdir(), 'dikast-example-'))
  try {
    const outFile = join(scratch, 'module.wasm')
    const flags = ['--config', 'asconfig.json', '--outFile', outFile]
    await promisify(execFile)(process.execPath, [ASC, ...flags], { cwd: example.folder })
    return await readFile(outFile)
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const example of EXAMPLES) {
    const module = await compileExample(example)
    await writeFile(example.wasm, module)
    process.stdout.write(`${example.wasm}: ${module.length} bytes\n`)
  }
}
