import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, describe, it } from 'node:test'
import { acquireLock, LockedError } from '../../../src/adapters/lock/lock.ts'

const scratch = mkdtempSync(join(tmpdir(), 'dikast-lock-'))
after(() => rmSync(scratch, { recursive: true, force: true }))
let locks = 0
const freshPath = () => join(scratch, `${++locks}`, 'lock')

const SOURCE = new URL('../../../src/adapters/lock/lock.ts', import.meta.url).href

/** A process that says `held`, or the pid it was refused for, and stays until it is told to end. */
function contender(path: string): ChildProcess {
  const script = `
    import { acquireLock } from ${JSON.stringify(SOURCE)}
    try { acquireLock(${JSON.stringify(path)}); process.stdout.write('held') }
    catch (error) { process.stdout.write(error.code + ' ' + error.pid) }
    process.stdin.on('data', () => process.exit(0))`
  return spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
}

async function verdict(child: ChildProcess): Promise<string> {
  assert.ok(child.stdout)
  const [word] = await once(child.stdout, 'data')
  return String(word)
}

async function end(child: ChildProcess, signal?: NodeJS.Signals): Promise<void> {
  const exited = once(child, 'exit')
  if (signal === undefined) child.stdin?.write('end')
  else child.kill(signal)
  await exited
}

const refused = (path: string): LockedError => {
  let caught: unknown
  try {
    acquireLock(path).release()
  } catch (error) {
    caught = error
  }
  assert.ok(caught instanceof LockedError, String(caught))
  return caught
}

describe('a lock', () => {
  it('keeps a second holder out, names the first and says what to do', () => {
    const path = freshPath()
    const lock = acquireLock(path)
    const error = refused(path)
    assert.equal(error.code, 'LOCKED')
    assert.equal(error.pid, process.pid)
    assert.match(error.fix ?? '', new RegExp(String(process.pid)))
    lock.release()
  })

  it('can be taken again after its release, which may be repeated', () => {
    const path = freshPath()
    const first = acquireLock(path)
    first.release()
    const second = acquireLock(path)
    first.release()
    refused(path)
    second.release()
    assert.equal(existsSync(`${path}.pid`), false)
  })

  it('keeps another process out, and is free when that process ends', async () => {
    const path = freshPath()
    const child = contender(path)
    assert.equal(await verdict(child), 'held')
    assert.equal(refused(path).pid, child.pid)
    await end(child)
    assert.equal(existsSync(`${path}.pid`), false)
    acquireLock(path).release()
  })

  it('is free after SIGKILL, whatever the file beside it says', async () => {
    const path = freshPath()
    const child = contender(path)
    assert.equal(await verdict(child), 'held')
    await end(child, 'SIGKILL')
    assert.equal(readFileSync(`${path}.pid`, 'utf8').trim(), String(child.pid))
    // As if the dead holder's id had been given to a process that lives.
    writeFileSync(`${path}.pid`, `${process.pid}\n`)
    acquireLock(path).release()
  })

  it('writes over nothing that a link beside it leads to', () => {
    for (const link of [symlinkSync, linkSync]) {
      const path = freshPath()
      mkdirSync(dirname(path))
      const victim = `${path}.victim`
      writeFileSync(victim, 'precious')
      link(victim, `${path}.pid`)
      const lock = acquireLock(path)
      assert.equal(refused(path).pid, process.pid)
      assert.equal(readFileSync(victim, 'utf8'), 'precious')
      lock.release()
      assert.equal(readFileSync(victim, 'utf8'), 'precious')
    }
  })

  it('costs this process one listener, however many it holds', () => {
    const before = process.listenerCount('exit')
    const locks = Array.from({ length: 12 }, () => acquireLock(freshPath()))
    assert.ok(process.listenerCount('exit') <= before + 1)
    for (const lock of locks) lock.release()
  })

  it('goes to one of several that want it at once', async () => {
    const path = freshPath()
    const children = Array.from({ length: 5 }, () => contender(path))
    const verdicts = await Promise.all(children.map(verdict))
    assert.equal(verdicts.filter((word) => word === 'held').length, 1, verdicts.join())
    await Promise.all(children.map((child) => end(child)))
  })
})
