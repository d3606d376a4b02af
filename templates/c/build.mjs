// Compiles src/*.c to build/{{name}}.wasm with clang and wasi-libc: of Debian, or of a WASI SDK that WASI_SDK_PATH names.
import { spawnSync } from 'node:child_process'
import { existsSync, globSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'

const OUT = 'build/{{name}}.wasm'
const { CC, WASI_SDK_PATH } = process.env
const names = Array.from({ length: 20 }, (_, i) => `clang-${30 - i}`)
const compilers = WASI_SDK_PATH
  ? [join(WASI_SDK_PATH, 'bin', 'clang')]
  : [CC, ...names, 'clang'].filter(Boolean)
const sysroot = WASI_SDK_PATH ? join(WASI_SDK_PATH, 'share', 'wasi-sysroot') : '/usr'

function fail(problem, fix) {
  process.stderr.write(`${problem}\n  fix: ${fix}\n`)
  process.exit(1)
}

const compiler = compilers.find((name) => spawnSync(name, ['--version']).status === 0)
if (compiler === undefined) {
  fail('there is no clang', 'on Debian: apt-get install clang-22 lld-22 wasi-libc libclang-rt-22-dev-wasm32')
}
if (!WASI_SDK_PATH && !existsSync('/usr/include/wasm32-wasi')) {
  fail('there is no C library for WASI', 'on Debian: apt-get install wasi-libc; elsewhere set WASI_SDK_PATH')
}
mkdirSync('build', { recursive: true })
const flags = [
  '--target=wasm32-wasi',
  `--sysroot=${sysroot}`,
  '-O2',
  '-Wall',
  '-Wextra',
  '-Wno-deprecated',
  '-Wl,--strip-all',
]
const { status } = spawnSync(compiler, [...flags, '-o', OUT, ...globSync('src/*.c').sort()], {
  stdio: 'inherit',
})
if (status !== 0)
  fail(
    `${compiler} failed`,
    'mend what it says; it also needs lld and the compiler-rt for wasm32 of its version',
  )
