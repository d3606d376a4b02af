/** Whom the operator's programs run as when the node is root. */
import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { idsOfPrograms, NOBODY, obstacle } from '../../../src/adapters/host/unprivileged.ts'
import { ask, keepingLog, sessionWith } from './support.ts'

const scratch = mkdtempSync(join(tmpdir(), 'dikast-nobody-'))
chmodSync(scratch, 0o755)
after(() => rmSync(scratch, { recursive: true, force: true }))
const nobody = { uid: NOBODY, gid: NOBODY }
const isRoot = process.getuid?.() === 0
const skip = isRoot ? false : 'only root gives up its rights'

function programIn(mode: { readonly folder: number; readonly file: number }): string {
  const folder = mkdtempSync(join(scratch, 'drivers-'))
  const file = join(folder, 'whoami')
  const verify = `'{"alias":"whoami","is_cgi":true}'`
  writeFileSync(
    file,
    `#!/bin/sh\nif [ "$1" = --ext_verify ]; then echo ${verify}; exit; fi\nid -u; id -G; cat\n`,
  )
  chmodSync(file, mode.file)
  chmodSync(folder, mode.folder)
  return file
}
const open = { folder: 0o755, file: 0o755 }
const closed = [
  { folder: 0o700, file: 0o755 },
  { folder: 0o755, file: 0o750 },
  { folder: 0o755, file: 0o751 },
  { folder: 0o755, file: 0o754 },
]

describe('a program of the operator’s', () => {
  it('has an obstacle where others may not read and execute it, or enter its folders [HOST-25]', () => {
    assert.equal(obstacle(programIn(open), nobody), undefined)
    for (const mode of closed) assert.match(String(obstacle(programIn(mode), nobody)), /nobody, who may not/)
    const link = join(mkdtempSync(join(scratch, 'links-')), 'link')
    chmodSync(join(link, '..'), 0o755)
    symlinkSync(programIn({ folder: 0o700, file: 0o755 }), link)
    assert.match(String(obstacle(link, nobody)), /nobody/)
  })

  it('runs with the rights of the node when that is not root [HOST-25]', () => {
    assert.equal(obstacle(programIn({ folder: 0o700, file: 0o700 }), undefined), undefined)
    assert.deepEqual(idsOfPrograms(), isRoot ? nobody : undefined)
  })

  it('is nobody, in no group of root’s, when the node is root [HOST-25]', { skip }, async () => {
    const directory = join(programIn(open), '..')
    const env = { PATH: '/usr/bin:/bin' }
    const { session } = sessionWith({ grants: ['cgi:whoami'], cgi: { directory, env } })
    try {
      const opened = await ask(session, 'cgi', 'open', { command: 'whoami', args: [], envs: [] })
      assert.ok('value' in opened, JSON.stringify(opened))
      let said = ''
      while (said.split('\n').length < 3) {
        const read = { process: opened.value, stream: 'stdout', bytesMax: 100 }
        const part = await ask(session, 'cgi', 'read', read)
        assert.ok('value' in part && (part.value as Uint8Array).length > 0)
        said += Buffer.from(part.value as Uint8Array).toString()
      }
      assert.equal(said, `${NOBODY}\n${NOBODY}\n`)
    } finally {
      await session.close()
    }
  })

  it('is nobody as a driver too [HOST-25]', { skip }, async () => {
    const { log, lines } = keepingLog()
    const config = { grants: ['who://host'], drivers: { who: { command: ['/bin/cat'] } } }
    const { session, host } = sessionWith(config, { log, driverAnswerMs: 60_000 })
    // A cat greets as it was greeted, and then repeats the question, which is no answer.
    const opening = ask(session, 'driver', 'open', { url: 'who://host', options: '' })
    const pid = lines.find(({ event }) => event === 'driver started')?.fields.pid
    assert.match(
      readFileSync(`/proc/${pid}/status`, 'utf8'),
      new RegExp(`^Uid:\\s${NOBODY}\\s${NOBODY}`, 'm'),
    )
    assert.deepEqual(await opening, { refused: 'reset' })
    await host.close()
  })

  it('is refused, and the log says what to do, when nobody could not run it [HOST-25]', {
    skip,
  }, async () => {
    for (const mode of closed) {
      const file = programIn(mode)
      const { log, lines } = keepingLog()
      const config = {
        grants: ['cgi:whoami', 'who://host'],
        cgi: { directory: join(file, '..') },
        drivers: { who: { command: [file] } },
      }
      const { session } = sessionWith(config, { log })
      const command = { command: 'whoami', args: [], envs: [] }
      assert.deepEqual(await ask(session, 'cgi', 'open', command), { refused: 'absent' })
      const url = { url: 'who://host', options: '' }
      assert.deepEqual(await ask(session, 'driver', 'open', url), { refused: 'failed' })
      for (const event of ['extension refused', 'driver refused']) {
        const line = lines.find((each) => each.event === event)
        assert.match(String(line?.fields.reason), /nobody/)
        assert.match(String(line?.fields.fix), /start the node as a user of its own/)
      }
      assert.equal(
        lines.some(({ event }) => event === 'driver started'),
        false,
      )
      await session.close()
    }
  })
})
