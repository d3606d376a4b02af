import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { HOST_CALLS_MAX, type HostCall, type HostValue, REFUSALS } from '../../src/core/host-call.ts'
import { decodeAnswer, decodeValue, encodeAnswer, encodeValue } from '../../src/core/host-codec.ts'
import {
  decodeTranscript,
  encodeTranscript,
  recordingSession,
  redactPayload,
  replaySession,
  TRANSCRIPT_BYTES_MAX,
  transcriptDigest,
} from '../../src/core/transcript.ts'

const callOf = (payload: HostValue, operation = 'request'): HostCall => ({
  capability: 'http',
  operation,
  payload: encodeValue(payload),
})
const echo = (answer = encodeAnswer({ value: 'hello' })) => ({
  asked: [] as string[],
  closed: 0,
  async call({ operation }: HostCall) {
    this.asked.push(operation)
    return answer
  },
  async close() {
    this.closed++
  },
})

/** The transcript of a run that asked these. */
async function recorded(...payloads: HostValue[]) {
  const session = recordingSession(echo())
  for (const payload of payloads) await session.call(callOf(payload))
  return session.transcript()
}

describe('answers of a host', () => {
  it('are the same after encoding, values and refusals alike', () => {
    const value = { status: 200, headers: [['a', 'b']], body: new Uint8Array([1, 2]), none: null, yes: true }
    assert.deepEqual(decodeAnswer(encodeAnswer({ value })), { value })
    for (const refused of REFUSALS) assert.deepEqual(decodeAnswer(encodeAnswer({ refused })), { refused })
  })
  it('are refused when malformed', () => {
    for (const value of [null, [], [99], [null], [null, 1, 2], ['x', 1], {}] as HostValue[])
      assert.throws(() => decodeAnswer(encodeValue(value)), { code: 'INVALID_INPUT' })
    let deep: HostValue = 1
    for (let i = 0; i < 9; i++) deep = [deep]
    assert.throws(() => decodeValue(encodeValue(deep), 'x'), { code: 'INVALID_INPUT' })
    assert.throws(() => decodeValue(new Uint8Array([0x18, 0x01]), 'x'), { code: 'INVALID_INPUT' })
  })
})

describe('a transcript', () => {
  it('keeps no credentials of requests [HOST-20]', async () => {
    const [entry] = await recorded({
      url: 'https://user:pass@a.com/x@y',
      headers: [
        ['Authorization', 'Bearer s3cret'],
        ['cookie', 's3cret'],
        ['Proxy-Authorization', 's3cret'],
        ['X-API-Key', 's3cret'],
        ['accept', 'text/plain'],
        ['referer', 'https://u:s3cret@b.com/'],
      ],
      accessKey: 's3cret',
      secretKey: 's3cret',
    })
    assert.ok(entry)
    assert.deepEqual(decodeValue(entry.request, 'request'), {
      url: 'https://redacted@a.com/x@y',
      headers: [
        ['Authorization', 'redacted'],
        ['cookie', 'redacted'],
        ['Proxy-Authorization', 'redacted'],
        ['X-API-Key', 'redacted'],
        ['accept', 'text/plain'],
        ['referer', 'https://redacted@b.com/'],
      ],
      accessKey: 'redacted',
      secretKey: 'redacted',
    })
    assert.equal(Buffer.from(entry.request).includes('s3cret'), false)
  })

  it('leaves a request without secrets as it is, address signs in its path too [HOST-20]', () => {
    const payload = encodeValue({ url: 'https://a.com/x@y?z=a@b', body: new Uint8Array([64]), headers: [] })
    assert.deepEqual(redactPayload(payload), payload)
  })

  it('keeps no user information of a URL however it is spaced [HOST-20]', () => {
    for (const url of [' https://u:s3cret@a.com', 'ht\ttps://u:s3cret@a.com', '\nhttps:\n//u:s3cret@a.com'])
      assert.ok(!new TextDecoder().decode(redactPayload(encodeValue({ url }))).includes('s3cret'), url)
  })

  it('is the same file and digest after reading [HOST-21]', async () => {
    const transcript = await recorded({ url: 'https://a.com' }, { url: 'https://b.com' })
    const file = encodeTranscript(transcript)
    assert.deepEqual(decodeTranscript(file), transcript)
    assert.deepEqual(encodeTranscript(decodeTranscript(file)), file)
    assert.match(transcriptDigest(transcript), /^0x[0-9a-f]{64}$/)
    assert.notEqual(transcriptDigest(transcript), transcriptDigest([...transcript].reverse()))
    assert.notEqual(transcriptDigest(transcript), transcriptDigest(transcript.slice(1)))
  })

  it('is refused when any byte of its file was changed, or some are missing [HOST-21]', async () => {
    const file = encodeTranscript(await recorded({ url: 'https://a.com' }))
    for (let i = 0; i < file.length; i++) {
      const changed = Uint8Array.from(file)
      changed[i] = (changed[i] ?? 0) ^ 1
      assert.throws(
        () => decodeTranscript(changed),
        { name: /InvalidInputError|LimitExceededError/ },
        `byte ${i}`,
      )
      assert.throws(() => decodeTranscript(file.subarray(0, i)), { code: 'INVALID_INPUT' })
    }
    assert.throws(() => decodeTranscript(new Uint8Array(TRANSCRIPT_BYTES_MAX + 1_000_000)), {
      code: 'LIMIT_EXCEEDED',
    })
  })

  it('is decoded no further than its head when that is not one [HOST-21]', async () => {
    const file = encodeTranscript(await recorded({ url: 'https://a' }))
    const entriesAt = file.lastIndexOf(0x58, 120)
    const tag = file.indexOf(0x58)
    const bytes = Uint8Array.of(
      ...file.subarray(0, tag + 34),
      0x9a,
      0xff,
      0xff,
      0xff,
      0xff,
      ...file.subarray(entriesAt),
    )
    for (const evil of [bytes, Uint8Array.of(0x9a, 0xff, 0xff, 0xff, 0xff, ...file)])
      assert.throws(
        () => decodeTranscript(evil),
        // What a decoder had seen of it would be the cause.
        (error: Error & { code?: string }) => error.code === 'INVALID_INPUT' && error.cause === undefined,
      )
  })

  it('stops recording at its bounds [HOST-21]', async () => {
    const session = recordingSession(echo())
    for (let i = 0; i < HOST_CALLS_MAX; i++) await session.call(callOf(null))
    await assert.rejects(session.call(callOf(null)), { code: 'LIMIT_EXCEEDED' })
    const heavy = recordingSession(echo(new Uint8Array(TRANSCRIPT_BYTES_MAX)))
    await assert.rejects(heavy.call(callOf(null)), { code: 'LIMIT_EXCEEDED' })
  })
})

describe('a replay', () => {
  it('gives the recorded answers, in order, and reaches nothing [HOST-22]', async () => {
    const outside = echo()
    const recording = recordingSession(outside)
    await recording.call(callOf({ url: 'https://a.com', headers: [['cookie', 'one']] }))
    await recording.call(callOf({ url: 'https://b.com' }))
    const replay = replaySession(recording.transcript())
    assert.equal(replay.finished(), false)
    // Another secret is no divergence: the transcript does not know it.
    const first = await replay.call(callOf({ url: 'https://a.com', headers: [['cookie', 'two']] }))
    assert.deepEqual(decodeAnswer(first), { value: 'hello' })
    await replay.call(callOf({ url: 'https://b.com' }))
    assert.equal(replay.finished(), true)
    assert.equal(outside.asked.length, 2)
  })

  const diverges = { code: 'TRANSCRIPT_DIVERGED' }
  it('fails at a call that was not recorded [HOST-22]', async () => {
    const transcript = await recorded({ url: 'https://a.com' })
    await assert.rejects(replaySession(transcript).call(callOf({ url: 'https://a.com/' })), {
      ...diverges,
      at: 0,
    })
    await assert.rejects(replaySession(transcript).call(callOf({ url: 'https://a.com' }, 'other')), diverges)
    await assert.rejects(
      replaySession(transcript).call({ ...callOf({ url: 'https://a.com' }), capability: 'ipfs' }),
      diverges,
    )
    const replay = replaySession(transcript)
    await replay.call(callOf({ url: 'https://a.com' }))
    await assert.rejects(replay.call(callOf({ url: 'https://a.com' })), { ...diverges, at: 1 })
  })

  it('closes what it records from [HOST-22]', async () => {
    const outside = echo()
    await recordingSession(outside).close()
    assert.equal(outside.closed, 1)
  })
})
