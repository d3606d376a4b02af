/** The key registry and the libraries below it, against TypeScript. Its nodes have the numbers the test gives them. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { bls12_381 } from '@noble/curves/bls12-381.js'
import {
  concat,
  getContract,
  getContractAddress,
  type Hex,
  keccak256,
  numberToHex,
  size,
  stringToHex,
} from 'viem'
import {
  BLS_POSSESSION_TAG,
  blsKeyToPoint,
  blsPossessionDigest,
  blsPublicKey,
  blsSignatureToPoint,
  proveBlsPossession,
  signBls,
} from '../../src/crypto/bls.ts'
import { fromHex, toBytesBE, toHex } from '../../src/crypto/bytes.ts'
import { blsKeyRegistryAbi } from '../../src/protocol/abi/bls-key-registry.ts'
import rfc9380 from '../vectors/rfc9380-g2.json' with { type: 'json' }
import { createWorld, given, revertOf } from './support/world.ts'

const { G1, G2 } = bls12_381
const ORDER = G1.Point.Fn.ORDER
const RANDOM_MESSAGES = 40
const CHAIN_ID = 31337
const ZERO_ADDRESS = numberToHex(0, { size: 20 })

interface Callable {
  readonly address: Hex
  readonly read: Record<string, (args: readonly unknown[]) => Promise<unknown>>
  readonly write: Record<string, (args: readonly unknown[]) => Promise<Hex>>
}

const built = given(async () => {
  const world = await createWorld()
  const harness = (await world.viem.deployContract('BlsHarness')) as unknown as Callable
  const nodes = (await world.viem.deployContract('NumberedNodes')) as unknown as Callable
  const deployRegistry = async () => {
    const { address } = await world.viem.deployContract('BlsKeyRegistry', [nodes.address])
    const client = { public: world.publicClient, wallet: world.accounts.operator }
    return getContract({ abi: blsKeyRegistryAbi, address, client })
  }
  return { world, harness, nodes, registry: await deployRegistry(), deployRegistry }
})

const secretOf = (index: number) => toBytesBE(BigInt(keccak256(stringToHex(`bls ${index}`))) % ORDER, 32)
const attestorOf = (number: number): Hex => numberToHex(0xa0000 + number, { size: 20 })
const element = (value: bigint): Hex => numberToHex(value, { size: 64 })

/** What the registry takes for a node, or what a test puts in its place. */
async function entryOf(
  number: number,
  change: {
    readonly secret?: Uint8Array
    readonly key?: Hex
    readonly chainId?: number
    readonly registry?: Hex
  } = {},
) {
  const { world, nodes, registry } = built()
  const attestor = attestorOf(number)
  await nodes.write.set?.([attestor, world.accounts.operator.account.address, number])
  const secret = change.secret ?? secretOf(number)
  const key = blsPublicKey(secret)
  const digest = blsPossessionDigest({
    chainId: change.chainId ?? CHAIN_ID,
    registry: change.registry ?? registry.address,
    attestor,
    key,
  })
  const proof = blsSignatureToPoint(proveBlsPossession(secret, digest))
  return { attestor, key: change.key ?? blsKeyToPoint(key), proof }
}

async function register(number: number): Promise<bigint> {
  const { world, registry } = built()
  const { attestor, key, proof } = await entryOf(number)
  return await world.gasOf(registry.write.register([attestor, key, proof]))
}

/** The sum in TypeScript of what the contract sums. */
function sumOf(numbers: readonly number[]): Hex {
  const sum = numbers.reduce((point, n) => {
    const secret = BigInt(toHex(secretOf(n)))
    return point.add(G1.Point.BASE.multiply(secret))
  }, G1.Point.ZERO)
  const { x, y } = sum.toAffine()
  return concat([element(x), element(y)])
}

const sum = (numbers: readonly number[]) => built().registry.read.sumOf([numbers])

describe('hashing to G2 on chain', () => {
  const hashed = (message: Uint8Array, tag: string) =>
    built().harness.read.hashToG2?.([toHex(message), stringToHex(tag)])
  const pointOf = (x: readonly bigint[], y: readonly bigint[]) => concat([...x, ...y].map(element))

  it('[BLS-1] gives the points of RFC 9380', async () => {
    for (const { message, x, y } of rfc9380.points) {
      const given = await hashed(new TextEncoder().encode(message), rfc9380.domainTag)
      assert.equal(given, pointOf(x.map(BigInt), y.map(BigInt)))
    }
  })

  it('[BLS-1] gives the points TypeScript gives, for messages of any length and tags of up to 255 bytes', async () => {
    for (let i = 0; i < RANDOM_MESSAGES; i++) {
      const word = fromHex(keccak256(numberToHex(i)))
      const message = new Uint8Array(i % 4 === 0 ? 32 : (i * 7) % 131).map((_, at) => word[at % 32] ?? 0)
      const tag = i % 3 === 0 ? BLS_POSSESSION_TAG : 'T'.repeat(1 + ((i * 37) % 255))
      const { x, y } = G2.hashToCurve(message, { DST: tag }).toAffine()
      assert.equal(await hashed(message, tag), pointOf([x.c0, x.c1], [y.c0, y.c1]), `message ${i}`)
    }
    await assert.rejects(async () => await hashed(new Uint8Array(1), 'T'.repeat(256)), /panic code 0x1/i)
  })
})

describe('the address of a creation', () => {
  it('[BLS-4] is what the chain gives it, at every length of the nonce', async () => {
    const { harness } = built()
    const from = harness.address
    for (const nonce of [
      1n,
      0x7fn,
      0x80n,
      0xffn,
      0x100n,
      0xffffn,
      0x1_0000n,
      0xff_ffffn,
      0x100_0000n,
      0xffff_ffffn,
    ])
      assert.equal(await harness.read.createdAt?.([from, nonce]), getContractAddress({ from, nonce }))
  })
})

describe('a node’s BLS key', () => {
  it('[BLS-3] is registered by the node’s operator, with its proof, and read back', async () => {
    const { registry } = built()
    await register(3)
    assert.equal(await registry.read.keyOf([3]), blsKeyToPoint(blsPublicKey(secretOf(3))))
    assert.equal(await registry.read.keyOf([4]), '0x')
    const { attestor } = await entryOf(3)
    const key = blsKeyToPoint(blsPublicKey(secretOf(3)))
    const digest = blsPossessionDigest({
      chainId: CHAIN_ID,
      registry: registry.address,
      attestor,
      key: blsPublicKey(secretOf(3)),
    })
    assert.equal(await registry.read.possessionDigest([attestor, key]), digest)
  })

  it('[BLS-3] is registered by nobody else, and for no node that does not exist', async () => {
    const { world, registry } = built()
    const { attestor, key, proof } = await entryOf(3)
    const account = world.accounts.stranger.account
    assert.equal(
      await revertOf(registry.write.register([attestor, key, proof], { account })),
      'NotNodeOperator',
    )
    assert.equal(await revertOf(registry.write.register([attestorOf(9), key, proof])), 'NotNodeOperator')
    assert.equal(await revertOf(registry.write.register([ZERO_ADDRESS, key, proof])), 'NotNodeOperator')
  })

  it('[BLS-3] is one node’s, and the node’s only one, for ever', async () => {
    const { registry } = built()
    await register(3)
    const again = await entryOf(3, { secret: secretOf(30) })
    assert.equal(
      await revertOf(registry.write.register([again.attestor, again.key, again.proof])),
      'BlsKeyAlreadyRegistered',
    )
    const other = await entryOf(4, { secret: secretOf(3) })
    assert.equal(
      await revertOf(registry.write.register([other.attestor, other.key, other.proof])),
      'BlsKeyTaken',
    )
  })

  it('[BLS-3] chosen to cancel others’ is refused: who cannot sign with it cannot register it', async () => {
    const { registry } = built()
    await register(1)
    await register(2)
    // The rogue key: one's own less the others'. Its sum with theirs is one's own, whose secret one knows.
    const own = G1.Point.BASE.multiply(BigInt(toHex(secretOf(5))))
    const others = [1, 2].map((n) => G1.Point.BASE.multiply(BigInt(toHex(secretOf(n)))))
    const rogue = others.reduce((point, other) => point.subtract(other), own).toAffine()
    const key = concat([numberToHex(rogue.x, { size: 48 }), numberToHex(rogue.y, { size: 48 })])
    const attestor = attestorOf(5)
    await entryOf(5)
    const digest = await registry.read.possessionDigest([attestor, key])
    const proof = blsSignatureToPoint(proveBlsPossession(secretOf(5), digest))
    assert.equal(await revertOf(registry.write.register([attestor, key, proof])), 'InvalidPossession')
  })

  it('[BLS-3] takes no proof made for another node, registry, chain or key, and no signature for a proof', async () => {
    const { world, nodes, registry, deployRegistry } = built()
    const operator = world.accounts.operator.account.address
    const mine = await entryOf(3)
    await nodes.write.set?.([attestorOf(4), operator, 4])
    const refused = async (attestor: Hex, key: Hex, proof: Hex) =>
      assert.equal(await revertOf(registry.write.register([attestor, key, proof])), 'InvalidPossession')

    await refused(attestorOf(4), mine.key, mine.proof)
    const elsewhere = await entryOf(3, { registry: (await deployRegistry()).address })
    await refused(mine.attestor, mine.key, elsewhere.proof)
    const otherChain = await entryOf(3, { chainId: CHAIN_ID + 1 })
    await refused(mine.attestor, mine.key, otherChain.proof)
    const otherKey = await entryOf(3, { secret: secretOf(33) })
    await refused(mine.attestor, mine.key, otherKey.proof)
    const digest = await registry.read.possessionDigest([mine.attestor, mine.key])
    await refused(mine.attestor, mine.key, blsSignatureToPoint(signBls(secretOf(3), digest)))
  })

  it('[BLS-2] is refused at infinity, off the curve, outside the subgroup and in a second encoding', async () => {
    const { registry } = built()
    const { attestor, proof } = await entryOf(3)
    const refused = async (x: bigint, y: bigint, by: Hex = proof) => {
      const key = concat([numberToHex(x, { size: 48 }), numberToHex(y, { size: 48 })])
      assert.equal(await revertOf(registry.write.register([attestor, key, by])), 'InvalidPossession')
    }
    // Infinity signs everything with infinity.
    await refused(0n, 0n, `0x${'00'.repeat(192)}`)
    await refused(1n, 1n)
    const { x, y } = G1.Point.BASE.multiply(BigInt(toHex(secretOf(3)))).toAffine()
    await refused(x + G1.Point.Fp.ORDER, y)
    // The node's key and a point of order 3: every pairing that does not look at the subgroup takes it for the key.
    const outside = G1.Point.fromAffine({ x, y })
      .add(G1.Point.fromAffine({ x: 0n, y: 2n }))
      .toAffine()
    const key = concat([numberToHex(outside.x, { size: 48 }), numberToHex(outside.y, { size: 48 })])
    const digest = await registry.read.possessionDigest([attestor, key])
    await refused(outside.x, outside.y, blsSignatureToPoint(proveBlsPossession(secretOf(3), digest)))
  })

  it('[BLS-2] of another length is refused, as is its proof', async () => {
    const { registry } = built()
    const { attestor, key, proof } = await entryOf(3)
    for (const [k, p] of [
      [key.slice(0, -2) as Hex, proof],
      [`${key}00` as Hex, proof],
      [key, proof.slice(0, -2) as Hex],
      [key, `${proof}00` as Hex],
      ['0x', '0x'],
    ] as const)
      assert.equal(await revertOf(registry.write.register([attestor, k, p])), 'MalformedKey')
  })
})

describe('the sum of keys', () => {
  it('[BLS-4] is TypeScript’s, packed, not packed, and in part', async () => {
    const { world, registry } = built()
    const numbers = [0, 7, 8, 255, 256, 300]
    for (const number of numbers) await register(number)
    assert.equal(await sum(numbers), sumOf(numbers))
    await world.gasOf(registry.write.pack([0]))
    assert.equal(await sum(numbers), sumOf(numbers))
    assert.equal(await sum([255, 0]), sumOf([255, 0]))
    // Registered after its group was packed.
    await register(9)
    assert.equal(await sum([...numbers, 9]), sumOf([...numbers, 9]))
    await world.gasOf(registry.write.pack([0]))
    await world.gasOf(registry.write.pack([1]))
    assert.equal(await sum([...numbers, 9]), sumOf([...numbers, 9]))
    assert.equal(await sum([300]), sumOf([300]))
  })

  it('[BLS-4] of many groups, more than are remembered at once, is still the sum', async () => {
    const numbers = Array.from({ length: 18 }, (_, i) => i * 256 + (i % 3))
    const { world, registry } = built()
    for (const number of numbers) await register(number)
    for (const group of [0, 1, 16]) await world.gasOf(registry.write.pack([group]))
    const order = [...numbers, 1, 0].slice(0, 18)
    assert.equal(await sum([...order, ...order]), sumOf([...order, ...order]))
  })

  it('[BLS-4] does not exist when a node has no key', async () => {
    const { registry } = built()
    await register(0)
    await registry.write.pack([0])
    for (const number of [1, 256, 2 ** 32 - 1])
      assert.equal(await revertOf(sum([0, number])), 'BlsKeyNotRegistered')
  })
})

describe('a pack of keys', () => {
  it('[BLS-4] is written by anyone, when it adds a key, and holds each in its node’s place', async () => {
    const { world, registry } = built()
    const account = world.accounts.stranger.account
    assert.equal(await revertOf(registry.write.pack([0], { account })), 'NothingToPack')
    await register(2)
    await world.gasOf(registry.write.pack([0], { account }))
    const [blob, keys] = await registry.read.packOf([0])
    assert.equal(keys, 1)
    const code = await world.publicClient.getCode({ address: blob })
    assert.equal(code, concat([`0x${'00'.repeat(192)}`, blsKeyToPoint(blsPublicKey(secretOf(2)))]))
    assert.equal(await revertOf(registry.write.pack([0], { account })), 'NothingToPack')
    await register(255)
    await world.gasOf(registry.write.pack([0], { account }))
    const [full, count] = await registry.read.packOf([0])
    assert.equal(count, 2)
    // All of EIP-170's 24,576 bytes.
    assert.equal(size((await world.publicClient.getCode({ address: full })) ?? '0x'), 24_576)
  })

  it('[BLS-4] does nothing when it is called, whatever is sent', async () => {
    const { world, registry } = built()
    await register(0)
    await registry.write.pack([0])
    const [blob] = await registry.read.packOf([0])
    const before = await world.publicClient.getBalance({ address: blob })
    await assert.rejects(world.publicClient.call({ to: blob, data: '0x12345678' }))
    assert.equal(await world.publicClient.getBalance({ address: blob }), before)
    assert((await world.publicClient.getCode({ address: blob })) !== undefined)
  })
})
