import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { selectCommittee } from '../../src/core/sortition.ts'
import { type Draw, simulateLoad } from './load/load.ts'

const NODES = 1_024
const SEEDS = 2

describe('a network of a thousand nodes under load', () => {
  for (let seed = 1; seed <= SEEDS; seed++)
    it(`certifies nearly every request, and seats nodes as they staked [SEL-1]: seed ${seed}`, () => {
      const result = simulateLoad({ seed, nodes: NODES })
      assert.equal(result.violation, undefined)
      assert.equal(
        result.certified.reduce((sum, count) => sum + count, result.expired),
        result.requests,
      )
      assert.ok(result.runs > 4 * result.requests)
    })

  it('is the same run for the same seed', () => {
    assert.deepEqual(simulateLoad({ seed: 3, nodes: 64 }), simulateLoad({ seed: 3, nodes: 64 }))
  })

  it('notices a draw that does not look at stakes', () => {
    const blind: Draw = (seed, { members }, size) =>
      Array.from(
        { length: size },
        (_, i) => (Number(BigInt(seed) % BigInt(members.length)) + i) % members.length,
      )
    assert.match(simulateLoad({ seed: 1, nodes: NODES, draw: blind }).violation ?? '', /away from its stake/)
  })

  it('notices a node that sits twice, and a draw that gives a few all the work', () => {
    const twice: Draw = (seed, snapshot, size) => {
      const drawn = selectCommittee(seed, snapshot, size)
      return drawn.with(1, drawn[0] ?? 0)
    }
    assert.match(simulateLoad({ seed: 1, nodes: NODES, draw: twice }).violation ?? '', /a committee seats/)
    const few: Draw = () => [0, 1, 2, 3, 4]
    assert.match(simulateLoad({ seed: 1, nodes: NODES, draw: few }).violation ?? '', /expired/)
  })
})
