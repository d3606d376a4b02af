import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type LocalBeacon, localBeaconSecret, startLocalBeacon } from '../../src/apps/devnet/beacon.ts'
import { randomnessOf, verifyRound } from '../../src/crypto/drand.ts'

describe('a local beacon', () => {
  let beacon: LocalBeacon
  let nowMs = 1_000_000_000
  before(async () => {
    const clock = { nowMs: () => nowMs }
    beacon = await startLocalBeacon({
      secret: localBeaconSecret('test'),
      genesisTime: 1_000_000,
      periodSeconds: 3,
      clock,
    })
  })
  after(() => beacon.close())
  const get = async (path: string, method = 'GET') => {
    const response = await fetch(`${beacon.url}${path}`, { method })
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }

  it("answers drand's paths, under the chain's hash and without it", async () => {
    const chain = beacon.chainHash.slice(2)
    assert.deepEqual((await get('/chains')).body, [chain])
    for (const prefix of ['', `/${chain}`]) {
      const { body } = await get(`${prefix}/info`)
      assert.equal(body.hash, chain)
      assert.equal(body.public_key, beacon.info.publicKey.slice(2))
      const round = (await get(`${prefix}/public/1`)).body
      assert.equal(round.round, 1)
      assert.equal(verifyRound(beacon.info.publicKey, 1n, `0x${round.signature}`), true)
      assert.equal(`0x${round.randomness}`, randomnessOf(`0x${round.signature}`))
    }
  })

  it('emits a round at its second and not before', async () => {
    assert.equal((await get('/public/2')).status, 425)
    nowMs += 2_999
    assert.equal((await get('/public/2')).status, 425)
    assert.equal((await get('/public/latest')).body.round, 1)
    nowMs += 1
    assert.equal((await get('/public/2')).status, 200)
    assert.equal((await get('/public/latest')).body.round, 2)
    nowMs = 999_999_000
    assert.equal((await get('/public/latest')).status, 425)
    nowMs = 1_000_003_000
  })

  it('knows no other path, round or method', async () => {
    for (const path of [
      '/',
      '/public/0',
      '/public/-1',
      '/public/01',
      '/public/x',
      `/${'00'.repeat(32)}/info`,
    ]) {
      assert.equal((await get(path)).status, 404, path)
    }
    assert.equal((await get(`/public/${'9'.repeat(19)}`)).status, 425)
    assert.equal((await get('/info', 'POST')).status, 405)
  })

  it('is the same beacon whenever it is started with the same secret', async () => {
    assert.equal(localBeaconSecret('test'), localBeaconSecret('test'))
    assert.notEqual(localBeaconSecret('test'), localBeaconSecret('other'))
    const again = await startLocalBeacon({
      secret: localBeaconSecret('test'),
      genesisTime: 1_000_000,
      periodSeconds: 3,
      clock: { nowMs: () => nowMs },
    })
    assert.equal(again.chainHash, beacon.chainHash)
    assert.equal(again.roundSignature(9n), beacon.roundSignature(9n))
    await again.close()
  })
})
