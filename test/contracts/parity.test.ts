/**
 * TypeScript against the contracts, on random values: the digests of requests and attestations, and the committees that hear
 * challenges. Fixed vectors, sortition, Merkle trees and snapshots are in formats.test.ts, hashing to G2 in bls-keys.test.ts.
 */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { artifacts } from 'hardhat'
import { getContract, type Hex, hashTypedData, keccak256, numberToHex, parseEventLogs } from 'viem'
import { challengeSeats, selectChallengeCommittee } from '../../src/core/challenge.ts'
import { decodeSnapshot, encodeSnapshot } from '../../src/core/snapshot.ts'
import { toHex } from '../../src/crypto/bytes.ts'
import { attestationDigest, requestIdOf, TYPES } from '../../src/crypto/eip712.ts'
import { merkleRoot } from '../../src/crypto/merkle.ts'
import { committeeSeed } from '../../src/crypto/seeds.ts'
import { challengeCourtAbi } from '../../src/protocol/abi/challenge-court.ts'
import { CHALLENGE_ATTEMPT } from '../../src/protocol/limits.ts'
import type { Address, Request, SnapshotMember } from '../../src/protocol/types.ts'
import { signRound } from './support/beacon.ts'
import { createWorld, given, type MarketRequest, ZERO_HASH } from './support/world.ts'

const CASES = 200
const CHALLENGES = 60
const SEED = 'parity 1'

interface Harness {
  readonly address: Address
  readonly abi: Awaited<ReturnType<typeof artifacts.readArtifact>>['abi']
  readonly read: Record<string, (args: readonly unknown[]) => Promise<unknown>>
  readonly write: Record<string, (args: readonly unknown[]) => Promise<Hex>>
}

const built = given(async () => {
  const world = await createWorld()
  const harness = (await world.viem.deployContract('FormatsHarness')) as unknown as Harness
  const market = (await world.viem.deployContract('OpenMarket')) as unknown as Harness
  return { world, harness, market }
})

/** Random numbers; one in four is 0 or the greatest of its width, where codecs go wrong. */
function random(seed: string) {
  let state = keccak256(new TextEncoder().encode(seed))
  const word = () => {
    state = keccak256(state)
    return BigInt(state)
  }
  const uint = (bits: number): bigint => {
    const shape = word() % 8n
    if (shape === 0n) return 0n
    if (shape === 1n) return (1n << BigInt(bits)) - 1n
    return word() >> BigInt(256 - bits)
  }
  const hex = (bytes: number): Hex => (bytes === 0 ? '0x' : numberToHex(uint(bytes * 8), { size: bytes }))
  const bytes = (length: number): Hex =>
    toHex(Uint8Array.from({ length }, (_, i) => (i % 31 === 0 ? Number(word() & 0xffn) : i & 0xff)))
  return { word, uint, hex, bytes }
}

type Random = ReturnType<typeof random>

function randomRequest({ word, uint, hex, bytes }: Random): Request {
  return {
    requester: hex(20),
    functionId: hex(32),
    nonce: uint(64),
    epoch: Number(uint(32)),
    snapshot: hex(20),
    consensus: 'exact',
    committeeSize: Number(uint(16)),
    verifier: hex(20),
    functionOwner: hex(20),
    deadline: uint(64),
    callbackTarget: hex(20),
    callbackGas: Number(uint(32)),
    outputBytesMax: Number(uint(32)),
    challengeWindow: Number(uint(32)),
    flatFeePerSeat: uint(96),
    fuelPrice: uint(64),
    fuelLimit: uint(64),
    royalty: uint(96),
    protocolFee: uint(96),
    maxFeePerGas: uint(64),
    input: bytes(Number(word() % 200n)),
    attempts: Array.from({ length: Number(word() % 4n) }, () => ({
      round: uint(64),
      opensAt: uint(64),
      closesAt: uint(64),
    })),
  }
}

const asArgument = (request: Request): MarketRequest => ({ ...request, consensus: 0 })

describe('random values', () => {
  it(`[FMT-2] identify ${CASES} requests alike, every field at its bounds`, async () => {
    const { world } = built()
    const values = random(SEED)
    const ids = new Set<Hex>()
    for (let i = 0; i < CASES; i++) {
      const request = randomRequest(values)
      const id = requestIdOf(world.marketDomain, request)
      ids.add(id)
      assert.equal(await world.market.read.requestIdOf([asArgument(request)]), id, `case ${i} of "${SEED}"`)
    }
    assert.equal(ids.size, CASES)
  })

  it('[FMT-2] name another request when any field differs', async () => {
    const { world } = built()
    const request = { ...randomRequest(random('one')), attempts: [{ round: 1n, opensAt: 2n, closesAt: 3n }] }
    const id = await world.market.read.requestIdOf([asArgument(request)])
    for (const { name, type } of TYPES.Request) {
      const value = request[name]
      const changed =
        typeof value === 'bigint' || typeof value === 'number'
          ? { [name]: (BigInt(value) ^ 1n) as never }
          : name === 'consensus'
            ? {}
            : name === 'attempts'
              ? { attempts: [{ round: 1n, opensAt: 2n, closesAt: 4n }] }
              : { [name]: type === 'bytes' ? '0x01' : `0x${'77'.repeat(type === 'address' ? 20 : 32)}` }
      const argument = { ...asArgument(request), ...changed, ...(name === 'consensus' && { consensus: 1 }) }
      for (const key of [
        'epoch',
        'committeeSize',
        'callbackGas',
        'outputBytesMax',
        'challengeWindow',
      ] as const)
        argument[key] = Number(argument[key])
      assert.notEqual(await world.market.read.requestIdOf([argument]), id, name)
    }
  })

  it(`[FMT-3] [FMT-4] digest ${CASES} reports and attestations alike`, async () => {
    const { world, harness } = built()
    const { uint, hex } = random(SEED)
    const domain = await world.market.read.domainSeparator()
    for (let i = 0; i < CASES; i++) {
      const report = {
        requestId: hex(32),
        outputHash: hex(32),
        exit: Number(uint(16)),
        fuelUsed: uint(64),
        evidenceHash: hex(32),
      }
      const digest = (await harness.read.reportDigest?.([report])) as Hex
      const attestation = {
        functionId: hex(32),
        epoch: Number(uint(32)),
        round: uint(64),
        attempt: Number(uint(8)),
        view: Number(uint(32)),
        root: merkleRoot([digest]),
      }
      const { functionId, epoch, round, attempt, view } = attestation
      const signed = await harness.read.attestationDigest?.([
        domain,
        report,
        functionId,
        epoch,
        round,
        attempt,
        view,
      ])
      assert.equal(signed, attestationDigest(world.marketDomain, attestation), `case ${i} of "${SEED}"`)
      // And by the library alone, from the types as they are published.
      const { chainId, contract: verifyingContract } = world.marketDomain
      const message = attestation
      const typed = { name: 'Dikast', version: '1', chainId, verifyingContract } as const
      const byLibrary = hashTypedData({ domain: typed, types: TYPES, primaryType: 'Attestation', message })
      assert.equal(signed, byLibrary)
    }
  })
})

describe('the committee of a challenge', () => {
  /** Few nodes and many, so that it is drawn with and without the first committee; of any size a challenge may have. */
  function randomCase({ word, hex }: Random, i: number) {
    const size = 1 + Number(word() % (i % 3 === 0 ? 127n : 20n))
    const seats = challengeSeats(size)
    // As many as are needed to leave the first out, one less, or anything else that is enough.
    const extra = [size, size - 1, Number(word() % 60n)][i % 3] ?? 0
    const members: SnapshotMember[] = Array.from({ length: Math.min(seats + extra, 700) }, (_, number) => ({
      number,
      attestor: hex(20),
      weight: i % 4 === 0 ? 1n : 1n + (word() % 10n ** 9n),
    }))
    const indices = members.map((_, index) => index)
    const first = Array.from(
      { length: size },
      () => indices.splice(Number(word() % BigInt(indices.length)), 1)[0] ?? 0,
    )
    return { size, members, first }
  }

  it(`[CHA-4] is what TypeScript draws, of ${CHALLENGES} random snapshots and sizes`, async () => {
    const { world, harness, market } = built()
    const client = { public: world.publicClient, wallet: world.accounts.deployer }
    const court = getContract({ abi: challengeCourtAbi, address: world.court.address, client })
    const values = random(SEED)
    let leftOut = 0
    for (let i = 0; i < CHALLENGES; i++) {
      const { size, members, first } = randomCase(values, i)
      const code = encodeSnapshot(members)
      const receipt = await world.receiptOf(harness.write.writeBlob?.([toHex(code)]) ?? Promise.reject())
      const [log] = parseEventLogs({ abi: harness.abi as never, logs: receipt.logs }) as unknown as [
        { readonly args: { readonly blob: Address } },
      ]
      const request = asArgument({
        ...randomRequest(values),
        snapshot: log.args.blob,
        committeeSize: size,
        challengeWindow: 2 ** 31,
        flatFeePerSeat: 0n,
        fuelPrice: 0n,
        attempts: [{ round: 1n, opensAt: 0n, closesAt: 60n }],
      })
      const certified = {
        escrow: 0n,
        reimbursement: 0n,
        maxFeePerGas: 0n,
        certifiedAt: (await world.publicClient.getBlock()).timestamp,
        submitter: market.address,
        attempt: 0,
        exit: 0,
        fuelUsed: 0n,
        outputHash: ZERO_HASH,
        signers: 0n,
      }
      await market.write.set?.([first.map(BigInt)])
      const challenged = await world.receiptOf(court.write.challenge([market.address, request, certified]))
      const [event] = parseEventLogs({
        abi: challengeCourtAbi,
        logs: challenged.logs,
        eventName: 'Challenged',
      })
      assert(event)
      const { round } = event.args
      await world.postRound(round)
      const seed = committeeSeed({
        chainId: world.deployment.chainId,
        market: market.address,
        functionId: request.functionId,
        epoch: request.epoch,
        round,
        attempt: CHALLENGE_ATTEMPT,
        randomness: signRound(round).randomness,
      })
      const expected = selectChallengeCommittee(seed, decodeSnapshot(code), first)
      const drawn = await court.read.committeeOf([market.address, request, certified])
      assert.deepEqual(drawn.map(Number), expected, `case ${i} of "${SEED}"`)
      if (!expected.some((index) => first.includes(index))) leftOut++
    }
    assert(leftOut > CHALLENGES / 4 && leftOut < CHALLENGES, `${leftOut} without the first committee`)
  })
})
