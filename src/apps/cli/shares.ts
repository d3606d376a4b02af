/**
 * A node's unclaimed shares of what large committees earned, each with the proof that claims it.
 *
 * The market credits a claim only in ascending order, and what is passed over is lost: a settlement whose signers cannot be
 * told stops the search with an error. Signers are believed only when they make the root that the market keeps.
 * @module
 */
import type { ShareClaim } from '../../adapters/chain/calls.ts'
import { keptOfRoot, type RecordedShares } from '../../adapters/chain/share-reads.ts'
import { signedSeats } from '../../core/certificate.ts'
import { sameHex } from '../../crypto/bytes.ts'
import { merkleProof, merkleRoot } from '../../crypto/merkle.ts'
import { ChainError } from '../../ports/chain.ts'
import type { Address, Digest, Snapshot } from '../../protocol/types.ts'
import type { ChainAccess } from '../shared/chain-access.ts'

export interface UnclaimedShare extends ShareClaim {
  readonly wei: bigint
}

/** In ascending order of settlement. */
export async function unclaimedShares(
  chain: ChainAccess,
  attestor: Address,
): Promise<readonly UnclaimedShare[]> {
  const { shares } = chain
  const snapshots = new Map<Address, Promise<Snapshot>>()
  const snapshotAt = (blob: Address): Promise<Snapshot> => {
    const reading = snapshots.get(blob) ?? chain.reads.snapshot(blob)
    snapshots.set(blob, reading)
    return reading
  }
  const found: UnclaimedShare[] = []
  for await (const recorded of shares.recordedFrom(await shares.claimedBelow(attestor))) {
    const signers = await signersOf(chain, recorded, snapshotAt)
    const place = signers.findIndex((signer) => sameHex(signer, attestor))
    if (place < 0) continue
    const { settlement, perSeat } = recorded
    found.push({ settlement, place, proof: merkleProof(signers.map(leafOf), place), wei: perSeat })
  }
  return found
}

/** In the order of their seats. Throws `ChainError` when no log names those the market keeps. */
async function signersOf(
  { audits }: ChainAccess,
  recorded: RecordedShares,
  snapshotAt: (blob: Address) => Promise<Snapshot>,
): Promise<readonly Address[]> {
  for (const { requestId, fulfillment } of recorded.candidates) {
    const submitted = await audits.submitted(requestId)
    if (submitted === undefined) continue
    const { request } = submitted
    const { members } = await snapshotAt(request.snapshot)
    const committee = await audits.committeeOf(request, fulfillment.attempt)
    const signers = signedSeats(fulfillment.certificate, request.committeeSize).map(
      (seat) => members[committee[seat] ?? -1]?.attestor,
    )
    const known = signers.filter((signer) => signer !== undefined)
    if (known.length !== signers.length || known.length !== recorded.signers) continue
    if (keptOfRoot(merkleRoot(known.map(leafOf))) === recorded.root) return known
  }
  throw new ChainError(
    'missing',
    `nothing the node serves tells who signed settlement ${recorded.settlement}`,
  )
}

function leafOf(attestor: Address): Digest {
  return `0x${attestor.slice(2).toLowerCase().padStart(64, '0')}`
}
