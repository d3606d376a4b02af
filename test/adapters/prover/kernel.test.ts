import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { bn254 } from '@noble/curves/bn254.js'
import {
  FIELD_BYTES,
  G1_BYTES,
  G2_BYTES,
  inverse,
  MONTGOMERY,
  mod,
  power,
  Q,
  R,
  readField,
  rootOfUnity,
  writeField,
} from '../../../src/adapters/prover/bn254.ts'
import {
  compileKernel,
  type Kernel,
  kernelOn,
  RESERVED_BYTES,
  STACK_BYTES,
} from '../../../src/adapters/prover/kernel.ts'
import { type Group, JACOBIAN_BYTES, layOut } from '../../../src/adapters/prover/layout.ts'
import { windowsOf } from '../../../src/adapters/prover/windows.ts'

/** Limbs of 29 bits, the sign in the last. */
const limbsOf = (value: bigint): bigint[] =>
  Array.from({ length: 9 }, (_, i) => (i < 8 ? BigInt.asUintN(29, value >> BigInt(29 * i)) : value >> 232n))
const C_RADIX = 1n << 261n
const ELEMENT_BYTES = 36

/** Numbers as if drawn, the same in every run. */
function* numbers(seed: bigint): Generator<bigint, never> {
  let state = seed
  for (;;) {
    state = power(state + 3n, 5n, R)
    yield state
  }
}

/** A kernel on memory laid out for a circuit of so many wires, one worker's. */
function bench(wires: number, domainLog: number) {
  const layout = layOut({ wires, publicSignals: 0, domainLog, entries: wires }, 1)
  const pages = layout.bytes / 65_536
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
  const kernel = kernelOn(compileKernel(), memory, layout.stacks[0] as number)
  const bytes = new Uint8Array(memory.buffer)
  const view = new DataView(memory.buffer)
  const [room] = layout.rooms
  for (const [i, field] of (room?.fields ?? []).entries())
    view.setUint32((room?.address ?? 0) + 4 * i, field, true)
  return { layout, kernel, bytes, view, room: room?.address ?? 0 }
}

type Affine = readonly bigint[]

/** Coordinates as a file has them; no coordinates are infinity. */
function fileOf(points: readonly (Affine | undefined)[], width: number): Uint8Array {
  const file = new Uint8Array(points.length * width)
  for (const [i, point] of points.entries())
    for (const [j, coordinate] of (point ?? []).entries())
      writeField(file, i * width + j * FIELD_BYTES, (coordinate * MONTGOMERY) % Q)
  return file
}

const g1 = bn254.G1.Point
const g2 = bn254.G2.Point
const affineG1 = (scalar: bigint): Affine | undefined => {
  if (mod(scalar, R) === 0n) return undefined
  const { x, y } = g1.BASE.multiply(mod(scalar, R)).toAffine()
  return [x, y]
}
const affineG2 = (scalar: bigint): Affine | undefined => {
  if (mod(scalar, R) === 0n) return undefined
  const { x, y } = g2.BASE.multiply(mod(scalar, R)).toAffine()
  return [x.c0, x.c1, y.c0, y.c1]
}

/** Σ scalar · (log · G), by the kernel; and what it must be. */
function sum(
  group: Group,
  logs: readonly bigint[],
  scalars: readonly bigint[],
): readonly [found: unknown, expected: unknown] {
  const [width, affine] = group === 'g1' ? [G1_BYTES, affineG1] : [G2_BYTES, affineG2]
  const { layout, kernel, bytes, room } = bench(logs.length + 1, 10)
  const known = new Map<bigint, Affine | undefined>()
  for (const log of logs) if (!known.has(log)) known.set(log, affine(log))
  const file = fileOf(
    logs.map((log) => known.get(log)),
    width,
  )
  const list = layout.lists[group === 'g1' ? 'a' : 'b2']
  const load = group === 'g1' ? kernel.load_g1 : kernel.load_g2
  bytes.set(file, layout.staging)
  const count = load(list.points, list.wires, layout.staging, logs.length, 0)
  assert.equal(count, logs.filter((log) => mod(log, R) !== 0n).length)
  for (const [i, scalar] of scalars.entries()) writeField(bytes, layout.scalars + i * FIELD_BYTES, scalar)
  const { bits, ranges } = windowsOf(list.countMax, 1)
  const total = layout.scratch
  const run = group === 'g1' ? kernel.msm_g1 : kernel.msm_g2
  const add = group === 'g1' ? kernel.add_g1 : kernel.add_g2
  for (const [i, [first, last]] of ranges.entries()) {
    const into = i === 0 ? total : total + JACOBIAN_BYTES[group]
    run(into, list.points, list.wires, count, layout.scalars, bits, first, last, room)
    if (i > 0) add(total, total, into)
  }
  const out = layout.results
  const leave = group === 'g1' ? kernel.leave_g1 : kernel.leave_g2
  const found =
    leave(out, total) === 0
      ? undefined
      : Array.from({ length: width / FIELD_BYTES }, (_, i) => readField(bytes, out + i * FIELD_BYTES))
  const log = logs.reduce((total, each, i) => total + each * (scalars[i] as bigint), 0n)
  return [found, affine(log)]
}

describe('the kernel', () => {
  it('has constants that follow from the two primes [PRV-13]', () => {
    const text = readFileSync(
      new URL('../../../src/adapters/prover/kernel/constants.h', import.meta.url),
      'utf8',
    )
    const found = new Map<string, bigint[][]>()
    for (const [, name = '', body = ''] of text.matchAll(/const fe (\w+)(?:\[9\])? = (\{[^;]*\});/g))
      found.set(
        name,
        [...body.matchAll(/\{\{([^}]*)\}\}/g)].map(([, limbs = '']) =>
          limbs.split(',').map((limb) => {
            const digits = limb.trim()
            return digits.startsWith('-') ? -BigInt(digits.slice(1)) : BigInt(digits)
          }),
        ),
      )
    const twist = [inverse(82n, Q) * 27n, inverse(82n, Q) * -3n].map((value) => [
      limbsOf(mod(value * C_RADIX, Q)),
    ])
    const multiples = (prime: bigint) =>
      [-4n, -3n, -2n, -1n, 0n, 1n, 2n, 3n, 4n].map((k) => limbsOf(k * prime))
    const expected: Record<string, bigint[][]> = {
      fq_one: [limbsOf(C_RADIX % Q)],
      fq_enter: [limbsOf(C_RADIX ** 2n % Q)],
      fq_from_file: [limbsOf((1n << 266n) % Q)],
      fq_three: [limbsOf((3n * C_RADIX) % Q)],
      fq_twist_a: twist[0] as bigint[][],
      fq_twist_b: twist[1] as bigint[][],
      fq_multiples: multiples(Q),
      fr_one: [limbsOf(C_RADIX % R)],
      fr_enter: [limbsOf(C_RADIX ** 2n % R)],
      fr_from_file: [limbsOf((1n << 271n) % R)],
      fr_multiples: multiples(R),
    }
    assert.deepEqual(Object.fromEntries(found), expected)
    const source = readFileSync(
      new URL('../../../src/adapters/prover/kernel/kernel.c', import.meta.url),
      'utf8',
    )
    const primes = [...source.matchAll(/#define P\d (0x[0-9a-f]+)ll/g)].map(([, limb = '']) => BigInt(limb))
    assert.deepEqual(primes, [...limbsOf(Q), ...limbsOf(R)])
    const inverses = [...source.matchAll(/#define NINV (0x[0-9a-f]+)/g)].map(([, limb = '']) => BigInt(limb))
    assert.deepEqual(
      inverses,
      [Q, R].map((prime) => mod(-inverse(prime, 1n << 29n), 1n << 29n)),
    )
  })

  it('keeps its constants below the stacks, and exports what it is called for', () => {
    const memory = new WebAssembly.Memory({ initial: 16, maximum: 16, shared: true })
    const { exports } = new WebAssembly.Instance(compileKernel(), { env: { memory } })
    const heap = exports.__heap_base as WebAssembly.Global
    // Its own stack, which no thread uses, is part of what it reserves.
    assert.ok(Number(heap.value) <= RESERVED_BYTES)
    const source = readFileSync(new URL('../../../src/adapters/prover/kernel.ts', import.meta.url), 'utf8')
    const called = [...source.matchAll(/^ {2}(\w+)\(.*\): (?:number|void)$/gm)].map(([, name]) => name).sort()
    const functions = Object.keys(exports)
      .filter((name) => typeof exports[name] === 'function')
      .sort()
    assert.deepEqual(functions, called)
    assert.ok(STACK_BYTES >= 65_536)
  })

  const edges = [0n, 1n, 2n, R - 1n, R - 2n, (R - 1n) / 2n, 2n ** 128n, 2n ** 253n, 2n ** 64n - 1n]

  for (const group of ['g1', 'g2'] as const) {
    describe(`sums in ${group}`, () => {
      it('are what the reference computes for every pair of edge scalars and edge points [PRV-12]', () => {
        const points = [1n, R - 1n, 2n, 0n]
        for (const a of edges)
          for (const b of edges.slice(0, group === 'g1' ? edges.length : 4)) {
            const [found, expected] = sum(group, points, [a, b, 1n, 5n])
            assert.deepEqual(found, expected)
          }
      })

      it('double equal points and cancel opposite ones, within a bucket and between buckets [PRV-12]', () => {
        // Of 64 points, all the same or its opposite; all scalars the same, or opposite, or alternating.
        const cases: readonly (readonly [(i: number) => bigint, (i: number) => bigint])[] = [
          [() => 5n, () => 7n],
          [(i) => (i % 2 === 0 ? 5n : R - 5n), () => 7n],
          [() => 5n, (i) => (i % 2 === 0 ? 7n : R - 7n)],
          [(i) => (i % 3 === 0 ? 5n : R - 5n), (i) => (i % 5 === 0 ? 1n : R - 1n)],
          [(i) => (i < 32 ? 5n : 10n), (i) => (i < 32 ? 2n : R - 1n)],
          [(i) => 2n ** BigInt(i % 7), () => 1n],
        ]
        for (const [point, scalar] of cases) {
          const indices = Array.from({ length: 64 }, (_, i) => i)
          const [found, expected] = sum(group, indices.map(point), indices.map(scalar))
          assert.deepEqual(found, expected)
        }
      })

      it('stay what they are in a bucket of hundreds, where each addition goes on from the one before', () => {
        const count = group === 'g1' ? 600 : 300
        const indices = Array.from({ length: count }, (_, i) => i)
        const [found, expected] = sum(
          group,
          indices.map((i) => BigInt(i) ** 3n + 5n),
          indices.map(() => 1n),
        )
        assert.deepEqual(found, expected)
      })

      it('are infinity for no points, points at infinity, and scalars that are all zero', () => {
        assert.deepEqual(sum(group, [], []), [undefined, undefined])
        assert.deepEqual(sum(group, [0n, 0n], [3n, R - 1n]), [undefined, undefined])
        assert.deepEqual(sum(group, [1n, 2n, 3n], [0n, 0n, 0n]), [undefined, undefined])
      })

      it('are what the reference computes for as many points as fill a batch, scalars large and small', () => {
        const count = group === 'g1' ? 1_500 : 700
        const source = numbers(group === 'g1' ? 1n : 2n)
        // Points repeat, and so do some of their opposites: making each is what takes the reference its time.
        const few = Array.from({ length: 40 }, () => source.next().value)
        const logs = Array.from({ length: count }, (_, i) =>
          i % 11 === 0 ? R - (few[i % 40] as bigint) : (few[(i * 7) % 40] as bigint),
        )
        const scalars = Array.from({ length: count }, (_, i) => {
          const value = source.next().value
          return i % 3 === 0 ? value & 1n : i % 7 === 0 ? (edges[i % edges.length] as bigint) : value
        })
        const [found, expected] = sum(group, logs, scalars)
        assert.deepEqual(found, expected)
      })
    })
  }

  it('moves values to the odd points as interpolation does', () => {
    for (const log of [1, 2, 3, 6]) {
      const size = 2 ** log
      const { layout, kernel, bytes, view } = bench(size, log)
      const source = numbers(BigInt(log))
      const values = Array.from({ length: size }, () => source.next().value)
      setElements(view, layout.rows[0], values)
      writeField(bytes, layout.scratch, rootOfUnity(log + 1))
      kernel.load_roots(layout.roots, layout.shift, size, layout.scratch)
      kernel.to_odd(layout.rows[0], size, layout.roots, layout.shift)
      const root = rootOfUnity(log)
      const coefficients = values.map((_, k) => {
        const terms = values.map((value, j) => value * power(root, BigInt(size * size - j * k), R))
        return (
          (mod(
            terms.reduce((a, b) => a + b),
            R,
          ) *
            inverse(BigInt(size), R)) %
          R
        )
      })
      const expected = values.map((_, j) => {
        const at = power(rootOfUnity(log + 1), BigInt(2 * j + 1), R)
        return mod(
          coefficients.reduceRight((sum, coefficient) => (sum * at + coefficient) % R, 0n),
          R,
        )
      })
      assert.deepEqual(elements(view, layout.rows[0], size), expected)
    }
  })

  it('joins values of either sign and many times the prime', () => {
    const size = 4
    const { layout, kernel, bytes, view } = bench(size, 2)
    const [a, b, c] = [
      [0n, R - 1n, -20n * R + 3n, 40n * R - 1n],
      [5n, R - 1n, 30n * R + 1n, 40n * R - 2n],
      [0n, 1n, -R - 5n, 43n * R],
    ]
    const in261 = (value: bigint) => limbsOf(value)
    for (const [i, row] of [a, b, c].entries())
      for (const [j, value] of (row as bigint[]).entries())
        for (const [k, limb] of in261(value).entries())
          view.setInt32(
            (layout.rows[i] as number) + j * ELEMENT_BYTES + 4 * k,
            Number(BigInt.asIntN(32, limb)),
            true,
          )
    kernel.join(layout.quotient, layout.rows[0], layout.rows[1], layout.rows[2], size)
    const plain = inverse(C_RADIX, R)
    for (let j = 0; j < size; j++) {
      const [x, y, z] = [a, b, c].map((row) => mod((row?.[j] as bigint) * plain, R)) as [
        bigint,
        bigint,
        bigint,
      ]
      assert.equal(readField(bytes, layout.quotient + j * FIELD_BYTES), mod(x * y - z, R))
    }
  })

  it('refuses numbers that are not below their prime, and takes the largest that are', () => {
    const { layout, kernel, bytes } = bench(4, 2)
    for (const [value, isRight] of [
      [R - 1n, true],
      [R, false],
      [2n ** 256n - 1n, false],
    ] as const) {
      writeField(bytes, layout.scalars, value)
      assert.equal(kernel.load_scalars(layout.witness, layout.scalars, 1), isRight ? 1 : 0)
    }
    bytes.set(fileOf([[1n, 2n]], G1_BYTES), layout.staging)
    assert.equal(load(kernel, layout.staging), 1)
    writeField(bytes, layout.staging, MONTGOMERY % Q)
    assert.equal(load(kernel, layout.staging), 1)
    writeField(bytes, layout.staging, (MONTGOMERY % Q) + Q)
    assert.equal(load(kernel, layout.staging), -1)

    function load(from: Kernel, file: number): number {
      return from.load_g1(layout.lists.a.points, layout.lists.a.wires, file, 1, 0)
    }
  })
})

/** Of values in Montgomery form, whatever multiple of the prime they are off. */
function elements(view: DataView, at: number, count: number): bigint[] {
  const plain = inverse(C_RADIX, R)
  return Array.from({ length: count }, (_, i) => {
    let value = 0n
    for (let limb = 8; limb >= 0; limb--)
      value = value * 2n ** 29n + BigInt(view.getInt32(at + i * ELEMENT_BYTES + 4 * limb, true))
    return mod(value * plain, R)
  })
}

function setElements(view: DataView, at: number, values: readonly bigint[]): void {
  for (const [i, value] of values.entries())
    for (const [j, limb] of limbsOf((value * C_RADIX) % R).entries())
      view.setInt32(at + i * ELEMENT_BYTES + 4 * j, Number(limb), true)
}
