/** The beacon registry, on real rounds of drand's quicknet and on a beacon of the same scheme. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { bls12_381 } from '@noble/curves/bls12-381.js'
import type { Hex } from 'viem'
import { encodeBeaconKey } from '../../src/apps/shared/deploy-config.ts'
import { encodeRound, signRound } from './support/beacon.ts'
import { createWorld, given, PERIOD_SECONDS, revertOf, ZERO_HASH } from './support/world.ts'

const QUICKNET_KEY =
  '0x83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d1064510d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a'
const QUICKNET_GENESIS = 1_692_803_367n
const ROUND_1000 =
  'b44679b9a59af2ec876b1a6b1ad52ea9b1615fc3982b19576350f93447cb1125e342b73a8dd2bacbe47e4b6b63ed5e39'
const ROUND_1001 =
  'b33bf3667cbd5a82de3a24b4e0e9fe5513cc1a0e840368c6e31f5fcfa79bea03f73896b25883abf2853d10337fb8fa41'
const RANDOMNESS_1000 = '0xfe290beca10872ef2fb164d2aa4442de4566183ec51c56ff3cd603d930e54fdd'

describe('given the key of quicknet', () => {
  const built = given(async () => ({
    world: await createWorld({
      beacon: { publicKey: QUICKNET_KEY, genesis: QUICKNET_GENESIS, periodSeconds: 3n },
    }),
  }))

  it('[BEA-1] verifies real rounds and keeps their randomness', async () => {
    const { beacon } = built().world
    for (const [round, compressed] of [
      [1000n, ROUND_1000],
      [1001n, ROUND_1001],
    ] as const) {
      const { signature, randomness } = encodeRound(compressed)
      await beacon.write.postRound([round, signature])
      assert.equal(await beacon.read.randomness([round]), randomness)
    }
    assert.equal(await beacon.read.randomness([1000n]), RANDOMNESS_1000)
    assert.equal(await beacon.read.latestRound(), 1001n)
  })

  it("[BEA-2] refuses another round's signature", async () => {
    const { beacon } = built().world
    const { signature } = encodeRound(ROUND_1000)
    assert.equal(await revertOf(beacon.write.postRound([1001n, signature])), 'InvalidSignature')
    assert.equal(await beacon.read.randomness([1001n]), ZERO_HASH)
  })

  it('[BEA-5] tells the times of its rounds', async () => {
    const { beacon } = built().world
    assert.equal(await beacon.read.timeOfRound([1n]), QUICKNET_GENESIS)
    assert.equal(await beacon.read.timeOfRound([1000n]), QUICKNET_GENESIS + 999n * 3n)
  })
})

describe('given a beacon', () => {
  const built = given(async () => {
    const world = await createWorld()
    return { world, genesis: await world.beacon.read.timeOfRound([1n]) }
  })

  it('[BEA-2] refuses what is not the signature: a flipped bit, its negation, infinity, another length', async () => {
    const { beacon } = built().world
    const { signature } = signRound(7n)
    const point = bls12_381.G1.Point.fromAffine({
      x: BigInt(`0x${signature.slice(2, 130)}`),
      y: BigInt(`0x${signature.slice(130)}`),
    })
    const { x, y } = point.negate().toAffine()
    const negated = `0x${[x, y].map((value) => value.toString(16).padStart(128, '0')).join('')}` as const
    const flipped = `${signature.slice(0, -1)}${signature.endsWith('0') ? '1' : '0'}` as Hex
    const cases: readonly (readonly [Hex, string])[] = [
      [flipped, 'InvalidSignature'],
      [negated, 'InvalidSignature'],
      [`0x${'00'.repeat(128)}`, 'InvalidSignature'],
      [`${signature}00`, 'InvalidSignatureLength'],
      [signature.slice(0, -2) as Hex, 'InvalidSignatureLength'],
      ['0x', 'InvalidSignatureLength'],
    ]
    for (const [bytes, error] of cases)
      assert.equal(await revertOf(beacon.write.postRound([7n, bytes])), error)
  })

  it('[BEA-2] refuses a second encoding of the same point, which would give another randomness', async () => {
    const { beacon } = built().world
    const { signature } = signRound(7n)
    const p = bls12_381.fields.Fp.ORDER
    const x = BigInt(`0x${signature.slice(2, 130)}`)
    const shifted = `0x${(x + p).toString(16).padStart(128, '0')}${signature.slice(130)}` as const
    const padded = `0x01${signature.slice(4)}` as const
    for (const bytes of [shifted, padded]) {
      assert.equal(await revertOf(beacon.write.postRound([7n, bytes])), 'InvalidSignature')
    }
  })

  it('[BEA-2] refuses a point of the curve outside the subgroup', async () => {
    const { beacon } = built().world
    // (0, 2) satisfies y^2 = x^3 + 4 and has order 3.
    const outside = `0x${'0'.padStart(128, '0')}${'2'.padStart(128, '0')}` as const
    assert.equal(await revertOf(beacon.write.postRound([7n, outside])), 'InvalidSignature')
  })

  it('[BEA-2] refuses round 0', async () => {
    const { beacon } = built().world
    assert.equal(await revertOf(beacon.write.postRound([0n, signRound(1n).signature])), 'InvalidRound')
    assert.equal(await revertOf(beacon.read.timeOfRound([0n])), 'InvalidRound')
  })

  it('[BEA-3] leaves a posted round as it is, whatever is posted again', async () => {
    const { world } = built()
    const { signature, randomness } = signRound(7n)
    await world.beacon.write.postRound([7n, signature])
    for (const again of [signature, '0x'] as const) {
      const receipt = await world.receiptOf(world.beacon.write.postRound([7n, again]))
      assert.equal(receipt.logs.length, 0)
    }
    assert.equal(await world.beacon.read.randomness([7n]), randomness)
  })

  it('[BEA-4] keeps the newest round when an older one is posted after it', async () => {
    const { world } = built()
    await world.postRound(9n)
    await world.postRound(4n)
    assert.equal(await world.beacon.read.latestRound(), 9n)
  })

  it('[BEA-5] names the first round emitted strictly after a time', async () => {
    const { world, genesis } = built()
    const { beacon } = world
    const after = (time: bigint) => beacon.read.roundAfter([time])
    assert.equal(await after(0n), 1n)
    assert.equal(await after(genesis - 1n), 1n)
    assert.equal(await after(genesis), 2n)
    assert.equal(await after(genesis + PERIOD_SECONDS - 1n), 2n)
    assert.equal(await after(genesis + PERIOD_SECONDS), 3n)
    for (const time of [genesis + 1n, genesis + 100n, genesis + 12_345n]) {
      const round = await after(time)
      assert((await beacon.read.timeOfRound([round])) > time)
      assert((await beacon.read.timeOfRound([round - 1n])) <= time)
    }
  })

  it('[BEA-1] is not built with a key that is no key', async () => {
    const { world, genesis } = built()
    const key = encodeBeaconKey(QUICKNET_KEY)
    const deploy = (bytes: Hex) =>
      world.viem.deployContract('BeaconRegistry', [bytes, genesis, PERIOD_SECONDS])
    const wrong = `${key.slice(0, -1)}${key.endsWith('0') ? '1' : '0'}` as const
    for (const bytes of [wrong, `0x${'00'.repeat(256)}`, key.slice(0, -2), '0x'] as Hex[]) {
      await assert.rejects(deploy(bytes), /InvalidConfig/)
    }
    await deploy(key)
  })
})
