/**
 * Many multiples of one point: tables of d · 2^(w·i) · G for every window i and digit d, and one addition a window.
 *
 * Additions are affine, λ = (y₂ − y₁) / (x₂ − x₁), x₃ = λ² − x₁ − x₂, y₃ = λ (x₁ − x₃) − y₁, with the divisions of a whole batch made
 * from one inversion (Montgomery's trick). No addition meets equal or opposite points: what was added up of the lower windows is
 * a multiple k · G with 0 < k < 2^(w·i), what is added is d · 2^(w·i) · G, and their sum is at most the scalar, below r.
 *
 * Its time depends on the scalars: for keys whose secrets are public, and for nothing else.
 * @module
 */
import { invertAll, mod, Q, R } from './bn254.ts'

const SCALAR_BITS = 254
/** Points in work at a time. */
const BATCH = 4096
const WINDOW_BITS_MAX = 13

export interface Field<T> {
  add(a: T, b: T): T
  subtract(a: T, b: T): T
  multiply(a: T, b: T): T
  /** In place. */
  invertAll(values: T[]): void
}

export interface Point<T> {
  readonly x: T
  readonly y: T
}

export type Quadratic = readonly [bigint, bigint]

const add = (a: bigint, b: bigint): bigint => (a + b) % Q
const subtract = (a: bigint, b: bigint): bigint => mod(a - b, Q)

export const FIELD: Field<bigint> = {
  add,
  subtract,
  multiply: (a, b) => (a * b) % Q,
  invertAll: (values) => invertAll(values, Q),
}

/** a₀ + a₁ u with u² = −1. */
export const QUADRATIC_FIELD: Field<Quadratic> = {
  add: (a, b) => [add(a[0], b[0]), add(a[1], b[1])],
  subtract: (a, b) => [subtract(a[0], b[0]), subtract(a[1], b[1])],
  multiply: (a, b) => [mod(a[0] * b[0] - a[1] * b[1], Q), (a[0] * b[1] + a[1] * b[0]) % Q],
  invertAll: (values) => {
    const norms = values.map(([a, b]) => (a * a + b * b) % Q)
    invertAll(norms, Q)
    for (const [i, norm] of norms.entries()) {
      const [a, b] = values[i] as Quadratic
      values[i] = [(a * norm) % Q, mod(-b * norm, Q)]
    }
  },
}

export class FixedBase<T> {
  readonly #field: Field<T>
  readonly #windowBits: number
  /** Of each window, at d the point d · 2^(w·i) · G. */
  readonly #tables: readonly (readonly Point<T>[])[]

  /** `count`: about how many multiples will be asked for; the tables' size goes by it. */
  constructor(field: Field<T>, generator: Point<T>, count: number) {
    this.#field = field
    this.#windowBits = windowBitsFor(count)
    this.#tables = this.#makeTables(generator)
  }

  /** The multiples in order, `undefined` for infinity; batch by batch, so that whoever waits may do something else. */
  *multiples(scalars: readonly bigint[]): Generator<readonly (Point<T> | undefined)[]> {
    for (let at = 0; at < scalars.length; at += BATCH) yield this.#batch(scalars.slice(at, at + BATCH))
  }

  #batch(scalars: readonly bigint[]): readonly (Point<T> | undefined)[] {
    const rests = scalars.map((scalar) => mod(scalar, R))
    const sums: (Point<T> | undefined)[] = scalars.map(() => undefined)
    const digits = 2 ** this.#windowBits
    const width = BigInt(this.#windowBits)
    for (const table of this.#tables) {
      const places: number[] = []
      const pairs: [Point<T>, Point<T>][] = []
      for (const [i, rest] of rests.entries()) {
        const digit = Number(BigInt.asUintN(this.#windowBits, rest)) % digits
        rests[i] = rest >> width
        const term = table[digit]
        if (digit === 0 || term === undefined) continue
        const sum = sums[i]
        if (sum === undefined) sums[i] = term
        else {
          places.push(i)
          pairs.push([sum, term])
        }
      }
      for (const [i, sum] of this.#addAll(pairs).entries()) sums[places[i] as number] = sum
    }
    return sums
  }

  #makeTables(generator: Point<T>): readonly (readonly Point<T>[])[] {
    const windows = Math.ceil(SCALAR_BITS / this.#windowBits)
    const powers: Point<T>[] = [generator]
    for (let i = 1; i < windows * this.#windowBits; i++) powers.push(this.#double(powers[i - 1] as Point<T>))
    // The entry for no digit is never read.
    const tables = Array.from({ length: windows }, (): Point<T>[] => [generator])
    for (let bit = 0; bit < this.#windowBits; bit++) {
      const pairs: [Point<T>, Point<T>][] = []
      for (const [window, table] of tables.entries()) {
        const power = powers[window * this.#windowBits + bit] as Point<T>
        table.push(power)
        for (let digit = 1; digit < 2 ** bit; digit++) pairs.push([table[digit] as Point<T>, power])
      }
      const sums = this.#addAll(pairs)
      const each = 2 ** bit - 1
      for (const [window, table] of tables.entries())
        table.push(...sums.slice(window * each, (window + 1) * each))
    }
    return tables
  }

  #double(point: Point<T>): Point<T> {
    const { add, subtract, multiply, invertAll } = this.#field
    const square = multiply(point.x, point.x)
    const divisor = [add(point.y, point.y)]
    invertAll(divisor)
    const slope = multiply(add(square, add(square, square)), divisor[0] as T)
    const x = subtract(multiply(slope, slope), add(point.x, point.x))
    return { x, y: subtract(multiply(slope, subtract(point.x, x)), point.y) }
  }

  #addAll(pairs: readonly (readonly [Point<T>, Point<T>])[]): Point<T>[] {
    const { subtract, multiply, invertAll } = this.#field
    const divisors = pairs.map(([a, b]) => subtract(b.x, a.x))
    invertAll(divisors)
    return pairs.map(([a, b], i) => {
      const slope = multiply(subtract(b.y, a.y), divisors[i] as T)
      const x = subtract(subtract(multiply(slope, slope), a.x), b.x)
      return { x, y: subtract(multiply(slope, subtract(a.x, x)), a.y) }
    })
  }
}

/** Additions for the tables, 2^w a window, and one a window and multiple. */
function windowBitsFor(count: number): number {
  let best = 2
  const cost = (bits: number) => Math.ceil(SCALAR_BITS / bits) * (2 ** bits + count)
  for (let bits = best + 1; bits <= WINDOW_BITS_MAX; bits++) if (cost(bits) < cost(best)) best = bits
  return best
}
