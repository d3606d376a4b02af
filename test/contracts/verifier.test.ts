/** The quorum verifier on its own: what a market's requests cannot bring about. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { concat, type Hex, keccak256, numberToHex, parseAbi, parseEventLogs, slice, toHex } from 'viem'
import { encodeSnapshot } from '../../src/core/snapshot.ts'
import { verifierAbi } from '../../src/protocol/abi/verifier.ts'
import { createWorld, given, revertOf } from './support/world.ts'

const harnessAbi = parseAbi([
  'function writeBlob(bytes data) returns (address)',
  'event BlobWritten(address blob)',
])
/** The x of secp256k1's generator: a valid r. */
const R = '0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798'
const S_MAX = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n
const DIGEST = keccak256('0x01')

const built = given(async () => {
  const world = await createWorld()
  const { address } = await world.viem.deployContract('FormatsHarness')
  return { world, harness: address }
})

/** A snapshot of one node: whoever ecrecover says made (R, s) over the digest. */
async function signerOf(s: bigint): Promise<{ readonly blob: Hex; readonly certificate: Hex }> {
  const { world, harness } = built()
  const words = [DIGEST, numberToHex(27, { size: 32 }), R, numberToHex(s, { size: 32 })] as const
  const { data } = await world.publicClient.call({ to: numberToHex(1, { size: 20 }), data: concat(words) })
  assert(data)
  const code = toHex(encodeSnapshot([{ attestor: slice(data, 12), number: 0, weight: 1n }]))
  const write = { address: harness, abi: harnessAbi, functionName: 'writeBlob', args: [code] } as const
  const receipt = await world.receiptOf(world.accounts.deployer.writeContract(write))
  const [log] = parseEventLogs({ abi: harnessAbi, logs: receipt.logs })
  assert(log)
  return { blob: log.args.blob, certificate: concat([numberToHex(1, { size: 32 }), R, words[3]]) }
}

function verify(blob: Hex, certificate: Hex, committee: readonly bigint[] = [0n], quorum = 1n) {
  const { world } = built()
  return world.publicClient.readContract({
    address: world.deployment.ecdsaQuorumVerifier,
    abi: verifierAbi,
    functionName: 'verify',
    args: [blob, 0, [...committee], quorum, DIGEST, certificate],
  })
}

describe('the quorum verifier', () => {
  it('[QC-2] accepts the greatest s there is one signature for, and nothing above it', async () => {
    const low = await signerOf(S_MAX)
    assert.equal(await verify(low.blob, low.certificate), 1n)
    for (const s of [S_MAX + 1n, 2n ** 255n - 1n]) {
      const { blob, certificate } = await signerOf(s)
      assert.equal(await revertOf(verify(blob, certificate)), 'InvalidAttestation')
    }
  })

  it('[QC-2] takes a place beyond the snapshot for nobody', async () => {
    const { blob, certificate } = await signerOf(S_MAX)
    assert.equal(await revertOf(verify(blob, certificate, [1n])), 'InvalidAttestation')
  })

  it('[QC-2] uses all 256 bits of the bitmap for a committee of 256', async () => {
    const { blob, certificate } = await signerOf(S_MAX)
    const last = concat([numberToHex(1n << 255n, { size: 32 }), slice(certificate, 32)])
    const committee = Array<bigint>(256).fill(0n)
    assert.equal(await verify(blob, last, committee), 1n << 255n)
    assert.equal(await revertOf(verify(blob, last, committee, 2n)), 'QuorumNotReached')
    assert.equal(await revertOf(verify(blob, last, committee.slice(1))), 'UnknownSigners')
  })
})
