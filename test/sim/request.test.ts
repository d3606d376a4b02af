import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Behaviour, simulate } from './network.ts'

/** Seeds of the short run; `DIKAST_SIM_SEEDS` makes it long. */
const SEEDS = Number(process.env.DIKAST_SIM_SEEDS ?? 5)
const seeds = Array.from({ length: SEEDS }, (_, i) => 1000 + i)
const honest = (count: number): Behaviour[] => Array.from({ length: count }, () => 'honest')

describe('a request in a simulated network', () => {
  it('is fulfilled once, rightly, with one faulty node, whatever its fault, and lost messages [QC-1]', () => {
    for (const seed of seeds) {
      for (const fault of ['dead', 'liar', 'equivocator'] as const) {
        const world = simulate({
          seed,
          committeeSize: 5,
          behaviours: [...honest(6), fault],
          coordinator: true,
          loss: 0.2,
        })
        assert.equal(world.fulfilled.length, 1, `seed ${seed}, ${fault}`)
        assert.equal(world.fulfilled[0]?.output, world.outputs.right, `seed ${seed}, ${fault}`)
        assert.equal(world.expired, false)
      }
    }
  })

  it('is fulfilled by members standing in when no coordinator lives', () => {
    for (const seed of seeds) {
      const world = simulate({ seed, committeeSize: 5, behaviours: honest(7), coordinator: false, loss: 0.1 })
      assert.equal(world.fulfilled.length, 1, `seed ${seed}`)
    }
  })

  it('is never certified wrongly while liars are fewer than a quorum, and expires instead', () => {
    let expired = 0
    for (const seed of seeds) {
      const behaviours: Behaviour[] = ['liar', 'liar', 'liar', ...honest(2)]
      const world = simulate({ seed, committeeSize: 5, behaviours, coordinator: true, loss: 0 })
      assert.ok(world.fulfilled.length === 0, `seed ${seed}`)
      if (world.expired) expired++
    }
    assert.equal(expired, SEEDS)
  })

  it('expires when too few members live, in every attempt, with no coordinator', () => {
    for (const seed of seeds.slice(0, 4)) {
      const behaviours: Behaviour[] = ['dead', 'dead', 'dead', 'dead', ...honest(3)]
      const world = simulate({ seed, committeeSize: 5, behaviours, coordinator: false, loss: 0 })
      assert.deepEqual([world.fulfilled.length, world.expired], [0, true], `seed ${seed}`)
    }
  })

  it('may be fulfilled by a later attempt’s committee when the first cannot', () => {
    const later = seeds.filter((seed) => {
      const behaviours: Behaviour[] = ['dead', 'liar', ...honest(6)]
      const { fulfilled } = simulate({ seed, committeeSize: 4, behaviours, coordinator: true, loss: 0 })
      assert.equal(fulfilled[0]?.output ?? '0x01', '0x01', `seed ${seed}`)
      return (fulfilled[0]?.attempt ?? 0) > 0
    })
    assert.ok(later.length > 0, 'no seed needed a second attempt: the test shows nothing')
  })
})
