import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type CampaignResult, campaign, report } from './consensus/campaign.ts'
import { Oracles, Violation } from './consensus/oracles.ts'
import { pbftMode } from './consensus/pbft-mode.ts'
import { PBFT_SEEDS } from './consensus/seeds.ts'
import { type RunOptions, run } from './consensus/world.ts'
import { WRONG_RULES } from './consensus/wrong-rules.ts'

/** The long run, by `DIKAST_SIM_SEEDS`: a tenth of it as many times the seeds of the short one. */
const FACTOR = Math.max(1, Math.floor(Number(process.env.DIKAST_SIM_SEEDS ?? 10) / 10))
/** Seeds after the one that is known to show a wrong rule: a change of the core moves them. */
const SEARCH_SEEDS = 1_000

const simulate = (options: RunOptions) => run(pbftMode, options)

function passed(result: CampaignResult) {
  assert.ok(
    result.type === 'passed',
    result.type === 'failed' ? `seed ${result.seed}: ${result.result.violation}` : '',
  )
  return result.totals
}

describe('pBFT in a simulated committee with f faulty seats, crashes and a bad network', () => {
  for (const { nodes, seeds } of [
    { nodes: 4, seeds: 500 },
    { nodes: 7, seeds: 200 },
    { nodes: 13, seeds: 20 },
    { nodes: 31, seeds: 5 },
  ]) {
    it(`of ${nodes} agrees, validly, with nobody honest convicted, and always decides [PBFT-14]`, () => {
      const totals = passed(campaign({ simulate, from: 1, seeds: seeds * FACTOR, nodes }))
      assert.equal(totals.seeds, seeds * FACTOR)
      assert.ok(totals.crashes > 0, 'nobody crashed: the runs show nothing')
      assert.ok(totals.convictions > 0, 'nobody was convicted: the runs show nothing')
      assert.ok(totals.viewMax > 0, 'no view was changed: the runs show nothing')
    })
  }

  for (const kind of Object.keys(pbftMode.adversaries)) {
    it(`decides whatever a seat of kind ${kind} does, alone or f of them [PBFT-14]`, () => {
      for (let seed = 1; seed <= 20 * FACTOR; seed++) {
        const one = run(pbftMode, { seed, nodes: 4, faulty: [kind] })
        assert.equal(one.violation, undefined, `seed ${seed}, 4 nodes`)
        if (seed > 5 * FACTOR) continue
        const two = run(pbftMode, { seed, nodes: 7, faulty: [kind, kind] })
        assert.equal(two.violation, undefined, `seed ${seed}, 7 nodes`)
      }
    })
  }

  it('still keeps to what once failed [PBFT-14]', () => {
    for (const { nodes, seed, cause } of PBFT_SEEDS)
      assert.equal(
        run(pbftMode, { seed, nodes }).violation,
        undefined,
        `${nodes} nodes, seed ${seed}: ${cause}`,
      )
  })
})

describe('the simulator', () => {
  it('gives the same run for the same seed, event by event, and another for another', () => {
    const traceOf = (seed: number): string => {
      const lines: string[] = []
      run(pbftMode, { seed, nodes: 7, trace: (line) => lines.push(line) })
      return lines.join('\n')
    }
    for (const seed of [3, 4, 5]) assert.equal(traceOf(seed), traceOf(seed))
    assert.notEqual(traceOf(3), traceOf(4))
    assert.ok(traceOf(3).includes('decides on'))
  })

  for (const { rule, oracles, seed, run: runWrongly } of WRONG_RULES) {
    it(`sees ${rule} [PBFT-14]`, () => {
      for (let tried = seed; tried < seed + SEARCH_SEEDS; tried++) {
        const { violation } = runWrongly(tried)
        if (violation !== undefined && oracles.includes(violation.oracle)) return
      }
      assert.fail(`no seed from ${seed} on shows it`)
    })
  }

  it('takes a run that cannot end for a failure: more than f seats that withhold', () => {
    const faulty = ['nuller', 'nuller']
    const { violation } = run(pbftMode, { seed: 1, nodes: 4, faulty, eventsMax: 2_000 })
    assert.equal(violation?.oracle, 'liveness')
  })

  it('has oracles that speak up, each for its own', () => {
    const [a, b] = [`0x${'0a'.repeat(32)}`, `0x${'0b'.repeat(32)}`] as const
    const cases: Readonly<Record<string, (oracles: Oracles) => void>> = {
      'one-vote': (oracles) => [a, a, b].forEach((root) => void oracles.voted(0, 1, root)),
      slashable: (oracles) => [a, b].forEach((root) => void oracles.attested(0, 1, root)),
      'lower-view': (oracles) => [2, 1].forEach((view) => void oracles.attested(0, view, a)),
      agreement: (oracles) => {
        for (const [root, view] of [
          [a, 0],
          [b, 1],
        ] as const) {
          oracles.accepted(root)
          for (const seat of [0, 1]) oracles.attested(seat, view, root)
        }
      },
      validity: (oracles) => [0, 1].forEach((seat) => void oracles.attested(seat, 0, a)),
      forged: (oracles) => oracles.decided(0, 0, a),
    }
    for (const [name, act] of Object.entries(cases)) {
      const oracles = new Oracles(3, new Set([3]))
      assert.throws(
        () => act(oracles),
        (error) => error instanceof Violation && error.oracle === name,
        name,
      )
    }
    const oracles = new Oracles(3, new Set([3]))
    oracles.convicted(0, 3)
    assert.throws(() => oracles.convicted(0, 1), Violation)
  })

  it('ends a campaign at the first seed that goes wrong, with status 1 and the seed', () => {
    const [wrong] = WRONG_RULES.filter(({ rule }) => rule.startsWith('a record'))
    assert.ok(wrong !== undefined)
    const plan = {
      mode: 'pbft',
      simulate: ({ seed }: RunOptions) => wrong.run(seed),
      from: 1,
      seeds: 50,
      nodes: 4,
    }
    const result = campaign(plan)
    assert.ok(result.type === 'failed')
    assert.deepEqual(report(plan, result, false).status, 1)
    assert.match(
      report(plan, result, false).text,
      new RegExp(`failing seed: ${result.seed}\n.*--replay ${result.seed}`),
    )
    const json: unknown = JSON.parse(report(plan, result, true).text)
    assert.equal((json as { seed: number }).seed, result.seed)
    assert.deepEqual(
      report({ ...plan, simulate }, campaign({ ...plan, simulate, seeds: 3 }), false).status,
      0,
    )
  })

  it('is run by `npm run sim`: seeds, a replay, and arguments that are none', () => {
    const cwd = fileURLToPath(new URL('../..', import.meta.url))
    const sim = (...args: string[]): string =>
      execFileSync(process.execPath, ['scripts/sim.ts', ...args], { cwd, encoding: 'utf8', stdio: 'pipe' })
    const totals: unknown = JSON.parse(sim('--mode', 'pbft', '--seeds', '3', '--from', '7', '--json'))
    assert.equal((totals as { seeds: number }).seeds, 3)
    assert.match(
      sim('--replay', '7', '--nodes', '4'),
      /seat \d.* starts[\s\S]*decides on[\s\S]*as it must be\n$/,
    )
    for (const args of [
      ['--mode', 'none'],
      ['--nodes', '3'],
      ['--seeds', 'many'],
    ]) {
      const { status, stderr } = spawnSync(process.execPath, ['scripts/sim.ts', ...args], {
        cwd,
        encoding: 'utf8',
      })
      assert.equal(status, 2)
      assert.match(stderr, /^error: .*\n {2}fix: /)
    }
  })
})
