/** The operator's own programs: CGI executables and driver processes, friendly and not. */
import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { PROCESSES_MAX } from '../../../src/adapters/host/cgi.ts'
import type { HostAnswer, HostValue } from '../../../src/core/host-call.ts'
import type { HostSession } from '../../../src/ports/host.ts'
import { ask, keepingLog, sessionWith } from './support.ts'

const scratch = mkdtempSync(join(tmpdir(), 'dikast-native-'))
// Where these tests run as root, the programs run as nobody.
chmodSync(scratch, 0o755)
after(() => rmSync(scratch, { recursive: true, force: true }))

const verifying = (alias: string, more = '') => `#!/bin/sh
if [ "$1" = --ext_verify ]; then echo '{"alias":"${alias}","description":"of the test","is_cgi":true${more}}'; exit; fi
`
function directoryOf(files: Readonly<Record<string, string>>): string {
  const directory = mkdtempSync(join(scratch, 'drivers-'))
  chmodSync(directory, 0o755)
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(directory, name), content)
    chmodSync(join(directory, name), 0o755)
  }
  return directory
}

const text = (answer: HostAnswer) => {
  assert.ok('value' in answer, JSON.stringify(answer))
  return Buffer.from(answer.value as Uint8Array).toString()
}
const number = (answer: HostAnswer) => {
  assert.ok('value' in answer, JSON.stringify(answer))
  return answer.value as number
}
const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0)
    // A zombie is nobody's process any more.
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}
async function gone(pid: number): Promise<void> {
  const deadline = Date.now() + 10_000
  while (isAlive(pid)) {
    assert.ok(Date.now() < deadline, `process ${pid} still lives after 10 s`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

describe('CGI extensions', () => {
  const cgi = (files: Readonly<Record<string, string>>, aliases: readonly string[], env = {}) => {
    const { log, lines } = keepingLog()
    const directory = directoryOf(files)
    const grants = aliases.map((alias) => `cgi:${alias}`)
    return { ...sessionWith({ grants, cgi: { directory, env } }, { log }), directory, lines }
  }
  const open = (session: HostSession, command: string, more: Readonly<Record<string, HostValue>> = {}) =>
    ask(session, 'cgi', 'open', { command, args: [], envs: [], ...more })
  const read = (session: HostSession, process: number, stream = 'stdout', bytesMax = 4096) =>
    ask(session, 'cgi', 'read', { process, stream, bytesMax })

  it('are listed by what they say of themselves, those that are granted [HOST-16]', async () => {
    const { session, directory } = cgi({ a: verifying('alpha'), b: verifying('beta') }, ['alpha'])
    const list = JSON.parse(text(await ask(session, 'cgi', 'list', {})))
    assert.deepEqual(
      list.map(({ md5, ...rest }: { md5: string }) => [rest, md5.length]),
      [[{ fileName: 'a', alias: 'alpha', description: 'of the test' }, 32]],
    )
    assert.deepEqual(await open(session, 'beta'), { refused: 'permission' })
    rmSync(join(directory, 'a'))
    assert.deepEqual(await open(session, 'alpha'), { refused: 'absent' })
  })

  it('are regular files in the directory that answer as they must [HOST-16]', async () => {
    const { session, directory, lines } = cgi(
      {
        first: verifying('same'),
        second: verifying('same'),
        wrong: verifying('wrong', ',"md5":"00000000000000000000000000000000"'),
        mute: '#!/bin/sh\nexit 0\n',
        babble: '#!/bin/sh\nyes\n',
        plain: verifying('plain'),
        open: verifying('open'),
      },
      ['same', 'wrong', 'plain', 'open', 'link'],
    )
    chmodSync(join(directory, 'plain'), 0o644)
    chmodSync(join(directory, 'open'), 0o757)
    writeFileSync(join(scratch, 'outside'), verifying('link'), { mode: 0o755 })
    symlinkSync(join(scratch, 'outside'), join(directory, 'link'))
    const list = JSON.parse(text(await ask(session, 'cgi', 'list', {})))
    assert.deepEqual(
      list.map(({ fileName }: { fileName: string }) => fileName),
      ['first'],
    )
    const refused = lines.map(({ fields }) => fields.fileName)
    assert.deepEqual(refused, ['babble', 'mute', 'open', 'second', 'wrong'])
  })

  it('are talked to over pipes [HOST-16]', async () => {
    const { session } = cgi(
      { echo: `${verifying('echo')}read -r a; echo "got $a $1"; echo problem >&2; exit 3` },
      ['echo'],
    )
    const process = number(await open(session, 'echo', { args: ['x; y'] }))
    const bytes = new TextEncoder().encode('word\n')
    assert.equal(number(await ask(session, 'cgi', 'write', { process, bytes })), 5)
    assert.equal(text(await read(session, process)), 'got word x; y\n')
    assert.equal(text(await read(session, process, 'stderr')), 'problem\n')
    assert.equal(text(await read(session, process)), '')
    assert.ok('refused' in (await ask(session, 'cgi', 'write', { process, bytes })))
    assert.deepEqual(await ask(session, 'cgi', 'close', { process }), { value: null })
    assert.deepEqual(await read(session, process), { refused: 'handle' })
  })

  it('have the operator’s environment and never the guest’s, which comes on standard input [HOST-16]', async () => {
    process.env.OF_THE_NODE = 'secret'
    const script = `${verifying('env')}env; read -r length; read -r line; echo "$length $line"`
    const { session } = cgi({ env: script }, ['env'], { MINE: 'yes', PATH: '/usr/bin:/bin' })
    const envs = [
      ['LD_PRELOAD', '/tmp/evil.so'],
      ['MINE', 'no'],
    ] as const
    const running = number(await open(session, 'env', { envs }))
    let all = ''
    for (;;) {
      const part = text(await read(session, running))
      if (part === '') break
      all += part
    }
    delete process.env.OF_THE_NODE
    const lines = all.split('\n')
    assert.ok(lines.includes('MINE=yes'))
    assert.equal(
      lines.some((line) => /^(LD_PRELOAD|OF_THE_NODE)=|^MINE=no/.test(line)),
      false,
      all,
    )
    const message = JSON.stringify({ envs: envs.map(([name, value]) => ({ name, value })) })
    assert.ok(all.includes(`${message.length}\r ${message}`), all)
    await session.close()
  })

  it('end with the run, and what they have started ends with them [HOST-16]', async () => {
    const { session } = cgi({ fork: `${verifying('fork')}sleep 1000 & echo $! $$; sleep 1000` }, ['fork'])
    const running = number(await open(session, 'fork'))
    const pids = text(await read(session, running))
      .trim()
      .split(' ')
      .map(Number)
    assert.deepEqual(pids.map(isAlive), [true, true])
    await session.close()
    for (const pid of pids) await gone(pid)
    assert.deepEqual(await read(session, running), { refused: 'handle' })
    assert.ok('refused' in (await open(session, 'fork')))
  })

  it('that end early leave nothing behind either [HOST-16]', async () => {
    const { session } = cgi({ early: `${verifying('early')}sleep 1000 >/dev/null 2>&1 & echo $!` }, ['early'])
    const running = number(await open(session, 'early'))
    const pid = Number(text(await read(session, running)))
    assert.equal(text(await read(session, running)), '')
    await gone(pid)
    await ask(session, 'cgi', 'close', { process: running })
  })

  it('that flood wait until they are read [HOST-16]', async () => {
    const script = `${verifying('flood')}echo $$; exec dd if=/dev/zero bs=65536 count=100000 2>/dev/null`
    const { session } = cgi({ flood: script }, ['flood'])
    const running = number(await open(session, 'flood'))
    const pid = Number(text(await read(session, running, 'stdout', 10)).split('\n')[0])
    const writtenBy = () => Number(/wchar: (\d+)/.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))?.[1])
    let before = -1
    while (writtenBy() !== before) {
      before = writtenBy()
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
    assert.ok(before < 2 * 1024 * 1024, `${before} bytes were taken ahead`)
    assert.equal(
      ((await read(session, running, 'stdout', 1_000_000)) as { value: Uint8Array }).value.length,
      65_536,
    )
    await session.close()
    await gone(pid)
  })

  it('are few at a time, and arguments are texts [HOST-16]', async () => {
    const { session } = cgi({ cat: `${verifying('cat')}cat` }, ['cat'])
    assert.deepEqual(await open(session, 'cat', { args: ['a\0b'] }), { refused: 'invalid' })
    assert.deepEqual(await open(session, 'cat', { args: ['x'.repeat(5000)] }), { refused: 'invalid' })
    for (let i = 0; i < PROCESSES_MAX; i++) number(await open(session, 'cat'))
    assert.deepEqual(await open(session, 'cat'), { refused: 'too-many' })
    await session.close()
  })
})

/** A driver that keeps what is written to a stream and gives it back in capitals. */
const DRIVER = `
const frames = []
let rest = Buffer.alloc(0), streams = new Map(), last = 0
const u32 = (n) => { const b = Buffer.alloc(4); b.writeUInt32BE(n); return b }
const send = (kind, id, body) => process.stdout.write(Buffer.concat([u32(5 + body.length), Buffer.from([kind]), u32(id), body]))
process.stdin.on('data', (bytes) => {
  rest = Buffer.concat([rest, bytes])
  while (rest.length >= 4 && rest.length >= 4 + rest.readUInt32BE(0)) {
    const length = rest.readUInt32BE(0), frame = rest.subarray(4, 4 + length)
    rest = rest.subarray(4 + length)
    answer(frame[0], frame.readUInt32BE(1), frame.subarray(5))
  }
})
function answer(kind, id, body) {
  if (kind === 0) return send(0, 0, body)
  if (kind === 1) {
    const url = body.subarray(4, 4 + body.readUInt32BE(0)).toString()
    if (url.endsWith('/garbage')) return process.stdout.write('this is no frame')
    if (url.endsWith('/silent')) return
    if (url.endsWith('/die')) process.exit(1)
    if (url.endsWith('/no')) return send(129, id, Buffer.from('not that one'))
    if (url.endsWith('/env')) { streams.set(++last, Buffer.from(JSON.stringify(process.env))); return send(128, id, u32(last)) }
    streams.set(++last, Buffer.from(process.pid + ' '))
    return send(128, id, u32(last))
  }
  const stream = body.readUInt32BE(0)
  if (kind === 2) { const held = streams.get(stream); streams.set(stream, Buffer.alloc(0)); return send(128, id, held.subarray(0, body.readUInt32BE(4))) }
  if (kind === 3) { streams.set(stream, Buffer.concat([streams.get(stream), Buffer.from(body.subarray(4).toString().toUpperCase())])); return send(128, id, u32(body.length - 4)) }
  if (kind === 4) { streams.delete(stream); return send(128, id, Buffer.alloc(0)) }
}
`
const DRIVER_FILE = join(scratch, 'driver.cjs')
writeFileSync(DRIVER_FILE, DRIVER)

describe('drivers', () => {
  const driver = (options = {}, command = [process.execPath, DRIVER_FILE]) => {
    const { log, lines } = keepingLog()
    const config = {
      grants: ['upper://host/a', 'other://host'],
      drivers: { upper: { command, env: { A: 'b' } }, other: { command: ['/bin/true'] } },
    }
    return { ...sessionWith(config, { log, driverRestartMs: 0, ...options }), lines }
  }
  const open = (session: HostSession, url: string) => ask(session, 'driver', 'open', { url, options: '{}' })
  const read = (session: HostSession, stream: number) =>
    ask(session, 'driver', 'read', { stream, bytesMax: 1000 })

  it('open, write, read and close streams; one process serves all runs [HOST-17]', async () => {
    const { session, host } = driver()
    const other = host.open(['upper://host'])
    const pids = []
    for (const each of [session, other]) {
      const stream = number(await open(each, 'upper://host/a/b'))
      pids.push(text(await read(each, stream)))
      const bytes = new TextEncoder().encode('word')
      assert.equal(number(await ask(each, 'driver', 'write', { stream, bytes })), 4)
      assert.equal(text(await read(each, stream)), 'WORD')
      assert.deepEqual(await ask(each, 'driver', 'close', { stream }), { value: null })
      assert.deepEqual(await read(each, stream), { refused: 'handle' })
    }
    assert.equal(pids[0], pids[1])
    await host.close()
    await gone(Number(pids[0]))
  })

  it('are for what is declared and granted [HOST-17]', async () => {
    const { session, host } = driver()
    assert.deepEqual(await open(session, 'upper://host/b'), { refused: 'permission' })
    assert.deepEqual(await open(session, 'upper://host.evil/a'), { refused: 'permission' })
    assert.deepEqual(await open(session, 'upper://host/a/../b'), { refused: 'permission' })
    assert.deepEqual(await open(session, 'https://host/a'), { refused: 'url' })
    assert.deepEqual(await open(session, 'no url'), { refused: 'url' })
    assert.deepEqual(await open(session, 'upper://host/a/no'), { refused: 'failed' })
    await host.close()
  })

  it('have the operator’s environment and nothing else [HOST-17]', async () => {
    const { session, host } = driver()
    const stream = number(await open(session, 'upper://host/a/env'))
    assert.deepEqual(JSON.parse(text(await read(session, stream))), { A: 'b' })
    await host.close()
  })

  for (const [what, path] of [
    ['answers garbage', 'garbage'],
    ['dies', 'die'],
    ['does not answer', 'silent'],
  ] as const)
    it(`that ${what} is ended and started again, its streams gone [HOST-17]`, async () => {
      const { session, host, lines } = driver({ driverAnswerMs: path === 'silent' ? 1_000 : 30_000 })
      const before = number(await open(session, 'upper://host/a'))
      const pid = Number(text(await read(session, before)))
      assert.deepEqual(await open(session, `upper://host/a/${path}`), { refused: 'reset' })
      await gone(pid)
      assert.deepEqual(await read(session, before), { refused: 'reset' })
      const again = number(await open(session, 'upper://host/a'))
      assert.notEqual(Number(text(await read(session, again))), pid)
      assert.equal(lines.filter(({ event }) => event === 'driver ended').length, 1)
      await host.close()
    })

  it('that cannot run are not started in a loop [HOST-17]', async () => {
    const { session, host, lines } = driver({ driverRestartMs: 60_000 }, [join(scratch, 'nothing')])
    for (let i = 0; i < 20; i++) assert.ok('refused' in (await open(session, 'upper://host/a')))
    assert.equal(lines.filter(({ event }) => event === 'driver started').length, 1)
    await host.close()
  })
})
