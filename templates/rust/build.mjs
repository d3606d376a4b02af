// Compiles src/main.rs to build/{{name}}.wasm with rustc: of rustup (`rustup target add wasm32-wasip1`) or of Debian.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

const OUT = 'build/{{name}}.wasm'
const COMPILERS = [process.env.RUSTC, 'rustc', '/usr/bin/rustc'].filter(Boolean)
const TARGETS = ['wasm32-wasip1', 'wasm32-wasi']

function fail(problem, fix) {
  process.stderr.write(`${problem}\n  fix: ${fix}\n`)
  process.exit(1)
}

const ask = (program, ...args) => {
  const { status, stdout } = spawnSync(program, args, { encoding: 'utf8' })
  return status === 0 ? stdout.trim() : undefined
}

/** Whether a compiler has the standard library for a target. */
function has(compiler, target) {
  const folder = ask(compiler, '--print', 'target-libdir', '--target', target)
  return folder && existsSync(folder) && readdirSync(folder).some((file) => file.startsWith('libstd-'))
}

const compilers = COMPILERS.filter((compiler) => ask(compiler, '--version') !== undefined)
if (compilers.length === 0)
  fail('there is no rustc', 'install Rust: https://rustup.rs, or rustc of your distribution')
const found = compilers
  .flatMap((compiler) => TARGETS.map((target) => ({ compiler, target })))
  .find(({ compiler, target }) => has(compiler, target))
if (found === undefined) {
  fail(
    'rustc has no standard library for WebAssembly',
    '`rustup target add wasm32-wasip1`, or on Debian: apt-get install libstd-rust-dev-wasm32',
  )
}

/** The linker rustup brings along, or one of the system. */
function linkerFlags({ compiler }) {
  const host = ask(compiler, '-vV')?.match(/^host: (.*)$/m)?.[1] ?? ''
  const bundled = join(ask(compiler, '--print', 'sysroot') ?? '', 'lib', 'rustlib', host, 'bin', 'rust-lld')
  if (existsSync(bundled)) return []
  // One newer than rustc may not read its libraries.
  const llvm = ask(compiler, '-vV')?.match(/^LLVM version: (\d+)/m)?.[1]
  const names = [`wasm-ld-${llvm}`, 'wasm-ld', ...Array.from({ length: 20 }, (_, i) => `wasm-ld-${30 - i}`)]
  const linker = names.find((name) => ask(name, '--version') !== undefined)
  if (linker === undefined)
    fail('there is no linker for WebAssembly', `on Debian: apt-get install lld-${llvm}`)
  return ['-C', `linker=${linker}`]
}

mkdirSync('build', { recursive: true })
const flags = [
  '--edition',
  '2021',
  '-C',
  'opt-level=3',
  '-C',
  'codegen-units=1',
  '-C',
  'panic=abort',
  '-C',
  'strip=symbols',
]
const args = ['--target', found.target, ...flags, ...linkerFlags(found), '-o', OUT, 'src/main.rs']
const { status } = spawnSync(found.compiler, args, { stdio: 'inherit' })
if (status !== 0) fail(`${found.compiler} failed`, 'mend what it says')
