/** A committee of 21 whose certificate is one aggregate: made by TypeScript, checked on chain, paid. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { concat, type Hex, keccak256, numberToHex, slice, stringToHex } from 'viem'
import { encodeBlsCertificate } from '../../src/core/bls-certificate.ts'
import {
  aggregateBlsSignatures,
  blsKeyToPoint,
  blsPossessionDigest,
  blsPublicKey,
  blsSecretOf,
  blsSignatureToPoint,
  proveBlsPossession,
  signBls,
} from '../../src/crypto/bls.ts'
import { attestationDigest, reportDigest } from '../../src/crypto/eip712.ts'
import { merkleRoot } from '../../src/crypto/merkle.ts'
import { blsKeyRegistryAbi } from '../../src/protocol/abi/bls-key-registry.ts'
import { verifierAbi } from '../../src/protocol/abi/verifier.ts'
import {
  createWorld,
  FUEL_USED,
  given,
  type NodeKey,
  nodeKey,
  revertOf,
  type World,
  ZERO_HASH,
} from './support/world.ts'

const NODES = 24
const SEATS = 21
const QUORUM = 14

async function registerKey(world: World, key: NodeKey): Promise<bigint> {
  const { chainId, bls } = world.deployment
  const secret = blsSecretOf(key.privateKey)
  const publicKey = blsPublicKey(secret)
  const digest = blsPossessionDigest({
    chainId,
    registry: bls.keyRegistry,
    attestor: key.attestor,
    key: publicKey,
  })
  return await world.gasOf(
    world.accounts.operator.writeContract({
      address: bls.keyRegistry,
      abi: blsKeyRegistryAbi,
      functionName: 'register',
      args: [key.attestor, blsKeyToPoint(publicKey), blsSignatureToPoint(proveBlsPossession(secret, digest))],
    }),
  )
}

const built = given(async () => {
  const world = await createWorld()
  await world.sealNodes(NODES)
  for (let i = 0; i < NODES; i++) await registerKey(world, nodeKey(i))
  const functionId = await world.deployFunction({
    committeeSize: SEATS,
    verifierSelector: world.deployment.blsQuorumSelector,
  })
  const { requestId, request } = await world.request(functionId)
  await world.openWindow(request)
  return { world, requestId, request, committee: await world.committeeOf(request) }
})

const output = stringToHex('an answer')

function digestOf(said: Hex = output): Hex {
  const { world, requestId, request } = built()
  const report = {
    requestId,
    outputHash: keccak256(said),
    exit: 0,
    fuelUsed: FUEL_USED,
    evidenceHash: ZERO_HASH,
  }
  return attestationDigest(world.marketDomain, {
    functionId: request.functionId,
    epoch: request.epoch,
    round: request.attempts[0]?.round ?? 0n,
    attempt: 0,
    view: 0,
    root: merkleRoot([reportDigest(report)]),
  })
}

const seats = (count: number, from = 0) => Array.from({ length: count }, (_, i) => from + i)

function shareOf(seat: number, digest = digestOf()): { readonly seat: number; readonly signature: Hex } {
  const key = built().committee[seat]
  assert(key)
  return { seat, signature: signBls(blsSecretOf(key.privateKey), digest) }
}

const certificateOf = (of: readonly number[], digest?: Hex) =>
  encodeBlsCertificate(of.map((seat) => shareOf(seat, digest)))
const bitmapOf = (of: readonly number[]) =>
  numberToHex(
    of.reduce((bits, seat) => bits | (1n << BigInt(seat)), 0n),
    { size: 32 },
  )

function fulfillWith(certificate: Hex) {
  const { world, request } = built()
  const common = { attempt: 0, view_: 0, exit: 0, fuelUsed: FUEL_USED, evidenceHash: ZERO_HASH }
  return world.fulfill(request, { ...common, output, certificate })
}

describe('a committee of 21 with BLS keys', () => {
  it('[QC-4] is believed with the aggregate of its quorum, and each signer is paid', async () => {
    const { world, committee } = built()
    const { payment } = await fulfillWith(certificateOf(seats(QUORUM, 3)))
    for (const [seat, { attestor }] of committee.entries()) {
      const signed = seat >= 3 && seat < 3 + QUORUM
      assert.equal(
        await world.market.read.nodeCreditOf([attestor]),
        signed ? payment.perSeat : 0n,
        `seat ${seat}`,
      )
    }
  })

  it('[QC-4] is believed with all its seats, and with keys that are packed', async () => {
    const { world } = built()
    await world.gasOf(
      world.accounts.stranger.writeContract({
        address: world.deployment.bls.keyRegistry,
        abi: blsKeyRegistryAbi,
        functionName: 'pack',
        args: [0],
      }),
    )
    await fulfillWith(certificateOf(seats(SEATS)))
  })

  it('[QC-4] is not believed below its quorum', async () => {
    assert.equal(await revertOf(fulfillWith(certificateOf(seats(QUORUM - 1)))), 'QuorumNotReached')
  })

  it('[QC-4] is not believed under a bitmap of more, other or foreign seats', async () => {
    const aggregate = slice(certificateOf(seats(QUORUM)), 32)
    for (const signers of [seats(QUORUM + 1), seats(QUORUM, 1)])
      assert.equal(await revertOf(fulfillWith(concat([bitmapOf(signers), aggregate]))), 'InvalidAggregate')
    const foreign = concat([bitmapOf([...seats(QUORUM), SEATS]), aggregate])
    assert.equal(await revertOf(fulfillWith(foreign)), 'UnknownSigners')
  })

  it('[QC-4] does not count a signer twice', async () => {
    const shares = [...seats(QUORUM - 1), 0].map((seat) => shareOf(seat).signature)
    const twice = blsSignatureToPoint(aggregateBlsSignatures(shares))
    assert.equal(
      await revertOf(fulfillWith(concat([bitmapOf(seats(QUORUM - 1)), twice]))),
      'QuorumNotReached',
    )
    assert.equal(await revertOf(fulfillWith(concat([bitmapOf(seats(QUORUM)), twice]))), 'InvalidAggregate')
  })

  it('[QC-4] is not believed about another message, nor with one share of another in the sum', async () => {
    const other = digestOf(stringToHex('another answer'))
    assert.equal(await revertOf(fulfillWith(certificateOf(seats(QUORUM), other))), 'InvalidAggregate')
    const mixed = encodeBlsCertificate([
      ...seats(QUORUM - 1).map((s) => shareOf(s)),
      shareOf(QUORUM - 1, other),
    ])
    assert.equal(await revertOf(fulfillWith(mixed)), 'InvalidAggregate')
  })

  it('[QC-4] is not believed with a forged aggregate: a stranger’s, at infinity, off the curve or of another length', async () => {
    const bitmap = bitmapOf(seats(QUORUM))
    const stranger = blsSignatureToPoint(signBls(blsSecretOf(nodeKey(99).privateKey), digestOf()))
    for (const forged of [stranger, `0x${'00'.repeat(192)}` as Hex, `0x${'01'.repeat(192)}` as Hex])
      assert.equal(await revertOf(fulfillWith(concat([bitmap, forged]))), 'InvalidAggregate')
    const right = certificateOf(seats(QUORUM))
    for (const wrong of [`${right}00` as Hex, slice(right, 0, -1), '0x'] as const)
      assert.equal(await revertOf(fulfillWith(wrong)), 'MalformedCertificate')
  })

  it('[QC-4] is not believed when a signer has no key', async () => {
    const { world, request } = built()
    const key = nodeKey(NODES)
    await world.register(key)
    await world.nextEpoch()
    await world.nodes.write.sealEpoch()
    const functionId = await world.deployFunction({
      committeeSize: NODES + 1,
      verifierSelector: world.deployment.blsQuorumSelector,
    })
    const asked = await world.request(functionId)
    await world.openWindow(asked.request)
    const committee = await world.committeeOf(asked.request)
    const keyless = committee.findIndex(({ attestor }) => attestor === key.attestor)
    assert(keyless >= 0)
    // Numbers are counted as nodes register.
    const numbers = new Map([...seats(NODES), NODES].map((i) => [nodeKey(i).attestor, i]))
    const members = committee.map(({ attestor }) => {
      const number = numbers.get(attestor)
      assert(number !== undefined)
      return (BigInt(attestor) << 32n) | BigInt(number)
    })
    const verify = (of: readonly number[]) =>
      world.publicClient.readContract({
        address: world.deployment.bls.verifier,
        abi: verifierAbi,
        functionName: 'verify',
        args: [
          asked.request.snapshot,
          0,
          members,
          1n,
          digestOf(),
          concat([bitmapOf(of), slice(certificateOf([0]), 32)]),
        ],
      })
    assert(request.snapshot !== asked.request.snapshot)
    assert.equal(await revertOf(verify(seats(NODES + 1))), 'BlsKeyNotRegistered')
  })
})
