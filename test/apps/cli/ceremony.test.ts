/** A key's ceremony by the command line: begun, contributed to, ended, exported. */
import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it, mock } from 'node:test'
import * as snarkjs from 'snarkjs'
import { contributionsOf } from '../../../src/adapters/prover/contributions.ts'
import { verificationKeyOf } from '../../../src/adapters/prover/verification-key.ts'
import { mixedEntropy } from '../../../src/apps/cli/entropy.ts'
import { EXIT } from '../../../src/apps/cli/exit.ts'
import { parseTranscript } from '../../../src/core/circuit/ceremony.ts'
import { attestationOf } from '../../../src/core/circuit/ceremony-checks.ts'
import { QUICKNET, randomnessOf } from '../../../src/crypto/drand.ts'
import { parseSnarkjsKey } from '../../../src/crypto/groth16-json.ts'
import { decodeVerificationKey, verificationKeyHash } from '../../../src/crypto/groth16-key.ts'
import { keccakHex } from '../../../src/crypto/hash.ts'
import {
  type Ceremony,
  openCeremony,
  ROUND_1000_TIME,
  SIGNATURE_1000,
  SIGNATURE_1001,
  sha256Of,
} from './support/ceremony.ts'

const at = (seconds: number) => mock.timers.setTime((ROUND_1000_TIME + seconds) * 1000)

describe('a ceremony', () => {
  let world: Ceremony
  let pin: readonly string[]
  before(async () => {
    world = await openCeremony()
    pin = ['--ptau-hash', sha256Of(world.bytes('powers.ptau'))]
    mock.timers.enable({ apis: ['Date'], now: 0 })
    at(-300)
  })
  after(async () => {
    mock.timers.reset()
    world.close()
    await (await snarkjs.curves.getCurveFromName('bn128')).terminate()
  })
  const refused = async (words: RegExp, code: number, ...args: readonly string[]) => {
    const ended = await world.dikast(...args)
    assert.equal(ended.code, code, `${args.join(' ')}\n${ended.out}${ended.err}`)
    assert.match(ended.err, words)
  }
  const setup = ['circuit', 'setup', 'sum.r1cs', '--ptau', 'powers.ptau']

  it('begins with powers of tau that somebody pinned, prepared, and a round that lies ahead [CER-3]', async () => {
    await refused(/--ptau-hash/, EXIT.usage, ...setup, '--round', '1000')
    await refused(/another digest/, EXIT.usage, ...setup, '--ptau-hash', 'ab'.repeat(32), '--round', '1000')
    await refused(/64 nor 128/, EXIT.usage, ...setup, '--ptau-hash', 'ab', '--round', '1000')
    await refused(/--ends/, EXIT.usage, ...setup, ...pin)
    await refused(/--ends/, EXIT.usage, ...setup, ...pin, '--round', '1000', '--ends', '2023-08-24T00:00:00Z')
    await refused(/no time/, EXIT.usage, ...setup, ...pin, '--ends', 'tomorrow')
    await refused(/was out at/, EXIT.usage, ...setup, ...pin, '--round', '900')
    await refused(/10 to 20/, EXIT.usage, ...setup, ...pin, '--round', '1000', '--iterations', '21')
    const raw = ['--ptau', 'powers-0.ptau', '--ptau-hash', sha256Of(world.bytes('powers-0.ptau'))]
    await refused(/not prepared/, EXIT.usage, 'circuit', 'setup', 'sum.r1cs', ...raw, '--round', '1000')
    // Nothing of it is left.
    assert.deepEqual(
      readdirSync(world.folder).filter((file) => /zkey|partial|json/.test(file)),
      [],
    )
  })

  it('announces the round that ends it with its first key, by number or by time [CER-3]', async () => {
    const byTime = ['--ends', new Date(ROUND_1000_TIME * 1000 - 2000).toISOString().replace('.000Z', 'Z')]
    await world.done(...setup, ...pin, ...byTime, '--out', 'other-0.zkey', '--transcript', 'other.json')
    assert.equal(world.json('other.json').beacon.round, 1000)
    await world.done(...setup, ...pin, '--round', '1000')
    const { beacon, circuit, powers, contributions, end } = parseTranscript(
      new TextDecoder().decode(world.bytes('ceremony.json')),
    )
    assert.deepEqual(beacon, {
      chain: QUICKNET.chainHash,
      round: 1000,
      announcedAt: ROUND_1000_TIME - 300,
      iterationsLog: 10,
    })
    assert.equal(circuit.constraints, `0x${sha256Of(world.bytes('sum.r1cs'))}`)
    assert.equal(circuit.module, `0x${sha256Of(world.bytes('sum.wasm'))}`)
    assert.equal(powers.sha256, `0x${pin[1]}`)
    assert.deepEqual([contributions, end], [[], undefined])
    // Nothing is written over.
    await refused(/there already/, EXIT.usage, ...setup, ...pin, '--round', '1000')
  })

  it('takes contributions to its newest key alone, each with an attestation [CER-2] [CER-4]', async () => {
    at(-200)
    await refused(/--name/, EXIT.usage, 'circuit', 'contribute', 'sum-0.zkey', 'sum-1.zkey', '--name', 'a\nb')
    const { out } = await world.done('circuit', 'contribute', 'sum-0.zkey', 'sum-1.zkey', '--name', 'Alice')
    const transcript = parseTranscript(new TextDecoder().decode(world.bytes('ceremony.json')))
    assert.ok(out.includes(attestationOf(transcript, 0)))
    assert.deepEqual(contributionsOf(world.bytes('sum-1.zkey')), [
      { name: 'Alice', hash: transcript.contributions[0]?.hash, beacon: undefined },
    ])
    await refused(
      /not the newest/,
      EXIT.usage,
      'circuit',
      'contribute',
      'sum-0.zkey',
      'x.zkey',
      '--name',
      'Eve',
    )
    await refused(
      /there already/,
      EXIT.usage,
      'circuit',
      'contribute',
      'sum-1.zkey',
      'sum-1.zkey',
      '--name',
      'Eve',
    )
    world.write('dice', '4 2 6 6 1')
    for (const to of ['sum-2.zkey', 'again.zkey']) {
      const kept = world.bytes('ceremony.json')
      const given = ['--name', 'Bob, Zürich', '--entropy', 'dice']
      await world.done('circuit', 'contribute', 'sum-1.zkey', to, ...given)
      if (to === 'sum-2.zkey') world.write('second.json', world.bytes('ceremony.json'))
      world.write('ceremony.json', kept)
    }
    // Given the same entropy, two keys: the machine's own is always in it.
    assert.notEqual(sha256Of(world.bytes('sum-2.zkey')), sha256Of(world.bytes('again.zkey')))
    world.write('ceremony.json', world.bytes('second.json'))
  })

  it('adds no step by a clock behind the step before, and ends no ceremony whose steps are out of order [CER-4] [CER-5]', async () => {
    const kept = world.bytes('ceremony.json')
    const contribute = ['circuit', 'contribute', 'sum-2.zkey', 'behind.zkey', '--name', 'Carol']
    at(-201)
    await refused(
      /made at [\s\S]*this machine’s clock[\s\S]*set this machine’s clock/,
      EXIT.no,
      ...contribute,
    )
    // As one whose clock was behind wrote it.
    const { contributions, ...rest } = world.json('ceremony.json')
    const before = new Date((ROUND_1000_TIME - 250) * 1000).toISOString().replace('.000Z', 'Z')
    const behind = [contributions[0], { ...contributions[1], time: before }]
    world.write('behind.json', JSON.stringify({ ...rest, contributions: behind }))
    const given = ['--transcript', 'behind.json']
    at(-200)
    await refused(/is before the one it follows/, EXIT.usage, ...contribute, ...given)
    at(0)
    const end = ['circuit', 'beacon', 'sum-2.zkey', 'behind.zkey', '--signature', SIGNATURE_1000]
    await refused(/is before the one it follows/, EXIT.usage, ...end, ...given)
    assert.equal(existsSync(world.at('behind.zkey')), false)
    assert.deepEqual(world.bytes('ceremony.json'), kept)
    at(-200)
  })

  it('mixes randomness of its own into what is given [CER-4]', () => {
    const given = new TextEncoder().encode('4 2 6 6 1')
    assert.match(mixedEntropy(given), /^[0-9a-f]{128}$/)
    assert.notEqual(mixedEntropy(given), mixedEntropy(given))
  })

  it('hashes contributions as snarkjs does [CER-2]', async () => {
    const theirs = await snarkjs.zKey.contribute(world.at('sum-2.zkey'), world.at('theirs.zkey'), 'x', 'y')
    const own = contributionsOf(world.bytes('theirs.zkey')).at(-1)
    assert.equal(own?.hash, `0x${Buffer.from(theirs as Uint8Array).toString('hex')}`)
  })

  it('ends with the announced round alone, once it is out, its signature checked [CER-4] [CER-5]', async () => {
    const end = ['circuit', 'beacon', 'sum-2.zkey', 'sum.zkey']
    await refused(
      /no contribution/,
      EXIT.usage,
      'circuit',
      'beacon',
      'other-0.zkey',
      'o.zkey',
      '--transcript',
      'other.json',
    )
    await refused(/is out at/, EXIT.no, ...end, '--signature', SIGNATURE_1000)
    at(0)
    await refused(/is out/, EXIT.no, 'circuit', 'contribute', 'sum-2.zkey', 'late.zkey', '--name', 'Late')
    await refused(/not 1000/, EXIT.usage, ...end, '--round', '1001', '--signature', SIGNATURE_1001)
    await refused(/not quicknet's of round 1000/, EXIT.usage, ...end, '--signature', SIGNATURE_1001)
    await refused(
      /not the one of the transcript/,
      EXIT.usage,
      ...end,
      '--module',
      'product.wasm',
      '--signature',
      SIGNATURE_1000,
    )
    assert.equal(existsSync(world.at('sum.zkey')), false)
    await world.done(...end, '--signature', `0x${SIGNATURE_1000}`)
    const last = contributionsOf(world.bytes('sum.zkey')).at(-1)
    assert.deepEqual(last?.beacon, { value: randomnessOf(`0x${SIGNATURE_1000}`), iterationsLog: 10 })
    const { end: told } = world.json('ceremony.json')
    assert.equal(told.hash, last?.hash)
    await refused(/is over/, EXIT.usage, 'circuit', 'contribute', 'sum.zkey', 'more.zkey', '--name', 'Eve')
  })

  it('asks drand for the signature, and believes no server [CER-5]', async () => {
    const answers = new Map([
      ['/wrong', SIGNATURE_1001],
      ['/right', SIGNATURE_1000],
    ])
    const server = createServer(({ url = '' }, response) => {
      const [, path] = /^(\/\w+)\/[0-9a-f]{64}\/public\/1000$/.exec(url) ?? []
      response.end(JSON.stringify({ round: 1000, signature: answers.get(path ?? '') }))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    try {
      world.write('asked.json', world.bytes('second.json'))
      const end = ['circuit', 'beacon', 'sum-2.zkey', 'asked.zkey', '--transcript', 'asked.json', '--url']
      await refused(/invalid-signature/, EXIT.network, ...end, `${base}/wrong`)
      await world.done(...end, `${base}/right`)
    } finally {
      server.close()
    }
    // Nothing of a beacon is anybody's choice: the same round makes the same key.
    assert.equal(sha256Of(world.bytes('asked.zkey')), sha256Of(world.bytes('sum.zkey')))
  })

  it('exports the key as the chain and as snarkjs have it, marked by what the proving key says [CER-2]', async () => {
    const exported = await world.done('circuit', 'export', 'sum.zkey', '--module', 'sum.wasm', '--json')
    const told = JSON.parse(exported.out)
    const bytes = world.bytes('sum.vk')
    assert.equal(told.hash, keccakHex(bytes))
    assert.equal(told.hash, world.json('ceremony.json').end.verificationKey)
    const key = decodeVerificationKey(bytes)
    const shape = { isCeremony: true, isBound: true, outputs: 1 }
    assert.deepEqual({ isCeremony: key.isCeremony, isBound: key.isBound, outputs: key.outputs }, shape)
    assert.equal(verificationKeyHash(parseSnarkjsKey(world.json('sum.vk.json'), shape)), told.hash)
    for (const [file, digest] of [
      ['sum.vk', told.digests.verificationKey],
      ['sum.vk.json', told.digests.json],
      ['sum.zkey', told.digests.provingKey],
      ['sum.wasm', told.digests.module],
    ])
      assert.equal(digest, `0x${sha256Of(world.bytes(file))}`)
    const early = await world.done('circuit', 'export', 'sum-2.zkey', '--module', 'sum.wasm', '--json')
    assert.equal(JSON.parse(early.out).kind, 'dev')
    const dev = verificationKeyOf(world.bytes('sum-2.zkey'), { ...shape, isCeremony: false })
    assert.equal(JSON.parse(early.out).hash, verificationKeyHash(dev))
  })
})
