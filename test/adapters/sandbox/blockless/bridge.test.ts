/** A guest built with the Blockless SDK, its calls on their way to a host session and back. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { createSandbox } from '../../../../src/adapters/sandbox/sandbox.ts'
import { HOST_ANSWER_BYTES_MAX, type HostCall } from '../../../../src/core/host-call.ts'
import { decodeValue, fieldsOf } from '../../../../src/core/host-codec.ts'
import {
  decodeTranscript,
  encodeTranscript,
  recordingSession,
  replaySession,
} from '../../../../src/core/transcript.ts'
import type { HostSession } from '../../../../src/ports/host.ts'
import { SandboxFailure, type SandboxJob } from '../../../../src/ports/sandbox.ts'
import { compileGuest } from '../../../fixtures/blockless/compile.ts'
import { jobOf, sessionOf } from './support.ts'

const encoder = new TextEncoder()
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

/** Answers each request with its own URL. */
const mirror = (delay?: () => Promise<void>): HostSession =>
  sessionOf(async ({ payload }: HostCall) => {
    await delay?.()
    const url = String(fieldsOf(decodeValue(payload, 'payload')).url)
    return {
      value: { status: 200, headers: [['content-type', 'text/x']], body: encoder.encode(`I am ${url}`), url },
    }
  })

function failsWith(reason: string, detail = /./): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof SandboxFailure, String(error))
    assert.equal(error.reason, reason, error.message)
    assert.match(error.message, detail)
    return true
  }
}

describe('a guest that reaches outside', () => {
  const sandbox = createSandbox({ workers: 2, longWorkers: 2 })
  let module: Uint8Array
  before(async () => {
    module = await compileGuest('guest')
  })
  after(() => sandbox.close())

  const run = async (input: string, overrides: Partial<SandboxJob> = {}) => {
    const result = await sandbox.run(jobOf(module, input, overrides))
    return { ...result, output: text(result.output), stderr: text(result.stderr) }
  }

  it('is denied without a session, with the same fuel each time [HOST-6]', async () => {
    const results = await Promise.all(Array.from({ length: 3 }, () => run('get|https://a.com|{}')))
    for (const result of results) assert.deepEqual(result, { ...results[0], exit: 0, output: 'no answer\n' })
    assert.ok((results[0]?.fuelUsed ?? 0n) > 0n)
  })

  it('reads its environment [HOST-7]', async () => {
    assert.equal((await run('environment|NAME', { env: [['NAME', 'value']] })).output, 'value\n')
  })

  it('gets the session’s answer [HOST-10]', async () => {
    const { output, exit } = await run('get|https://a.com/x|{}', { host: mirror() })
    assert.deepEqual([exit, output], [0, 'handle:1, code:200\ntext/x\nI am https://a.com/x\n'])
  })

  it('gets its own answer while others run beside it [HOST-10]', async () => {
    // Each waits until both have asked: the second is answered first.
    const waiting: (() => void)[] = []
    const together = () =>
      new Promise<void>((resolve) => {
        waiting.push(resolve)
        if (waiting.length === 2) for (const go of waiting.reverse()) go()
      })
    const outputs = await Promise.all(
      ['a', 'b'].map((name) => run(`get|https://${name}.com`, { host: mirror(together) })),
    )
    assert.deepEqual(
      outputs.map(({ output }) => output.split('\n')[2]),
      ['I am https://a.com', 'I am https://b.com'],
    )
    assert.equal(waiting.length, 2)
  })

  it('is ended by the wall clock while it waits, and the next job is not hurt [HOST-10]', async () => {
    let asked = 0
    const silent = sessionOf(() => {
      asked++
      return new Promise<never>(() => {})
    })
    await assert.rejects(
      run('get|https://a.com', { host: silent, wallClockMsMax: 1_500 }),
      failsWith('wall-clock'),
    )
    assert.equal(asked, 1)
    assert.equal((await run('get|https://a.com', { host: mirror() })).exit, 0)
  })

  it('gets no result when its session fails, or answers with too much [HOST-10]', async () => {
    const failing: HostSession = {
      call: async () => {
        throw new Error('the cable is cut')
      },
      close: async () => {},
    }
    await assert.rejects(
      run('get|https://a.com', { host: failing }),
      failsWith('host-session', /the cable is cut/),
    )
    const flooding: HostSession = { ...failing, call: async () => new Uint8Array(HOST_ANSWER_BYTES_MAX + 1) }
    await assert.rejects(
      run('get|https://a.com', { host: flooding }),
      failsWith('host-session', /bytes long/),
    )
    assert.equal((await run('get|https://a.com', { host: mirror() })).exit, 0)
  })

  it('runs from its transcript to the same bytes and the same fuel [HOST-23]', async () => {
    const recording = recordingSession(mirror())
    const first = await run('twice|https://a.com/1|https://b.com/2', { host: recording })
    const file = encodeTranscript(recording.transcript())
    const replay = replaySession(decodeTranscript(file))
    const second = await run('twice|https://a.com/1|https://b.com/2', { host: replay })
    assert.deepEqual(second, first)
    assert.equal(replay.finished(), true)
    assert.match(first.output, /I am https:\/\/a.com\/1[\s\S]*I am https:\/\/b.com\/2/)
  })

  it('has no result when it asks for something else than it did [HOST-23]', async () => {
    const recording = recordingSession(mirror())
    await run('twice|https://a.com/1|https://b.com/2', { host: recording })
    const host = replaySession(recording.transcript())
    await assert.rejects(
      run('twice|https://a.com/1|https://b.com/3', { host }),
      failsWith('host-session', /call 1 of the run is not the recorded one/),
    )
    const longer = replaySession(recording.transcript().slice(0, 1))
    await assert.rejects(
      run('twice|https://a.com/1|https://b.com/2', { host: longer }),
      failsWith('host-session'),
    )
  })
})
