/** What the command line tells of a committee's agreement, of a real snapshot. */
import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import type { Hex } from 'viem'
import { EXIT } from '../../../src/apps/cli/exit.ts'
import { createWorld, given } from '../../contracts/support/world.ts'
import { failureIn, jsonOf } from './support/run.ts'
import { served } from './support/served.ts'

/** An account is one process's at a time: no other file of tests uses this one. */
const REQUESTER = 13

const NODES = 30

const built = given(async () => {
  const world = await createWorld()
  await world.sealNodes(NODES)
  return { world, cli: await served(world) }
})
after(() => built().cli.close())

interface Told {
  readonly quorum: number
  readonly faults: number
  readonly needed: { readonly forge: number; readonly bias: number; readonly block: number }
  readonly trust: string
  readonly liar?: string
  readonly nodes: number
  readonly shares: readonly {
    readonly share: number
    readonly draw: { readonly forge: number; readonly bias: number; readonly block: number }
    readonly requests: { readonly forge: number }
    readonly drawn?: { readonly forge: number; readonly bias: number; readonly share: number }
  }[]
}

async function explain(functionId: Hex, ...more: readonly string[]): Promise<Told> {
  const ended = await built().cli.dikast(['consensus', 'explain', functionId, ...more, '--json'])
  assert.equal(ended.code, EXIT.ok, ended.out)
  return jsonOf(ended) as Told
}

describe('dikast consensus explain', () => {
  it('says what colluders need, and how likely they have it once and in a thousand requests [CHN-1] [CHN-2] [CHN-3]', async () => {
    const { world } = built()
    const told = await explain(await world.deployFunction({ committeeSize: 7 }))
    assert.deepEqual([told.quorum, told.faults, told.needed], [5, 2, { forge: 5, bias: 5, block: 3 }])
    assert.match(told.trust, /at most 2 of the 7 drawn are faulty/)
    const fifth = told.shares.find(({ share }) => share === 0.2) ?? assert.fail()
    assert(Math.abs(fifth.draw.forge - 0.0047) < 0.0001)
    assert(Math.abs(fifth.requests.forge - 0.99) < 0.01)
    // Six of thirty equal nodes: fewer seats come to them than if they were many.
    assert(fifth.drawn !== undefined && fifth.drawn.share === 0.2)
    assert(fifth.drawn.forge < fifth.draw.forge)
    assert.equal(told.nodes, NODES)
  })

  it('is of a larger committee when it is asked so, and says when there are too few nodes', async () => {
    const { world, cli } = built()
    const functionId = await world.deployFunction({ committeeSize: 7 })
    const larger = await explain(functionId, '--committee', '21')
    assert.equal(larger.quorum, 14)
    const told = await explain(functionId, '--committee', '31')
    assert.equal(told.shares[0]?.drawn, undefined)
    assert.match((await cli.dikast(['consensus', 'explain', functionId, '--committee', '31'])).out, /too few/)
    const smaller = await cli.dikast(['consensus', 'explain', functionId, '--committee', '5', '--json'])
    assert.equal(smaller.code, EXIT.usage)
    assert.match(failureIn(smaller).message, /--committee/)
    const agreeing = await world.deployFunction({ consensus: 1, committeeSize: 7 })
    assert.equal((await explain(agreeing, '--committee', '64')).quorum, 43)
    const above = await cli.dikast(['consensus', 'explain', agreeing, '--committee', '65', '--json'])
    assert.equal(above.code, EXIT.usage)
    assert.match(failureIn(above).message, /--committee: .* from 7 to 64/)
    assert.equal((await explain(functionId, '--committee', '65')).quorum, 44)
  })

  it('is for people too', async () => {
    const { world, cli } = built()
    const { out } = await cli.dikast([
      'consensus',
      'explain',
      await world.deployFunction({ committeeSize: 7 }),
    ])
    assert.match(out, /consensus {3}exact, 7 nodes: 5 must sign the same report/)
    assert.match(out, /20 % {2}one draw +0\.467 % +0\.467 %/)
    assert.match(out, /2000 draws of {3}30/)
  })

  it('says how far one liar moves an aggregate, by its kind and bounds [AGG-6]', async () => {
    const { world, cli } = built()
    const deployed = (agreement: string) =>
      world.deployFunction({ consensus: 2, agreement, committeeSize: 7 })
    const cases: readonly [string, RegExp][] = [
      ['kind=median;type=uint256', /cannot move a median/],
      ['kind=mean;type=uint256', /moves a mean as far as its bounds allow/],
      ['deviation=100;kind=mean;type=uint256', /moves a mean as far as its deviation/],
      ['kind=trimmed-mean;type=uint256', /cannot move a trimmed-mean/],
      ['kind=custom', /the function’s own aggregate/],
    ]
    for (const [agreement, liar] of cases)
      assert.match((await explain(await deployed(agreement))).liar ?? '', liar)
    assert.equal((await explain(await world.deployFunction({ committeeSize: 7 }))).liar, undefined)
    const { out } = await cli.dikast(['consensus', 'explain', await deployed('kind=max;type=int8')])
    assert.match(out, /^one liar {4}moves a max as far as its bounds allow/m)
  })
})

describe('dikast function show', () => {
  const cases: readonly [number, string, RegExp, RegExp][] = [
    [0, '', /^agreement {3}every member runs it/m, /at most 2 of the 7 .* fail$/m],
    [
      1,
      'check=validate',
      /^agreement {3}one member proposes .* validate tells/m,
      /at most 2 of the 7 .*; and that what the function’s validate accepts is good enough: who leads chooses among it$/m,
    ],
    [
      1,
      '',
      /^agreement {3}one member proposes .* own runs gave the same/m,
      /at most 2 of the 7 .*; and that what a repeated run accepts is good enough: who leads chooses among it$/m,
    ],
    [
      2,
      'decimals=8;deviation=250;kind=median;max=9;type=uint64[2]',
      /the median of uint64\[2\] values, 0 to 9, none further from the median than 2\.5 %, 8 decimals$/m,
      /at most 2 of the 7 .*; and the function’s rule$/m,
    ],
    [
      2,
      'kind=custom',
      /what the function’s aggregate makes of that$/m,
      /at most 2 of the 7 .*; and the function’s rule$/m,
    ],
    [
      3,
      'timeout=900',
      /one member leads, .* after 900 ms of silence$/m,
      /^trusted {5}every member: .*One faulty leader decides/m,
    ],
    [1, 'check=maybe', /cannot be read: no node takes part/, /at most 2 of the 7 .* fail$/m],
  ]
  for (const [consensus, agreement, how, trust] of cases)
    it(`says in words how its nodes agree and whom that trusts: mode ${consensus}, «${agreement}» [AGR-1] [AGR-2]`, async () => {
      const { world, cli } = built()
      const functionId = await world.deployFunction({ consensus, agreement, committeeSize: 7 })
      const { code, out } = await cli.dikast(['function', 'show', functionId])
      assert.equal(code, EXIT.ok, out)
      assert.match(out, how)
      assert.match(out, trust)
    })
})

describe('dikast request', () => {
  it('refuses a committee so large that no node takes part in it [AGR-2]', async () => {
    const { world, cli } = built()
    const exact = await world.deployFunction({ committeeSize: 7 })
    const agreeing = await world.deployFunction({ consensus: 1, committeeSize: 7 })
    const ask = (functionId: Hex, committee: string) =>
      cli.dikast(['request', functionId, '--committee', committee, '--json'], REQUESTER)
    const above = await ask(agreeing, '65')
    assert.equal(above.code, EXIT.usage, above.out)
    assert.match(failureIn(above).message, /--committee: .* from 4 to 64/)
    // What may be asked for is refused by the market alone: it has thirty nodes.
    for (const [functionId, committee] of [
      [agreeing, '64'],
      [exact, '65'],
    ] as const) {
      const refused = await ask(functionId, committee)
      assert.equal(refused.code, EXIT.no, refused.out)
      assert.match(failureIn(refused).message, /NotEnoughNodes/)
    }
    const ended = await ask(agreeing, '8')
    assert.equal(ended.code, EXIT.ok, ended.out)
  })
})

describe('dikast status', () => {
  it('names the mode of a request, and the view or term its certificate was signed in [AUD-1]', async () => {
    const { world, cli } = built()
    for (const [consensus, view, place] of [
      [1, 3, 'attempt 0, view 3'],
      [3, 2, 'attempt 0, term 2'],
      [0, 0, 'attempt 0'],
    ] as const) {
      const functionId = await world.deployFunction({ consensus, committeeSize: 7 })
      const { requestId, request } = await world.request(functionId)
      await world.openWindow(request)
      await world.fulfill(request, await world.certify(requestId, request, { view }))
      const { out } = await cli.dikast(['status', requestId])
      const mode = ['exact', 'pbft', 'aggregate', 'raft'][consensus]
      assert.match(out, new RegExp(`^committee {3}7 nodes of epoch \\d+, ${mode}$`, 'm'))
      assert.match(out, new RegExp(`^fulfilled {3}in ${place}, exit`, 'm'))
      const told = jsonOf(await cli.dikast(['status', requestId, '--json'])) as Record<string, unknown>
      assert.deepEqual([told.consensus, told.view], [mode, view])
    }
  })
})
