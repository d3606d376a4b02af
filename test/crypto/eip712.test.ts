import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { hashStruct, hashTypedData } from 'viem'
import { attestationDigest, reportDigest, TYPES } from '../../src/crypto/eip712.ts'
import { tagHash } from '../../src/crypto/hash.ts'

const domain = { chainId: 31_337, contract: `0x${'aa'.repeat(20)}` } as const
const report = {
  requestId: tagHash('request'),
  outputHash: tagHash('output'),
  exit: 0x130,
  fuelUsed: 2n ** 64n - 1n,
  evidenceHash: tagHash('evidence'),
}
const attestation = {
  functionId: tagHash('function'),
  epoch: 7,
  round: 123n,
  attempt: 255,
  view: 2 ** 32 - 1,
  root: tagHash('root'),
}

describe('digests made by hand', () => {
  it('are those of EIP-712, as another implementation has them [FMT-3] [FMT-4]', () => {
    const { chainId, contract: verifyingContract } = domain
    assert.equal(
      attestationDigest(domain, attestation),
      hashTypedData({
        domain: { name: 'Dikast', version: '1', chainId, verifyingContract },
        types: TYPES,
        primaryType: 'Attestation',
        message: attestation,
      }),
    )
    assert.equal(
      reportDigest(report),
      hashStruct({ types: TYPES, primaryType: 'Report', data: { ...report } }),
    )
  })

  it('are of nothing that is missing, too wide or too long', () => {
    const refused = { code: 'INVALID_INPUT' }
    const without = { ...attestation, view: undefined } as unknown as typeof attestation
    assert.throws(() => attestationDigest(domain, without), refused)
    assert.throws(() => attestationDigest(domain, { ...attestation, attempt: 256 }), refused)
    assert.throws(() => reportDigest({ ...report, exit: 65_536 }), refused)
    assert.throws(() => reportDigest({ ...report, requestId: '0x11' }), refused)
  })
})
