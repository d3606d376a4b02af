import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CALM_MODES, type CalmCost } from './consensus/calm.ts'

function costOf(mode: string, nodes: number): CalmCost {
  return (CALM_MODES[mode] ?? assert.fail(`there is no mode ${mode}`))(nodes)
}

describe('a committee without faults, whose messages all take as long', () => {
  for (const nodes of [4, 7, 13]) {
    const [others, pairs] = [nodes - 1, nodes * (nodes - 1)]

    it(`of ${nodes} is decided two delays after exact’s last run, and waits for no grace period [EXC-3] [EXC-5]`, () => {
      const { delays, byType } = costOf('exact', nodes)
      assert.equal(delays, 2)
      assert.deepEqual(byType, { commit: pairs, reveal: pairs })
    })

    it(`of ${nodes} is decided three delays after pBFT’s leader ran, with Castro and Liskov’s messages [PBFT-10]`, () => {
      const { delays, byType, messages } = costOf('pbft', nodes)
      assert.equal(delays, 3)
      assert.deepEqual(byType, { propose: others, prepare: others * others, attestation: pairs })
      assert.equal(messages, 2 * pairs)
    })

    it(`of ${nodes} is decided four delays after aggregate’s last run: an observation and pBFT [AGG-9]`, () => {
      const { delays, byType } = costOf('aggregate', nodes)
      assert.equal(delays, 4)
      assert.deepEqual(byType, {
        observation: pairs,
        propose: others,
        prepare: others * others,
        attestation: pairs,
      })
    })

    it(`of ${nodes} is decided four delays after Raft’s leader ran, after a trial and an election [RAFT-1] [RAFT-3]`, () => {
      const { delays, byType } = costOf('raft', nodes)
      assert.equal(delays, 4)
      const { askVote, vote, attestation, decision } = byType
      assert.deepEqual([askVote, vote], [2 * others, 2 * others])
      assert.equal(attestation, pairs)
      assert.equal(decision, undefined, 'nobody asked too late')
    })
  }
})
