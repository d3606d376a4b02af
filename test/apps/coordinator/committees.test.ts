/** Keeping standing committees: what is posted, and what is done about a wrong root. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { keepCommittees } from '../../../src/apps/coordinator/committees.ts'
import { postCommittee, refuteWrongRoot } from '../../../src/apps/shared/committees.ts'
import { keyRoot } from '../../../src/crypto/committee-proof.ts'
import { BeaconError } from '../../../src/ports/beacon.ts'
import { silentLog } from '../../../src/ports/log.ts'

const EPOCH = 7
const KEYS = [11n, 22n, 0n, 44n]
const ROOT = keyRoot(KEYS)
const REGISTRY = `0x${'5c'.repeat(20)}`

interface Registry {
  posted?: { epoch: number; keyRoot: bigint }
  latest?: { epoch: number; keyRoot: bigint }
  isRoundPosted?: boolean
  isDrawn?: (size: number) => boolean
}

/** A chain that knows nothing but committees; what is sent is recorded. */
function chainOf(registry: Registry) {
  const sent: string[] = []
  const chain = {
    network: { deployment: { standingCommittees: REGISTRY } },
    reads: {
      latestSealedEpoch: async () => EPOCH,
      randomness: async () => (registry.isRoundPosted === false ? undefined : '0x01'),
    },
    calls: {
      postRound: (round: bigint) => ({ what: `round ${round}` }),
      postCommittee: (_: string, epoch: number, size: number, root: bigint, bond: bigint) => ({
        what: `post ${epoch} ${size} ${root === ROOT ? 'right' : 'wrong'} ${bond}`,
      }),
      checkCommittee: (_: string, epoch: number, size: number) => ({ what: `check ${epoch} ${size}` }),
    },
    standing: {
      roundOf: async () => 99n,
      bond: async () => 5n,
      posted: async () =>
        registry.posted && { ...registry.posted, finalAt: 0n, poster: `0x${'01'.repeat(20)}` },
      latest: async () => registry.latest,
      committeeAt: async (epoch: number, size: number) => {
        if (registry.isDrawn?.(size) === false) throw new Error('NotEnoughNodes')
        return { epoch, members: KEYS.map(() => REGISTRY), keys: KEYS }
      },
    },
  }
  const send = async (_: string, call: object): Promise<void> => {
    sent.push((call as { what: string }).what)
  }
  const beacon = { round: async (round: bigint) => ({ round, signature: '0x02', randomness: '0x03' }) }
  return { posting: { chain, beacon, send, tell: () => {} } as never, chain, beacon, sent }
}

describe('posting a committee’s root [STC-6]', () => {
  it('posts the beacon round that draws it, unless it is there, and the root with the bond', async () => {
    const { posting, sent } = chainOf({ isRoundPosted: false })
    assert.equal((await postCommittee(posting, 4)).state, 'posted')
    assert.deepEqual(sent, ['round 99', 'post 7 4 right 5'])
    const known = chainOf({})
    await postCommittee(known.posting, 4)
    assert.deepEqual(known.sent, ['post 7 4 right 5'])
  })

  it('posts none where the right one is, counting or not, and does where it is an older epoch’s', async () => {
    for (const registry of [
      { posted: { epoch: EPOCH, keyRoot: ROOT } },
      { posted: { epoch: EPOCH, keyRoot: ROOT }, latest: { epoch: EPOCH, keyRoot: ROOT } },
      { latest: { epoch: EPOCH, keyRoot: ROOT } },
    ]) {
      const { posting, sent } = chainOf(registry)
      assert.equal((await postCommittee(posting, 4)).state, 'posted before')
      assert.deepEqual(sent, [])
    }
    const older = chainOf({ posted: { epoch: EPOCH - 1, keyRoot: ROOT } })
    assert.equal((await postCommittee(older.posting, 4)).state, 'posted')
  })

  it('says that the round is not emitted yet', async () => {
    const { posting } = chainOf({ isRoundPosted: false })
    const early = {
      ...(posting as object),
      beacon: { round: () => Promise.reject(new BeaconError('not-emitted', 'soon')) },
    }
    await assert.rejects(postCommittee(early as never, 4), { reason: 'not-emitted' })
  })
})

describe('a wrong root [STC-7]', () => {
  it('is computed on chain while it does not count, whoever posted it', async () => {
    const { posting, sent } = chainOf({ posted: { epoch: EPOCH, keyRoot: ROOT + 1n } })
    assert.equal((await postCommittee(posting, 4)).state, 'checked')
    assert.deepEqual(sent, ['check 7 4'])
    const older = chainOf({ posted: { epoch: EPOCH - 1, keyRoot: 1n } })
    assert.deepEqual(await refuteWrongRoot(older.posting, 4), { epoch: EPOCH - 1, state: 'checked' })
    assert.deepEqual(older.sent, ['check 6 4'])
  })

  it('that counts already is told, and nothing is sent: nothing would change it', async () => {
    const counted = { epoch: EPOCH, keyRoot: ROOT + 1n }
    const { posting, sent } = chainOf({ posted: counted, latest: counted })
    assert.equal((await postCommittee(posting, 4)).state, 'wrong')
    assert.deepEqual(sent, [])
  })
})

describe('a coordinator that keeps committees', () => {
  async function keptBy(
    registry: Registry,
    sizes: readonly number[],
    until: (sent: readonly string[]) => boolean,
  ) {
    const { chain, beacon, sent } = chainOf(registry)
    const sender = {
      address: REGISTRY,
      send: async (call: object) => {
        sent.push((call as { what: string }).what)
        return { type: 'mined' }
      },
      close: async () => {},
    }
    const stop = keepCommittees({ chain, beacon, sender, sizes, log: silentLog } as never)
    while (!until(sent)) await new Promise(setImmediate)
    stop()
    return sent
  }

  it('posts each size by itself: one that cannot be drawn keeps no other waiting', async () => {
    const sent = await keptBy({ isDrawn: (size) => size < 30 }, [30, 15, 4], (all) => all.length >= 2)
    assert.deepEqual(sent.slice(0, 2), ['post 7 15 right 5', 'post 7 4 right 5'])
  })

  it('looks at all sizes though one of its own can never be posted', async () => {
    const registry = { posted: { epoch: EPOCH - 1, keyRoot: 1n }, isDrawn: (size: number) => size < 30 }
    const sent = await keptBy(registry, [30], (all) => all.length >= 26)
    assert.ok(sent.includes('check 6 4') && sent.includes('check 6 29'))
  })

  it('has wrong roots of sizes computed that it does not post itself', async () => {
    const sent = await keptBy({ posted: { epoch: EPOCH, keyRoot: 1n } }, [], (all) => all.length >= 27)
    assert.deepEqual(
      sent.slice(0, 27),
      Array.from({ length: 27 }, (_, i) => `check 7 ${i + 4}`),
    )
  })
})
