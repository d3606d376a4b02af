import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { leafOf, NO_EVIDENCE, reportOf } from '../../../src/core/request/attestation.ts'
import { openRequest, step } from '../../../src/core/request/machine.ts'
import type { Context, Effect, Input, Proven, RequestState, Role } from '../../../src/core/request/state.ts'
import { snapshotOf } from '../../../src/core/snapshot.ts'
import { fromHex } from '../../../src/crypto/bytes.ts'
import { requestIdOf } from '../../../src/crypto/eip712.ts'
import { tagHash } from '../../../src/crypto/hash.ts'
import { addressOfPrivateKey, signDigest } from '../../../src/crypto/signature.ts'
import type { Address, Request } from '../../../src/protocol/types.ts'

const domain = { chainId: 31_337, contract: `0x${'aa'.repeat(20)}` as Address }
const keys = new Map(
  [0, 1, 2, 3].map((i) => {
    const key = fromHex(tagHash(`key ${i}`))
    return [addressOfPrivateKey(key), key] as const
  }),
)
const snapshot = snapshotOf([...keys.keys()].map((attestor, number) => ({ attestor, number, weight: 10n })))
const request: Request = {
  requester: `0x${'01'.repeat(20)}`,
  functionId: tagHash('circuit'),
  nonce: 1n,
  epoch: 1,
  snapshot: `0x${'02'.repeat(20)}`,
  consensus: 'zk',
  committeeSize: 1,
  verifier: `0x${'03'.repeat(20)}`,
  functionOwner: `0x${'04'.repeat(20)}`,
  deadline: 145n,
  callbackTarget: `0x${'00'.repeat(20)}`,
  callbackGas: 0,
  outputBytesMax: 32,
  challengeWindow: 0,
  flatFeePerSeat: 1n,
  fuelPrice: 0n,
  fuelLimit: 1_000_000n,
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
const ROLE: Role = { attestor: undefined, standInMs: 4000, standInStepMs: 1000, graceMs: 500, repeatMs: 1000 }
const ROUND: Input = { type: 'round', round: 10n, randomness: tagHash('randomness'), nowMs: 100_100 }
const PROVEN: Proven = {
  output: new Uint8Array(32).fill(7),
  proof: new Uint8Array(256).fill(9),
  isBound: false,
}

function play(attestor: Address | undefined, inputs: readonly Input[], of: Request = request) {
  const context: Context = { domain, snapshot, role: { ...ROLE, attestor } }
  let state: RequestState = openRequest(requestIdOf(domain, of), of)
  const effects: Effect[] = []
  const dropped: (string | undefined)[] = []
  for (const input of inputs) {
    const next = step(context, state, input)
    state = next.state
    effects.push(...next.effects)
    dropped.push(next.dropped)
  }
  return { state, effects, dropped }
}

const [drawn = '0x'] = play(undefined, [ROUND]).state.attempts[0]?.committee ?? []
const other = [...keys.keys()].find((attestor) => attestor !== drawn) ?? '0x'
const types = (effects: readonly Effect[]) => effects.map(({ type }) => type)
const tick = (nowMs: number): Input => ({ type: 'tick', nowMs })

describe('a circuit’s request [ZKP-9]', () => {
  it('asks the node that was drawn to prove, and nobody else, and asks nobody to join or to run', () => {
    assert.deepEqual(types(play(drawn, [ROUND]).effects), ['prove'])
    for (const attestor of [other, undefined]) assert.deepEqual(types(play(attestor, [ROUND]).effects), [])
  })

  it('has the prover submit at once what it proved, as a proof and nothing else', () => {
    const { effects } = play(drawn, [ROUND, { type: 'proven', proven: PROVEN, nowMs: 100_500 }])
    const submit = effects.at(-1)
    assert.ok(submit?.type === 'submit')
    assert.deepEqual(submit.fulfillment, {
      attempt: 0,
      view: 0,
      exit: 0,
      fuelUsed: 0n,
      evidenceHash: NO_EVIDENCE,
      output: `0x${'07'.repeat(32)}`,
      certificate: `0x${'09'.repeat(256)}`,
    })
  })

  it('asks again for a proof that did not come, and for none once there is one', () => {
    const waiting = play(drawn, [ROUND, tick(101_000), tick(101_100), tick(103_100)])
    assert.deepEqual(types(waiting.effects), ['prove', 'prove', 'prove'])
    const proven = play(drawn, [ROUND, { type: 'proven', proven: PROVEN, nowMs: 100_500 }, tick(110_000)])
    assert.deepEqual(types(proven.effects), ['prove', 'submit', 'submit'])
  })

  it('gives up what nobody can prove, and proves nothing outside its window', () => {
    const declined = play(drawn, [ROUND, { type: 'declined', nowMs: 100_200 }, tick(110_000)])
    assert.deepEqual(types(declined.effects), ['prove'])
    assert.deepEqual(types(play(drawn, [{ ...ROUND, nowMs: 99_000 } as Input]).effects), [])
    // The open turn after the last window: nobody is drawn in it, and it is no time to expire yet.
    const late = play(drawn, [ROUND, { type: 'proven', proven: PROVEN, nowMs: 131_000 }, tick(144_000)])
    assert.deepEqual(types(late.effects), ['prove'])
    assert.ok(types(play(undefined, [ROUND, tick(146_000)]).effects).includes('expire'))
  })

  it('keeps the first proof: both hold, and one may be on its way', () => {
    const second = { ...PROVEN, proof: new Uint8Array(256).fill(1) }
    const { state } = play(drawn, [
      ROUND,
      { type: 'proven', proven: PROVEN, nowMs: 100_500 },
      { type: 'proven', proven: second, nowMs: 100_600 },
    ])
    assert.equal(state.proven, PROVEN)
  })

  it('does not begin to send a proof that others could use near the end of its window [RUN-47]', () => {
    const from = (opensAt: bigint, closesAt: bigint, nowMs: number, isBound: boolean) => {
      const attempts = [{ round: 10n, opensAt, closesAt }]
      const inputs: Input[] = [ROUND, { type: 'proven', proven: { ...PROVEN, isBound }, nowMs }]
      return types(play(drawn, inputs, { ...request, attempts, deadline: closesAt + 15n }).effects)
    }
    // A quarter of fifteen seconds, and twelve seconds of a hundred.
    for (const [closesAt, lastMs] of [
      [115n, 111_250],
      [200n, 188_000],
    ] as const) {
      assert.deepEqual(from(100n, closesAt, lastMs - 1, false), ['prove', 'submit'])
      assert.deepEqual(from(100n, closesAt, lastMs, false), ['prove'])
      assert.deepEqual(from(100n, closesAt, lastMs, true), ['prove', 'submit'])
    }
  })

  it('sends what it has begun to send to the end of the window, and what it held back in its next [RUN-47]', () => {
    const began = play(drawn, [ROUND, { type: 'proven', proven: PROVEN, nowMs: 111_000 }, tick(114_000)])
    assert.deepEqual(types(began.effects), ['prove', 'submit', 'submit'])
    const second: Input = { type: 'round', round: 20n, randomness: tagHash('randomness'), nowMs: 100_200 }
    const inputs: Input[] = [ROUND, second, { type: 'proven', proven: PROVEN, nowMs: 114_000 }]
    const twice = [...keys.keys()].find((attestor) =>
      play(attestor, inputs).state.attempts.every(({ committee }) => committee?.[0] === attestor),
    )
    assert.deepEqual(types(play(twice, inputs).effects), ['prove'])
    assert.deepEqual(types(play(twice, [...inputs, tick(115_000)]).effects), ['prove', 'submit'])
  })

  it('counts nothing that is signed: a quorum of nobody certifies nothing [QC-1]', () => {
    const outcome = { exit: 0, fuelUsed: 0n, output: PROVEN.output, evidenceHash: NO_EVIDENCE }
    const { digest } = leafOf(domain, request, { attempt: 0, view: 0 }, reportOf(id, outcome))
    const signature = signDigest(keys.get(drawn) ?? new Uint8Array(32), digest)
    const message = { ...outcome, requestId: id, attempt: 0, view: 0, signature }
    const { state, effects, dropped } = play(undefined, [
      ROUND,
      { type: 'outcome', message, nowMs: 100_200 },
      tick(112_000),
    ])
    assert.equal(dropped[1], 'nothing-to-sign')
    assert.equal(state.phase, 'assigned')
    assert.deepEqual(types(effects), [])
  })
})
