/**
 * Who contributed to a proving key's second phase, as the key itself says (section 10): what circom's tools print as contribution
 * hashes, computed here by other code than theirs.
 *
 *   circuit (64) | count (4) | each: δ after (64) | s (64) | s·x (64) | sp·x in G2 (128) | transcript (64) | type (4) | parameters
 *
 * That one follows from the other takes pairings: `zkey verify` computes them. Here is what they are called.
 * @module
 */
import { blake2b } from '@noble/hashes/blake2.js'
import { CONTRIBUTIONS_MAX, CONTRIBUTOR_BYTES_MAX } from '../../core/circuit/ceremony.ts'
import type { KeyContribution } from '../../core/circuit/ceremony-checks.ts'
import { toBytesBE, toHex } from '../../crypto/bytes.ts'
import { DikastError } from '../../protocol/errors.ts'
import { FIELD_BYTES, G1_BYTES, G2_BYTES, inverse, MONTGOMERY, Q, readField } from './bn254.ts'
import { BinaryReader, readSections, sectionOf } from './sections.ts'
import { malformed, readZkey, ZKEY_BYTES_MAX } from './zkey.ts'

const SECTION = 10
const DIGEST_BYTES = 64
/** Of a name, an exponent and a beacon's value, each of at most 255 bytes behind a number and a length. */
const PARAMETER_BYTES_MAX = 3 + 3 * 255
const TYPE_CONTRIBUTION = 0
const TYPE_BEACON = 1
const PARAMETER_NAME = 1
const PARAMETER_ITERATIONS = 2
const PARAMETER_BEACON = 3
const UN_MONTGOMERY = inverse(MONTGOMERY, Q)

/** In the order they were made. Throws `ProverError`, `malformed-key`. */
export function contributionsOf(zkey: Uint8Array): readonly KeyContribution[] {
  readZkey(zkey)
  try {
    const sections = readSections(zkey, { magic: 'zkey', version: 1, bytesMax: ZKEY_BYTES_MAX })
    return read(new BinaryReader(sectionOf(sections, SECTION, 'zkey'), 'zkey.contributions'))
  } catch (error) {
    if (!(error instanceof DikastError)) throw error
    throw malformed(error.message, error)
  }
}

function read(reader: BinaryReader): readonly KeyContribution[] {
  reader.skip(DIGEST_BYTES)
  const count = reader.u32()
  // One more for the beacon.
  if (count > CONTRIBUTIONS_MAX + 1) throw malformed(`has ${count} contributions`)
  const found = Array.from({ length: count }, () => readOne(reader))
  reader.end()
  return found
}

function readOne(reader: BinaryReader): KeyContribution {
  const points = [G1_BYTES, G1_BYTES, G1_BYTES, G2_BYTES].map((length) => uncompressed(reader.take(length)))
  const hash = blake2b.create({ dkLen: DIGEST_BYTES })
  for (const point of points) hash.update(point)
  hash.update(reader.take(DIGEST_BYTES))
  const type = reader.u32()
  const length = reader.u32()
  if (length > PARAMETER_BYTES_MAX) throw malformed(`has ${length} bytes of a contribution's parameters`)
  const { name, iterationsLog, value } = readParameters(reader.take(length))
  const isBeacon = type === TYPE_BEACON
  if (type !== TYPE_CONTRIBUTION && !isBeacon) throw malformed(`has a contribution of type ${type}`)
  if (isBeacon !== (value !== undefined && iterationsLog !== undefined) || (!isBeacon && value !== undefined))
    throw malformed('has a beacon without its value, or a value without a beacon')
  return {
    name,
    hash: toHex(hash.digest()),
    beacon: isBeacon
      ? { value: toHex(value as Uint8Array), iterationsLog: iterationsLog as number }
      : undefined,
  }
}

function readParameters(bytes: Uint8Array): {
  readonly name: string
  readonly iterationsLog: number | undefined
  readonly value: Uint8Array | undefined
} {
  const reader = new BinaryReader(bytes, 'zkey.contribution')
  const byte = () => reader.take(1)[0] ?? 0
  let [name, last] = ['', 0]
  let iterationsLog: number | undefined
  let value: Uint8Array | undefined
  while (reader.left > 0) {
    const parameter = byte()
    if (parameter <= last) throw malformed('has parameters out of order')
    last = parameter
    if (parameter === PARAMETER_NAME) name = nameOf(reader.take(byte()))
    else if (parameter === PARAMETER_ITERATIONS) iterationsLog = byte()
    else if (parameter === PARAMETER_BEACON) value = reader.take(byte())
    else throw malformed(`has a parameter ${parameter}`)
  }
  return { name, iterationsLog, value }
}

/** Not UTF-8, or longer than circom's tools write it, is no name. */
function nameOf(bytes: Uint8Array): string {
  try {
    if (bytes.length <= CONTRIBUTOR_BYTES_MAX * 4)
      return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    // Told below.
  }
  throw malformed('has a contributor whose name is none')
}

/** From little-endian coordinates in Montgomery's form to big-endian ones, in G2 the imaginary part first. */
function uncompressed(point: Uint8Array): Uint8Array {
  const out = new Uint8Array(point.length)
  const isG2 = point.length === G2_BYTES
  for (let at = 0; at < point.length; at += FIELD_BYTES) {
    const value = readField(point, at)
    if (value >= Q) throw malformed('has a contribution with a coordinate outside the field')
    const to = isG2 ? at ^ FIELD_BYTES : at
    out.set(toBytesBE((value * UN_MONTGOMERY) % Q, FIELD_BYTES), to)
  }
  if (out.every((byte) => byte === 0)) throw malformed('has a contribution of infinity')
  return out
}
