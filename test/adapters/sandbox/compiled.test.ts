import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { guest } from '../../fixtures/wasm/assemble.ts'

const SOURCE = fileURLToPath(new URL('../../../src/', import.meta.url))
const scratch = mkdtempSync(join(tmpdir(), 'dikast-compiled-'))
after(() => rmSync(scratch, { recursive: true, force: true }))

/** The sandbox as the package ships it, in a folder from which no other package can be found. */
function compile(): void {
  const files = globSync(
    ['adapters/sandbox/**/*.ts', 'core/wasm/*.ts', 'core/host-call.ts', 'ports/*.ts', 'protocol/*.ts'],
    {
      cwd: SOURCE,
    },
  )
  for (const file of files) {
    const { outputText } = ts.transpileModule(readFileSync(join(SOURCE, file), 'utf8'), {
      compilerOptions: {
        target: ts.ScriptTarget.ES2023,
        module: ts.ModuleKind.ESNext,
        verbatimModuleSyntax: true,
        rewriteRelativeImportExtensions: true,
      },
    })
    const target = join(scratch, file.replace(/\.ts$/, '.js'))
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(target, outputText)
  }
  writeFileSync(join(scratch, 'package.json'), '{"type":"module"}')
}

it('the sandbox runs compiled to JavaScript, with nothing installed', () => {
  compile()
  const module = guest({ imports: ['proc_exit'], start: [0x41, 42, 0x10, 0] })
  writeFileSync(join(scratch, 'guest.wasm'), module)
  writeFileSync(
    join(scratch, 'main.js'),
    `import { createHash } from 'node:crypto'
     import { readFileSync } from 'node:fs'
     import { createSandbox } from './adapters/sandbox/sandbox.js'
     const module = new Uint8Array(readFileSync(new URL('guest.wasm', import.meta.url)))
     const sandbox = createSandbox()
     const { exit } = await sandbox.run({
       moduleHash: '0x' + createHash('sha256').update(module).digest('hex'), module,
       runtime: 'unmetered', fuelLimit: 0n, entry: '_start', input: new Uint8Array(), seed: new Uint8Array(32), clockNs: 0n,
       memoryBytesMax: 65536, outputBytesMax: 0, wallClockMsMax: 10000,
     })
     // Not closed: an idle executor must not keep its daemon alive.
     process.stdout.write('exit ' + exit)`,
  )
  assert.equal(
    execFileSync(process.execPath, [join(scratch, 'main.js')], { encoding: 'utf8', timeout: 20_000 }),
    'exit 42',
  )
})
