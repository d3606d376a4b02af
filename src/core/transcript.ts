/**
 * A recorded environment: the calls one run made to the outside, in order, and the answers it got. Given the transcript, the
 * run can be repeated anywhere, without the outside, to the same bytes and the same fuel.
 *
 * Secrets of requests are replaced before anything is kept: headers that carry credentials, S3 keys, user information in
 * URLs. Responses are kept as they came: what a server repeats of a secret stays in them, and so does a secret that a function
 * puts elsewhere, such as in a query.
 *
 * A replay compares each call, redacted likewise, with the recorded one. A call that differs is a failure of this node
 * (`TranscriptDivergedError`) and never a result.
 * @module
 */
import { decode, encode } from 'cborg'
import { concat, fromHex, sameBytes, sameHex, toHex } from '../crypto/bytes.ts'
import { keccak, tagHash } from '../crypto/hash.ts'
import { DikastError, InvalidInputError, LimitExceededError } from '../protocol/errors.ts'
import type { Hash } from '../protocol/types.ts'
import { HOST_CALLS_MAX, type HostCall, type HostValue } from './host-call.ts'
import { decodeValue, encodeValue } from './host-codec.ts'
import { isCapability } from './permissions/capability.ts'

const TAG = 'dikast.transcript.v1'
/** Requests and responses of one transcript together. */
export const TRANSCRIPT_BYTES_MAX = 32 * 1024 * 1024
/** A transcript's file: there is room for the headers of entries beside their bytes. */
export const TRANSCRIPT_FILE_BYTES_MAX = TRANSCRIPT_BYTES_MAX + 128 * HOST_CALLS_MAX
const OPERATION_LENGTH_MAX = 32
const DIGEST_BYTES = 32
/** CBOR's major type of byte strings. */
const CBOR_BYTES = 2
const REDACTED = 'redacted'
const SECRET_HEADERS = /^(?:authorization|cookie|proxy-authorization|x-api-key)$/i
const SECRET_FIELDS: ReadonlySet<string> = new Set(['accessKey', 'secretKey'])
/** Blanks before a URL and line breaks inside it are left out by those who read URLs. */
const USER_INFORMATION = /^([^a-z]*[a-z][a-z0-9+.\s-]*:[/\\\s]*)[^/?#\\]*@/i

export interface TranscriptEntry {
  readonly capability: HostCall['capability']
  readonly operation: string
  /** The call's payload without secrets. */
  readonly request: Uint8Array
  readonly response: Uint8Array
}

export type Transcript = readonly TranscriptEntry[]

interface Session {
  call(call: HostCall): Promise<Uint8Array>
  close(): Promise<void>
}

/** The guest did not ask what it asked when the transcript was recorded. */
export class TranscriptDivergedError extends DikastError {
  readonly code = 'TRANSCRIPT_DIVERGED'
  /** The call, counted from 0. */
  readonly at: number

  constructor(at: number, detail: string) {
    super(`call ${at} of the run is not the recorded one: ${detail}`, {
      fix: 'replay with the function, input and request the transcript was recorded for',
    })
    this.at = at
  }
}

/** A payload with its secrets replaced. Throws `InvalidInputError` when it is no payload. */
export function redactPayload(payload: Uint8Array): Uint8Array {
  return encodeValue(redact(decodeValue(payload, 'host call')))
}

function redact(value: HostValue, key = ''): HostValue {
  if (typeof value === 'string') {
    if (SECRET_FIELDS.has(key)) return REDACTED
    return value.replace(USER_INFORMATION, `$1${REDACTED}@`)
  }
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array) return value
  if (Array.isArray(value))
    return key === 'headers' ? value.map(redactHeader) : value.map((item) => redact(item))
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, redact(item, name)]))
}

/** A header is `[name, value]`. */
function redactHeader(header: HostValue): HostValue {
  if (!Array.isArray(header)) return redact(header)
  const [name, ...values] = header as readonly HostValue[]
  const isSecret = typeof name === 'string' && SECRET_HEADERS.test(name)
  return [name ?? null, ...values.map((value) => (isSecret ? REDACTED : redact(value)))]
}

/** A session that answers as another does and keeps what was said. `transcript()` may be taken at any time. */
export function recordingSession(session: Session): Session & { transcript(): Transcript } {
  const entries: TranscriptEntry[] = []
  let bytes = 0
  return {
    async call(call) {
      const response = await session.call(call)
      const request = redactPayload(call.payload)
      bytes += request.length + response.length
      if (bytes > TRANSCRIPT_BYTES_MAX)
        throw new LimitExceededError('transcript bytes', bytes, TRANSCRIPT_BYTES_MAX)
      if (entries.length >= HOST_CALLS_MAX)
        throw new LimitExceededError('transcript entries', entries.length + 1, HOST_CALLS_MAX)
      entries.push({ capability: call.capability, operation: call.operation, request, response })
      return response
    },
    close: () => session.close(),
    transcript: () => [...entries],
  }
}

/** A session that answers from a transcript and reaches nothing. `finished()` is whether all of it was asked for. */
export function replaySession(transcript: Transcript): Session & { finished(): boolean } {
  let next = 0
  return {
    async call(call) {
      const at = next++
      const entry = transcript[at]
      if (entry === undefined) throw new TranscriptDivergedError(at, 'the recording has no more calls')
      if (entry.capability !== call.capability || entry.operation !== call.operation)
        throw new TranscriptDivergedError(
          at,
          `${call.capability} ${call.operation}, recorded was ${entry.capability} ${entry.operation}`,
        )
      if (!sameBytes(redactPayload(call.payload), entry.request))
        throw new TranscriptDivergedError(at, `${call.capability} ${call.operation} with another request`)
      return entry.response
    },
    close: async () => {},
    finished: () => next === transcript.length,
  }
}

function encodeEntries(transcript: Transcript): Uint8Array {
  return encode(
    transcript.map(({ capability, operation, request, response }) => [
      capability,
      operation,
      request,
      response,
    ]),
  )
}

/** What evidence names: keccak of the domain tag's hash and the entries. */
export function transcriptDigest(transcript: Transcript): Hash {
  return digestOf(encodeEntries(transcript))
}

function digestOf(entries: Uint8Array): Hash {
  return toHex(keccak(concat(fromHex(tagHash(TAG)), entries)))
}

/** A transcript as a file: CBOR `[tag, digest, entries]`, the entries being bytes of CBOR again. */
export function encodeTranscript(transcript: Transcript): Uint8Array {
  return transcriptFile(transcript).bytes
}

/** The file and its digest, for the price of one: that of the largest takes seconds. */
export function transcriptFile(transcript: Transcript): {
  readonly digest: Hash
  readonly bytes: Uint8Array
} {
  const entries = encodeEntries(transcript)
  const digest = digestOf(entries)
  return { digest, bytes: encode([TAG, fromHex(digest), entries]) }
}

/** Whether these bytes are the file of the transcript with this digest, whatever else they may be. */
export function isTranscriptOf(bytes: Uint8Array, digest: Hash): boolean {
  try {
    return readTranscript(bytes, digest).length > 0
  } catch (error) {
    if (error instanceof InvalidInputError || error instanceof LimitExceededError) return false
    throw error
  }
}

/** Reads a transcript file and checks its digest. Throws `InvalidInputError` and `LimitExceededError`. */
export function decodeTranscript(bytes: Uint8Array): Transcript {
  return readTranscript(bytes)
}

/** What every file begins with: a list of three, the tag, and the head of 32 bytes. */
const FILE_HEAD = concat(Uint8Array.of(0x83), encode(TAG), Uint8Array.of(0x58, DIGEST_BYTES))

/** Looks at no more than the next part needs: a decoder given a peer's bytes would build whatever they describe. */
function readTranscript(bytes: Uint8Array, wanted?: Hash): Transcript {
  if (bytes.length > TRANSCRIPT_FILE_BYTES_MAX)
    throw new LimitExceededError('transcript file bytes', bytes.length, TRANSCRIPT_FILE_BYTES_MAX)
  const notOurs = new InvalidInputError('transcript', `is not a ${TAG} file`, {
    fix: 'give a file that --record has written',
  })
  const isBytes = (bytes[FILE_HEAD.length + DIGEST_BYTES] ?? 0) >> 5 === CBOR_BYTES
  if (!isBytes || !sameBytes(bytes.subarray(0, FILE_HEAD.length), FILE_HEAD)) throw notOurs
  const [, digest, entries] = listOf(bytes, 'transcript')
  if (!(digest instanceof Uint8Array) || !(entries instanceof Uint8Array)) throw notOurs
  if (wanted !== undefined && !sameHex(toHex(digest), wanted))
    throw new InvalidInputError('transcript', `is not the one of ${wanted}`)
  if (!sameHex(toHex(digest), digestOf(entries)))
    throw new InvalidInputError('transcript', 'its entries are not what its digest says', {
      fix: 'the file was changed or cut; take it from where it was recorded',
    })
  const list = listOf(entries, 'transcript entries')
  if (list.length > HOST_CALLS_MAX)
    throw new LimitExceededError('transcript entries', list.length, HOST_CALLS_MAX)
  return list.map(entryOf)
}

function listOf(bytes: Uint8Array, field: string): readonly unknown[] {
  let value: unknown
  try {
    value = decode(bytes, { strict: true, allowUndefined: false, allowIndefinite: false })
  } catch (cause) {
    throw new InvalidInputError(field, 'is not deterministic CBOR', { cause })
  }
  if (!Array.isArray(value)) throw new InvalidInputError(field, 'is not a list')
  return value
}

function entryOf(value: unknown): TranscriptEntry {
  const [capability, operation, request, response, ...rest] = Array.isArray(value) ? (value as unknown[]) : []
  const isOperation = typeof operation === 'string' && operation.length <= OPERATION_LENGTH_MAX
  if (!isCapability(capability) || !isOperation || rest.length > 0)
    throw new InvalidInputError('transcript entry', 'is not [capability, operation, request, response]')
  if (!(request instanceof Uint8Array) || !(response instanceof Uint8Array))
    throw new InvalidInputError('transcript entry', 'its request or response is not bytes')
  return { capability, operation, request, response }
}
