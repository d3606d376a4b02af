import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  aggregate,
  reachOfOneLiar,
  type Weighted,
  withinDeviation,
} from '../../../../src/core/consensus/aggregate/rules.ts'
import { parseAgreement } from '../../../../src/core/consensus/agreement.ts'

function ruleOf(text: string) {
  const agreement = parseAgreement('aggregate', text)
  assert(agreement.mode === 'aggregate' && agreement.rule.kind !== 'custom')
  return agreement.rule
}

const of = (...values: readonly number[]): readonly Weighted[] =>
  values.map((value) => ({ values: [BigInt(value)], weight: 1n }))

function combined(kind: string, members: readonly Weighted[], more = ''): bigint | undefined {
  return aggregate(ruleOf(`kind=${kind};${more}type=int256`), members, 1)?.[0]
}

describe('the kinds of aggregation', () => {
  it('[AGG-4] are whole numbers, rounded down', () => {
    assert.equal(combined('median', of(5, 1, 9)), 5n)
    assert.equal(combined('median', of(4, 1, 9, 2)), 2n, 'of an even count the lower of the middle two')
    assert.equal(combined('mean', of(1, 2, 4)), 2n)
    assert.equal(combined('mean', of(-1, -2, -4)), -3n)
    assert.equal(combined('trimmed-mean', of(-1000, 1, 2, 9000), 'trim=25;'), 1n)
    assert.equal(combined('min', of(3, -7, 4)), -7n)
    assert.equal(combined('max', of(3, -7, 4)), 4n)
    assert.equal(combined('sum', of(3, -7, 4)), 0n)
    assert.equal(combined('mode', of(3, 7, 7, 3, 1)), 3n, 'of those that tie the smallest')
    const weighted = [
      { values: [10n], weight: 3n },
      { values: [20n], weight: 1n },
    ]
    assert.equal(combined('weighted-mean', weighted), 12n)
  })

  it('[AGG-4] are none when a sum no longer fits its type, or no more than f members saw a mode', () => {
    assert.equal(aggregate(ruleOf('kind=sum;type=uint8'), of(200, 56), 1), undefined)
    assert.equal(combined('mode', of(1, 2, 3, 4)), undefined)
  })

  it('[AGG-4] take arrays place by place, and a mode as a whole', () => {
    const members = [
      [1n, 9n],
      [2n, 8n],
      [3n, 7n],
      [1n, 9n],
    ].map((values) => ({ values, weight: 1n }))
    assert.deepEqual(aggregate(ruleOf('kind=median;type=uint8[2]'), members.slice(0, 3), 1), [2n, 8n])
    assert.deepEqual(aggregate(ruleOf('kind=mode;type=uint8[2]'), members, 1), [1n, 9n])
  })

  it('[AGG-4] leave out what is further from the median than allowed', () => {
    const rule = ruleOf('deviation=1000;kind=mean;type=int256')
    const kept = withinDeviation(rule, of(100, 110, 111, 90, 89))
    assert.deepEqual(
      kept.map(({ values }) => values[0]),
      [100n, 110n, 90n],
    )
  })

  it('[AGG-4] do not depend on the order of members', () => {
    const kinds = ['median', 'mean', 'trimmed-mean', 'weighted-mean', 'mode', 'min', 'max', 'sum']
    const member = fc.record({ values: fc.tuple(fc.bigInt(-50n, 50n)), weight: fc.bigInt(1n, 9n) })
    fc.assert(
      fc.property(
        fc.constantFrom(...kinds),
        fc.array(member, { minLength: 1, maxLength: 9 }),
        (kind, members) => {
          assert.equal(combined(kind, members.toReversed()), combined(kind, members))
        },
      ),
    )
  })

  it('[AGG-4] give a median between honest values, whatever f of 2f + 1 or more say', () => {
    const honest = fc.array(fc.bigInt(-1000n, 1000n), { minLength: 1, maxLength: 40 })
    fc.assert(
      fc.property(
        honest,
        fc.array(fc.bigInt(-(2n ** 255n), 2n ** 255n - 1n), { maxLength: 39 }),
        (seen, lies) => {
          const liars = lies.slice(0, seen.length - 1)
          const members = [...liars, ...seen].map((value) => ({ values: [value], weight: 1n }))
          const result = combined('median', members) ?? assert.fail('a result')
          assert(seen.some((value) => value <= result) && seen.some((value) => value >= result))
        },
      ),
    )
  })

  it('[AGG-6] say how far one liar reaches', () => {
    const reach = (text: string, size = 7) => reachOfOneLiar(ruleOf(text), size)
    assert.equal(reach('kind=median;type=int8'), 'none')
    assert.equal(reach('kind=mode;type=int8'), 'none')
    assert.equal(reach('kind=trimmed-mean;trim=25;type=int8'), 'none')
    assert.equal(reach('kind=trimmed-mean;trim=10;type=int8'), 'bounds', 'nothing of seven is trimmed')
    assert.equal(reach('kind=mean;type=int8'), 'bounds')
    assert.equal(reach('deviation=100;kind=max;type=int8'), 'deviation')
    assert.equal(reachOfOneLiar({ kind: 'custom' }, 7), 'unknown', 'only its author knows')
  })
})
