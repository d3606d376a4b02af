/**
 * Bundles the programs the package ships, so that a process loads a handful of files instead of a thousand: a node then
 * starts with a fifth of the processor time and half the memory (docs/adr/0007).
 *
 *   node scripts/programs.ts [folder]
 *
 * All files land in one folder, whatever chunk a module becomes part of, so `new URL('./worker.js', import.meta.url)` holds.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const PROGRAMS = {
  dikast: 'src/apps/cli/main.ts',
  sandbox: 'src/adapters/sandbox/sandbox.ts',
  executor: 'src/adapters/sandbox/executor.ts',
  worker: 'src/adapters/sandbox/worker.ts',
  'prepare-worker': 'src/adapters/sandbox/prepare-worker.ts',
  'hashing-worker': 'src/adapters/evidence/hashing-worker.ts',
  'calculator-worker': 'src/adapters/circuit/calculator-worker.ts',
  'prover-process': 'src/adapters/prover/process.ts',
  'prover-thread': 'src/adapters/prover/thread.ts',
  'ceremony-process': 'src/adapters/prover/ceremony-process.ts',
}
/** They find files of their own beside themselves, some of them machine code; few programs load any. snarkjs is under the GPL. */
const EXTERNAL = [
  '@chainsafe/blst',
  '@electric-sql/*',
  'bullmq',
  'ioredis',
  'snarkjs',
  'tiny-secp256k1',
  'wabt',
]
/** CommonJS inside a bundle asks for Node's modules by `require`. */
const BANNER = `import { createRequire as createRequireOfBundle } from 'node:module';const require = createRequireOfBundle(import.meta.url);`

/** `more`: further programs, by name. */
export async function bundlePrograms(
  folder: string,
  more: Readonly<Record<string, string>> = {},
): Promise<void> {
  rmSync(folder, { recursive: true, force: true })
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: { ...PROGRAMS, ...more },
    outdir: folder,
    chunkNames: '[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    external: EXTERNAL,
    banner: { js: BANNER },
    legalComments: 'none',
    logLevel: 'warning',
    metafile: true,
  })
  writeFileSync(join(folder, 'LICENSES.txt'), licensesOf(Object.keys(metafile.inputs)))
}

/** The licence of every package whose code is in the bundle: they ask to be kept with each copy. */
function licensesOf(inputs: readonly string[]): string {
  const packages = inputs.flatMap((input) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input) ?? [])
  return [...new Set(packages)]
    .sort()
    .map((path) => {
      const { name, version, license } = JSON.parse(
        readFileSync(join(ROOT, path, 'package.json'), 'utf8'),
      ) as Record<string, string>
      const files = readdirSync(join(ROOT, path)).filter((file) => /^licen[cs]e/i.test(file))
      const texts = files.map((file) => readFileSync(join(ROOT, path, file), 'utf8').trim())
      // Some say which licence in their manifest alone.
      const text = texts.length === 0 ? `Published under ${license}, without its text.` : texts.join('\n\n')
      return `${name} ${version} (${license})\n\n${text}\n`
    })
    .join(`\n${'-'.repeat(80)}\n\n`)
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  await bundlePrograms(process.argv[2] ?? join(ROOT, 'dist', 'programs'))
