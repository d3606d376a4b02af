import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  atLeastOnce,
  chanceOfSeats,
  chancesOf,
  countDraws,
  seatsNeeded,
} from '../../../src/core/consensus/chances.ts'
import { snapshotOf } from '../../../src/core/snapshot.ts'

const near = (found: number, expected: number, part = 0.01) =>
  assert(Math.abs(found - expected) <= Math.abs(expected) * part, `${found} is not about ${expected}`)

describe('what colluders need', () => {
  it('[CHN-1] is a quorum to forge, f + 1 seats to bias what is proposed, n - Q + 1 to block', () => {
    assert.deepEqual(seatsNeeded('exact', 7), { forge: 5, bias: 5, block: 3 })
    assert.deepEqual(seatsNeeded('pbft', 7), { forge: 5, bias: 3, block: 3 })
    assert.deepEqual(seatsNeeded('aggregate', 4), { forge: 3, bias: 2, block: 2 })
    assert.deepEqual(seatsNeeded('raft', 5), { forge: 1, bias: 1, block: 3 })
  })
})

describe('the chance that they have it', () => {
  it('[CHN-2] is that of the binomial distribution', () => {
    near(chanceOfSeats(4, 3, 0.2), 4 * 0.2 ** 3 * 0.8 + 0.2 ** 4)
    near(chanceOfSeats(7, 5, 0.2), 21 * 0.2 ** 5 * 0.64 + 7 * 0.2 ** 6 * 0.8 + 0.2 ** 7)
    near(chanceOfSeats(10, 0, 0.2), 1)
    near(chanceOfSeats(3, 1, 0.1), 1 - 0.9 ** 3)
    near(chanceOfSeats(256, 256, 0.1), 1e-256, 0.02)
  })

  it('[CHN-2] of a fifth of the stake is what the design counts on', () => {
    const forge = (n: number) => chancesOf(seatsNeeded('exact', n), n, 0.2).forge
    near(forge(4), 0.0272, 0.01)
    near(forge(7), 0.0047, 0.02)
    near(forge(16), 0.00003, 0.2)
    near(chancesOf(seatsNeeded('aggregate', 7), 7, 0.2).bias, 0.148, 0.01)
    near(chancesOf(seatsNeeded('aggregate', 31), 31, 0.2).bias, 0.033, 0.03)
  })

  it('[CHN-3] grows with every draw', () => {
    near(atLeastOnce(0.5, 2), 0.75)
    near(atLeastOnce(1e-12, 1000), 1e-9)
    assert.equal(atLeastOnce(0, 1000), 0)
    near(atLeastOnce(0.0047, 1000), 0.99)
  })
})

describe('draws of a snapshot', () => {
  const of = (weights: readonly number[]) =>
    snapshotOf(
      weights.map((weight, number) => ({
        attestor: `0x${(number + 1).toString(16).padStart(40, '0')}`,
        number,
        weight: BigInt(weight),
      })),
    )

  it('[CHN-2] come to the chance where nodes are many and small', () => {
    const snapshot = of(Array.from({ length: 400 }, () => 1))
    const counted = countDraws(snapshot, seatsNeeded('aggregate', 7), 7, 0.2, 3_000)
    assert.deepEqual([counted.share, counted.nodes], [0.2, 80])
    near(counted.bias, 0.148, 0.15)
  })

  it('[CHN-2] give a large node one seat', () => {
    const snapshot = of([500, 1, 1, 1, 1, 1, 1, 1])
    const counted = countDraws(snapshot, seatsNeeded('exact', 4), 4, 0.99, 50)
    assert.equal(counted.nodes, 7)
    assert(counted.share < 0.02 && counted.forge === 1, 'the seven small ones fill the other seats')
  })
})
