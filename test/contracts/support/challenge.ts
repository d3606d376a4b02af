/**
 * The moves a challenge is made of.
 * @module
 */
import assert from 'node:assert/strict'
import { type Hex, keccak256, parseEventLogs, stringToHex } from 'viem'
import { encodeCertificate } from '../../../src/core/certificate.ts'
import { selectChallengeCommittee } from '../../../src/core/challenge.ts'
import { quorumOf } from '../../../src/core/consensus/quorum.ts'
import { memberAt } from '../../../src/core/snapshot.ts'
import { selectCommittee } from '../../../src/core/sortition.ts'
import { attestationDigest, reportDigest } from '../../../src/crypto/eip712.ts'
import { merkleRoot } from '../../../src/crypto/merkle.ts'
import { committeeSeed } from '../../../src/crypto/seeds.ts'
import { signDigest } from '../../../src/crypto/signature.ts'
import { challengeCourtAbi } from '../../../src/protocol/abi/challenge-court.ts'
import { computeMarketAbi } from '../../../src/protocol/abi/compute-market.ts'
import { CHALLENGE_ATTEMPT } from '../../../src/protocol/limits.ts'
import { signRound } from './beacon.ts'
import { FUEL_USED, type MarketRequest, nodeKey, type World, ZERO_HASH } from './world.ts'

const GAS = 16_000_000n

export interface Challenged {
  readonly round: bigint
  readonly opensAt: bigint
  readonly closesAt: bigint
  readonly bond: bigint
}
export type Certified = Awaited<ReturnType<typeof certifyRequest>>['certified']

/** Submits a certificate of a request with a challenge window; its window must be open. */
export async function certifyRequest(
  world: World,
  requestId: Hex,
  request: MarketRequest,
  options: Parameters<World['certify']>[2] = {},
) {
  const fulfillment = await world.certify(requestId, request, options)
  const receipt = await world.receiptOf(
    world.market.write.fulfill([request, fulfillment], {
      account: world.accounts.submitter.account,
      gas: GAS,
    }),
  )
  const [log] = parseEventLogs({ abi: computeMarketAbi, logs: receipt.logs, eventName: 'RequestCertified' })
  assert(log, 'no RequestCertified')
  return { ...log.args, receipt }
}

/** Challenges with the bond asked for, by the stranger. */
export async function challengeRequest(
  world: World,
  request: MarketRequest,
  certified: Certified,
): Promise<Challenged> {
  const { market } = world
  const bond = await world.court.read.bondOf([market.address, request, certified])
  const receipt = await world.receiptOf(
    world.court.write.challenge([market.address, request, certified], {
      account: world.accounts.stranger.account,
      value: bond,
    }),
  )
  const [log] = parseEventLogs({ abi: challengeCourtAbi, logs: receipt.logs, eventName: 'Challenged' })
  assert(log, 'no Challenged')
  return log.args
}

/** The larger committee, as TypeScript draws it: snapshot indices and keys. */
export async function challengeCommittee(
  world: World,
  request: MarketRequest,
  certified: Certified,
  round: bigint,
) {
  const snapshot = await world.snapshotAt(request.snapshot)
  const draw = { ...world.deployment, functionId: request.functionId, epoch: request.epoch }
  const seedOf = (attempt: number, drawnBy: bigint) =>
    committeeSeed({ ...draw, round: drawnBy, attempt, randomness: signRound(drawnBy).randomness })
  const firstRound = request.attempts[certified.attempt]?.round ?? 0n
  const first = selectCommittee(seedOf(certified.attempt, firstRound), snapshot, request.committeeSize)
  const indices = selectChallengeCommittee(seedOf(CHALLENGE_ATTEMPT, round), snapshot, first)
  const keys = Array.from({ length: snapshot.members.length }, (_, i) => nodeKey(i))
  const keyAt = (index: number) => {
    const { attestor } = memberAt(snapshot, index)
    const key = keys.find((each) => each.attestor.toLowerCase() === attestor.toLowerCase())
    assert(key)
    return key
  }
  return { first, indices, firstKeys: first.map(keyAt), keys: indices.map(keyAt) }
}

/** What the larger committee's first quorum, or `seats`, certify. */
export async function judge(
  world: World,
  requestId: Hex,
  request: MarketRequest,
  certified: Certified,
  round: bigint,
  options: {
    readonly output?: Hex
    readonly exit?: number
    readonly fuelUsed?: bigint
    readonly seats?: readonly number[]
    readonly attempt?: number
  } = {},
) {
  const { output = stringToHex('an answer'), exit = 0, attempt = CHALLENGE_ATTEMPT } = options
  const fuelUsed = options.fuelUsed ?? (exit < 0x100 ? FUEL_USED : request.fuelLimit)
  const { keys } = await challengeCommittee(world, request, certified, round)
  const report = { requestId, outputHash: keccak256(output), exit, fuelUsed, evidenceHash: ZERO_HASH }
  const digest = attestationDigest(world.marketDomain, {
    functionId: request.functionId,
    epoch: request.epoch,
    round,
    attempt,
    view: 0,
    root: merkleRoot([reportDigest(report)]),
  })
  const seats = options.seats ?? Array.from({ length: quorumOf('exact', keys.length) }, (_, seat) => seat)
  const certificate = encodeCertificate(
    seats.map((seat) => {
      const key = keys[seat]
      assert(key)
      return { seat, signature: signDigest(key.privateKey, digest) }
    }),
  )
  return { attempt, view_: 0, exit, fuelUsed, evidenceHash: ZERO_HASH, output, certificate }
}

/** Posts the challenge's round and mines a block at its window's first second. */
export async function openChallenge(world: World, { round, opensAt }: Challenged): Promise<void> {
  if ((await world.publicClient.getBlock()).timestamp < opensAt)
    await world.networkHelpers.time.increaseTo(opensAt)
  await world.postRound(round)
}
