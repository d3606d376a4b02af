/** What the command line tells of a committee's agreement, of a real snapshot. */
import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import type { Hex } from 'viem'
import { EXIT } from '../../../src/apps/cli/exit.ts'
import { createWorld, given } from '../../contracts/support/world.ts'
import { failureIn, jsonOf } from './support/run.ts'
import { served } from './support/served.ts'

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
})
