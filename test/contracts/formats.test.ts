/**
 * The formats two languages read: contracts against `test/vectors`, and against TypeScript on random snapshots.
 */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { artifacts } from 'hardhat'
import {
  getAddress,
  getContract,
  type Hex,
  keccak256,
  numberToHex,
  pad,
  parseEventLogs,
  size,
  stringToHex,
} from 'viem'
import { decodeSnapshot, encodeSnapshot, encodeSnapshotParts, snapshotOf } from '../../src/core/snapshot.ts'
import { selectCommittee } from '../../src/core/sortition.ts'
import { fromHex, toHex } from '../../src/crypto/bytes.ts'
import { merkleProof, merkleRoot } from '../../src/crypto/merkle.ts'
import { computeMarketAbi } from '../../src/protocol/abi/compute-market.ts'
import type { SnapshotMember } from '../../src/protocol/types.ts'
import formats from '../vectors/formats.json' with { type: 'json' }
import sortition from '../vectors/sortition.json' with { type: 'json' }
import { createWorld, given, type MarketRequest, ZERO_HASH } from './support/world.ts'

const CASES = 300
const SEED = 'formats 1'

async function setUp() {
  const world = await createWorld()
  const harness = await world.viem.deployContract('FormatsHarness')
  const code = await world.publicClient.getCode({ address: world.deployment.market })
  const address = formats.domains.market.contract as Hex
  const test = await world.viem.getTestClient()
  assert(code)
  // The domain is the contract's address: the same code stands where the vectors expect it.
  await test.setCode({ address, bytecode: code })
  const market = getContract({ abi: computeMarketAbi, address, client: world.publicClient })
  const functions = getContract({
    abi: world.functions.abi,
    address: world.deployment.functionRegistry,
    client: world.publicClient,
  })
  return { world, harness: harness as unknown as Harness, market, functions }
}

/** The harness has no generated ABI: what the tests call of it. */
interface Harness {
  readonly abi: Awaited<ReturnType<typeof artifacts.readArtifact>>['abi']
  readonly read: Record<string, (args: readonly unknown[]) => Promise<unknown>>
  readonly write: Record<string, (args: readonly unknown[]) => Promise<Hex>>
}

const built = given(setUp)

async function writeBlob(data: Hex): Promise<Hex> {
  return await blobOf(built().harness.write.writeBlob?.([data]) ?? Promise.reject())
}

async function blobOf(sent: Promise<Hex>): Promise<Hex> {
  const { world, harness } = built()
  const receipt = await world.receiptOf(sent)
  const [log] = parseEventLogs({ abi: harness.abi as never, logs: receipt.logs }) as unknown as [
    { readonly args: { readonly blob: Hex } },
  ]
  return log.args.blob
}

async function draw(seed: Hex, blob: Hex, seats: number): Promise<readonly number[]> {
  const drawn = (await built().harness.read.committee?.([seed, blob, BigInt(seats)])) as readonly bigint[]
  return drawn.map(Number)
}

/** A stream of 256-bit numbers from a seed. */
function numbers(seed: string): () => bigint {
  let state = keccak256(new TextEncoder().encode(seed))
  return () => {
    state = keccak256(state)
    return BigInt(state)
  }
}

/** One snapshot in five has a node with 99 % of the stake, one in five only nodes of the least weight. */
function randomMembers(next: () => bigint, shape: number): readonly SnapshotMember[] {
  const members = Array.from({ length: 1 + Number(next() % 60n) }, (_, number) => ({
    number,
    attestor: toHex(fromHex(numberToHex(next(), { size: 32 })).slice(12)),
    weight: shape === 1 ? 1n : 1n + (next() % 10n ** 9n),
  }))
  if (shape !== 0) return members
  const whale = Number(next() % BigInt(members.length))
  const rest = members.reduce((sum, { weight }, i) => (i === whale ? sum : sum + weight), 0n)
  return members.map((member, i) => (i === whale ? { ...member, weight: 99n * rest + 1n } : member))
}

describe('a snapshot blob', () => {
  it('[SEL-5] is written by the contract as TypeScript writes it, and read back', async () => {
    const { harness } = built()
    const next = numbers('blobs')
    for (const count of [1, 2, 7, 60, 704]) {
      const members = Array.from({ length: count }, () => ({
        attestor: toHex(fromHex(numberToHex(next(), { size: 32 })).slice(12)),
        number: Number(next() % 2n ** 32n),
        weight: 1n + (next() % 2n ** 50n),
      }))
      let sum = 0n
      const cumulative = members.map(({ weight }) => {
        sum += weight
        return sum
      })
      const weights = members.map(({ weight }) => weight)
      const entries = members.map(({ attestor, number }) => (BigInt(attestor) << 32n) | BigInt(number))
      const written = harness.write.writeSnapshot?.([weights, entries]) ?? Promise.reject()
      const blob = await blobOf(written)
      const expected = toHex(encodeSnapshot(members))
      assert.equal(await built().world.publicClient.getCode({ address: blob }), expected)
      assert.deepEqual(await harness.read.members?.([blob]), [
        members.map(({ attestor }) => getAddress(attestor)),
        members.map(({ number }) => number),
        cumulative,
      ])
    }
  })

  it('[SEL-5] is refused beyond the code a contract may have', async () => {
    const data = `0x00${'01'.repeat(24_576)}` as const
    await assert.rejects(writeBlob(data), /BlobNotWritten/)
    // The chain refuses it: no code begins so (EIP-3541).
    await assert.rejects(writeBlob('0xef'), /BlobNotWritten/)
    assert.equal(
      size((await built().world.publicClient.getCode({ address: await writeBlob('0x0001') })) ?? '0x'),
      2,
    )
  })
})

describe('the seats of a committee', () => {
  for (const count of [1, 60, 704, 705, 1024, 1409, 4096])
    it(`[SEL-5] are read at once as one by one, of ${count} nodes`, async () => {
      const { harness, world } = built()
      const members = Array.from({ length: count }, (_, i) => ({
        attestor: toHex(fromHex(keccak256(stringToHex(`seat ${i}`))).slice(12)),
        number: i,
        weight: 1n,
      }))
      const test = await world.viem.getTestClient()
      const parts: Hex[] = []
      for (const [i, part] of encodeSnapshotParts(members).entries()) {
        const address = numberToHex(0xabc000 + i, { size: 20 })
        await test.setCode({ address, bytecode: toHex(part) })
        parts.push(address)
      }
      const head = await writeBlob(toHex(encodeSnapshot(members, parts)))
      const places = [0, 703, 704, 705, 1407, 1408, count >> 1, count - 1].filter((place) => place < count)
      const entryOf = (place: number) => {
        const { attestor, number } = members[place] ?? {}
        assert(attestor && number !== undefined)
        return (BigInt(attestor) << 32n) | BigInt(number)
      }
      const entries = places.map(entryOf)
      assert.deepEqual(await harness.read.membersOf?.([head, places.map(BigInt)]), entries)
      for (const mask of [0xffn, 0b0110_1101n, 1n, 0n]) {
        const bitmap = mask & (2n ** BigInt(places.length) - 1n)
        const seats = places.filter((_, seat) => (bitmap >> BigInt(seat)) & 1n)
        assert.deepEqual(
          await harness.read.attestorsOf?.([entries, bitmap]),
          seats.map((place) => pad(members[place]?.attestor ?? '0x', { size: 32 })),
        )
      }
    })

  it('[QC-2] are counted, up to all 256', async () => {
    const { harness } = built()
    const words = [0n, 1n, 1n << 255n, 0b1011_0111n, 2n ** 256n - 1n, 2n ** 255n - 1n, 5n << 100n]
    for (const word of words) {
      const ones = [...word.toString(2)].filter((bit) => bit === '1').length
      assert.equal(await harness.read.countBits?.([word]), BigInt(ones), `${word}`)
    }
  })
})

describe('drawing a committee', () => {
  it('[SEL-2] [SEL-3] [SEL-4] gives the committees of the vectors', async () => {
    const blobs = new Map<string, Hex>()
    const test = await built().world.viem.getTestClient()
    for (const vector of sortition) {
      const head = blobs.get(vector.head) ?? (await writeBlob(vector.head as Hex))
      blobs.set(vector.head, head)
      for (const { address, code } of vector.parts)
        await test.setCode({ address: address as Hex, bytecode: code as Hex })
      assert.deepEqual(await draw(vector.seed as Hex, head, vector.size), vector.committee, vector.name)
    }
  })

  it(`[SEL-2] [SEL-3] is what TypeScript draws from ${CASES} random snapshots`, async () => {
    const next = numbers(SEED)
    for (let i = 0; i < CASES; i++) {
      const members = randomMembers(next, i % 5)
      const code = encodeSnapshot(members)
      const seats = 1 + Number(next() % BigInt(members.length))
      const seed = numberToHex(next(), { size: 32 })
      const drawn = await draw(seed, await writeBlob(toHex(code)), seats)
      const expected = selectCommittee(seed, snapshotOf(decodeSnapshot(code).members), seats)
      assert.deepEqual(drawn, expected, `case ${i} of seed "${SEED}"`)
    }
  })

  it('[SEL-6] is an error when there are fewer nodes than seats', async () => {
    const one = encodeSnapshot([{ attestor: `0x${'11'.repeat(20)}`, number: 0, weight: 1n }])
    const head = await writeBlob(toHex(one))
    await assert.rejects(draw(`0x${'11'.repeat(32)}`, head, 2), /NotEnoughNodes/)
  })
})

describe('what is hashed and signed', () => {
  const request = {
    ...formats.request.value,
    nonce: BigInt(formats.request.value.nonce),
    consensus: 0,
    deadline: BigInt(formats.request.value.deadline),
    flatFeePerSeat: BigInt(formats.request.value.flatFeePerSeat),
    fuelPrice: BigInt(formats.request.value.fuelPrice),
    fuelLimit: BigInt(formats.request.value.fuelLimit),
    royalty: BigInt(formats.request.value.royalty),
    protocolFee: BigInt(formats.request.value.protocolFee),
    maxFeePerGas: BigInt(formats.request.value.maxFeePerGas),
    attempts: formats.request.value.attempts.map((attempt) => ({
      round: BigInt(attempt.round),
      opensAt: BigInt(attempt.opensAt),
      closesAt: BigInt(attempt.closesAt),
    })),
  } as MarketRequest
  const report = { ...formats.report.value, fuelUsed: BigInt(formats.report.value.fuelUsed) }

  it('[FMT-1] [FMT-2] identifies a request', async () => {
    assert.equal(await built().market.read.requestIdOf([request]), formats.request.requestId)
  })

  it('[FMT-3] [FMT-5] digests a report and roots a tree of one', async () => {
    const { harness } = built()
    assert.equal(await harness.read.reportDigest?.([report]), formats.report.digest)
    assert.equal(await harness.read.reportRoot?.([report]), formats.attestation.value.root)
  })

  it('[FMT-5] roots trees of any size, and finds each leaf by its proof alone', async () => {
    const { harness } = built()
    for (const count of [1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 16, 17, 31, 33]) {
      const digests = Array.from({ length: count }, (_, i) => keccak256(stringToHex(`leaf ${i} of ${count}`)))
      const root = merkleRoot(digests)
      assert.equal(await harness.read.merkleRoot?.([digests]), root, `${count}`)
      for (const index of new Set([0, 1, count >> 1, count - 2, count - 1]))
        if (index >= 0 && index < count) await provesOnly(digests, index, root)
    }
  })

  async function provesOnly(digests: readonly Hex[], index: number, root: Hex): Promise<void> {
    const { harness } = built()
    const from = (leaf: Hex, at: number, total: number, proof: readonly Hex[]) =>
      harness.read.merkleRootFrom?.([leaf, BigInt(at), BigInt(total), proof])
    const proof = merkleProof(digests, index)
    const leaf = digests[index] ?? '0x'
    const count = digests.length
    assert.equal(await from(leaf, index, count, proof), root, `${index} of ${count}`)
    assert.notEqual(await from(keccak256(leaf), index, count, proof), root)
    assert.equal(await from(leaf, index, count, [...proof, leaf]), ZERO_HASH)
    assert.equal(await from(leaf, count, count, proof), ZERO_HASH)
    if (proof.length > 0) assert.equal(await from(leaf, index, count, proof.slice(0, -1)), ZERO_HASH)
    for (let other = 0; other < count; other++)
      if (other !== index)
        assert.notEqual(await from(leaf, other, count, proof), root, `${other} for ${index}`)
  }

  it('[FMT-4] digests an attestation', async () => {
    const { attempt, view } = formats.attestation.value
    const { harness, market } = built()
    const digest = await harness.read.attestationDigest?.([
      await market.read.domainSeparator(),
      report,
      request.functionId,
      request.epoch,
      request.attempts[attempt]?.round,
      attempt,
      view,
    ])
    assert.equal(digest, formats.attestation.digest)
  })

  it('[FMT-7] addresses a function by its owner and content', async () => {
    const { owner, spec, functionId } = formats.function
    const args = {
      ...spec,
      kind: 0,
      fuelLimit: BigInt(spec.fuelLimit),
      memoryBytesMax: BigInt(spec.memoryBytesMax),
      flatFeePerSeat: BigInt(spec.flatFeePerSeat),
      fuelPrice: BigInt(spec.fuelPrice),
      royalty: BigInt(spec.royalty),
    }
    assert.equal(await built().functions.read.functionIdOf([owner as Hex, args as never]), functionId)
  })

  it('[SEL-1] seeds a draw', async () => {
    const { functionId, epoch, round, attempt, randomness, market } = formats.seed.value
    const seed = await built().harness.read.seed?.([
      market,
      functionId,
      epoch,
      BigInt(round),
      BigInt(attempt),
      randomness,
    ])
    assert.equal(seed, formats.seed.seed)
  })

  it('[QC-1] counts a quorum', async () => {
    for (const { consensus, n, quorum } of formats.quorums) {
      assert.equal(
        await built().functions.read.quorumOf([consensus, n]),
        quorum,
        `consensus ${consensus}, n ${n}`,
      )
    }
    assert.equal(await built().functions.read.quorumOf([0, 0]), 0, 'of nobody')
  })
})
