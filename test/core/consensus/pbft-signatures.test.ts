/** The core with the signatures, leaves and certificates of the real protocol. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { encodeCertificate, verifyCertificate } from '../../../src/core/certificate.ts'
import type { ConsensusContext, ConsensusEvent } from '../../../src/core/consensus/core.ts'
import { pbft } from '../../../src/core/consensus/pbft.ts'
import type { PbftMessage } from '../../../src/core/consensus/pbft-messages.ts'
import type { PbftState } from '../../../src/core/consensus/pbft-state.ts'
import { leafOf, type Outcome, reportOf } from '../../../src/core/request/attestation.ts'
import { fromHex, sameHex } from '../../../src/crypto/bytes.ts'
import { attestationDigest, reportDigest, requestIdOf } from '../../../src/crypto/eip712.ts'
import { keccakHex, tagHash } from '../../../src/crypto/hash.ts'
import { merkleRoot } from '../../../src/crypto/merkle.ts'
import { addressOfPrivateKey, recoverSigner, signDigest } from '../../../src/crypto/signature.ts'
import { DOMAIN, requestFor } from '../../sim/network.ts'

const REQUEST = requestFor({ seed: 1, committeeSize: 4 })
const ID = requestIdOf(DOMAIN, REQUEST)
const KEYS = [0, 1, 2, 3].map((seat) => fromHex(tagHash(`key of seat ${seat}`)))
const COMMITTEE = KEYS.map(addressOfPrivateKey)
const EVIDENCE = Uint8Array.of(1, 2, 3)
const OUTCOME: Outcome = {
  exit: 0,
  fuelUsed: 5n,
  output: Uint8Array.of(42),
  evidenceHash: keccakHex(EVIDENCE),
}

function keyOf(seat: number): Uint8Array {
  const key = KEYS[seat]
  assert.ok(key !== undefined)
  return key
}

function contextOf(seat: number): ConsensusContext {
  const { functionId, epoch, attempts, outputBytesMax } = REQUEST
  const round = attempts[0]?.round ?? 0n
  return {
    instance: { requestId: ID, attempt: 0, round },
    committeeSize: 4,
    quorum: 3,
    faults: 1,
    seat,
    timing: { viewMs: 1_000, resendMs: 100 },
    leaderOf: (view) => view % 4,
    sign: (digest) => signDigest(keyOf(seat), digest),
    verify: (other, digest, signature) =>
      sameHex(recoverSigner(digest, signature) ?? '0x', COMMITTEE[other] ?? '0x'),
    rootOf: (outcome) =>
      outcome.output.length > outputBytesMax ? undefined : merkleRoot([reportDigest(reportOf(ID, outcome))]),
    isBacked: ({ outcome, evidence }) => keccakHex(evidence) === outcome.evidenceHash,
    leafDigest: (view, root) =>
      attestationDigest(DOMAIN, { functionId, epoch, round, attempt: 0, view, root }),
  }
}

describe('a committee with keys of secp256k1', () => {
  it('makes the certificate that the chain takes, in three messages from the leader’s run [PBFT-2] [PBFT-10]', () => {
    const contexts = KEYS.map((_, seat) => contextOf(seat))
    const states: PbftState[] = []
    const depths: number[] = []
    const mail: {
      readonly to: number
      readonly event: ConsensusEvent<PbftMessage>
      readonly depth: number
    }[] = []
    const perform = (seat: number, step: ReturnType<typeof pbft.open>, depth: number): void => {
      states[seat] = step.state
      for (const effect of step.effects) {
        const event = ((): ConsensusEvent<PbftMessage> | undefined => {
          if (effect.type === 'execute')
            return { type: 'executed', proposal: { outcome: OUTCOME, evidence: EVIDENCE }, nowMs: 0 }
          if (effect.type === 'validate')
            return { type: 'validated', root: effect.root, valid: true, nowMs: 0 }
          if (effect.type !== 'attest') return undefined
          const at = { attempt: 0, view: effect.view }
          const { outcome } = effect.proposal
          const { digest } = leafOf(DOMAIN, REQUEST, at, reportOf(ID, outcome))
          const signature = signDigest(keyOf(seat), digest)
          return {
            type: 'attested',
            message: { ...outcome, ...at, requestId: ID, signature },
            nowMs: 0,
          }
        })()
        if (event !== undefined) mail.push({ to: seat, event, depth })
        if (effect.type === 'send')
          for (const to of effect.to)
            mail.push({
              to,
              event: { type: 'message', from: seat, message: effect.message, nowMs: 0 },
              depth: depth + 1,
            })
        if (effect.type === 'decided') depths[seat] = depth
      }
    }
    contexts.forEach((context, seat) => {
      perform(seat, pbft.open(context, 0), 0)
    })
    for (let next = mail.shift(); next !== undefined; next = mail.shift()) {
      const [context, state] = [contexts[next.to], states[next.to]]
      assert.ok(context !== undefined && state !== undefined)
      perform(next.to, pbft.step(context, state, next.event), next.depth)
    }
    assert.deepEqual(depths, [3, 3, 3, 3])
    for (const state of states) {
      const decision = pbft.decision(state)
      assert.ok(decision !== undefined)
      const { digest } = leafOf(DOMAIN, REQUEST, { attempt: 0, view: 0 }, reportOf(ID, OUTCOME))
      const certificate = encodeCertificate(decision.seals)
      verifyCertificate({ certificate, committee: COMMITTEE, quorum: 3, digest })
      assert.equal(decision.seals.length, 4)
    }
  })
})
