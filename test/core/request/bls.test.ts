/** The request machine where certificates are aggregates. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type BlsScheme, verifyBlsCertificate } from '../../../src/core/bls-certificate.ts'
import {
  leafOf,
  NO_EVIDENCE,
  type Outcome,
  reportOf,
  type SignedOutcome,
} from '../../../src/core/request/attestation.ts'
import { openRequest, step } from '../../../src/core/request/machine.ts'
import type { Context, Effect, Role } from '../../../src/core/request/state.ts'
import { snapshotOf } from '../../../src/core/snapshot.ts'
import {
  aggregateBlsSignatures,
  blsPublicKey,
  blsSecretOf,
  signBls,
  verifyBls,
} from '../../../src/crypto/bls.ts'
import { fromHex } from '../../../src/crypto/bytes.ts'
import { requestIdOf } from '../../../src/crypto/eip712.ts'
import { tagHash } from '../../../src/crypto/hash.ts'
import { addressOfPrivateKey, signDigest } from '../../../src/crypto/signature.ts'
import type { Address, Digest, Hex, Request } from '../../../src/protocol/types.ts'

const domain = { chainId: 31_337, contract: `0x${'aa'.repeat(20)}` as Address }
const VERIFIER: Address = `0x${'0b'.repeat(20)}`
const keys = [0, 1, 2, 3].map((i) => fromHex(tagHash(`key ${i}`)))
const attestors = keys.map(addressOfPrivateKey)
const snapshot = snapshotOf(attestors.map((attestor, number) => ({ attestor, number, weight: 10n })))
const request: Request = {
  requester: `0x${'01'.repeat(20)}`,
  functionId: tagHash('function'),
  nonce: 1n,
  epoch: 1,
  snapshot: `0x${'02'.repeat(20)}`,
  consensus: 'exact',
  committeeSize: 4,
  verifier: VERIFIER,
  functionOwner: `0x${'04'.repeat(20)}`,
  deadline: 115n,
  callbackTarget: `0x${'00'.repeat(20)}`,
  callbackGas: 0,
  outputBytesMax: 64,
  challengeWindow: 0,
  flatFeePerSeat: 1n,
  fuelPrice: 3n,
  fuelLimit: 100n,
  royalty: 0n,
  protocolFee: 0n,
  maxFeePerGas: 1n,
  input: '0x',
  attempts: [{ round: 10n, opensAt: 100n, closesAt: 115n }],
}
const id = requestIdOf(domain, request)
const outcome: Outcome = { exit: 0, fuelUsed: 20n, output: Uint8Array.of(1), evidenceHash: NO_EVIDENCE }
const role: Role = { attestor: undefined, standInMs: 0, standInStepMs: 0, graceMs: 500, repeatMs: 1000 }
const { digest } = leafOf(domain, request, { attempt: 0, view: 0 }, reportOf(id, outcome))

const keyOf = (attestor: Address): Hex | undefined => {
  const at = attestors.findIndex((known) => known.toLowerCase() === attestor.toLowerCase())
  const key = keys[at]
  return key === undefined ? undefined : blsPublicKey(blsSecretOf(key))
}

function message(attestor: Address, share: (secret: Uint8Array) => Hex | undefined): SignedOutcome {
  const key = keys[attestors.indexOf(attestor)]
  assert(key)
  const signature = signDigest(key, digest)
  return { ...outcome, requestId: id, attempt: 0, view: 0, signature, share: share(blsSecretOf(key)) }
}

const honest =
  (signed: Digest = digest) =>
  (secret: Uint8Array) =>
    signBls(secret, signed)

function play(messages: readonly SignedOutcome[], scheme: Partial<BlsScheme> = {}, at: Request = request) {
  const bls = { verifier: VERIFIER, keyOf, verify: verifyBls, aggregate: aggregateBlsSignatures, ...scheme }
  const context: Context = { domain, snapshot, role, bls }
  let state = openRequest(id, at)
  const effects: Effect[] = []
  const dropped: (string | undefined)[] = []
  const put = (input: Parameters<typeof step>[2]) => {
    const next = step(context, state, input)
    state = next.state
    effects.push(...next.effects)
    if (input.type === 'outcome') dropped.push(next.dropped)
  }
  put({ type: 'round', round: 10n, randomness: tagHash('randomness'), nowMs: 100_000 })
  for (const each of messages) put({ type: 'outcome', message: each, nowMs: 101_000 })
  for (const nowMs of [101_100, 101_200, 101_600, 101_700]) put({ type: 'tick', nowMs })
  return { state, dropped, submits: effects.filter((effect) => effect.type === 'submit') }
}

describe('a request whose verifier takes BLS certificates', () => {
  it('[QC-4] is submitted with the sum of its members’ shares', () => {
    const { state, dropped, submits } = play(attestors.slice(0, 3).map((a) => message(a, honest())))
    assert.deepEqual(dropped, [undefined, undefined, undefined])
    const committee = state.attempts[0]?.committee ?? []
    const [submit] = submits
    assert(submit?.type === 'submit')
    const { certificate } = submit.fulfillment
    assert.equal(
      verifyBlsCertificate({ certificate, keys: committee.map(keyOf), quorum: 3, digest }).length,
      3,
    )
  })

  it('adds the shares up when it is due to submit, not at every tick', () => {
    let sums = 0
    const aggregate = (shares: readonly Hex[]) => {
      sums++
      return aggregateBlsSignatures(shares)
    }
    const { submits } = play(
      attestors.slice(0, 3).map((a) => message(a, honest())),
      { aggregate },
    )
    assert.equal(submits.length, 1)
    assert.equal(sums, 1)
  })

  it('[QC-4] counts no member without a share, with a share of another digest or another’s, or without a key', () => {
    const [a, b] = attestors as [Address, Address]
    const other = blsSecretOf(keys[1] as Uint8Array)
    assert.deepEqual(play([message(a, () => undefined)]).dropped, ['bad-share'])
    assert.deepEqual(play([message(a, honest(tagHash('another')))]).dropped, ['bad-share'])
    assert.deepEqual(play([message(a, () => signBls(other, digest))]).dropped, ['bad-share'])
    assert.deepEqual(play([message(a, honest())], { keyOf: () => undefined }).dropped, ['no-bls-key'])
    // A bad share does not keep the good one out.
    assert.deepEqual(play([message(b, () => undefined), message(b, honest())]).dropped, [
      'bad-share',
      undefined,
    ])
  })

  it('and one of another verifier needs no share', () => {
    const elsewhere = { ...request, verifier: `0x${'0c'.repeat(20)}` as Address }
    const { dropped, submits } = play(
      attestors.slice(0, 3).map((a) => message(a, () => undefined)),
      {},
      elsewhere,
    )
    assert.deepEqual(dropped, [undefined, undefined, undefined])
    assert(submits[0]?.type === 'submit')
    assert.equal(submits[0].fulfillment.certificate.length, 2 + 2 * (32 + 3 * 64))
  })
})
