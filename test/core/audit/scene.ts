/** A request and the honest evidence of it, made from keys: what the tests of the audit tamper with. */

import type { AuditEvidence, FulfilledEvidence } from '../../../src/core/audit/evidence.ts'
import { encodeCertificate } from '../../../src/core/certificate.ts'
import { leafOf, NO_EVIDENCE, reportOf } from '../../../src/core/request/attestation.ts'
import { encodeSnapshot, snapshotOf } from '../../../src/core/snapshot.ts'
import { selectCommittee } from '../../../src/core/sortition.ts'
import { fromHex, toHex } from '../../../src/crypto/bytes.ts'
import {
  beaconPublicKey,
  decompressG1,
  g2ToEip2537,
  randomnessOf,
  signRound,
} from '../../../src/crypto/drand.ts'
import { reportDigest, requestIdOf } from '../../../src/crypto/eip712.ts'
import { tagHash } from '../../../src/crypto/hash.ts'
import { committeeSeed } from '../../../src/crypto/seeds.ts'
import { addressOfPrivateKey, signDigest } from '../../../src/crypto/signature.ts'
import type { Address, Digest, Fulfillment, Hex, Request } from '../../../src/protocol/types.ts'

export const GWEI = 1_000_000_000n
export const secret = `0x${tagHash('beacon').slice(4).padStart(64, '0')}` as Hex
export const domain = { chainId: 31_337, contract: `0x${'aa'.repeat(20)}` as Address }
export const blob = `0x${'02'.repeat(20)}` as Address
export const output = `0x${'05'.repeat(32)}` as Hex
const ROUND = 101n

/** A round as the registry emits it. */
export function postedRound(round: bigint) {
  const compressed = signRound(secret, round)
  return { round, randomness: randomnessOf(compressed), signature: decompressG1(compressed) }
}

export type Reported = Pick<Fulfillment, 'view' | 'exit' | 'fuelUsed' | 'evidenceHash' | 'output'>
const REPORTED: Reported = { view: 0, exit: 0, fuelUsed: 20n, evidenceHash: NO_EVIDENCE, output }

export function reportIn(request: Request, reported: Reported) {
  return reportOf(requestIdOf(domain, request), { ...reported, output: fromHex(reported.output) })
}

export type Scene = ReturnType<typeof createScene>

export function createScene(nodes = 7, terms: Partial<Request> = {}) {
  const keys = Array.from({ length: nodes }, (_, i) => fromHex(tagHash(`key ${i}`)))
  const snapshot = snapshotOf(
    keys.map((key, number) => ({
      attestor: addressOfPrivateKey(key),
      number,
      weight: BigInt(10 + number) * GWEI,
    })),
  )
  const request: Request = {
    requester: `0x${'01'.repeat(20)}`,
    functionId: tagHash('function'),
    nonce: 1n,
    epoch: 4,
    snapshot: blob,
    consensus: 'exact',
    committeeSize: 5,
    verifier: `0x${'03'.repeat(20)}`,
    functionOwner: `0x${'04'.repeat(20)}`,
    deadline: 1_120n,
    callbackTarget: `0x${'00'.repeat(20)}`,
    callbackGas: 0,
    outputBytesMax: 64,
    challengeWindow: 0,
    flatFeePerSeat: 1000n,
    fuelPrice: 3n,
    fuelLimit: 100n,
    royalty: 70n,
    protocolFee: 50n,
    maxFeePerGas: 2n,
    input: '0x1234',
    attempts: [{ round: ROUND, opensAt: 1_100n, closesAt: 1_120n }],
    ...terms,
  }
  const requestId = requestIdOf(domain, request)
  const round = postedRound(ROUND)
  const seedFor = (attempt: number, drawnBy: { readonly round: bigint; readonly randomness: Digest }) =>
    committeeSeed({
      chainId: domain.chainId,
      market: domain.contract,
      functionId: request.functionId,
      epoch: request.epoch,
      round: drawnBy.round,
      attempt,
      randomness: drawnBy.randomness,
    })
  const committee = selectCommittee(seedFor(0, round), snapshot, request.committeeSize)

  /** Signatures of these seats of a committee over a report, or over several. */
  function certify(
    seats: readonly number[],
    of = request,
    reported: Reported = REPORTED,
    more: {
      readonly leaves?: readonly Digest[]
      readonly at?: { readonly attempt: number; readonly round: bigint }
      readonly members?: readonly number[]
    } = {},
  ): Hex {
    const { leaves, at = { attempt: 0 }, members = committee } = more
    const report = reportIn(of, reported)
    const { digest } = leafOf(domain, of, { ...at, view: reported.view }, report, leaves)
    return encodeCertificate(
      seats.map((seat) => ({
        seat,
        signature: signDigest(keys[members[seat] ?? 0] ?? new Uint8Array(32), digest),
      })),
    )
  }

  const fulfilled = {
    fulfillment: { attempt: 0, ...REPORTED, certificate: certify([0, 1, 2, 4]) },
    // A seat: 1000 + 3 x 20. In all 4 x 1060 + 1060 + 70 + 50 + (100 + 4 x 10 + 34 x 1) x 2 + 232 = 6000
    payment: { perSeat: 1060n, pool: 1060n, submitter: 348n, refund: 232n },
    time: 1_105n,
    baseFeePerGas: 1n,
    round,
    committee,
  } satisfies FulfilledEvidence
  const honest: AuditEvidence = {
    chainId: domain.chainId,
    market: domain.contract,
    requestId,
    submitted: { request, escrow: 6000n, time: 1_095n },
    beacon: { publicKey: beaconPublicKey(secret), genesisTime: 1_000n, periodSeconds: 1n },
    registeredBeacon: {
      publicKey: g2ToEip2537(beaconPublicKey(secret)),
      genesisTime: 1_000n,
      periodSeconds: 1n,
    },
    snapshot: {
      sealed: { blob, sealedAt: 1_050n },
      code: toHex(encodeSnapshot(snapshot.members)),
      parts: [],
      stakes: new Map(snapshot.members.map(({ attestor, weight }) => [attestor, weight * GWEI])),
      stakeMin: 1n,
    },
    fees: { gasBase: 100n, gasPerSignature: 10n, gasPerByte: 1n, tipMax: 5n, dataFee: undefined },
    fulfilled,
  }
  return { keys, snapshot, request, requestId, committee, seedFor, certify, fulfilled, honest }
}

/** The report digest of another request of the same function, which a batch holds as well. */
export function otherLeaf(request: Request): Digest {
  return reportDigest(reportIn({ ...request, nonce: request.nonce + 1n }, REPORTED))
}

export function flip(hex: Hex, at: number): Hex {
  const index = 2 + 2 * at
  const byte = (Number.parseInt(hex.slice(index, index + 2), 16) ^ 1).toString(16).padStart(2, '0')
  return `${hex.slice(0, index)}${byte}${hex.slice(index + 2)}` as Hex
}
