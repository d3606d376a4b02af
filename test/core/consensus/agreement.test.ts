import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { circuitTermsText, parseAgreement, parseCircuitTerms } from '../../../src/core/consensus/agreement.ts'

describe('an agreement', () => {
  it('[AGR-1] has defaults in every mode but aggregate, which needs a kind and a type', () => {
    assert.deepEqual(parseAgreement('exact', ''), { mode: 'exact', graceMs: 300 })
    assert.deepEqual(parseAgreement('pbft', ''), { mode: 'pbft', timeoutMs: 2000, check: 'rerun' })
    assert.deepEqual(parseAgreement('raft', ''), { mode: 'raft', timeoutMs: 2000 })
    assert.throws(() => parseAgreement('aggregate', ''), { code: 'INVALID_INPUT' })
    assert.throws(() => parseAgreement('zk', ''), { code: 'INVALID_INPUT' })
  })

  it('[AGR-1] says how values are put together', () => {
    const text =
      'decimals=8;deviation=500;grace=50;kind=trimmed-mean;max=1000;min=-5;timeout=900;trim=10;type=int64[3]'
    const agreement = parseAgreement('aggregate', text)
    assert(agreement.mode === 'aggregate')
    const { rule, ...timing } = agreement
    assert.deepEqual(timing, { mode: 'aggregate', timeoutMs: 900, graceMs: 50 })
    assert(rule.kind !== 'custom')
    const { type, ...rest } = rule
    assert.deepEqual([type.name, type.length, type.signed, type.min], ['int64[3]', 3, true, -(2n ** 63n)])
    assert.deepEqual(rest, {
      kind: 'trimmed-mean',
      decimals: 8,
      bounds: { min: -5n, max: 1000n },
      deviationBps: 500,
      trimPercent: 10,
    })
  })

  it('[AGR-1] may leave the rule to the function itself, which then says what values are', () => {
    assert.deepEqual(parseAgreement('aggregate', 'grace=50;kind=custom;timeout=900'), {
      mode: 'aggregate',
      timeoutMs: 900,
      graceMs: 50,
      rule: { kind: 'custom' },
    })
  })

  for (const [mode, text] of [
    ['exact', 'timeout=900'],
    ['exact', 'grace=10001'],
    ['exact', 'grace=01'],
    ['exact', 'grace=5;'],
    ['exact', 'grace'],
    ['exact', 'grace=5;grace=5'],
    ['exact', 'Grace=5'],
    ['pbft', 'timeout=900;check=rerun'],
    ['pbft', 'check=trust'],
    ['pbft', 'timeout=199'],
    ['pbft', `check=${'r'.repeat(600)}`],
    ['aggregate', 'kind=median'],
    ['aggregate', 'kind=custom;type=int256'],
    ['aggregate', 'kind=custom;max=5'],
    ['aggregate', 'kind=custom;min=5'],
    ['aggregate', 'decimals=2;kind=custom'],
    ['aggregate', 'deviation=5;kind=custom'],
    ['aggregate', 'kind=custom;trim=10'],
    ['aggregate', 'kind=median;type=string'],
    ['aggregate', 'kind=median;type=int7'],
    ['aggregate', 'kind=median;type=uint0'],
    ['aggregate', 'kind=median;type=uint256[65]'],
    ['aggregate', 'kind=median;min=-1;type=uint8'],
    ['aggregate', 'kind=median;max=256;type=uint8'],
    ['aggregate', 'kind=median;max=1;min=2;type=uint8'],
    ['aggregate', 'kind=median;trim=10;type=uint8'],
    ['aggregate', 'kind=trimmed-mean;trim=50;type=uint8'],
    ['aggregate', 'deviation=0;kind=median;type=uint8'],
  ] as const)
    it(`[AGR-1] of ${mode} is not «${text.slice(0, 50)}»`, () => {
      assert.throws(() => parseAgreement(mode, text), { code: 'INVALID_INPUT' })
    })
})

describe('what stands in its place of a circuit', () => {
  const [key, constraints] = [`0x${'a1'.repeat(32)}`, `0x${'b2'.repeat(32)}`] as const
  const text = `constraints=${constraints.slice(2)};provingkey=${key.slice(2)}`

  it('[AGR-4] names the key its proofs are made with, and the constraints that key is of', () => {
    const terms = { provingKey: key, constraints }
    assert.equal(circuitTermsText(terms), text)
    assert.deepEqual(parseCircuitTerms(text), terms)
  })

  it('[AGR-4] names what a committee observes, where the circuit proves that', () => {
    const functionId = `0x${'c3'.repeat(32)}` as const
    const [most, none] = [new Uint8Array(96).fill(7), new Uint8Array()]
    for (const input of [none, Uint8Array.of(1, 2), most]) {
      const terms = { provingKey: key, constraints, observed: { functionId, input } }
      assert.deepEqual(parseCircuitTerms(circuitTermsText(terms)), terms)
    }
    const longest = circuitTermsText({ provingKey: key, constraints, observed: { functionId, input: most } })
    assert.ok(longest.length <= 512)
    for (const wrong of [
      longest.replace('input=', 'input=07'),
      longest.replace('input=07', 'input=7'),
      longest.replace(/observe=[0-9a-f]+;/, ''),
      longest.replace('observe=c3', 'observe='),
    ])
      assert.throws(() => parseCircuitTerms(wrong), { code: 'INVALID_INPUT' })
  })

  for (const wrong of [
    '',
    text.slice(0, -1),
    `${text};more=1`,
    text.toUpperCase(),
    text.split(';').reverse().join(';'),
    `provingkey=${key.slice(2)}`,
    text.replace('b2', 'xy'),
  ])
    it(`[AGR-4] is not «${wrong.slice(0, 30)}»`, () => {
      assert.throws(() => parseCircuitTerms(wrong), { code: 'INVALID_INPUT' })
    })
})
