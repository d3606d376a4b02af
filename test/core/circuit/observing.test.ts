import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  committeeInputOf,
  observedRule,
  observedSubject,
  observedValue,
} from '../../../src/core/circuit/observing.ts'
import { concat, toBytesBE, toHex } from '../../../src/crypto/bytes.ts'
import { observationContext } from '../../../src/crypto/committee-proof.ts'
import { tagHash } from '../../../src/crypto/hash.ts'
import { FIELD_ORDER } from '../../../src/crypto/scalar-field.ts'
import { CONSENSUS } from '../../../src/protocol/types.ts'
import { functionOf } from '../../runtime/support.ts'

const FEED = `0x${'fe'.repeat(20)}` as const
const FUNCTION = tagHash('a committee’s circuit')
const ASKED_AT = 1_800_000_000n
const CHAIN = 31_337
const ctxOf = (contract: typeof FEED = FEED, functionId = FUNCTION, askedAt = ASKED_AT, chainId = CHAIN) =>
  observationContext({ chainId, contract, subject: observedSubject(functionId, askedAt) })
const asking = (...words: readonly bigint[]) => ({
  chainId: CHAIN,
  askedAt: ASKED_AT,
  request: {
    requester: FEED,
    functionId: FUNCTION,
    input: toHex(concat(...words.map((word) => toBytesBE(word, 32)))),
  },
})

describe('the input of a committee’s circuit', () => {
  it('is a key root and the context of its requester, function and second [OBS-2]', () => {
    assert.deepEqual(committeeInputOf(asking(5n, ctxOf())), { keyRoot: 5n, ctx: ctxOf() })
  })

  it('is refused with the context of another contract, function, second or chain [OBS-2]', () => {
    const other = `0x${'0f'.repeat(20)}` as const
    for (const ctx of [
      ctxOf(other),
      ctxOf(FEED, tagHash('another')),
      ctxOf(FEED, FUNCTION, ASKED_AT + 1n),
      ctxOf(FEED, FUNCTION, ASKED_AT, 1),
      ctxOf() + 1n,
    ])
      assert.throws(() => committeeInputOf(asking(5n, ctx)), { code: 'INVALID_INPUT' })
  })

  it('is two words, each of the field', () => {
    for (const words of [[5n], [5n, ctxOf(), 0n], []])
      assert.throws(() => committeeInputOf(asking(...words)), { code: 'INVALID_INPUT' })
    assert.throws(() => committeeInputOf(asking(5n + FIELD_ORDER, ctxOf())))
  })
})

describe('a function that is observed [OBS-1]', () => {
  const spec = (agreement: string, patch = {}) =>
    functionOf(FUNCTION, { consensus: CONSENSUS.indexOf('aggregate'), agreement, ...patch }).spec

  for (const fits of [
    'kind=median;type=uint128',
    'kind=median;type=uint8',
    'kind=median;max=340282366920938463463374607431768211455;type=uint256',
    'kind=median;max=5;min=0;type=int64',
  ])
    it(`may be ${fits}`, () => {
      assert.equal(observedRule(spec(fits)).kind, 'median')
    })

  for (const wrong of [
    'kind=mean;type=uint128',
    'kind=custom',
    'kind=median;type=uint256',
    'kind=median;max=340282366920938463463374607431768211456;type=uint256',
    'kind=median;max=5;type=int64',
    'kind=median;type=uint64[2]',
    'deviation=100;kind=median;type=uint128',
  ])
    it(`is not ${wrong}`, () => {
      assert.throws(() => observedRule(spec(wrong)), { code: 'INVALID_INPUT' })
    })

  it('is no function of another mode', () => {
    assert.throws(() => observedRule(spec('', { consensus: CONSENSUS.indexOf('exact') })))
    assert.throws(() => observedRule(spec('kind=median;type=uint8', { kind: 'circuit' })))
  })

  it('gives a value when it ends well with one of its type, and none otherwise [OBS-3]', () => {
    const rule = observedRule(spec('kind=median;max=100;min=10;type=uint128'))
    const word = (value: bigint) => toBytesBE(value, 32)
    assert.equal(observedValue(rule, { exit: 0, output: word(42n) }), 42n)
    assert.equal(observedValue(rule, { exit: 1, output: word(42n) }), undefined)
    for (const output of [word(9n), word(101n), word(42n).slice(1), new Uint8Array()])
      assert.equal(observedValue(rule, { exit: 0, output }), undefined)
  })
})
