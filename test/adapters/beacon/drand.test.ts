import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { createDrandBeacon } from '../../../src/adapters/beacon/drand.ts'
import { type LocalBeacon, localBeaconSecret, startLocalBeacon } from '../../../src/apps/devnet/beacon.ts'
import { decompressG1, randomnessOf } from '../../../src/crypto/drand.ts'
import { BeaconError, type BeaconFailure } from '../../../src/ports/beacon.ts'
import { InvalidInputError } from '../../../src/protocol/errors.ts'

const failsWith = (reason: BeaconFailure) => (error: unknown) => {
  assert.ok(error instanceof BeaconError, String(error))
  assert.equal(error.reason, reason, error.message)
  return true
}

describe('a drand beacon over HTTP', () => {
  const closes: (() => unknown)[] = []
  let local: LocalBeacon
  before(async () => {
    const secret = localBeaconSecret('test')
    const clock = { nowMs: () => 1_000_000_000 }
    local = await startLocalBeacon({ secret, genesisTime: 999_000, periodSeconds: 10, clock })
    closes.push(() => local.close())
  })
  after(() => Promise.all(closes.map((close) => close())))

  /** A server that answers every request alike. */
  const serve = async (status: number, body: string | Buffer | undefined): Promise<string> => {
    const server: Server = createServer((_, response) => {
      response.writeHead(status, status === 302 ? { location: local.url } : {})
      if (body !== undefined) response.end(body)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    closes.push(() => {
      server.closeAllConnections()
      server.close()
    })
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }
  const beaconAt = (...urls: string[]) =>
    createDrandBeacon({ urls, chainHash: local.chainHash, info: local.info, timeoutMs: 500 })
  const answer = (round: number, signature = local.roundSignature(BigInt(round))) =>
    JSON.stringify({ round, randomness: '', signature: signature.slice(2) })

  it('gives verified rounds of the chain whose hash is pinned', async () => {
    const beacon = createDrandBeacon({ urls: [`${local.url}/`], chainHash: local.chainHash })
    assert.deepEqual(await beacon.info(), local.info)
    const signature = local.roundSignature(100n)
    const randomness = randomnessOf(signature)
    assert.deepEqual(await beacon.round(100n), { round: 100n, signature, randomness })
    const posted = decompressG1(signature)
    assert.equal(await beacon.randomnessOf(100n, posted), randomness)
    assert.equal(await beacon.randomnessOf(101n, posted), undefined)
    assert.equal(await beacon.randomnessOf(100n, `0x${'11'.repeat(128)}`), undefined)
    assert.equal(await beacon.randomnessOf(100n, '0x'), undefined)
  })

  it('says a round is not emitted yet while it is early', async () => {
    await assert.rejects(beaconAt(local.url).round(102n), failsWith('not-emitted'))
    assert.equal((await beaconAt(local.url).round(101n)).round, 101n)
    await assert.rejects(beaconAt(await serve(500, ''), local.url).round(102n), failsWith('not-emitted'))
    await assert.rejects(beaconAt(local.url, await serve(500, '')).round(102n), failsWith('not-emitted'))
  })

  it('refuses a chain that does not hash to the pinned one, even one that says it does', async () => {
    const other = await startLocalBeacon({
      secret: localBeaconSecret('other'),
      genesisTime: 999_000,
      periodSeconds: 10,
      clock: { nowMs: () => 1_000_000_000 },
    })
    closes.push(() => other.close())
    const body = await (await fetch(`${other.url}/info`)).text()
    const lie = body.replaceAll(other.chainHash.slice(2), local.chainHash.slice(2))
    const lying = createDrandBeacon({ urls: [await serve(200, lie)], chainHash: local.chainHash })
    await assert.rejects(lying.info(), failsWith('wrong-chain'))
    const scheme = body.replace('bls-unchained-g1-rfc9380', 'pedersen-bls-chained')
    const chained = createDrandBeacon({ urls: [await serve(200, scheme)], chainHash: other.chainHash })
    await assert.rejects(chained.info(), failsWith('wrong-chain'))
  })

  it('refuses signatures of other rounds and keys', async () => {
    const wrong = await serve(200, answer(5, local.roundSignature(6n)))
    await assert.rejects(beaconAt(wrong).round(5n), failsWith('invalid-signature'))
    await assert.rejects(beaconAt(await serve(200, answer(6))).round(5n), failsWith('malformed'))
  })

  it('refuses answers that are malformed, endless, redirected or late', async () => {
    const bodies = ['', '{', 'null', '[]', '{"round":5}', '{"round":"5","signature":"00"}']
    for (const body of bodies)
      await assert.rejects(beaconAt(await serve(200, body)).round(5n), failsWith('malformed'), body)
    const endless = `${answer(5)}${' '.repeat(100_000)}`
    await assert.rejects(beaconAt(await serve(200, endless)).round(5n), failsWith('malformed'))
    await assert.rejects(beaconAt(await serve(302, '')).round(5n), failsWith('unreachable'))
    await assert.rejects(beaconAt(await serve(200, undefined)).round(5n), failsWith('unreachable'))
    await assert.rejects(beaconAt('http://127.0.0.1:1').round(5n), failsWith('unreachable'))
  })

  it('asks the next server when one fails, lies or hangs', async () => {
    const urls = [
      await serve(500, ''),
      await serve(200, answer(5, local.roundSignature(6n))),
      await serve(200, undefined),
    ]
    assert.equal((await beaconAt(...urls, local.url).round(5n)).signature, local.roundSignature(5n))
  })

  it('is not built from options that would trust a server', () => {
    const { info, chainHash } = local
    assert.throws(() => createDrandBeacon({ urls: [local.url] }), InvalidInputError)
    assert.throws(() => createDrandBeacon({ urls: [], info }), InvalidInputError)
    assert.throws(() => createDrandBeacon({ urls: ['file:///etc/passwd'], info }), InvalidInputError)
    assert.throws(
      () => createDrandBeacon({ urls: [local.url], chainHash: `${chainHash}00` }),
      InvalidInputError,
    )
    assert.throws(
      () => createDrandBeacon({ urls: [local.url], info: { ...info, publicKey: '0x00' } }),
      InvalidInputError,
    )
  })

  it('ends what it is asking for when it is closed', async () => {
    const beacon = createDrandBeacon({
      urls: [await serve(200, undefined)],
      info: local.info,
      timeoutMs: 60_000,
    })
    const asked = assert.rejects(beacon.round(5n), failsWith('unreachable'))
    await beacon.close()
    await asked
  })
})
