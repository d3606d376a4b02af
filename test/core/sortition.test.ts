import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  decodeSnapshot,
  encodeSnapshot,
  encodeSnapshotParts,
  snapshotOf,
  snapshotParts,
} from '../../src/core/snapshot.ts'
import { CommitteeTooSmallError, selectCommittee } from '../../src/core/sortition.ts'
import { fromHex, toBytesBE, toHex } from '../../src/crypto/bytes.ts'
import { keccak, tagHash } from '../../src/crypto/hash.ts'
import type { Address, Digest, Hex, Snapshot } from '../../src/protocol/types.ts'

interface Vector {
  readonly name: string
  readonly seed: Digest
  readonly size: number
  readonly head: Hex
  readonly parts: readonly { readonly address: Address; readonly code: Hex }[]
  readonly committee: readonly number[]
}

const vectors = JSON.parse(
  readFileSync(new URL('../vectors/sortition.json', import.meta.url), 'utf8'),
) as Vector[]

function withWeights(weights: readonly bigint[]): Snapshot {
  return snapshotOf(
    weights.map((weight, i) => ({ attestor: toHex(toBytesBE(BigInt(i + 1), 20)), number: i, weight })),
  )
}

function seedOf(i: number): Digest {
  return toHex(keccak(toBytesBE(BigInt(i), 32)))
}

/** Chance that each node is among the first `size` of successive weighted draws without replacement, exactly. */
function inclusionChances(weights: readonly number[], size: number): readonly number[] {
  const chances = weights.map(() => 0)
  const visit = (taken: ReadonlySet<number>, chance: number): void => {
    if (taken.size === size) {
      for (const index of taken) chances[index] = (chances[index] ?? 0) + chance
      return
    }
    const left = weights.reduce((sum, weight, i) => (taken.has(i) ? sum : sum + weight), 0)
    for (const [i, weight] of weights.entries()) {
      if (!taken.has(i)) visit(new Set([...taken, i]), (chance * weight) / left)
    }
  }
  visit(new Set(), 1)
  return chances
}

describe('committee selection', () => {
  for (const { name, seed, size, head, parts, committee } of vectors) {
    it(`draws the vector «${name}», ${size} seats [SEL-2] [SEL-3]`, () => {
      const snapshot = decodeSnapshot(
        fromHex(head),
        parts.map(({ code }) => fromHex(code)),
      )
      assert.deepEqual(selectCommittee(seed, snapshot, size), committee)
    })
  }

  it('first draws agree with stake: chi-square over 100,000 seeds [SEL-2]', () => {
    const weights = [1, 2, 3, 5, 8, 13, 21]
    const total = weights.reduce((a, b) => a + b)
    const snapshot = withWeights(weights.map(BigInt))
    const seeds = 100_000
    const counts = weights.map(() => 0)
    for (let i = 0; i < seeds; i++) {
      const [first] = selectCommittee(seedOf(i), snapshot, 1)
      assert.ok(first !== undefined)
      counts[first] = (counts[first] ?? 0) + 1
    }
    const chiSquare = counts.reduce((sum, count, i) => {
      const expected = (seeds * (weights[i] ?? 0)) / total
      return sum + (count - expected) ** 2 / expected
    }, 0)
    // 6 degrees of freedom: 22.46 is exceeded with probability 0.001. The seeds are fixed, so this never flickers.
    assert.ok(chiSquare < 22.46, `chi-square is ${chiSquare}`)
  })

  it('inclusion at five of seven follows sequential sampling without replacement [SEL-2] [SEL-4]', () => {
    const weights = [1, 2, 3, 5, 8, 13, 21]
    const snapshot = withWeights(weights.map(BigInt))
    const seeds = 20_000
    const counts = weights.map(() => 0)
    for (let i = 0; i < seeds; i++) {
      for (const index of selectCommittee(seedOf(i), snapshot, 5)) counts[index] = (counts[index] ?? 0) + 1
    }
    for (const [i, chance] of inclusionChances(weights, 5).entries()) {
      const deviation = Math.sqrt((chance * (1 - chance)) / seeds)
      const seen = (counts[i] ?? 0) / seeds
      assert.ok(Math.abs(seen - chance) < 4 * deviation + 1e-9, `node ${i}: seen ${seen}, expected ${chance}`)
    }
  })

  it('selects each node at most once, and a larger committee extends a smaller one [SEL-4]', () => {
    const weights = fc.array(fc.oneof(fc.constant(1n), fc.bigInt({ min: 1n, max: 10n ** 15n })), {
      minLength: 1,
      maxLength: 40,
    })
    fc.assert(
      fc.property(weights, fc.nat(), (list, n) => {
        const snapshot = withWeights(list)
        const seed = tagHash(`seed ${n}`)
        const all = selectCommittee(seed, snapshot, list.length)
        assert.equal(new Set(all).size, list.length)
        const size = 1 + (n % list.length)
        assert.deepEqual(selectCommittee(seed, snapshot, size), all.slice(0, size))
      }),
      { seed: 7, numRuns: 200 },
    )
  })

  it('finds the committee even when one node holds nearly all stake [SEL-3]', () => {
    const snapshot = withWeights([10n ** 18n, 1n, 1n, 1n, 1n, 1n, 1n])
    for (let i = 0; i < 100; i++) {
      const committee = selectCommittee(seedOf(i), snapshot, 4)
      assert.equal(committee[0], 0)
      assert.equal(new Set(committee).size, 4)
    }
  })

  it('favours no place beside a node that holds nearly all stake [SEL-3]', () => {
    const seeds = 4_000
    const whale = 3
    const snapshot = withWeights(Array.from({ length: 10 }, (_, i) => (i === whale ? 10n ** 18n : 1n)))
    const seated = Array<number>(10).fill(0)
    for (let i = 0; i < seeds; i++)
      for (const index of selectCommittee(seedOf(i), snapshot, 2)) seated[index] = (seated[index] ?? 0) + 1
    assert.equal(seated[whale], seeds)
    // The one behind the whale also gets what falls on the whale: two ninths to one, and a tenth of chance in all.
    for (const [index, count] of seated.entries())
      if (index !== whale)
        assert.ok(Math.abs(count / seeds - (index === whale + 1 ? 0.2 : 0.1)) < 0.025, `${seated}`)
  })

  it('refuses to draw more seats than there are nodes [SEL-6]', () => {
    const snapshot = withWeights([1n, 1n, 1n])
    assert.throws(
      () => selectCommittee(seedOf(0), snapshot, 4),
      (error) => error instanceof CommitteeTooSmallError && error.eligible === 3 && error.required === 4,
    )
    assert.throws(() => selectCommittee(seedOf(0), snapshot, 0), CommitteeTooSmallError)
  })
})

describe('a snapshot blob', () => {
  it('comes back as it was written [SEL-5]', () => {
    const { members } = withWeights([5n, 7n, 11n])
    assert.deepEqual(decodeSnapshot(encodeSnapshot(members)).members, members)
  })

  it('is refused when any byte of its shape is off [SEL-5]', () => {
    const good = encodeSnapshot(withWeights([5n, 7n, 11n]).members)
    const bad: [string, Uint8Array][] = [
      ['empty', new Uint8Array(0)],
      ['another version', good.with(1, 1)],
      ['a first byte that could run', good.with(0, 1)],
      ['one byte short', good.slice(0, -1)],
      ['one byte long', Uint8Array.from([...good, 0])],
      ['a count too high', good.with(5, 4)],
      ['another total', good.with(13, 1)],
      ['weights that fall', good.with(14 + 8 + 7, 1)],
    ]
    for (const [name, blob] of bad) assert.throws(() => decodeSnapshot(blob), { code: 'INVALID_INPUT' }, name)
  })

  it('of more than 704 nodes comes back from its parts, whatever their last one holds [SEL-5]', () => {
    for (const count of [705, 768, 1408, 1409, 4096]) {
      const { members } = withWeights(Array.from({ length: count }, (_, i) => BigInt(1 + i)))
      const parts = encodeSnapshotParts(members)
      const places = parts.map((_, i) => toHex(toBytesBE(BigInt(0xb10b + i), 20)))
      const head = encodeSnapshot(members, places)
      assert.deepEqual(snapshotParts(head), places)
      assert.deepEqual(decodeSnapshot(head, parts).members, members)
    }
  })

  it('of more than 704 nodes is refused when a part or a block is off [SEL-5]', () => {
    const { members } = withWeights(Array.from({ length: 800 }, () => 3n))
    const [first, second] = encodeSnapshotParts(members)
    const places = [0, 1].map((i) => toHex(toBytesBE(BigInt(0xb10b + i), 20)))
    const head = encodeSnapshot(members, places)
    assert(first && second)
    const bad: [string, Uint8Array, readonly Uint8Array[]][] = [
      ['no parts', head, []],
      ['one part', head, [first]],
      ['parts that change places', head, [second, first]],
      ['a part that could run', head, [first.with(0, 1), second]],
      ['a part one byte short', head, [first, second.slice(0, -1)]],
      ['a weight that falls where the parts meet', head, [first, second.with(7, 0).with(8, 0)]],
      ['a block that ends elsewhere', head.with(14 + 7, 1), [first, second]],
    ]
    for (const [name, blob, parts] of bad)
      assert.throws(() => decodeSnapshot(blob, parts), { code: 'INVALID_INPUT' }, name)
  })
})
