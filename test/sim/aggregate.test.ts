import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { AggregateRules } from '../../src/core/consensus/aggregate/examine.ts'
import { AGGREGATE_ADVERSARIES, runAggregate } from './consensus/aggregate-mode.ts'
import { campaign } from './consensus/campaign.ts'
import { Oracles, Violation } from './consensus/oracles.ts'
import type { RunOptions } from './consensus/world.ts'

/** The long run, by `DIKAST_SIM_SEEDS`: a tenth of it as many times the seeds of the short one. */
const FACTOR = Math.max(1, Math.floor(Number(process.env.DIKAST_SIM_SEEDS ?? 10) / 10))
/** Looked through for one that shows a wrong rule. */
const SEARCH_SEEDS = 500

const simulate = (options: RunOptions) => runAggregate(options)

describe('aggregate in a simulated committee with f faulty seats, crashes and a bad network', () => {
  for (const { nodes, seeds } of [
    { nodes: 4, seeds: 500 },
    { nodes: 7, seeds: 200 },
    { nodes: 13, seeds: 20 },
  ]) {
    it(`of ${nodes} agrees on one report of true observations, between honest ones, and always decides [AGG-8] [AGG-12]`, () => {
      const result = campaign({ simulate, from: 1, seeds: seeds * FACTOR, nodes })
      assert.ok(
        result.type === 'passed',
        result.type === 'failed' ? `seed ${result.seed}: ${result.result.violation}` : '',
      )
      const { crashes, contradictions, viewMax } = result.totals
      assert.ok(crashes > 0, 'nobody crashed: the runs show nothing')
      assert.ok(contradictions > 0, 'nobody signed two observations: the runs show nothing')
      assert.ok(viewMax > 0, 'no view was changed: the runs show nothing')
    })
  }

  for (const kind of AGGREGATE_ADVERSARIES) {
    it(`decides whatever a seat of kind ${kind} does, alone or f of them [AGG-12]`, () => {
      for (let seed = 1; seed <= 20 * FACTOR; seed++) {
        const one = runAggregate({ seed, nodes: 4, faulty: [kind] })
        assert.equal(one.violation, undefined, `seed ${seed}, 4 nodes`)
        if (seed > 5 * FACTOR) continue
        const two = runAggregate({ seed, nodes: 7, faulty: [kind, kind] })
        assert.equal(two.violation, undefined, `seed ${seed}, 7 nodes`)
      }
    })
  }

  it('is the same when it is run again', () => {
    const once = runAggregate({ seed: 7, nodes: 7 })
    assert.deepEqual(runAggregate({ seed: 7, nodes: 7 }), once)
  })
})

/** Whether some seed shows this oracle that a rule is wrong. */
function isSeenBy(oracle: string, rules: Partial<AggregateRules>, wrong: RunOptions['wrong'] = {}): boolean {
  for (let seed = 1; seed <= SEARCH_SEEDS; seed++)
    if (runAggregate({ seed, nodes: 4, wrong }, rules).violation?.oracle === oracle) return true
  return false
}

describe('aggregate with a rule put wrong', () => {
  it('that evidence needs no signatures is caught: observations that nobody made are certified [AGG-10]', () => {
    assert.ok(isSeenBy('validity', { isSigned: () => true }))
  })

  it('that a proposal is not made again is caught: what true observations do not make is certified [AGG-10]', () => {
    assert.ok(isSeenBy('validity', { isReport: () => true }))
  })

  it('that a member signs a second observation after a restart is caught [AGG-8]', () => {
    assert.ok(isSeenBy('one-observation', { remembered: () => undefined }))
  })

  it('that a member forgets what it wrote is caught [AGG-8]', () => {
    assert.ok(isSeenBy('one-observation', {}, { forgets: true }))
  })

  it('that two of four are a quorum is caught: a value beyond what honest members saw is certified [AGG-12]', () => {
    assert.ok(isSeenBy('beyond', {}, { quorum: 2 }))
  })

  it('is seen when an honest seat is said to have signed two observations', () => {
    const oracles = new Oracles(3, new Set([3]))
    oracles.contradicted(0, 3)
    assert.throws(() => oracles.contradicted(0, 1), Violation)
  })
})
