import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { verifyCertificate } from '../../../src/core/certificate.ts'
import {
  leafOf,
  NO_EVIDENCE,
  type Outcome,
  reportOf,
  type SignedOutcome,
} from '../../../src/core/request/attestation.ts'
import { openRequest, step } from '../../../src/core/request/machine.ts'
import type { Context, Effect, Input, RequestState, Role } from '../../../src/core/request/state.ts'
import { snapshotOf } from '../../../src/core/snapshot.ts'
import { fromHex } from '../../../src/crypto/bytes.ts'
import { requestIdOf } from '../../../src/crypto/eip712.ts'
import { tagHash } from '../../../src/crypto/hash.ts'
import { addressOfPrivateKey, signDigest } from '../../../src/crypto/signature.ts'
import type { Address, Request } from '../../../src/protocol/types.ts'

const domain = { chainId: 31_337, contract: `0x${'aa'.repeat(20)}` as Address }
const keys = new Map(
  [0, 1, 2, 3, 4].map((i) => {
    const key = fromHex(tagHash(`key ${i}`))
    return [addressOfPrivateKey(key), key] as const
  }),
)
const snapshot = snapshotOf([...keys.keys()].map((attestor) => ({ attestor, weight: 10n })))
const request: Request = {
  requester: `0x${'01'.repeat(20)}`,
  functionId: tagHash('function'),
  nonce: 1n,
  epoch: 1,
  snapshot: `0x${'02'.repeat(20)}`,
  consensus: 'exact',
  committeeSize: 5,
  verifier: `0x${'03'.repeat(20)}`,
  functionOwner: `0x${'04'.repeat(20)}`,
  deadline: 130n,
  callbackTarget: `0x${'00'.repeat(20)}`,
  callbackGas: 0,
  outputBytesMax: 64,
  challengeWindow: 0,
  flatFeePerSeat: 1n,
  fuelPrice: 0n,
  fuelLimit: 0n,
  royalty: 0n,
  protocolFee: 0n,
  maxFeePerGas: 1n,
  input: '0x',
  attempts: [
    { round: 10n, opensAt: 100n, closesAt: 115n },
    { round: 20n, opensAt: 115n, closesAt: 130n },
  ],
}
const id = requestIdOf(domain, request)
const right: Outcome = { exit: 0, fuelUsed: 0n, output: Uint8Array.of(1, 2, 3) }
const wrong: Outcome = { exit: 0, fuelUsed: 0n, output: Uint8Array.of(6, 6, 6) }

const ROLE: Role = { attestor: undefined, standInMs: 4000, standInStepMs: 1000, graceMs: 500, repeatMs: 1000 }
const ROUND = { type: 'round', round: 10n, randomness: tagHash('randomness') } as const

function signedBy(attestor: Address, outcome: Outcome, attempt = 0): SignedOutcome {
  const { digest } = leafOf(domain, request, { attempt, view: 0 }, reportOf(id, outcome, NO_EVIDENCE))
  const key = keys.get(attestor) ?? fromHex(tagHash('a stranger'))
  return {
    ...outcome,
    requestId: id,
    attempt,
    view: 0,
    evidenceHash: NO_EVIDENCE,
    signature: signDigest(key, digest),
  }
}

/** Feeds inputs in order and gathers what comes out. */
function play(role: Role, inputs: readonly Input[]) {
  const context: Context = { domain, snapshot, role }
  let state: RequestState = openRequest(id, request)
  const effects: Effect[] = []
  const dropped: (string | undefined)[] = []
  for (const input of inputs) {
    const next = step(context, state, input)
    state = next.state
    effects.push(...next.effects)
    if (input.type === 'outcome') dropped.push(next.dropped)
  }
  return { state, effects, dropped }
}

const members = [...keys.keys()]
const [first = '0x', second = '0x'] = members
const outcomeAt = (nowMs: number, attestor: Address, outcome: Outcome, attempt = 0): Input => ({
  type: 'outcome',
  message: signedBy(attestor, outcome, attempt),
  nowMs,
})
const start: readonly Input[] = [{ ...ROUND, nowMs: 100_100 }]
const types = (effects: readonly Effect[]) => effects.map(({ type }) => type)

describe('a request in a coordinator', () => {
  it('asks for nothing before its first window opens', () => {
    assert.deepEqual(play(ROLE, [{ type: 'tick', nowMs: 99_999 }]).effects, [])
  })

  it('asks for the round when the window opens, and again only after a doubling delay', () => {
    const ticks = [100_000, 100_500, 101_000, 101_500, 102_999, 103_000].map(
      (nowMs): Input => ({ type: 'tick', nowMs }),
    )
    const { effects } = play(ROLE, ticks)
    assert.deepEqual(
      effects,
      [10n, 10n, 10n].map((round) => ({ type: 'postRound', round })),
    )
  })

  it('submits at once when every member agrees, with a certificate of all of them [QC-1] [QC-2]', () => {
    const { effects, state } = play(ROLE, [...start, ...members.map((m) => outcomeAt(100_200, m, right))])
    assert.equal(state.phase, 'certified')
    const submit = effects.find(({ type }) => type === 'submit')
    assert.ok(submit?.type === 'submit')
    const committee = state.attempts[0]?.committee ?? []
    const { digest } = leafOf(domain, request, { attempt: 0, view: 0 }, reportOf(id, right, NO_EVIDENCE))
    const seats = verifyCertificate({
      certificate: submit.fulfillment.certificate,
      committee,
      quorum: 4,
      digest,
    })
    assert.equal(seats.length, 5)
  })

  it('waits for the grace period with a bare quorum, then submits without the liar [QC-1]', () => {
    const votes = members.map((m, i) => outcomeAt(100_200, m, i === 0 ? wrong : right))
    const before = play(ROLE, [...start, ...votes, { type: 'tick', nowMs: 100_699 }])
    assert.deepEqual(types(before.effects), [])
    const after = play(ROLE, [...start, ...votes, { type: 'tick', nowMs: 100_700 }])
    const submit = after.effects[0]
    assert.ok(submit?.type === 'submit')
    assert.equal(submit.fulfillment.output, '0x010203')
  })

  it('certifies nothing when quorum - 1 members agree and one lies', () => {
    const votes = members.slice(0, 4).map((m, i) => outcomeAt(100_200, m, i === 0 ? wrong : right))
    const { state, effects } = play(ROLE, [...start, ...votes, { type: 'tick', nowMs: 110_000 }])
    assert.equal(state.phase, 'collecting')
    assert.deepEqual(effects, [])
  })

  it('starts again with the next attempt, whose committee and votes are its own', () => {
    const inputs: Input[] = [
      ...start,
      ...members.slice(0, 3).map((m) => outcomeAt(100_200, m, right)),
      { type: 'tick', nowMs: 115_000 },
      { type: 'round', round: 20n, randomness: tagHash('second'), nowMs: 115_100 },
      ...members.map((m) => outcomeAt(115_200, m, right, 1)),
    ]
    const { effects, dropped } = play(ROLE, inputs)
    assert.deepEqual(types(effects), ['postRound', 'submit'])
    assert.deepEqual(new Set(dropped), new Set([undefined]))
    assert.ok(effects[1]?.type === 'submit' && effects[1].fulfillment.attempt === 1)
  })

  it('expires strictly after the deadline [TIME-3]', () => {
    assert.deepEqual(play(ROLE, [{ type: 'tick', nowMs: 130_999 }]).effects, [])
    assert.deepEqual(types(play(ROLE, [{ type: 'tick', nowMs: 131_000 }]).effects), ['expire'])
  })

  it('does nothing more once the chain closed the request', () => {
    const inputs: Input[] = [
      ...start,
      { type: 'fulfilled', nowMs: 101_000 },
      { type: 'tick', nowMs: 131_000 },
      outcomeAt(101_000, first, right),
    ]
    const { effects, dropped, state } = play(ROLE, inputs)
    assert.deepEqual([effects, dropped, state.phase], [[], ['request-closed'], 'fulfilled'])
  })
})

describe('a message from a peer', () => {
  const drop = (message: SignedOutcome, inputs = start, nowMs = 100_200) =>
    play(ROLE, [...inputs, { type: 'outcome', message, nowMs }]).dropped[0]
  const good = signedBy(first, right)

  it('is dropped with a named reason when anything about it is off', () => {
    assert.equal(drop(good), undefined)
    assert.equal(drop({ ...good, attempt: 7 }), 'unknown-attempt')
    assert.equal(drop(good, start, 115_000), 'attempt-over')
    assert.equal(drop(good, []), 'committee-unknown')
    assert.equal(drop({ ...good, view: 1 }), 'wrong-view')
    assert.equal(drop({ ...good, evidenceHash: tagHash('evidence') }), 'evidence-not-allowed')
    assert.equal(drop({ ...good, output: new Uint8Array(65) }), 'output-too-large')
    assert.equal(drop({ ...good, fuelUsed: 1n }), 'fuel-above-limit')
    assert.equal(drop({ ...good, signature: `0x${'ff'.repeat(64)}` }), 'bad-signature')
    assert.equal(drop({ ...good, exit: 1 }), 'not-a-member')
    assert.equal(drop(signedBy(`0x${'99'.repeat(20)}`, right)), 'not-a-member')
  })

  it('counts once, and a second, different report is handed out as equivocation while the first stands', () => {
    const { dropped, effects, state } = play(ROLE, [
      ...start,
      outcomeAt(100_200, first, right),
      outcomeAt(100_201, first, right),
      outcomeAt(100_202, first, wrong),
    ])
    assert.deepEqual(dropped, [undefined, 'duplicate', 'equivocation'])
    assert.deepEqual(types(effects), ['equivocation'])
    assert.equal(state.attempts[0]?.tally.votes.size, 1)
  })
})

describe('a request in a member', () => {
  const role: Role = { ...ROLE, attestor: first }

  it('runs once, signs once an attempt, then shares until it is acknowledged', () => {
    const begun = play(role, [...start, { type: 'tick', nowMs: 100_300 }])
    assert.deepEqual(types(begun.effects), ['execute'])
    const ran = play(role, [
      ...start,
      { type: 'executed', outcome: right, nowMs: 100_400 },
      { type: 'tick', nowMs: 100_500 },
    ])
    assert.deepEqual(types(ran.effects), ['execute', 'sign', 'share'])
    const again = play(role, [
      ...start,
      { type: 'executed', outcome: right, nowMs: 100_400 },
      { type: 'tick', nowMs: 100_500 },
      { type: 'tick', nowMs: 115_000 },
      { type: 'round', round: 20n, randomness: tagHash('second'), nowMs: 115_100 },
      { type: 'tick', nowMs: 115_200 },
    ])
    // The outcome is of the request, not of the attempt: the second committee signs the same run.
    assert.deepEqual(types(again.effects), ['execute', 'sign', 'share', 'sign', 'share'])
  })

  it('tries again later when the run fails on this machine', () => {
    const inputs: Input[] = [...start, { type: 'executionFailed', nowMs: 100_200 }]
    assert.deepEqual(types(play(role, [...inputs, { type: 'tick', nowMs: 100_900 }]).effects), ['execute'])
    assert.deepEqual(types(play(role, [...inputs, { type: 'tick', nowMs: 101_100 }]).effects), [
      'execute',
      'execute',
    ])
  })

  it('neither runs nor signs when it is not drawn', () => {
    const stranger: Role = { ...ROLE, attestor: `0x${'99'.repeat(20)}` }
    assert.deepEqual(play(stranger, [...start, { type: 'tick', nowMs: 101_000 }]).effects, [])
  })

  it('stands in for a silent coordinator, later the higher its seat', () => {
    const submitsAt = (attestor: Address): number => {
      for (let nowMs = 100_200; nowMs < 115_000; nowMs += 100) {
        const votes = members.map((m) => outcomeAt(100_200, m, right))
        const { effects } = play({ ...ROLE, attestor }, [...start, ...votes, { type: 'tick', nowMs }])
        if (types(effects).includes('submit')) return nowMs
      }
      return Number.POSITIVE_INFINITY
    }
    const committee = play(ROLE, start).state.attempts[0]?.committee ?? []
    const delays = committee.map(submitsAt)
    assert.deepEqual(delays, [104_200, 105_200, 106_200, 107_200, 108_200])
    assert.ok(second !== first)
  })
})
