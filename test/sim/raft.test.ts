import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { raftUnder } from '../../src/core/consensus/raft.ts'
import { RAFT_RULES, type RaftRules } from '../../src/core/consensus/raft-state.ts'
import { campaign } from './consensus/campaign.ts'
import { raftMode, raftModeOf } from './consensus/raft-mode.ts'
import { type RunOptions, run } from './consensus/world.ts'

/** The long run, by `DIKAST_SIM_SEEDS`: a tenth of it as many times the seeds of the short one. */
const FACTOR = Math.max(1, Math.floor(Number(process.env.DIKAST_SIM_SEEDS ?? 10) / 10))
/** Looked through for one that shows a wrong rule. */
const SEARCH_SEEDS = 1_000

const simulate = (options: RunOptions) => run(raftMode, options)

describe('Raft in a simulated committee whose seats crash, on a bad network', () => {
  for (const { nodes, seeds } of [
    { nodes: 4, seeds: 500 },
    { nodes: 7, seeds: 200 },
    { nodes: 13, seeds: 20 },
  ]) {
    it(`of ${nodes} agrees on one report, and always decides while a majority lives [RAFT-1] [RAFT-2] [RAFT-3]`, () => {
      const result = campaign({ simulate, from: 1, seeds: seeds * FACTOR, nodes })
      assert.ok(result.type === 'passed', result.type === 'failed' ? `seed ${result.seed}` : '')
      assert.ok(result.totals.crashes > 0 && result.totals.viewMax > 1, 'the runs show nothing')
    })
  }

  for (const kind of Object.keys(raftMode.adversaries)) {
    it(`decides whatever seats of kind ${kind} do, fewer than half of them [RAFT-1]`, () => {
      for (let seed = 1; seed <= 20 * FACTOR; seed++) {
        const result = run(raftMode, { seed, nodes: 5, faulty: [kind, kind] })
        assert.equal(result.violation, undefined, `seed ${seed}`)
      }
    })
  }

  it('still decides what once failed: who holds the only entry had missed a term, and its trials were refused [RAFT-1]', () => {
    for (const { nodes, seed } of [
      { nodes: 4, seed: 3_550 },
      { nodes: 7, seed: 1_117 },
    ])
      assert.equal(run(raftMode, { seed, nodes }).violation, undefined, `${nodes} nodes, seed ${seed}`)
  })

  it('is the same when it is run again', () => {
    const once = run(raftMode, { seed: 7, nodes: 5 })
    assert.deepEqual(run(raftMode, { seed: 7, nodes: 5 }), once)
  })
})

/** The first seed that shows a rule is wrong. */
function violationUnder(rules: Partial<RaftRules>): string | undefined {
  const mode = raftModeOf(raftUnder({ ...RAFT_RULES, ...rules }))
  for (let seed = 1; seed <= SEARCH_SEEDS; seed++) {
    const { violation } = run(mode, { seed, nodes: 5 })
    if (violation !== undefined) return violation.oracle
  }
  return undefined
}

describe('Raft with a rule put wrong', () => {
  it('that anybody may lead, whatever it lacks, is caught [RAFT-1]', () => {
    // Two reports are certified, or one member attests both in one term.
    assert.match(violationUnder({ isRecent: () => true }) ?? '', /^(?:agreement|slashable)$/)
  })

  it('that a member votes as often as it is asked is caught [RAFT-1]', () => {
    assert.ok(violationUnder({ mayVote: () => true }) !== undefined)
  })

  it('that a member forgets what it wrote is caught [RAFT-4]', () => {
    const found = Array.from({ length: SEARCH_SEEDS }, (_, seed) =>
      run(raftMode, { seed, nodes: 5, wrong: { forgets: true } }),
    ).find(({ violation }) => violation !== undefined && violation.oracle !== 'liveness')
    assert.ok(found !== undefined)
  })
})
