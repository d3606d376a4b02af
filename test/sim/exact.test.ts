import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { campaign } from './consensus/campaign.ts'
import { exactMode } from './consensus/exact-mode.ts'
import { type RunOptions, run } from './consensus/world.ts'

/** The long run, by `DIKAST_SIM_SEEDS`: a tenth of it as many times the seeds of the short one. */
const FACTOR = Math.max(1, Math.floor(Number(process.env.DIKAST_SIM_SEEDS ?? 10) / 10))

const simulate = (options: RunOptions) => run(exactMode, options)

describe('exact with its commit phase in a simulated committee with f faulty seats, crashes and a bad network', () => {
  for (const { nodes, seeds } of [
    { nodes: 4, seeds: 500 },
    { nodes: 7, seeds: 200 },
    { nodes: 13, seeds: 20 },
  ]) {
    it(`of ${nodes} agrees, with nobody honest convicted, and always decides [EXC-2] [EXC-3] [EXC-4]`, () => {
      const result = campaign({ simulate, from: 1, seeds: seeds * FACTOR, nodes })
      assert.ok(
        result.type === 'passed',
        result.type === 'failed' ? `seed ${result.seed}: ${result.result.violation}` : '',
      )
      assert.ok(result.totals.crashes > 0, 'the runs show nothing')
    })
  }

  it('is seen to certify what nobody honest ran, when a quorum is too small', () => {
    const found = Array.from({ length: 100 }, (_, seed) =>
      run(exactMode, { seed, nodes: 4, wrong: { quorum: 1 }, faulty: ['liar'] }),
    ).find(({ violation }) => violation?.oracle === 'validity' || violation?.oracle === 'agreement')
    assert.ok(found !== undefined)
  })
})
