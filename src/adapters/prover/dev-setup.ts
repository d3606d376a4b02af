/**
 * A Groth16 key for development, made in seconds from a circuit's constraints alone.
 *
 * THE SECRETS OF SUCH A KEY ARE PUBLIC. τ, α, β and δ are hashes of a seed that stands in the source of whoever calls: anyone
 * can forge a proof of anything under it. It is for tests, benches and networks on one machine. Keys that guard anything come
 * from a ceremony, where nobody knows the secrets (docs/adr/0021).
 *
 * Knowing τ saves the setup its work: what others compute as FFTs in the exponent are Lagrange polynomials evaluated at a known
 * place. With rows j < m of the constraints, then a row A = w_s · 0 for each public signal s, on the domain of N = 2^k ≥
 * m + public + 1 roots ω^j,
 *
 *   L_j = (τ^N − 1) / N · ω^j / (τ − ω^j),   A_i = Σ a_ji L_j,   B_i and C_i alike,
 *   IC_i = β A_i + α B_i + C_i for public i (γ = 1),   the same / δ for the others.
 *
 * The quotient's points are the odd Lagrange polynomials of the domain of 2N roots ν^j, over δ: A·B − C vanishes on the even ones,
 * so its value at τ is the sum of its values at the odd ones times these. The file is laid out as circom's tools have it.
 * @module
 */
import { setImmediate } from 'node:timers/promises'
import { sha256 } from '../../crypto/hash.ts'
import { InvalidInputError } from '../../protocol/errors.ts'
import {
  FIELD_BYTES,
  G1_BYTES,
  G1_GENERATOR,
  G2_BYTES,
  G2_GENERATOR,
  inverse,
  invertAll,
  MONTGOMERY,
  mod,
  power,
  Q,
  R,
  rootOfUnity,
  writeField,
} from './bn254.ts'
import { FIELD, FixedBase, type Point, QUADRATIC_FIELD, type Quadratic } from './fixed-base.ts'
import { type ConstraintSystem, type Matrix, readR1cs } from './r1cs.ts'
import { writeSections } from './sections.ts'

const GROTH16 = 1
const COEFFICIENT_BYTES = 12 + FIELD_BYTES

interface Secrets {
  readonly tau: bigint
  readonly alpha: bigint
  readonly beta: bigint
  readonly delta: bigint
}

/** The key's bytes, a `.zkey`: the same for the same circuit and seed. */
export async function devSetup(r1cs: Uint8Array, seed: string): Promise<Uint8Array> {
  const system = readR1cs(r1cs)
  const secrets = secretsOf(seed)
  const log = Math.max(1, Math.ceil(Math.log2(system.constraints + system.publicSignals + 1)))
  const values = evaluate(system, secrets, log)
  const { alpha, beta, delta } = secrets
  const g1 = await multiplesInG1([
    alpha,
    beta,
    delta,
    ...values.ic,
    ...values.a,
    ...values.b,
    ...values.l,
    ...values.h,
  ])
  const g2 = await multiplesInG2([beta, 1n, delta, ...values.b])
  const partOf = (bytes: Uint8Array, width: number) => {
    let at = 0
    return (count: number) => {
      at += count * width
      return bytes.subarray(at - count * width, at)
    }
  }
  const nextG1 = partOf(g1, G1_BYTES)
  const nextG2 = partOf(g2, G2_BYTES)
  const [alpha1, beta1, delta1] = [nextG1(1), nextG1(1), nextG1(1)]
  const [beta2, gamma2, delta2] = [nextG2(1), nextG2(1), nextG2(1)]
  const header = headerOf(system, log, [alpha1, beta1, beta2, gamma2, delta1, delta2])
  const lists = [values.ic, values.a, values.b, values.l, values.h].map(({ length }) => nextG1(length))
  const [ic, a, b1, l, h] = lists as [Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array]
  const b2 = nextG2(values.b.length)
  const proverType = u32s([GROTH16])
  const coefficients = coefficientsOf(system)
  return writeSections('zkey', 1, [proverType, header, ic, coefficients, a, b1, b2, l, h, contributions()])
}

/** 512 bits, so that no value is likelier than another by more than 2^-256. */
function secretsOf(seed: string): Secrets {
  const secret = (name: string): bigint => {
    const halves = [0, 1].map((half) =>
      sha256(new TextEncoder().encode(`dikast.dev-setup.v1/${name}/${half}/${seed}`)),
    )
    const value = mod(BigInt(`0x${halves.map((bytes) => Buffer.from(bytes).toString('hex')).join('')}`), R)
    if (value < 2n) throw new InvalidInputError('seed', `gives ${name} = ${value}`, { fix: 'take another' })
    return value
  }
  return { tau: secret('tau'), alpha: secret('alpha'), beta: secret('beta'), delta: secret('delta') }
}

interface Values {
  readonly ic: readonly bigint[]
  readonly a: readonly bigint[]
  readonly b: readonly bigint[]
  readonly l: readonly bigint[]
  readonly h: readonly bigint[]
}

function evaluate(system: ConstraintSystem, { tau, alpha, beta, delta }: Secrets, log: number): Values {
  const size = 2 ** log
  const lagrange = lagrangeAt(tau, { count: size, step: rootOfUnity(log), first: 1n, size })
  const wide = rootOfUnity(log + 1)
  const odd = lagrangeAt(tau, { count: size, step: rootOfUnity(log), first: wide, size: 2 * size })
  const a = columns(system.a, system, lagrange)
  for (let signal = 0; signal <= system.publicSignals; signal++)
    a[signal] = ((a[signal] as bigint) + (lagrange[system.constraints + signal] as bigint)) % R
  const b = columns(system.b, system, lagrange)
  const c = columns(system.c, system, lagrange)
  const whole = a.map((value, i) => (beta * value + alpha * (b[i] as bigint) + (c[i] as bigint)) % R)
  const overDelta = inverse(delta, R)
  const scaled = (value: bigint) => (value * overDelta) % R
  const publics = system.publicSignals + 1
  return { ic: whole.slice(0, publics), a, b, l: whole.slice(publics).map(scaled), h: odd.map(scaled) }
}

/** Of a domain with `size` roots, the polynomials of `first · step^j`, at τ. */
function lagrangeAt(
  tau: bigint,
  of: { readonly count: number; readonly step: bigint; readonly first: bigint; readonly size: number },
): bigint[] {
  const roots: bigint[] = new Array(of.count)
  let root = of.first
  for (let j = 0; j < of.count; j++) {
    roots[j] = root
    root = (root * of.step) % R
  }
  const vanishing = mod(power(tau, BigInt(of.size), R) - 1n, R)
  if (vanishing === 0n)
    throw new InvalidInputError('seed', 'gives a τ within the domain', { fix: 'take another' })
  const factor = (vanishing * inverse(BigInt(of.size), R)) % R
  const inverses = roots.map((each) => mod(tau - each, R))
  invertAll(inverses, R)
  return roots.map((each, j) => (((factor * each) % R) * (inverses[j] as bigint)) % R)
}

function columns(
  matrix: Matrix,
  { wires, coefficients }: ConstraintSystem,
  lagrange: readonly bigint[],
): bigint[] {
  const sums: bigint[] = new Array(wires).fill(0n)
  for (const [i, wire] of matrix.wires.entries()) {
    const value = coefficients[matrix.values[i] as number] as bigint
    const term = value * (lagrange[matrix.rows[i] as number] as bigint)
    sums[wire] = ((sums[wire] as bigint) + term) % R
  }
  return sums
}

async function multiplesInG1(scalars: readonly bigint[]): Promise<Uint8Array> {
  const base = new FixedBase<bigint>(FIELD, G1_GENERATOR, scalars.length)
  return writePoints(base.multiples(scalars), scalars.length, G1_BYTES, ({ x, y }) => [x, y])
}

async function multiplesInG2(scalars: readonly bigint[]): Promise<Uint8Array> {
  const base = new FixedBase<Quadratic>(QUADRATIC_FIELD, G2_GENERATOR, scalars.length)
  return writePoints(base.multiples(scalars), scalars.length, G2_BYTES, ({ x, y }) => [...x, ...y])
}

/** Infinity is all zero, which is no point of either curve. */
async function writePoints<T>(
  batches: Iterable<readonly (Point<T> | undefined)[]>,
  count: number,
  width: number,
  coordinates: (point: Point<T>) => readonly bigint[],
): Promise<Uint8Array> {
  const bytes = new Uint8Array(count * width)
  let at = 0
  for (const batch of batches) {
    for (const point of batch) {
      const written = point === undefined ? [] : coordinates(point)
      for (const [i, value] of written.entries())
        writeField(bytes, at + i * FIELD_BYTES, (value * MONTGOMERY) % Q)
      at += width
    }
    await setImmediate()
  }
  return bytes
}

function headerOf(system: ConstraintSystem, log: number, points: readonly Uint8Array[]): Uint8Array {
  const primes = [Q, R].map((prime) => {
    const bytes = new Uint8Array(4 + FIELD_BYTES)
    bytes.set(u32s([FIELD_BYTES]))
    writeField(bytes, 4, prime)
    return bytes
  })
  return Buffer.concat([...primes, u32s([system.wires, system.publicSignals, 2 ** log]), ...points])
}

/** Coefficients of A and B, and the rows of public signals, times 2^512: multiplied once by a plain witness they come out times 2^256. */
function coefficientsOf(system: ConstraintSystem): Uint8Array {
  const twice = mod(MONTGOMERY * MONTGOMERY, R)
  const values = system.coefficients.map((value) => (value * twice) % R)
  const publics = system.publicSignals + 1
  const count = system.a.rows.length + system.b.rows.length + publics
  const bytes = new Uint8Array(4 + count * COEFFICIENT_BYTES)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, count, true)
  let at = 4
  const put = (matrix: number, row: number, wire: number, value: bigint) => {
    view.setUint32(at, matrix, true)
    view.setUint32(at + 4, row, true)
    view.setUint32(at + 8, wire, true)
    writeField(bytes, at + 12, value)
    at += COEFFICIENT_BYTES
  }
  for (const [number, matrix] of [system.a, system.b].entries()) {
    for (const [i, row] of matrix.rows.entries())
      put(number, row, matrix.wires[i] as number, values[matrix.values[i] as number] as bigint)
  }
  for (let signal = 0; signal < publics; signal++) put(0, system.constraints + signal, signal, twice)
  return bytes
}

/** The circuit's digest, and those who contributed: nobody. */
function contributions(): Uint8Array {
  return new Uint8Array(64 + 4)
}

function u32s(values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length)
  const view = new DataView(bytes.buffer)
  for (const [i, value] of values.entries()) view.setUint32(4 * i, value, true)
  return bytes
}
