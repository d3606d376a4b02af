/** Keys for committee proofs and what they are checked with, against TypeScript. Nodes have the numbers the test gives them. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Hex, keccak256, numberToHex, stringToHex } from 'viem'
import { BASE, montgomeryU, montgomeryV, SUBGROUP_ORDER } from '../../src/crypto/babyjubjub.ts'
import { toHex } from '../../src/crypto/bytes.ts'
import { type KeyProof, proveKey } from '../../src/crypto/key-proof.ts'
import { poseidonTable } from '../../src/crypto/poseidon-table.ts'
import { ScalarField as F, FIELD_ORDER } from '../../src/crypto/scalar-field.ts'
import { provePossession, schnorrKey, signSchnorr } from '../../src/crypto/schnorr.ts'
import vectors from '../vectors/standing-committees.json' with { type: 'json' }
import { CHAIN_ID, deployKeys, deployTables, schnorrSecretOf } from './support/standing.ts'
import { createWorld, given, revertOf } from './support/world.ts'

const GAS = 16_000_000n

interface Callable {
  readonly address: Hex
  readonly read: Record<string, (args: readonly unknown[]) => Promise<unknown>>
  readonly write: Record<string, (args: readonly unknown[]) => Promise<Hex>>
}

const built = given(async () => {
  const world = await createWorld()
  const tables = await deployTables(world, [5])
  const nodes = (await world.viem.deployContract('NumberedNodes')) as unknown as Callable
  const harness = (await world.viem.deployContract('CommitteeHarness')) as unknown as Callable
  const deployRegistry = async () => await deployKeys(world, nodes.address, tables.address)
  return { world, tables, nodes, harness, registry: await deployRegistry(), deployRegistry }
})

const attestorOf = (number: number): Hex => numberToHex(0xb0000 + number, { size: 20 })

/** A node of the operator, and what its key is registered with, or what a test puts in its place. */
async function nodeOf(
  number: number,
  change: {
    readonly secret?: bigint
    readonly chainId?: number
    readonly registry?: Hex
    readonly holder?: Hex
  } = {},
): Promise<{ readonly attestor: Hex; readonly proof: KeyProof }> {
  const { world, nodes, registry } = built()
  const attestor = attestorOf(number)
  await nodes.write.set?.([attestor, world.accounts.operator.account.address, number])
  const { secret = schnorrSecretOf(number), chainId = CHAIN_ID } = change
  const holder = { chainId, registry: change.registry ?? registry.address, holder: change.holder ?? attestor }
  return { attestor, proof: proveKey(secret, holder) }
}

async function refused(attestor: Hex, proof: KeyProof, error: string) {
  assert.equal(await revertOf(built().registry.write.register([attestor, proof])), error)
}

describe('Poseidon on chain', () => {
  it('[STC-2] gives what TypeScript gives, at every width', async () => {
    const { world, tables, harness } = built()
    for (const { width, state, first, table } of vectors.poseidon) {
      const bytes = poseidonTable(width)
      assert.equal(keccak256(bytes), table)
      if (width !== 5) await world.gasOf(tables.write.write([BigInt(width), toHex(bytes)], { gas: GAS }))
      assert.equal(
        await harness.read.permute?.([tables.address, state.map(BigInt)]),
        BigInt(first),
        `${width}`,
      )
    }
  })

  it('[STC-2] takes no table but the width’s own, once', async () => {
    const { tables } = built()
    const write = (width: number, bytes: Uint8Array) =>
      revertOf(tables.write.write([BigInt(width), toHex(bytes)], { gas: GAS }))
    const table = poseidonTable(6)
    const changed = table.slice()
    changed[100] = (changed[100] ?? 0) ^ 1
    assert.equal(await write(6, changed), 'WrongPoseidonTable')
    assert.equal(await write(7, table), 'WrongPoseidonTable')
    assert.equal(await write(4, table), 'WrongPoseidonTable')
    assert.equal(await write(17, new Uint8Array()), 'WrongPoseidonTable')
    assert.equal(await write(5, poseidonTable(5)), 'PoseidonTableKnown')
    assert.equal(await write(6, table), 'no revert')
    for (const width of [4, 17, 5.5]) assert.throws(() => poseidonTable(width), { code: 'INVALID_INPUT' })
  })

  it('[STC-2] has a table that does nothing when it is called', async () => {
    const { world, tables } = built()
    const code = await world.publicClient.getCode({ address: await tables.read.tableOf([5n]) })
    assert.equal(code, `0x00${toHex(poseidonTable(5)).slice(2)}`)
  })
})

describe('BabyJubJub on chain', () => {
  it('[STC-3] combines points as TypeScript does', async () => {
    const { harness } = built()
    const point = BASE.multiply(9n)
    const [u, v] = [montgomeryU(point), F.div(montgomeryU(point), point.toAffine().x)]
    for (const one of vectors.combinations)
      assert.deepEqual(await harness.read.combine?.([BigInt(one.s), BigInt(one.c), u, v]), [
        false,
        BigInt(one.u),
      ])
    // 9 * 2 B - 2 * 9 B.
    assert.deepEqual(await harness.read.combine?.([18n, 2n, u, v]), [true, 0n])
    for (let i = 1; i < 20; i++) {
      const s = BigInt(keccak256(numberToHex(i))) % SUBGROUP_ORDER
      const c = (1n << 128n) + 1n + 2n * (BigInt(keccak256(stringToHex(`c${i}`))) >> 128n)
      const expected = BASE.multiply(s).subtract(point.multiply(c))
      assert.deepEqual(await harness.read.combine?.([s, c, u, v]), [false, montgomeryU(expected)])
    }
  })

  it('[STC-3] adds equal points as it doubles one, and different ones as TypeScript does', async () => {
    const { harness } = built()
    const montgomery = (n: bigint) => {
      const point = BASE.multiply(n)
      return [montgomeryU(point), F.div(montgomeryU(point), point.toAffine().x)] as const
    }
    const uOf = (n: bigint) => montgomeryU(BASE.multiply(n))
    assert.deepEqual(await harness.read.sums?.([montgomery(7n), montgomery(7n)]), [uOf(14n), uOf(14n), true])
    assert.deepEqual(await harness.read.sums?.([montgomery(7n), montgomery(12n)]), [
      uOf(19n),
      uOf(14n),
      false,
    ])
    // A point and its opposite: the neutral one, which has no u.
    const opposite = montgomery(SUBGROUP_ORDER - 7n)
    assert.deepEqual(await harness.read.sums?.([montgomery(7n), opposite]), [0n, uOf(14n), false])
  })

  it('[STC-3] tells points of the curve from others', async () => {
    const { harness } = built()
    const u = schnorrKey(schnorrSecretOf(0))
    const v = montgomeryV(u) ?? 0n
    const isPoint = async (a: bigint, b: bigint) => await harness.read.isPoint?.([a, b])
    assert.equal(await isPoint(u, v), true)
    assert.equal(await isPoint(u, FIELD_ORDER - v), true)
    for (const [a, b] of [
      [u, v + 1n],
      [u + 1n, v],
      [u + FIELD_ORDER, v],
      [u, v + FIELD_ORDER],
      [0n, 0n],
      [FIELD_ORDER - 1n, 1n],
    ] as const)
      assert.equal(await isPoint(a, b), false)
  })
})

describe('a node’s key for committee proofs', () => {
  it('[STC-1] is registered by the node’s operator, and counts from the next epoch on', async () => {
    const { world, registry, nodes } = built()
    const { attestor, proof } = await nodeOf(3)
    await nodes.write.setEpoch?.([41])
    const gas = await world.gasOf(registry.write.register([attestor, proof]))
    assert(gas < 500_000n, `${gas} gas`)
    const [event] = await registry.getEvents.SchnorrKeyRegistered()
    assert.deepEqual(event?.args, {
      attestor: event?.args.attestor,
      number: 3,
      key: schnorrKey(schnorrSecretOf(3)),
      fromEpoch: 42,
    })
    assert.deepEqual(await registry.read.keyOf([3]), [proof.u, 42])
    assert.equal(await registry.read.keyOf([3, 41]), 0n)
    assert.equal(await registry.read.keyOf([3, 42]), proof.u)
    assert.equal(await registry.read.keyOf([3, 2 ** 32 - 1]), proof.u)
    assert.equal(await registry.read.keyOf([4, 42]), 0n)
    assert.deepEqual(await registry.read.keyOf([4]), [0n, 0])
  })

  it('[STC-1] has proofs as the vectors have them', async () => {
    const { world, nodes, registry } = built()
    const test = await world.viem.getTestClient()
    for (const { holder, proof } of vectors.keyProofs) {
      // The registry the proofs are for.
      const address = holder.registry as Hex
      await test.setCode({
        address,
        bytecode: (await world.publicClient.getCode({ address: registry.address })) ?? '0x',
      })
      await nodes.write.set?.([
        holder.holder,
        world.accounts.operator.account.address,
        vectors.keyProofs.findIndex((one) => one.holder === holder),
      ])
      const given = Object.fromEntries(Object.entries(proof).map(([name, value]) => [name, BigInt(value)]))
      const { abi } = registry
      const args = [holder.holder as Hex, given as unknown as KeyProof] as const
      const sent = world.accounts.operator.writeContract({ address, abi, functionName: 'register', args })
      assert.ok((await world.gasOf(sent)) > 0n)
    }
  })

  it('[STC-1] is registered by nobody else, and for no node that does not exist', async () => {
    const { world, registry } = built()
    const { attestor, proof } = await nodeOf(3)
    const account = world.accounts.stranger.account
    assert.equal(await revertOf(registry.write.register([attestor, proof], { account })), 'NotNodeOperator')
    await refused(attestorOf(9), proof, 'NotNodeOperator')
  })

  it('[STC-1] is one node’s, and the node’s only one, for ever', async () => {
    const { registry } = built()
    const { attestor, proof } = await nodeOf(3)
    await registry.write.register([attestor, proof])
    await refused(
      attestor,
      (await nodeOf(3, { secret: schnorrSecretOf(30) })).proof,
      'SchnorrKeyAlreadyRegistered',
    )
    const other = await nodeOf(4, { secret: schnorrSecretOf(3) })
    await refused(other.attestor, other.proof, 'SchnorrKeyTaken')
  })

  it('[STC-1] takes no proof made for another node, registry, chain, key or value', async () => {
    const { deployRegistry, registry } = built()
    const { attestor, proof } = await nodeOf(3)
    for (const change of [
      { holder: attestorOf(4) },
      { registry: (await deployRegistry()).address },
      { chainId: CHAIN_ID + 1 },
    ])
      await refused(attestor, (await nodeOf(3, change)).proof, 'InvalidSchnorrPossession')
    const holder = { chainId: CHAIN_ID, registry: registry.address, holder: attestor }
    await refused(
      attestor,
      { ...proof, ...provePossession(schnorrSecretOf(5), holder) },
      'InvalidSchnorrPossession',
    )
    const ctx = await registry.read.possessionContext([attestor])
    await refused(
      attestor,
      { ...proof, ...signSchnorr(schnorrSecretOf(3), ctx, 1n) },
      'InvalidSchnorrPossession',
    )
    assert.deepEqual(signSchnorr(schnorrSecretOf(3), ctx, 0n), { e: proof.e, s: proof.s })
  })

  it('[STC-1] takes no signature in a second writing, or whose nonce is no point', async () => {
    const { attestor, proof } = await nodeOf(3)
    for (const change of [
      { e: proof.e + (1n << 128n) },
      { s: proof.s + SUBGROUP_ORDER },
      { e: proof.e ^ (1n << 127n) },
      { s: proof.s - 1n },
      // s B = c A: the neutral point.
      { e: 0n, s: (((1n << 128n) + 1n) * schnorrSecretOf(3)) % SUBGROUP_ORDER },
    ])
      await refused(attestor, { ...proof, ...change }, 'InvalidSchnorrPossession')
  })

  it('[STC-1] is a point of prime order with an even v, and no hint makes another one', async () => {
    const { registry } = built()
    const { attestor, proof } = await nodeOf(3)
    const eighth = { eighthU: proof.eighthU, eighthV: proof.eighthV }
    const none = { eighthU: 0n, eighthV: 0n }
    for (const change of [
      // The opposite point: same u, odd v, and its own eighth.
      { v: FIELD_ORDER - proof.v, eighthV: FIELD_ORDER - proof.eighthV },
      { v: FIELD_ORDER - proof.v },
      { eighthV: FIELD_ORDER - proof.eighthV },
      // A second writing of the key.
      { u: proof.u + FIELD_ORDER },
      { v: proof.v + FIELD_ORDER },
      { eighthU: proof.eighthU + FIELD_ORDER },
      { eighthV: proof.eighthV + FIELD_ORDER },
      // Without a projective point every comparison would be of zeros.
      { v: 0n },
      { u: FIELD_ORDER - 1n },
      { u: FIELD_ORDER - 1n, v: 0n },
      none,
      { u: 0n, v: 0n, ...none },
      { u: 0n, v: 2n, ...eighth },
      // Off the curve.
      { eighthU: 1n, eighthV: 1n },
      { eighthU: FIELD_ORDER - 1n, eighthV: 1n },
      { u: proof.u + 2n },
    ])
      await refused(attestor, { ...proof, ...change }, 'InvalidSchnorrKey')
    assert.deepEqual(await registry.read.keyOf([3]), [0n, 0])
  })

  it('[STC-1] of a group with more points is refused, though its holder can sign with it', async () => {
    const { registry } = built()
    const { attestor, proof } = await nodeOf(3)
    // A point of order 8 is left when a point of the curve is multiplied by l.
    const order8 = pointsOfOrder8()[0]
    assert(order8)
    const secret = schnorrSecretOf(3)
    const outside = BASE.multiply(secret).add(order8)
    const u = montgomeryU(outside)
    const v = F.div(u, outside.toAffine().x)
    // Hints tried: the eighth of its part of prime order, and itself.
    for (const hint of [{}, { eighthU: u, eighthV: v }])
      for (const evenV of [v, FIELD_ORDER - v].filter((one) => one % 2n === 0n))
        await refused(attestor, { ...proof, u, v: evenV, ...hint }, 'InvalidSchnorrKey')
    // The points of small order themselves.
    for (const small of pointsOfOrder8()) {
      const smallU = montgomeryU(small)
      const smallV = F.div(smallU, small.toAffine().x)
      const even = smallV % 2n === 0n ? smallV : FIELD_ORDER - smallV
      await refused(
        attestor,
        { ...proof, u: smallU, v: even, eighthU: smallU, eighthV: even },
        'InvalidSchnorrKey',
      )
    }
    assert.deepEqual(await registry.read.keyOf([3]), [0n, 0])
  })

  it('[STC-2] is registered only where the hash’s table is written', async () => {
    const { world, nodes } = built()
    const empty = await deployTables(world, [])
    await assert.rejects(deployKeys(world, nodes.address, empty.address), /PoseidonTableMissing\(5\)/)
  })
})

describe('what an observation is for, and what a proof says, on chain', () => {
  it('[STC-8] are what TypeScript composes', async () => {
    const { harness } = built()
    const { feed, statement } = vectors
    assert.equal(
      await harness.read.contextOf?.([feed.contract, feed.functionId, BigInt(feed.askedAt)]),
      BigInt(feed.ctx),
    )
    const three = [BigInt(statement.result), statement.count, BigInt(statement.bitmap)]
    assert.equal(await harness.read.pack?.(three), BigInt(statement.packed))
    assert.deepEqual(await harness.read.unpack?.([BigInt(statement.packed)]), three)
  })
})

function pointsOfOrder8() {
  const points = []
  for (let u = 2n; points.length < 3; u++) {
    const v = montgomeryV(u)
    if (v === undefined || v === 0n) continue
    const Point = BASE.constructor as unknown as {
      fromAffine(p: { readonly x: bigint; readonly y: bigint }): typeof BASE
    }
    const any = Point.fromAffine({ x: F.div(u, v), y: F.div(F.sub(u, 1n), F.add(u, 1n)) })
    const small = any.multiplyUnsafe(SUBGROUP_ORDER - 1n).add(any)
    if (!small.double().double().is0()) points.push(small)
  }
  return points
}
