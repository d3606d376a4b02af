/**
 * What a key's ceremony says of itself: one JSON file, the transcript, that everybody who takes part passes on and auditors read (CER-1).
 *
 * Everything in it is somebody's word until it is held against files (ceremony-checks.ts). It names them by digests: SHA-256 of
 * files, BLAKE2b-512 of contributions, as circom's tools have it. The beacon is announced before anybody contributes, so that each
 * contributor attests to the round that will end it (CER-3).
 * @module
 */
import { utf8ToBytes } from '@noble/hashes/utils.js'
import { QUICKNET, timeOfRound } from '../../crypto/drand.ts'
import { InvalidInputError, LimitExceededError } from '../../protocol/errors.ts'
import type { Hash, Hex } from '../../protocol/types.ts'

export const TRANSCRIPT_FORMAT = 'dikast.ceremony.v1'
/** Of 256 contributions, 600 bytes each, several times over. */
export const TRANSCRIPT_BYTES_MAX = 512 * 1024
/** One honest one suffices: more than a few dozen are for show. */
export const CONTRIBUTIONS_MAX = 256
/** circom's tools keep a name in as many bytes. */
export const CONTRIBUTOR_BYTES_MAX = 64
/** The beacon is hashed 2^n times: at least 2^10 with circom's tools; more than 2^20 only keep an auditor waiting. */
export const ITERATIONS_LOG_MIN = 10
export const ITERATIONS_LOG_MAX = 20

const CIRCUIT_CHARACTERS_MAX = 64
const FLAGS_MAX = 32
const WORD_CHARACTERS_MAX = 100

/** SHA-256 digests of files; times in seconds since 1970. */
export interface CeremonyTranscript {
  readonly circuit: {
    readonly name: string
    /** What compiled it, e.g. `circom2 0.2.23`, and how. */
    readonly compiler: string
    readonly flags: readonly string[]
    readonly constraints: Hash
    readonly module: Hash
  }
  /** The first phase, which all circuits share. */
  readonly powers: { readonly sha256: Hash; readonly blake2b: Hex }
  readonly beacon: BeaconAnnouncement
  /** The key nobody contributed to. */
  readonly start: { readonly time: number; readonly provingKey: Hash }
  readonly contributions: readonly CeremonyContribution[]
  readonly end: CeremonyEnd | undefined
}

export interface BeaconAnnouncement {
  /** drand's hash of its chain: quicknet's, or nothing else here is believed (CER-6). */
  readonly chain: Hash
  readonly round: number
  readonly announcedAt: number
  readonly iterationsLog: number
}

export interface CeremonyContribution {
  readonly name: string
  readonly time: number
  /** BLAKE2b-512: what its contributor attests to. */
  readonly hash: Hex
  /** The key with it. */
  readonly provingKey: Hash
}

/** The beacon applied. */
export interface CeremonyEnd {
  readonly time: number
  readonly hash: Hex
  readonly provingKey: Hash
  /** drand's of the round. */
  readonly signature: Hex
  /** Keccak-256 of the key as the chain keeps it: what a function's requests are settled under. */
  readonly verificationKey: Hash
}

/** SHA-256 of the newest proving key. */
export function newestKey({ start, contributions, end }: CeremonyTranscript): Hash {
  return end?.provingKey ?? contributions.at(-1)?.provingKey ?? start.provingKey
}

/** Seconds since 1970 at which quicknet emits the announced round. */
export function beaconTime({ beacon }: Pick<CeremonyTranscript, 'beacon'>): number {
  return Number(timeOfRound(QUICKNET, BigInt(beacon.round)))
}

/** As it is kept in a file: the same transcript has one text. */
export function formatTranscript({
  circuit,
  powers,
  beacon,
  start,
  contributions,
  end,
}: CeremonyTranscript): string {
  const json = {
    format: TRANSCRIPT_FORMAT,
    circuit,
    powers,
    beacon: { ...beacon, announcedAt: formatTime(beacon.announcedAt) },
    start: timed(start),
    contributions: contributions.map(timed),
    end: end === undefined ? null : timed(end),
  }
  return `${JSON.stringify(json, undefined, 2)}\n`
}

export function formatTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')
}

function timed<T extends { readonly time: number }>(step: T): Omit<T, 'time'> & { readonly time: string } {
  return { ...step, time: formatTime(step.time) }
}

/** Throws `InvalidInputError` and `LimitExceededError` for text that is no transcript: it may be anybody's. */
export function parseTranscript(text: string): CeremonyTranscript {
  if (text.length > TRANSCRIPT_BYTES_MAX)
    throw new LimitExceededError('bytes of the transcript', text.length, TRANSCRIPT_BYTES_MAX)
  let json: unknown
  try {
    json = JSON.parse(text) as unknown
  } catch (cause) {
    throw new InvalidInputError('transcript', 'is not JSON', { cause })
  }
  const file = fieldsOf('transcript', json, 'format circuit powers beacon start contributions end')
  if (file.format !== TRANSCRIPT_FORMAT)
    throw new InvalidInputError('transcript.format', `is not ${TRANSCRIPT_FORMAT}`, {
      fix: 'name a transcript that `dikast circuit setup` wrote',
    })
  return {
    circuit: circuitOf(file.circuit),
    powers: powersOf(file.powers),
    beacon: announcementOf(file.beacon),
    start: startOf(file.start),
    contributions: listOf('transcript.contributions', file.contributions, CONTRIBUTIONS_MAX).map(
      contributionOf,
    ),
    end: file.end === null ? undefined : endOf(file.end),
  }
}

function circuitOf(json: unknown): CeremonyTranscript['circuit'] {
  const at = 'transcript.circuit'
  const file = fieldsOf(at, json, 'name compiler flags constraints module')
  return {
    name: wordOf(`${at}.name`, file.name, CIRCUIT_CHARACTERS_MAX),
    compiler: wordOf(`${at}.compiler`, file.compiler, WORD_CHARACTERS_MAX),
    flags: listOf(`${at}.flags`, file.flags, FLAGS_MAX).map((flag, i) =>
      wordOf(`${at}.flags[${i}]`, flag, WORD_CHARACTERS_MAX),
    ),
    constraints: hexOf(`${at}.constraints`, file.constraints, 32),
    module: hexOf(`${at}.module`, file.module, 32),
  }
}

function powersOf(json: unknown): CeremonyTranscript['powers'] {
  const at = 'transcript.powers'
  const file = fieldsOf(at, json, 'sha256 blake2b')
  return { sha256: hexOf(`${at}.sha256`, file.sha256, 32), blake2b: hexOf(`${at}.blake2b`, file.blake2b, 64) }
}

function announcementOf(json: unknown): BeaconAnnouncement {
  const at = 'transcript.beacon'
  const file = fieldsOf(at, json, 'chain round announcedAt iterationsLog')
  return {
    chain: hexOf(`${at}.chain`, file.chain, 32),
    round: countOf(`${at}.round`, file.round, 1, ROUND_MAX),
    announcedAt: timeOf(`${at}.announcedAt`, file.announcedAt),
    iterationsLog: countOf(`${at}.iterationsLog`, file.iterationsLog, ITERATIONS_LOG_MIN, ITERATIONS_LOG_MAX),
  }
}

function startOf(json: unknown): CeremonyTranscript['start'] {
  const at = 'transcript.start'
  const file = fieldsOf(at, json, 'time provingKey')
  return { time: timeOf(`${at}.time`, file.time), provingKey: hexOf(`${at}.provingKey`, file.provingKey, 32) }
}

function contributionOf(json: unknown, i: number): CeremonyContribution {
  const at = `transcript.contributions[${i}]`
  const file = fieldsOf(at, json, 'name time hash provingKey')
  return {
    name: contributorOf(`${at}.name`, file.name),
    time: timeOf(`${at}.time`, file.time),
    hash: hexOf(`${at}.hash`, file.hash, 64),
    provingKey: hexOf(`${at}.provingKey`, file.provingKey, 32),
  }
}

function endOf(json: unknown): CeremonyEnd {
  const at = 'transcript.end'
  const file = fieldsOf(at, json, 'time hash provingKey signature verificationKey')
  return {
    time: timeOf(`${at}.time`, file.time),
    hash: hexOf(`${at}.hash`, file.hash, 64),
    provingKey: hexOf(`${at}.provingKey`, file.provingKey, 32),
    signature: hexOf(`${at}.signature`, file.signature, 48),
    verificationKey: hexOf(`${at}.verificationKey`, file.verificationKey, 32),
  }
}

/** The last second of the year 9999, which is written with four digits. */
const TIME_SECONDS_MAX = 253_402_300_799
/** quicknet's last before that. */
const ROUND_MAX = Math.floor((TIME_SECONDS_MAX - QUICKNET.genesisTime) / QUICKNET.periodSeconds)

/** Exactly these, by their names parted by spaces: one that is not known might have meant something. */
function fieldsOf(field: string, json: unknown, names: string): Readonly<Record<string, unknown>> {
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw new InvalidInputError(field, 'is not an object')
  const expected = names.split(' ')
  const found = Object.keys(json)
  const missing = expected.find((name) => !found.includes(name))
  if (missing !== undefined) throw new InvalidInputError(`${field}.${missing}`, 'is missing')
  const unknown = found.find((name) => !expected.includes(name))
  if (unknown !== undefined)
    throw new InvalidInputError(field, `has a field «${unknown.slice(0, WORD_CHARACTERS_MAX)}» nobody knows`)
  return { ...json }
}

function listOf(field: string, json: unknown, max: number): readonly unknown[] {
  if (!Array.isArray(json)) throw new InvalidInputError(field, 'is not a list')
  if (json.length > max) throw new LimitExceededError(field, json.length, max)
  return json
}

/** On one line, and without what steers a terminal or turns the direction of text. */
const PRINTABLE = /^[^\p{C}\p{Zl}\p{Zp}]+$/u

function wordOf(field: string, json: unknown, charactersMax: number): string {
  if (typeof json === 'string' && json.length <= charactersMax && PRINTABLE.test(json)) return json
  throw new InvalidInputError(field, `is not 1 to ${charactersMax} printable characters`)
}

/** A contributor's name, as a key keeps it. Throws `InvalidInputError`. */
export function contributorOf(field: string, json: unknown): string {
  const name = wordOf(field, json, CONTRIBUTOR_BYTES_MAX)
  if (utf8ToBytes(name).length <= CONTRIBUTOR_BYTES_MAX) return name
  throw new InvalidInputError(field, `has more than ${CONTRIBUTOR_BYTES_MAX} bytes`)
}

function hexOf(field: string, json: unknown, bytes: number): Hex {
  if (typeof json === 'string' && json.length === 2 + 2 * bytes && /^0x[0-9a-f]+$/.test(json))
    return json as Hex // shape checked
  throw new InvalidInputError(field, `is not 0x and ${2 * bytes} small hexadecimal digits`)
}

function countOf(field: string, json: unknown, min: number, max: number): number {
  if (typeof json === 'number' && Number.isSafeInteger(json) && json >= min && json <= max) return json
  throw new InvalidInputError(field, `is not a whole number from ${min} to ${max}`)
}

function timeOf(field: string, json: unknown): number {
  const seconds =
    typeof json === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(json)
      ? Date.parse(json) / 1000
      : Number.NaN
  // Also the 30th of February is none.
  if (seconds >= 0 && formatTime(seconds) === json) return seconds
  throw new InvalidInputError(field, 'is not a time such as 2026-11-26T12:00:00Z')
}
