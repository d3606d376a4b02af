import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { silentLog } from '../../src/ports/log.ts'
import type { EpochClock } from '../../src/ports/market.ts'
import type { Address, RequestId } from '../../src/protocol/types.ts'
import { BoundedMap } from '../../src/runtime/bounded-map.ts'
import { ChainTime } from '../../src/runtime/chain-time.ts'
import type { KnownNode } from '../../src/runtime/nodes.ts'
import { RequestOpener } from '../../src/runtime/opener.ts'
import { Sealing } from '../../src/runtime/sealing.ts'
import { handClock, NODES, recordingLog, settled } from './support.ts'

describe('the chain’s time', () => {
  /** Blocks of `everyMs`, arriving `delayMs` after they were made on a clock that lags. */
  function told(blocks: number, everyMs: number, delayMs: (i: number) => number, lagMs = 0): ChainTime {
    const time = new ChainTime()
    for (let i = 0; i < blocks; i++) {
      const madeMs = 10_000_000 + i * everyMs
      time.block(BigInt((madeMs - lagMs) / 1000), madeMs + delayMs(i))
    }
    return time
  }

  it('is this machine’s until blocks have come steadily for a while [RUN-24]', () => {
    assert.equal(new ChainTime().lagMs, 0)
    assert.equal(told(1, 12_000, () => 500, 90_000).lagMs, 0)
    assert.equal(told(2, 1_000, () => 500, 90_000).lagMs, 0)
  })

  it('is found by the block that arrived soonest, whether the chain lags or runs ahead [RUN-24]', () => {
    const uneven = (i: number): number => 300 + 700 * (i % 4)
    assert.equal(told(20, 12_000, uneven, 90_000).lagMs, 90_300)
    assert.equal(told(20, 1_000, uneven, 90_000).lagMs, 90_300)
    assert.equal(told(20, 12_000, uneven, -30_000).lagMs, -29_700)
    assert.equal(told(20, 12_000, uneven).lagMs, 300)
  })

  it('is not taken from old blocks read in a row [RUN-24]', () => {
    const time = new ChainTime()
    // An hour of blocks, ten a second.
    for (let i = 0; i < 300; i++) time.block(BigInt(10_000 + 12 * i), 13_600_000 + 100 * i)
    assert.equal(time.lagMs, 0)
    // At the head they come as they are made.
    for (let i = 0; i < 5; i++) time.block(BigInt(13_631 + 12 * i), 13_632_000 + 12_000 * i)
    assert.equal(time.lagMs, 1_000)
  })

  it('follows a chain’s clock that is set forward at once [RUN-24]', () => {
    const time = told(20, 1_000, () => 500, 90_000)
    time.block(BigInt(10_020 - 30), 10_020_500)
    assert.equal(time.lagMs, 30_500)
  })

  it('is not thrown off by a pause of the chain’s node [RUN-24]', () => {
    const time = new ChainTime()
    for (let i = 0; i < 10; i++) time.block(BigInt(10_000 + 12 * i), 10_001_000 + 12_000 * i)
    // A minute of silence, then what was missed.
    for (let i = 10; i < 15; i++) time.block(BigInt(10_000 + 12 * i), 10_180_000 + 50 * i)
    assert.equal(time.lagMs, 1_000)
  })
})

describe('sealing', () => {
  const EPOCHS: EpochClock = { genesis: 1_000n, epochSeconds: 100n }
  const known = (attestor: Address, bonded = true): KnownNode => {
    return { attestor, operator: attestor, peer: 'peer', blockNumber: 1n, bonded }
  }
  const members = NODES.map(({ attestor }) => known(attestor))

  async function sealingOf(options: {
    readonly standIn?: Address
    readonly nodes?: readonly KnownNode[]
    readonly epochClock?: () => Promise<EpochClock>
  }) {
    const asked: { epoch: number; atMs: number }[] = []
    let nowMs = 0
    const sealing = new Sealing({
      reads: { epochClock: options.epochClock ?? (async () => EPOCHS) },
      log: silentLog,
      repeatMs: 1_000,
      standIn:
        options.standIn === undefined
          ? undefined
          : { attestor: options.standIn, standInMs: 2_000, standInStepMs: 3_000 },
      nodes: () => options.nodes ?? members,
      seal: (epoch) => asked.push({ epoch, atMs: nowMs }),
    })
    const run = async (fromMs: number, toMs: number): Promise<void> => {
      for (nowMs = fromMs; nowMs < toMs; nowMs += 500) {
        sealing.tick(nowMs)
        await settled(1)
      }
    }
    // The first tick reads the epochs.
    await run(0, 1_000)
    return { sealing, asked, run }
  }

  it('is asked for as soon as an epoch began, and again with doubling delays until it is sealed [RUN-70]', async () => {
    const { sealing, asked, run } = await sealingOf({})
    await run(1_000_000, 1_016_000)
    assert.deepEqual(
      asked.map(({ epoch, atMs }) => [epoch, atMs - 1_000_000]),
      [
        [0, 0],
        [0, 1_000],
        [0, 3_000],
        [0, 7_000],
        [0, 15_000],
      ],
    )
    sealing.sealed(0)
    await run(1_016_000, 1_100_000)
    assert.equal(asked.length, 5)
    await run(1_100_000, 1_100_500)
    assert.equal(asked.at(-1)?.epoch, 1)
  })

  it('begins again when what was sealed may have been undone [RUN-70]', async () => {
    const { sealing, asked, run } = await sealingOf({})
    sealing.sealed(0)
    await run(1_000_000, 1_005_000)
    assert.deepEqual(asked, [])
    sealing.reset()
    await run(1_005_000, 1_005_500)
    assert.equal(asked.length, 1)
  })

  it('is nobody’s before the first epoch, or while nobody has stake [RUN-70]', async () => {
    const unbonded = await sealingOf({ nodes: members.map((node) => ({ ...node, bonded: false })) })
    await unbonded.run(1_000_000, 1_050_000)
    const early = await sealingOf({})
    await early.run(900_000, 999_999)
    assert.deepEqual([unbonded.asked, early.asked], [[], []])
  })

  it('is taken over by members in turn, another one first in every epoch [RUN-71]', async () => {
    const firstAt = async (
      attestor: Address,
      sealed: number,
      beginsMs: number,
    ): Promise<number | undefined> => {
      const { sealing, asked, run } = await sealingOf({ standIn: attestor })
      sealing.sealed(sealed)
      await run(beginsMs, beginsMs + 60_000)
      return asked[0] === undefined ? undefined : asked[0].atMs - beginsMs
    }
    const delays = async (sealed: number, beginsMs: number): Promise<(number | undefined)[]> =>
      Promise.all(members.map(({ attestor }) => firstAt(attestor, sealed, beginsMs)))
    const first = await delays(0, 1_100_000)
    assert.deepEqual([...first].sort(), [10_000, 13_000, 16_000, 19_000, 22_000])
    const second = await delays(1, 1_200_000)
    assert.deepEqual([...second].sort(), [10_000, 13_000, 16_000, 19_000, 22_000])
    assert.notEqual(first.indexOf(10_000), second.indexOf(10_000))
  })

  it('is taken over in epochs shorter than the patience too [RUN-71]', async () => {
    const short = { genesis: 1_000n, epochSeconds: 4n }
    const { sealing, asked, run } = await sealingOf({
      standIn: members[0]?.attestor as Address,
      epochClock: async () => short,
    })
    sealing.sealed(0)
    await run(1_004_000, 1_060_000)
    assert.ok(asked.length > 0)
  })

  it('is not a stranger’s, nor one’s without stake [RUN-71]', async () => {
    const stranger = await sealingOf({ standIn: `0x${'99'.repeat(20)}` })
    const self = members[0]?.attestor as Address
    const unbonded = await sealingOf({ standIn: self, nodes: [known(self, false), ...members.slice(1)] })
    for (const { run } of [stranger, unbonded]) await run(1_000_000, 1_090_000)
    assert.deepEqual([stranger.asked, unbonded.asked], [[], []])
  })

  it('waits for the epochs to be readable, asking now and then [RUN-70]', async () => {
    let reads = 0
    const { asked, run } = await sealingOf({
      epochClock: async () => {
        if (++reads < 3) throw new Error('away')
        return EPOCHS
      },
    })
    await run(1_000_000, 1_003_000)
    assert.deepEqual([asked.length > 0, reads], [true, 3])
  })
})

describe('opening requests', () => {
  const id = (i: number): RequestId => `0x${String(i).padStart(64, '0')}`

  it('has eight under way at most, and goes on as they end [RUN-25]', async () => {
    const ends: (() => void)[] = []
    const clock = handClock(0)
    const opener = new RequestOpener({
      open: () => new Promise((resolve) => ends.push(resolve)),
      clock,
      log: silentLog,
    })
    for (let i = 0; i < 20; i++) opener.add(id(i))
    assert.equal(ends.length, 8)
    for (const end of ends.splice(0, 3)) end()
    await settled(1)
    assert.equal(ends.length, 8)
  })

  it('is tried again with doubling delays, each logged with its reason, until it is called off [RUN-25]', async () => {
    const clock = handClock(0)
    const log = recordingLog()
    const tries: number[] = []
    const open = async (): Promise<void> => {
      tries.push(clock.nowMs())
      throw new Error('away')
    }
    const opener = new RequestOpener({ open, clock, log })
    opener.add(id(1))
    for (let i = 0; i < 100; i++) {
      await settled(1)
      clock.advance(100)
      opener.work()
    }
    assert.deepEqual(tries, [0, 500, 1_500, 3_500, 7_500])
    assert.ok(log.lines.every(({ fields }) => String(fields.reason) === 'Error: away'))
    opener.cancel(id(1))
    clock.advance(1_000_000)
    opener.work()
    await settled(1)
    assert.equal(tries.length, 5)
  })
})

describe('a bounded map', () => {
  it('forgets what was set longest ago [RUN-15]', () => {
    const map = new BoundedMap<number, string>(3)
    for (const key of [1, 2, 3, 1, 4]) map.set(key, String(key))
    assert.deepEqual([map.size, [1, 2, 3, 4].map((key) => map.get(key))], [3, ['1', undefined, '3', '4']])
    map.delete(3)
    assert.equal(map.size, 2)
  })
})
