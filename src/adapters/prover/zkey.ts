/**
 * Reads proving keys as circom's tools write them (`.zkey`): a header, and lists of points and coefficients whose lengths all
 * follow from it.
 *
 * A key may be anybody's. Here its sections are held against each other; whether every point is on its curve, and every index
 * within range, is seen when they are loaded (loaded-key.ts).
 * @module
 */

import { ProverError } from '../../ports/prover.ts'
import { DikastError } from '../../protocol/errors.ts'
import { FIELD_BYTES, G1_BYTES, G2_BYTES, Q, R, readField, TWO_ADICITY } from './bn254.ts'
import { PUBLIC_SIGNALS_MAX, WIRES_MAX } from './r1cs.ts'
import { BinaryReader, readSections, sectionOf } from './sections.ts'

/** What two million constraints take. */
export const ZKEY_BYTES_MAX = 2 ** 31
const GROTH16 = 1
/** Matrix, row, wire, value. */
export const ENTRY_BYTES = 12 + FIELD_BYTES
/** Of a circuit of 2^21 constraints; the domain of twice the size needs its root as well. */
const DOMAIN_LOG_MAX = Math.min(22, TWO_ADICITY - 1)
const CONTRIBUTIONS_SECTION = 10

export interface ZkeyShape {
  readonly wires: number
  readonly publicSignals: number
  readonly domainLog: number
  /** Entries of the matrices A and B. */
  readonly entries: number
}

export interface Zkey extends ZkeyShape {
  /** α, β, δ in G1 and β, δ in G2. */
  readonly points: Readonly<Record<'alpha1' | 'beta1' | 'delta1' | 'beta2' | 'delta2', Uint8Array>>
  /** `ENTRY_BYTES` each. */
  readonly matrix: Uint8Array
  readonly a: Uint8Array
  readonly b1: Uint8Array
  readonly b2: Uint8Array
  /** Of the wires behind the public ones. */
  readonly l: Uint8Array
  readonly h: Uint8Array
}

/** Throws `ProverError`, `malformed-key`. */
export function readZkey(file: Uint8Array): Zkey {
  try {
    return read(file)
  } catch (error) {
    if (!(error instanceof DikastError) || error instanceof ProverError) throw error
    throw malformed(error.message, error)
  }
}

export function malformed(detail: string, cause?: unknown): ProverError {
  const fix = 'take the .zkey that belongs to the circuit, whole'
  return new ProverError('malformed-key', detail, cause === undefined ? { fix } : { fix, cause })
}

function read(file: Uint8Array): Zkey {
  const sections = readSections(file, { magic: 'zkey', version: 1, bytesMax: ZKEY_BYTES_MAX })
  const section = (number: number) => sectionOf(sections, number, 'zkey')
  const prover = new BinaryReader(section(1), 'zkey.prover')
  if (prover.u32() !== GROTH16) throw malformed('is not a key of Groth16')
  prover.end()
  const { points, ...header } = readHeader(section(2))
  const { wires, publicSignals, domainLog } = header
  const lists = { ic: 3, a: 5, b1: 6, b2: 7, l: 8, h: 9 } as const
  const lengths = {
    ic: (publicSignals + 1) * G1_BYTES,
    a: wires * G1_BYTES,
    b1: wires * G1_BYTES,
    b2: wires * G2_BYTES,
    l: (wires - publicSignals - 1) * G1_BYTES,
    h: 2 ** domainLog * G1_BYTES,
  }
  for (const name of Object.keys(lists) as (keyof typeof lists)[]) {
    const { length } = section(lists[name])
    if (length !== lengths[name])
      throw malformed(`section ${lists[name]} has ${length} bytes, not ${lengths[name]}`)
  }
  const coefficients = new BinaryReader(section(4), 'zkey.coefficients')
  const entries = coefficients.u32()
  if (coefficients.left !== entries * ENTRY_BYTES) throw malformed('section 4 is not as long as it says')
  section(CONTRIBUTIONS_SECTION)
  return {
    ...header,
    entries,
    points,
    matrix: coefficients.take(entries * ENTRY_BYTES),
    a: section(lists.a),
    b1: section(lists.b1),
    b2: section(lists.b2),
    l: section(lists.l),
    h: section(lists.h),
  }
}

function readHeader(bytes: Uint8Array): Omit<ZkeyShape, 'entries'> & Pick<Zkey, 'points'> {
  const reader = new BinaryReader(bytes, 'zkey.header')
  for (const prime of [Q, R]) {
    const width = reader.u32()
    if (width !== FIELD_BYTES) throw malformed(`has numbers of ${width} bytes`)
    if (readField(reader.take(FIELD_BYTES), 0) !== prime) throw malformed('is over another curve than BN254')
  }
  const [wires, publicSignals, domain] = [reader.u32(), reader.u32(), reader.u32()]
  const domainLog = Math.log2(domain)
  if (!Number.isInteger(domainLog) || domainLog < 1 || domainLog > DOMAIN_LOG_MAX)
    throw malformed(`has a domain of ${domain}`)
  if (wires > WIRES_MAX) throw malformed(`has ${wires} wires`)
  if (publicSignals > PUBLIC_SIGNALS_MAX || publicSignals >= wires)
    throw malformed(`has ${publicSignals} public signals`)
  const [alpha1, beta1] = [reader.take(G1_BYTES), reader.take(G1_BYTES)]
  const [beta2, , delta1, delta2] = [G2_BYTES, G2_BYTES, G1_BYTES, G2_BYTES].map((length) =>
    reader.take(length),
  ) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array]
  reader.end()
  return { wires, publicSignals, domainLog, points: { alpha1, beta1, delta1, beta2, delta2 } }
}
