import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { createLog, type LogLevel } from '../../../src/adapters/log/pino.ts'
import { InvalidInputError } from '../../../src/protocol/errors.ts'

function capture(level: LogLevel = 'debug') {
  const lines: Record<string, unknown>[] = []
  const write = (line: string) => {
    lines.push(JSON.parse(line) as Record<string, unknown>)
  }
  return { lines, log: createLog({ level, name: 'node', destination: { write } }) }
}

describe('a log', () => {
  it('writes one line an event, with its level, name and fields', () => {
    const { lines, log } = capture()
    log.info('epoch-sealed', { epoch: 7, stake: 10n ** 20n })
    const { time, ...line } = lines[0] ?? {}
    assert.deepEqual(line, {
      level: 'info',
      name: 'node',
      event: 'epoch-sealed',
      epoch: 7,
      stake: '100000000000000000000',
    })
    assert.match(String(time), /^\d{4}-\d\d-\d\dT/)
  })

  it('leaves out what is below its level', () => {
    const { lines, log } = capture('warn')
    log.debug('a')
    log.info('b')
    log.warn('c')
    log.error('d')
    assert.deepEqual(
      lines.map(({ event }) => event),
      ['c', 'd'],
    )
  })

  it('gives a child its fields on every line', () => {
    const { lines, log } = capture()
    log.child({ request: '0x01' }).child({ attempt: 0 }).info('certified')
    assert.equal(lines[0]?.request, '0x01')
    assert.equal(lines[0]?.attempt, 0)
  })

  it('never writes the bytes of a byte array, however deep', () => {
    const { lines, log } = capture()
    const key = new Uint8Array(32).fill(0xab)
    log.info('started', { key, nested: { list: [key, Buffer.from(key)] } })
    assert.doesNotMatch(JSON.stringify(lines), /171|ab,ab|abab/)
    assert.equal(lines[0]?.key, '<32 bytes>')
  })

  it('cuts long texts, long lists, depth and cycles', () => {
    const { lines, log } = capture()
    const cycle: Record<string, unknown> = {}
    cycle.self = cycle
    log.info('peer-cut', {
      reason: 'x'.repeat(100_000),
      list: Array.from({ length: 10_000 }, () => 1),
      cycle,
    })
    assert.ok(JSON.stringify(lines).length < 2_000)
  })

  it('writes an error as its name, code and message, and keeps its own keys', () => {
    const { lines, log } = capture()
    log.error('failed', {
      cause: new InvalidInputError('peer', 'is not a peer id'),
      level: 'mine',
      event: 'theirs',
    })
    assert.deepEqual(lines[0]?.cause, {
      error: 'InvalidInputError',
      code: 'INVALID_INPUT',
      detail: 'peer: is not a peer id',
    })
    assert.equal(lines[0]?.level, 'error')
    assert.equal(lines[0]?.event, 'failed')
    assert.equal(lines[0]?.level_, 'mine')
  })

  it('is in its file when the call returns', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'dikast-log-')), 'deep', 'node.log')
    createLog({ level: 'info', name: 'node', destination: { file } }).info('started')
    assert.match(readFileSync(file, 'utf8'), /"event":"started"/)
  })
})
