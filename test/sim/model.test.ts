import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { pbft, pbftUnder } from '../../src/core/consensus/pbft.ts'
import { PBFT_RULES, type PbftRules } from '../../src/core/consensus/pbft-rules.ts'
import { search } from './consensus/model.ts'

/** States of the larger search, with restarts and delivered decisions; 0 leaves it out. */
const STATES_MAX = Number(process.env.DIKAST_MODEL_STATES ?? 0)
/** More than there are without restarts: 28,443 when the faulty seat leads view 0, 18,613 view 1, 6,135 neither. */
const ALL = 100_000

const searchUnder = (rules: Partial<PbftRules>, faultySeat: number) =>
  search({
    core: pbftUnder({ ...PBFT_RULES, ...rules }),
    faultySeat,
    restarts: false,
    decisions: false,
    statesMax: ALL,
  })

describe('pBFT of four, one of them faulty, in two views', () => {
  for (const { faultySeat, leads, states: expected } of [
    { faultySeat: 0, leads: 'the first view', states: 28_443 },
    { faultySeat: 1, leads: 'the second view', states: 18_613 },
    { faultySeat: 3, leads: 'neither view', states: 6_135 },
  ]) {
    it(`agrees in every state there is when the faulty seat leads ${leads} [PBFT-14]`, () => {
      const { violation, states, isComplete, certified } = searchUnder({}, faultySeat)
      assert.equal(violation, undefined)
      assert.ok(isComplete, `more than ${states} states`)
      assert.equal(states, expected, 'another number of states: look at why, and write the new one down')
      assert.ok(certified.size > 1, 'one root alone was ever certified: the search shows nothing')
    })
  }

  it('agrees with restarts and decisions, as far as the search goes [PBFT-14]', {
    skip: STATES_MAX === 0,
  }, () => {
    for (const faultySeat of [0, 1, 3]) {
      const options = { core: pbft, faultySeat, restarts: true, decisions: true, statesMax: STATES_MAX }
      const { violation, states, isComplete } = search(options)
      assert.equal(violation, undefined, `faulty seat ${faultySeat}`)
      assert.ok(isComplete || states >= STATES_MAX)
    }
  })
})

describe('the search', () => {
  it('finds what an unchecked new-view breaks', () => {
    assert.equal(searchUnder({ isJustified: () => true }, 1).violation?.oracle, 'agreement')
  })

  it('finds what a view-change that hides a report breaks: the highest must be proposed again', () => {
    const { violation } = searchUnder(
      {
        isJustified: (context, { view, justification }) =>
          view === 0 || justification.length === context.quorum,
      },
      1,
    )
    assert.equal(violation?.oracle, 'agreement')
  })

  it('says so when it did not see everything', () => {
    const options = { core: pbft, faultySeat: 3, restarts: false, decisions: false, statesMax: 100 }
    assert.equal(search(options).isComplete, false)
  })
})
