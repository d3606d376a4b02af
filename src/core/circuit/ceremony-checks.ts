/**
 * A ceremony's transcript held against the proving key it made (CER-4 to CER-8).
 *
 * Each check gives what is wrong, or nothing. What these trust: that a proving key's contributions are what they say, which takes the
 * pairings that `circuit verify-setup` computes; and the times in a transcript, which are those of whoever wrote it, except that a
 * beacon's round has the time its chain gives it. Contributors attest to the announcement by their own word.
 * @module
 */
import { QUICKNET, randomnessOf, verifyRound } from '../../crypto/drand.ts'
import type { Hash, Hex } from '../../protocol/types.ts'
import { beaconTime, type CeremonyTranscript, formatTime, newestKey } from './ceremony.ts'

/** As a proving key keeps it. */
export interface KeyContribution {
  readonly name: string
  /** BLAKE2b-512 of its public part. */
  readonly hash: Hex
  /** Of one that anybody can compute: what it was computed from. */
  readonly beacon: { readonly value: Hex; readonly iterationsLog: number } | undefined
}

/** What is wrong. */
export type Problem = string

/** One person at least whose secret nobody else knows; a beacon's anybody can compute. */
export function contributorsProblem(found: readonly KeyContribution[]): Problem | undefined {
  if (found.length === 0) return 'nobody contributed to it: anybody forges proofs under it'
  if (found.every(({ beacon }) => beacon !== undefined))
    return 'only beacons contributed to it: anybody can compute what they did, and forge'
  return undefined
}

/** Number, order, names and hashes. */
export function contributionsProblem(
  found: readonly KeyContribution[],
  { contributions, end }: CeremonyTranscript,
): Problem | undefined {
  const told = [
    ...contributions.map(({ name, hash }) => ({ name, hash, isBeacon: false })),
    ...(end === undefined ? [] : [{ name: undefined, hash: end.hash, isBeacon: true }]),
  ]
  if (found.length !== told.length)
    return `the key has ${found.length} contributions, the transcript ${told.length}`
  for (const [i, { name, hash, isBeacon }] of told.entries()) {
    const own = found[i] as KeyContribution
    if ((own.beacon !== undefined) !== isBeacon)
      return `contribution ${i + 1} is ${isBeacon ? 'no beacon in the key' : 'a beacon in the key alone'}`
    if (own.hash !== hash) return `contribution ${i + 1} has another hash in the key: ${own.hash}`
    if (name !== undefined && own.name !== name)
      return `contribution ${i + 1} is «${own.name}» in the key and «${name}» in the transcript`
  }
  return undefined
}

/** Each step follows the one before, in time as well, and the last is the key at hand. */
export function filesProblem(
  transcript: CeremonyTranscript,
  files: { readonly provingKey: Hash; readonly constraints: Hash; readonly powers: Hash },
): Problem | undefined {
  const { circuit, powers } = transcript
  const newest = newestKey(transcript)
  if (circuit.constraints !== files.constraints)
    return `it is about constraints of sha256 ${circuit.constraints}`
  if (powers.sha256 !== files.powers) return `it is about powers of tau of sha256 ${powers.sha256}`
  if (newest !== files.provingKey) return `it ends with a key of sha256 ${newest}`
  return stepsProblem(transcript)
}

/** The part of it that needs no files. */
export function stepsProblem({ start, contributions, end }: CeremonyTranscript): Problem | undefined {
  const steps = [start, ...contributions, ...(end === undefined ? [] : [end])]
  for (const [i, step] of steps.entries()) {
    const before = steps[i - 1]
    if (before !== undefined && step.time < before.time)
      return `step ${i} at ${formatTime(step.time)} is before the one it follows`
  }
  const keys = steps.map(({ provingKey }) => provingKey)
  return new Set(keys).size === keys.length ? undefined : 'two of its steps have the same key'
}

/** The round was announced before anybody could know it, and nobody contributed who could. */
export function announcementProblem(transcript: CeremonyTranscript): Problem | undefined {
  const { beacon, contributions, start } = transcript
  if (beacon.chain !== QUICKNET.chainHash)
    return `its beacon is of another chain than quicknet, ${beacon.chain}: whoever owns that chose the end`
  const emitted = beaconTime(transcript)
  const { announcedAt, round } = beacon
  if (announcedAt >= emitted)
    return `round ${round} was emitted at ${formatTime(emitted)}, and announced only at ${formatTime(announcedAt)}`
  if (contributions.some(({ time }) => time < announcedAt) || start.time < announcedAt)
    return `the beacon was announced at ${formatTime(announcedAt)}, when others had begun`
  const late = contributions.findIndex(({ time }) => time >= emitted)
  return late < 0
    ? undefined
    : `contribution ${late + 1} came after the beacon's round was out: whoever made it could choose by it`
}

/** The last contribution, and it alone, is what the announced round makes. */
export function beaconProblem(
  found: readonly KeyContribution[],
  { beacon, end }: CeremonyTranscript,
): Problem | undefined {
  const last = found.at(-1)?.beacon
  if (end === undefined || last === undefined) return 'the ceremony has not been ended by its beacon'
  if (found.slice(0, -1).some((one) => one.beacon !== undefined))
    return 'another beacon stands before the last'
  if (!verifyRound(QUICKNET.publicKey, BigInt(beacon.round), end.signature))
    return `the signature is not quicknet's of round ${beacon.round}`
  const randomness = randomnessOf(end.signature)
  if (last.value !== randomness)
    return `the key was ended with ${last.value}, and round ${beacon.round} is ${randomness}`
  if (last.iterationsLog !== beacon.iterationsLog)
    return `2^${last.iterationsLog} iterations, and 2^${beacon.iterationsLog} were announced`
  return undefined
}

/** What a contributor publishes, signed in whatever way he is known by. `index` counts from 0. Throws `RangeError`. */
export function attestationOf(transcript: CeremonyTranscript, index: number): string {
  const { circuit, powers, beacon, start, contributions } = transcript
  const own = contributions[index]
  if (own === undefined) throw new RangeError(`contribution ${index} of ${contributions.length}`)
  const before = index === 0 ? start.provingKey : contributions[index - 1]?.provingKey
  return [
    `I am contributor ${index + 1}, «${own.name}», to the proving key of the circuit «${circuit.name}».`,
    '',
    `constraints    sha256 ${circuit.constraints}`,
    `powers of tau  sha256 ${powers.sha256}`,
    `received key   sha256 ${before}`,
    `returned key   sha256 ${own.provingKey}`,
    `contribution   blake2b ${own.hash}`,
    `beacon         drand round ${beacon.round} of chain ${beacon.chain}, emitted at ${formatTime(beaconTime(transcript))}, 2^${beacon.iterationsLog} iterations`,
    '',
    'My randomness was made on my machine, and I have kept none of it.',
  ].join('\n')
}
