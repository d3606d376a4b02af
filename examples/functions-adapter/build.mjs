// Makes build/functions-adapter.wasm of src/ and the engine of templates/javascript, which gets one more operation: JSON-RPC to the
// host. Where to is build.mjs's only argument, build/ by default.
import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'

const NAME = 'functions-adapter'
const HERE = dirname(fileURLToPath(import.meta.url))
const TEMPLATE = join(HERE, '..', '..', 'templates', 'javascript')
const out = resolve(process.argv[2] ?? join(HERE, 'build', `${NAME}.wasm`))

/** Puts `text` before the one place in a file where `anchor` stands. */
function insertBefore(source, anchor, text) {
  const parts = source.split(anchor)
  if (parts.length !== 2) throw new Error(`the template's glue.wat no longer has one: ${anchor}`)
  return parts.join(`${text}\n${anchor}`)
}

/** host(6, text): the answer as text, or undefined when the host gives none. */
function withOutside(glue) {
  const withImport = insertBefore(
    glue,
    '  (import "qjs" "memory" (memory 1))',
    '  (import "bless" "rpc_call" (func $rpc_call (param i32 i32 i32 i32 i32) (result i32)))',
  )
  const withCase = insertBefore(
    withImport,
    '    (if (result i32) (i32.eq (local.get $operation) (i32.const 4))',
    '    (if (i32.eq (local.get $operation) (i32.const 6)) (then (return (call $outside))))',
  )
  return insertBefore(
    withCase,
    '  (func $input (result i32)',
    `  ;; An answer is at most this, and its buffer is reused.
  (global $answer_bytes_max i32 (i32.const 1048576))
  (global $answer (mut i32) (i32.const 0))
  (func $outside (result i32)
    (if (i32.eqz (global.get $answer)) (then
      (global.set $answer (call $allocated (global.get $answer_bytes_max)))))
    (if (call $rpc_call (global.get $at) (global.get $length) (global.get $answer) (global.get $answer_bytes_max)
      (global.get $scratch)) (then (return (call $get_undefined))))
    (call $new_string (global.get $answer) (i32.load (global.get $scratch))))
`,
  )
}

const scratch = mkdtempSync(join(tmpdir(), `${NAME}-`))
try {
  cpSync(join(TEMPLATE, 'engine'), join(scratch, 'engine'), { recursive: true })
  symlinkSync(join(HERE, '..', '..', 'node_modules'), join(scratch, 'node_modules'))
  const script = readFileSync(join(TEMPLATE, 'build.mjs'), 'utf8').replaceAll('{{name}}', NAME)
  writeFileSync(join(scratch, 'build.mjs'), script)
  const glue = join(scratch, 'engine', 'glue.wat')
  writeFileSync(glue, withOutside(readFileSync(glue, 'utf8')))
  const prelude = join(scratch, 'engine', 'prelude.js')
  const outside = readFileSync(join(HERE, 'engine', 'outside.js'), 'utf8')
  writeFileSync(prelude, outside + readFileSync(prelude, 'utf8'))
  const outfile = join(scratch, 'src', 'index.js')
  const entryPoints = [join(HERE, 'src', 'index.js')]
  buildSync({
    entryPoints,
    outfile,
    bundle: true,
    format: 'esm',
    charset: 'utf8',
    target: 'es2023',
    logLevel: 'warning',
  })
  const built = spawnSync(process.execPath, ['build.mjs'], {
    cwd: scratch,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  if (built.status !== 0) throw new Error('the build failed')
  mkdirSync(dirname(out), { recursive: true })
  copyFileSync(join(scratch, 'build', `${NAME}.wasm`), out)
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
