/**
 * Signatures for a simulated committee: a keyed hash, which only the one object that holds the keys computes. Whoever has
 * no `sign` of a seat cannot sign for it; that is all a simulation asks for, at a hundredth of the price.
 */
import type { Proposal } from '../../../src/core/consensus/core.ts'
import type { Outcome, SignedOutcome } from '../../../src/core/request/attestation.ts'
import { toHex } from '../../../src/crypto/bytes.ts'
import type { Digest, Hex } from '../../../src/protocol/types.ts'

export const REQUEST_ID: Digest = `0x${'1d'.repeat(32)}`
export const OUTPUT_BYTES_MAX = 32

export interface Keys {
  sign(seat: number, digest: Digest): Hex
  verify(seat: number, digest: Digest, signature: Hex): boolean
}

/** cyrb53 of the key and the digest. */
function keyedHash(key: number, text: string): Hex {
  let high = 0xdeadbeef ^ key
  let low = 0x41c6ce57 ^ key
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    high = Math.imul(high ^ code, 2654435761)
    low = Math.imul(low ^ code, 1597334677)
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909)
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909)
  return `0x${(high >>> 0).toString(16).padStart(8, '0')}${(low >>> 0).toString(16).padStart(8, '0')}`
}

/** Of a signature, in digits after `0x`: as wide as a real one. */
const SIGNATURE_DIGITS = 128

export function keysFor(seed: number): Keys {
  const sign = (seat: number, digest: Digest): Hex =>
    `0x${keyedHash(Math.imul(seed, 0x9e3779b1) + seat, digest)
      .slice(2)
      .padEnd(SIGNATURE_DIGITS, '0')}`
  return { sign, verify: (seat, digest, signature) => sign(seat, digest) === signature }
}

/** What stands for the report's root: its output, as wide as a digest. */
export function rootOf({ output }: Outcome): Digest | undefined {
  return output.length > OUTPUT_BYTES_MAX ? undefined : `0x${toHex(output).slice(2).padEnd(64, '0')}`
}

/** The same where reports rest on evidence: of all that makes one. */
export function rootWithEvidence({ exit, fuelUsed, output, evidenceHash }: Outcome): Digest | undefined {
  if (output.length > OUTPUT_BYTES_MAX) return undefined
  return `${keyedHash(0, `${exit} ${fuelUsed} ${toHex(output)}`)}${evidenceHash.slice(-48)}`
}

/** The evidence of a simulated run is its output once more. */
export function isBacked({ outcome, evidence }: Proposal): boolean {
  return toHex(evidence) === toHex(outcome.output)
}

export function leafDigest(view: number, root: Digest): Digest {
  return `${root}${view.toString(16).padStart(8, '0')}`
}

export function signOutcome(
  keys: Keys,
  seat: number,
  view: number,
  outcome: Outcome,
  root = rootOf(outcome),
): SignedOutcome {
  if (root === undefined) throw new Error('a simulated outcome is too large to be signed')
  const signature = keys.sign(seat, leafDigest(view, root))
  return { ...outcome, requestId: REQUEST_ID, attempt: 0, view, signature }
}

const GOOD = 1
const BAD = 2

/** What a run gave: runs of honest members differ, and are all acceptable. */
export function proposalOf(kind: 'good' | 'bad', seat: number, run: number): Proposal {
  const output = Uint8Array.of(kind === 'good' ? GOOD : BAD, seat, run & 0xff)
  const evidenceHash: Digest = `0x${'ee'.repeat(32)}`
  return { outcome: { exit: 0, fuelUsed: 1n, output, evidenceHash }, evidence: output }
}

export function isAcceptable({ outcome }: Proposal): boolean {
  return outcome.output[0] === GOOD
}
