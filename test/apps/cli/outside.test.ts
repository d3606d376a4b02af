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
      ['--permission', 'llm:small'],
      ['--permission', 'redis://127.0.0.1'],
      ['--replay', 'x', '--extensions', 'y'],
      ['--replay', 'x', '--permission', origin],
      ['--replay', join(scratch, 'nowhere')],
    ]) {
      const ended = await runHere(['run', module, ...flags, '--json'])
      assert.equal(ended.code, 2, flags.join(' '))
      assert.match(failureIn(ended).message, /^--(permission|replay): /)
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

  describe("with an operator's extensions file [HOST-27]", () => {
    const write = (name: string, json: unknown): string => {
      const file = join(scratch, `${name}.json`)
      writeFileSync(file, JSON.stringify(json))
      return file
    }

    it('reaches what the file grants and its permissions name', async () => {
      asked = 0
      const file = write('granting', { grants: [{ permission: origin, allowPrivate: true }] })
      const module = fetching('granted', `${origin}/v1/x`)
      const ended = await runHere(['run', module, '--extensions', file, '--permission', `${origin}/v1`])
      assert.deepEqual([ended.code, ended.out], [0, 'answer 1'], ended.err)
      assert.equal((await runHere(['run', module, '--extensions', file])).code, DENIED)
    })

    it('reaches no private address that the file does not open, though a permission names it', async () => {
      asked = 0
      const file = write('closed', { grants: [origin] })
      const module = fetching('private', `${origin}/x`)
      const ended = await runHere(['run', module, '--extensions', file, '--permission', origin])
      assert.deepEqual([ended.code === 0, asked], [false, 0])
    })

    it('is declined, as on a node, when the file does not grant all its permissions', async () => {
      const file = write('narrow', { grants: ['https://api.example.com/v1'] })
      const module = fetching('declined', `${origin}/x`)
      const ended = await runHere(['run', module, '--extensions', file, '--permission', origin, '--json'])
      assert.equal(ended.code, 2)
      assert.match(failureIn(ended).message, new RegExp(`--extensions: .*${origin}`))
    })

    it('is refused with a file that is wrong, and with --cgi beside it', async () => {
      const module = fetching('fifth', `${origin}/x`)
      const wrong = write('wrong', { grants: [], grantz: [] })
      for (const flags of [
        ['--extensions', wrong],
        ['--extensions', join(scratch, 'nowhere.json')],
        ['--extensions', write('none', {}), '--cgi', scratch],
      ])
        assert.equal((await runHere(['run', module, ...flags, '--json'])).code, 2, flags.join(' '))
    })

    it('talks to a driver of that file', async () => {
      const driver = join(scratch, 'driver.mjs')
      writeFileSync(driver, DRIVER)
      const file = write('driver', {
        grants: ['echo://here'],
        drivers: { echo: { command: [process.execPath, driver] } },
      })
      const module = join(scratch, 'driver.wat')
      writeFileSync(module, DRIVEN)
      const ended = await runHere(['run', module, '--extensions', file, '--permission', 'echo://here'])
      assert.deepEqual([ended.code, ended.out], [0, 'echo://here/key'], ended.err)
    })
  })
})

/** Written from docs/extensions.md: a stream gives the URL it was opened with, then ends. */
const DRIVER = `
let held = Buffer.alloc(0)
const streams = new Map()
const u32 = (n) => { const b = Buffer.alloc(4); b.writeUInt32BE(n); return b }
const send = (kind, id, body = Buffer.alloc(0)) =>
  process.stdout.write(Buffer.concat([u32(5 + body.length), Buffer.from([kind]), u32(id), body]))
process.stdin.on('data', (bytes) => {
  held = Buffer.concat([held, bytes])
  while (held.length >= 4 && held.length >= 4 + held.readUInt32BE(0)) {
    const frame = held.subarray(4, 4 + held.readUInt32BE(0))
    held = held.subarray(4 + frame.length)
    const kind = frame[0], id = frame.readUInt32BE(1), body = frame.subarray(5)
    if (kind === 0) send(0, 0, Buffer.from('dikast-driver/1'))
    else if (kind === 1) {
      streams.set(id, body.subarray(4, 4 + body.readUInt32BE(0)))
      send(128, id, u32(id))
    } else if (kind === 2) {
      send(128, id, streams.get(body.readUInt32BE(0)))
      streams.set(body.readUInt32BE(0), Buffer.alloc(0))
    } else if (kind === 4) send(128, id)
    else send(129, id, Buffer.from('not done'))
  }
})
`

const DRIVEN = `(module
  (import "blockless_drivers" "blockless_open" (func $open (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 1000) "echo://here/key") (data (i32.const 2000) "{}")
  (func (export "_start") (local $error i32)
    (local.set $error (call $open (i32.const 1000) (i32.const 15) (i32.const 2000) (i32.const 2) (i32.const 0)))
    (if (local.get $error) (then (call $exit (i32.add (i32.const 100) (local.get $error)))))
    (i32.store (i32.const 8) (i32.const 3000)) (i32.store (i32.const 12) (i32.const 100))
    (local.set $error (call $read (i32.load (i32.const 0)) (i32.const 8) (i32.const 1) (i32.const 12)))
    (if (local.get $error) (then (call $exit (i32.add (i32.const 120) (local.get $error)))))
    (drop (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 16)))))`
