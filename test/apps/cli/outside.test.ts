/** `dikast run` with permissions: what a guest may reach, written down and played back. */
import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { failureIn, jsonOf, runHere } from './support/run.ts'

const scratch = mkdtempSync(join(tmpdir(), 'dikast-outside-'))
// Run by root, the operator's programs run as nobody, who has to get at them.
chmodSync(scratch, 0o755)
let server: Server
let origin = ''
let asked = 0

before(async () => {
  server = createServer((_, response) => {
    asked++
    response.end(`answer ${asked}`)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
after(async () => {
  await new Promise((resolve) => server.close(resolve))
  rmSync(scratch, { recursive: true, force: true })
})

/** Asks for a URL and writes the body; ends with the error code, or with 0. */
function fetching(name: string, url: string): string {
  const file = join(scratch, `${name}.wat`)
  const options = '{\\"method\\":\\"GET\\"}'
  writeFileSync(
    file,
    `(module
      (import "blockless_http" "http_req" (func $req (param i32 i32 i32 i32 i32 i32) (result i32)))
      (import "blockless_http" "http_read_body" (func $read (param i32 i32 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
      (memory (export "memory") 1)
      (data (i32.const 1000) "${url}") (data (i32.const 2000) "${options}")
      (func (export "_start") (local $error i32)
        (local.set $error (call $req (i32.const 1000) (i32.const ${url.length}) (i32.const 2000) (i32.const 16)
          (i32.const 0) (i32.const 4)))
        (if (local.get $error) (then (call $exit (local.get $error))))
        (drop (call $read (i32.load (i32.const 0)) (i32.const 3000) (i32.const 100) (i32.const 12)))
        (i32.store (i32.const 8) (i32.const 3000))
        (drop (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 16)))))`,
  )
  return file
}

describe('a guest that asks the outside', () => {
  const DENIED = 14

  it('is denied without a permission, and nothing is reached', async () => {
    asked = 0
    const ended = await runHere(['run', fetching('denied', `${origin}/x`)])
    assert.deepEqual([ended.code, asked], [DENIED, 0])
  })

  it('reaches what a permission names, and is told on standard error what was refused', async () => {
    asked = 0
    const allowed = await runHere([
      'run',
      fetching('allowed', `${origin}/v1/x`),
      '--permission',
      `${origin}/v1`,
    ])
    assert.deepEqual([allowed.code, allowed.out], [0, 'answer 1'])
    const refused = await runHere([
      'run',
      fetching('refused', `${origin}/v10`),
      '--permission',
      `${origin}/v1`,
    ])
    assert.deepEqual([refused.code, asked], [DENIED, 1])
    assert.match(refused.err, /call to the outside refused: http/)
  })

  it('is recorded, and replayed to the same bytes and fuel while nothing is reached', async () => {
    asked = 0
    const file = join(scratch, 'transcript')
    const module = fetching('recorded', `${origin}/x`)
    const live = await runHere(['run', module, '--permission', origin, '--record', file, '--json'])
    assert.equal(live.code, 0, live.out)
    assert.match((jsonOf(live) as { transcriptDigest: string }).transcriptDigest, /^0x[0-9a-f]{64}$/)
    const replayed = await runHere(['run', module, '--replay', file, '--json'])
    assert.deepEqual([replayed.out, asked], [live.out, 1])
  })

  it('is no result when it asks for something else than was recorded, or for less', async () => {
    const file = join(scratch, 'other')
    await runHere(['run', fetching('first', `${origin}/x`), '--permission', origin, '--record', file])
    const other = await runHere(['run', fetching('second', `${origin}/y`), '--replay', file, '--json'])
    assert.notEqual(other.code, 0)
    assert.equal(failureIn(other).code, 'SANDBOX_FAILURE')
    const silent = join(scratch, 'silent.wat')
    writeFileSync(silent, '(module (memory (export "memory") 1) (func (export "_start")))')
    const less = await runHere(['run', silent, '--replay', file, '--json'])
    assert.match(failureIn(less).message, /--replay: the run asked for less/)
  })

  it('is refused with a recording that was changed', async () => {
    const file = join(scratch, 'changed')
    await runHere(['run', fetching('third', `${origin}/x`), '--permission', origin, '--record', file])
    const bytes = readFileSync(file)
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
    writeFileSync(file, bytes)
    const ended = await runHere(['run', fetching('third', `${origin}/x`), '--replay', file, '--json'])
    assert.equal(ended.code, 2)
  })

  it('is refused with permissions that are none, by the option', async () => {
    const module = fetching('fourth', `${origin}/x`)
    for (const flags of [
      ['--permission', 'everything'],
      ['--permission', 'cgi:tool'],
      ['--replay', 'x', '--permission', origin],
      ['--replay', join(scratch, 'nowhere')],
    ]) {
      const ended = await runHere(['run', module, ...flags, '--json'])
      assert.equal(ended.code, 2, flags.join(' '))
      assert.match(failureIn(ended).message, /^(--)?(permission|replay): /)
    }
  })

  it('may start an executable of a folder that a permission names', async () => {
    const folder = join(scratch, 'drivers')
    mkdirSync(folder)
    const tool = join(folder, 'tool')
    writeFileSync(
      tool,
      `#!/bin/sh\nif [ "$1" = --ext_verify ]; then echo '{"alias":"tool","description":"","is_cgi":true}'; else printf said; fi\n`,
    )
    chmodSync(tool, 0o755)
    const module = join(scratch, 'cgi.wat')
    writeFileSync(
      module,
      `(module
        (import "blockless_cgi" "cgi_open" (func $open (param i32 i32 i32) (result i32)))
        (import "blockless_cgi" "cgi_stdout_read" (func $read (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (memory (export "memory") 1)
        (data (i32.const 1000) "{\\"command\\":\\"tool\\",\\"args\\":[],\\"envs\\":[]}")
        (func (export "_start") (local $error i32)
          (local.set $error (call $open (i32.const 1000) (i32.const 38) (i32.const 0)))
          (if (local.get $error) (then (call $exit (i32.add (i32.const 100) (local.get $error)))))
          (local.set $error (call $read (i32.load (i32.const 0)) (i32.const 3000) (i32.const 100) (i32.const 12)))
          (if (local.get $error) (then (call $exit (i32.add (i32.const 120) (local.get $error)))))
          (i32.store (i32.const 8) (i32.const 3000))
          (drop (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 16)))))`,
    )
    const ended = await runHere(['run', module, '--cgi', folder, '--permission', 'cgi:tool'])
    assert.deepEqual([ended.code, ended.out], [0, 'said'], ended.err)
    assert.ok(((await runHere(['run', module, '--cgi', folder])).code ?? 0) > 100)
  })
})
