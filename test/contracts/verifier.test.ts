/** The quorum verifier on its own: what a market's requests cannot bring about. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { concat, type Hex, keccak256, numberToHex, pad, slice, zeroAddress } from 'viem'
import { verifierAbi } from '../../src/protocol/abi/verifier.ts'
import { createWorld, given, revertArgsOf, revertOf } from './support/world.ts'

/** The x of secp256k1's generator: a valid r. */
const R = '0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798'
const S_MAX = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n
const DIGEST = keccak256('0x01')

const built = given(async () => {
  return { world: await createWorld() }
})

/** A committee of one: whoever ecrecover says made (R, s) over the digest. */
async function signerOf(s: bigint): Promise<{ readonly member: bigint; readonly certificate: Hex }> {
  const { world } = built()
  const words = [DIGEST, numberToHex(27, { size: 32 }), R, numberToHex(s, { size: 32 })] as const
  const { data } = await world.publicClient.call({ to: numberToHex(1, { size: 20 }), data: concat(words) })
  assert(data)
  return {
    member: memberOf(slice(data, 12)),
    certificate: concat([numberToHex(1, { size: 32 }), R, words[3]]),
  }
}

/** As an entry of a snapshot. */
const memberOf = (attestor: Hex, number = 7n): bigint => (BigInt(attestor) << 32n) | number

function verify(members: readonly bigint[], certificate: Hex, quorum = 1n) {
  const { world } = built()
  return world.publicClient.readContract({
    address: world.deployment.ecdsaQuorumVerifier,
    abi: verifierAbi,
    functionName: 'verify',
    args: [zeroAddress, 0, [...members], quorum, DIGEST, certificate],
  })
}

describe('the quorum verifier', () => {
  it('[QC-2] accepts the greatest s there is one signature for, and nothing above it', async () => {
    const low = await signerOf(S_MAX)
    assert.equal(await verify([low.member], low.certificate), 1n)
    for (const s of [S_MAX + 1n, 2n ** 255n - 1n]) {
      const { member, certificate } = await signerOf(s)
      assert.equal(await revertOf(verify([member], certificate)), 'InvalidAttestation')
    }
  })

  it('[QC-2] takes a signature nobody made for nobody’s, also where a seat is empty', async () => {
    const { member, certificate } = await signerOf(S_MAX)
    // No point of the curve has this x: ecrecover returns nothing.
    const nobody = concat([slice(certificate, 0, 32), pad('0x05'), slice(certificate, 64)])
    assert.equal(await revertOf(verify([0n], nobody)), 'InvalidAttestation')
    assert.equal(await revertOf(verify([member], nobody)), 'InvalidAttestation')
    assert.equal(await revertOf(verify([0n], certificate)), 'InvalidAttestation')
  })

  it('[QC-2] takes a signature for its seat’s only, and names the seat that did not sign', async () => {
    const { member, certificate } = await signerOf(S_MAX)
    const at = (seat: bigint) => concat([numberToHex(1n << seat, { size: 32 }), slice(certificate, 32)])
    const stranger = memberOf(`0x${'11'.repeat(20)}`)
    assert.equal(await verify([stranger, member, stranger], at(1n)), 2n)
    const refused = await revertArgsOf(verify([stranger, member, stranger], at(2n)))
    assert.deepEqual(refused, { name: 'InvalidAttestation', args: [2n] })
    const both = concat([numberToHex(3, { size: 32 }), slice(certificate, 32), slice(certificate, 32)])
    assert.deepEqual(await revertArgsOf(verify([member, stranger], both)), {
      name: 'InvalidAttestation',
      args: [1n],
    })
  })

  it('[QC-2] uses all 256 bits of the bitmap for a committee of 256', async () => {
    const { member, certificate } = await signerOf(S_MAX)
    const last = concat([numberToHex(1n << 255n, { size: 32 }), slice(certificate, 32)])
    const committee = Array<bigint>(256).fill(member)
    assert.equal(await verify(committee, last), 1n << 255n)
    assert.equal(await revertOf(verify(committee, last, 2n)), 'QuorumNotReached')
    assert.equal(await revertOf(verify(committee.slice(1), last)), 'UnknownSigners')
  })
})
