/**
 * A node's unclaimed shares of what large committees earned, each with the proof that claims it.
 *
 * The market credits a claim only in ascending order, and what is passed over is lost: a request whose committee cannot be told
 * stops the search with an error. Signers are believed only when they make the root that the market keeps. A settlement that
 * no log explains is a gift (`depositShares` is anybody's) and is passed over: or a gift of one wei would stop every claim.
 * @module
 */
import { keptOfRoot, type RecordedShares } from '../../adapters/chain/share-reads.ts'
import { seatsOf } from '../../core/certificate.ts'
import type { ShareClaim } from '../../core/share-claims.ts'
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
    if (signers === undefined) continue
    const place = signers.findIndex((signer) => sameHex(signer, attestor))
    if (place < 0) continue
    const { settlement, perSeat } = recorded
    found.push({ settlement, place, proof: merkleProof(signers.map(leafOf), place), wei: perSeat })
  }
  return found
}

/** In the order of their seats; undefined for a gift. Throws `ChainError` when a payment the node serves cannot be told. */
async function signersOf(
  { audits, shares }: ChainAccess,
  recorded: RecordedShares,
  snapshotAt: (blob: Address) => Promise<Snapshot>,
): Promise<readonly Address[] | undefined> {
  for (const paid of recorded.candidates) {
    const submitted = await audits.submitted(paid.requestId)
    if (submitted === undefined)
      throw new ChainError(
        'missing',
        `request ${paid.requestId}, which settlement ${recorded.settlement} may have paid for`,
      )
    const { request } = submitted
    const { members } = await snapshotAt(request.snapshot)
    const committee = await shares.committeeOf(paid, request)
    const signers = seatsOf(paid.signers, committee.length).map(
      (seat) => members[committee[seat] ?? -1]?.attestor,
    )
    const known = signers.filter((signer) => signer !== undefined)
    if (known.length !== signers.length || known.length !== recorded.signers) continue
    if (keptOfRoot(merkleRoot(known.map(leafOf))) === recorded.root) return known
  }
  return undefined
}

function leafOf(attestor: Address): Digest {
  return `0x${attestor.slice(2).toLowerCase().padStart(64, '0')}`
}
