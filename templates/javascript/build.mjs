// Makes build/{{name}}.wasm of src/index.js, QuickJS (the npm package quickjs-wasi) and engine/, with the tools of binaryen.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const OUT = 'build/{{name}}.wasm'
/** What nodes take, and the engine is built with. */
const FEATURES = [
  'bulk-memory',
  'multivalue',
  'mutable-globals',
  'nontrapping-float-to-int',
  'reference-types',
  'sign-ext',
]
const flags = FEATURES.map((feature) => `--enable-${feature}`)

const source = readFileSync('src/index.js', 'utf8')
/** Entries beside its own by which a function's members agree: those that src/index.js exports as functions. */
const entries = [...source.matchAll(/^export\s+(?:async\s+)?function\s+(validate|aggregate)\s*\(/gm)].map(
  ([, name]) => name,
)

const require = createRequire(import.meta.url)
const engine = require.resolve('quickjs-wasi/quickjs.wasm')
const binaryen = dirname(fileURLToPath(import.meta.resolve('binaryen')))
const scratch = mkdtempSync(join(tmpdir(), 'function-'))

function tool(name, args, stdout = 'inherit') {
  const stdio = ['ignore', stdout, 'inherit']
  const { status } = spawnSync(process.execPath, [join(binaryen, 'bin', name), ...args, ...flags], { stdio })
  if (status !== 0) throw new Error(`${name} failed`)
}

/** Texts one behind the other, each with a zero at its end, and a global for where each begins and how long it is. */
function withTexts(wat) {
  const texts = {
    host: 'host',
    module: '__module',
    failure: '__failure',
    prelude_name: 'prelude.js',
    source_name: 'index.js',
    call: '__call(__module)',
    call_validate: '__call(__module, "validate")',
    call_aggregate: '__call(__module, "aggregate")',
    report: '__report(__failure)',
    end: '__end()',
    prelude: readFileSync('engine/prelude.js', 'utf8'),
    source,
  }
  const chunks = []
  const globals = []
  let at = 0
  for (const [name, text] of Object.entries(texts)) {
    const bytes = Buffer.from(text)
    globals.push(
      `(global $${name} i32 (i32.const ${at})) (global $${name}_bytes i32 (i32.const ${bytes.length}))`,
    )
    chunks.push(bytes, Buffer.from([0]))
    at += bytes.length + 1
  }
  const escaped = [...Buffer.concat(chunks)].map((byte) => `\\${byte.toString(16).padStart(2, '0')}`).join('')
  const generated = `${globals.join('\n')}\n(global $texts_bytes i32 (i32.const ${at}))\n(data $texts_data "${escaped}")`
  return wat.replace(';;GENERATED', () => generated)
}

try {
  mkdirSync('build', { recursive: true })
  const [glue, glueModule, merged, graph] = ['glue.wat', 'glue.wasm', 'merged.wasm', 'graph.json'].map(
    (name) => join(scratch, name),
  )
  writeFileSync(glue, withTexts(readFileSync('engine/glue.wat', 'utf8')))
  tool('wasm-as', [glue, '-o', glueModule])
  tool('wasm-merge', [engine, 'qjs', glueModule, 'env', '-o', merged])
  // Only what a run can reach stays.
  const roots = ['memory', '_start', ...entries]
  writeFileSync(
    graph,
    JSON.stringify([
      { name: 'run', root: true, reaches: roots },
      ...roots.map((name) => ({ name, export: name })),
    ]),
  )
  // It lists on standard output what it took out.
  tool('wasm-metadce', [merged, '--graph-file', graph, '-o', OUT], 'ignore')
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
