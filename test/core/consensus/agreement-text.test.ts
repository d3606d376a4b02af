import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseAgreement } from '../../../src/core/consensus/agreement.ts'
import { agreementText, entryNeeded } from '../../../src/core/consensus/agreement-text.ts'

describe('an agreement as text', () => {
  it('[AGR-1] has its keys in order, whatever the order they were given in', () => {
    const text = 'grace=50;kind=median;min=-5;type=int64[3]'
    assert.equal(agreementText({ type: 'int64[3]', min: '-5', kind: 'median', grace: '50' }), text)
    assert.equal(parseAgreement('aggregate', text).mode, 'aggregate')
    assert.equal(agreementText({}), '')
  })

  it('[AGR-1] cannot be made to hold a key that was not given', () => {
    const wrong: readonly Readonly<Record<string, string>>[] = [
      { kind: 'median;min=5' },
      { kind: 'median=' },
      { 'a=1;kind': 'median' },
      { kind: '' },
      { Kind: 'median' },
    ]
    for (const fields of wrong)
      assert.throws(() => agreementText(fields), { code: 'INVALID_INPUT' }, JSON.stringify(fields))
  })
})

describe('what an agreement asks of the module', () => {
  it('[AGR-3] is validate where that checks proposals, aggregate where the rule is its own, and else nothing', () => {
    assert.equal(entryNeeded(parseAgreement('pbft', 'check=validate')), 'validate')
    for (const [mode, text] of [
      ['pbft', ''],
      ['pbft', 'check=rerun'],
      ['exact', ''],
      ['raft', ''],
      ['aggregate', 'kind=median;type=uint256'],
    ] as const)
      assert.equal(entryNeeded(parseAgreement(mode, text)), undefined, text)
    assert.equal(entryNeeded(parseAgreement('aggregate', 'kind=custom')), 'aggregate')
  })
})
