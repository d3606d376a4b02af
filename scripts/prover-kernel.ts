/**
 * Compiles the prover's arithmetic, src/adapters/prover/kernel/kernel.c, into src/adapters/prover/kernel-binary.ts.
 *
 *   apt-get install -y clang lld && node scripts/prover-kernel.ts
 *
 * The result is checked in, so that nobody needs a compiler; test/system/prover-kernel.test.ts holds it against the source.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const SOURCE = fileURLToPath(new URL('../src/adapters/prover/kernel/kernel.c', import.meta.url))
const BINARY = fileURLToPath(new URL('../src/adapters/prover/kernel-binary.ts', import.meta.url))
/** Debian 12's. Another gives other bytes, that do the same. */
export const CLANG_VERSION = '14.0.6'

const FLAGS = [
  '--target=wasm32',
  '-O3',
  '-nostdlib',
  '-ffreestanding',
  // Threads share one memory, so constants are copied into it once; none of these four is newer than 2021.
  '-matomics',
  '-mbulk-memory',
  '-mmutable-globals',
  '-msign-ext',
  '-Wall',
  '-Wextra',
  '-Werror',
  '-Wno-unused-function',
  '-Wl,--no-entry,--import-memory,--shared-memory,--max-memory=4294967296',
  '-Wl,--export=__stack_pointer,--export=__heap_base,-z,stack-size=65536,--strip-all',
]

export function buildKernel(): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'dikast-kernel-'))
  try {
    const output = join(folder, 'kernel.wasm')
    // clang hands its result to a wasm-opt that it finds: npm puts one in the path, of another version than these bytes had.
    execFileSync('clang', [...FLAGS, '-o', output, SOURCE], {
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { PATH: '/usr/bin:/bin' },
    })
    return readFileSync(output)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** What is installed, or nothing. */
export function clangVersion(): string | undefined {
  try {
    const text = execFileSync('clang', ['--version'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    return /clang version (\d+\.\d+\.\d+)/.exec(text)?.[1]
  } catch {
    return undefined
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const base64 = Buffer.from(buildKernel()).toString('base64')
  const header = '/** kernel/kernel.c, compiled by `node scripts/prover-kernel.ts`: edit that, never this. */'
  writeFileSync(BINARY, `${header}\nexport const KERNEL_BASE64 =\n  '${base64}'\n`)
}
