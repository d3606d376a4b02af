/** What a hostile node may say a function is. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { specFromAbi, specToAbi } from '../../../src/adapters/chain/abi-values.ts'
import type { FunctionSpec, Hex } from '../../../src/protocol/types.ts'

const ZERO_HASH: Hex = `0x${'00'.repeat(32)}`
const spec: FunctionSpec = {
  kind: 'wasm',
  moduleHash: ZERO_HASH,
  entry: '_start',
  runtime: 'deterministic-1',
  capabilities: ZERO_HASH,
  permissions: ['https://api.example.org/v1', 'ipfs:read'],
  consensus: 2,
  agreement: 'kind=median;type=int256',
  committeeSize: 4,
  fuelLimit: 1_000_000n,
  memoryBytesMax: 65_536n,
  outputBytesMax: 1,
  windowSeconds: 1,
  flatFeePerSeat: 0n,
  fuelPrice: 1n,
  royalty: 0n,
  verifierSelector: '0x00000001',
  verificationKeyHash: ZERO_HASH,
  challengeWindow: 5400,
}
const told = (permissions: readonly string[]) => specFromAbi({ ...specToAbi(spec), permissions })

describe('a specification as the chain tells it', () => {
  it('comes back as it was written, its permissions in their order', () => {
    assert.deepEqual(specFromAbi(specToAbi(spec)), spec)
  })

  it('has no more and no longer permissions than a registry takes [FUN-7]', () => {
    assert.equal(told(Array(64).fill('u'.repeat(256))).permissions.length, 64)
    for (const permissions of [Array(65).fill('u'), ['u', 'u'.repeat(257)]])
      assert.throws(() => told(permissions), { code: 'CHAIN', reason: 'malformed' })
  })
})
