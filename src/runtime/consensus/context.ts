/**
 * What a core may ask of this process: who sits where, its keys, and what its request bounds.
 * @module
 */
import { type BlsScheme, wantsBls } from '../../core/bls-certificate.ts'
import type { ConsensusContext, Proposal } from '../../core/consensus/core.ts'
import { leaderRotation } from '../../core/consensus/leader.ts'
import { faultsTolerated, quorumOf } from '../../core/consensus/quorum.ts'
import { checkReport, NO_EVIDENCE, type Outcome, reportOf } from '../../core/request/attestation.ts'
import type { Seat } from '../../core/request/state.ts'
import { isTranscriptOf } from '../../core/transcript.ts'
import { sameHex, toHex } from '../../crypto/bytes.ts'
import { attestationDigest, reportDigest, type SigningDomain } from '../../crypto/eip712.ts'
import { merkleRoot } from '../../crypto/merkle.ts'
import { recoverSigner } from '../../crypto/signature.ts'
import { PROPOSED_EVIDENCE_BYTES_MAX } from '../../protocol/limits.ts'
import type { Digest, Hex, Request, RequestId } from '../../protocol/types.ts'

/** The first pause before what may have been lost is sent again: longer than a message and its answer take. */
const RESEND_MS = 500

export interface ContextOptions {
  readonly id: RequestId
  readonly request: Request
  readonly seat: Seat
  readonly domain: SigningDomain
  readonly bls: BlsScheme | undefined
  /** Of the first view, in milliseconds. */
  readonly viewMs: number
  readonly sign: (digest: Digest) => Hex
  /** Whether the evidence is what the outcome's hash is of. */
  readonly isBacked?: (proposal: Proposal) => boolean
}

export function consensusContext(options: ContextOptions): ConsensusContext {
  const { id, request, seat, domain, bls, sign } = options
  const { committee, attempt, round } = seat
  const { functionId, epoch, consensus } = request
  const rootOf = (outcome: Outcome): Digest | undefined =>
    checkReport(request, outcome) === undefined ? rootOfReport(outcome) : undefined
  // Honest members say the same: a member hashes it once, and not for every message.
  const rootOfReport = remembering(
    ({ exit, fuelUsed, evidenceHash, output }: Outcome) =>
      `${exit} ${fuelUsed} ${evidenceHash} ${toHex(output)}`,
    (outcome) => merkleRoot([reportDigest(reportOf(id, outcome))]),
  )
  const leafDigest = remembering(
    ({ view, root }: { readonly view: number; readonly root: Digest }) => `${view} ${root}`,
    ({ view, root }) => attestationDigest(domain, { functionId, epoch, round, attempt, view, root }),
  )
  const isBacked = options.isBacked ?? isTold
  return {
    instance: { requestId: id, attempt, round },
    committeeSize: committee.length,
    quorum: quorumOf(consensus, committee.length),
    faults: faultsTolerated(committee.length),
    seat: seat.place,
    timing: { viewMs: options.viewMs, resendMs: RESEND_MS },
    leaderOf: leaderRotation(seat.seed, id, committee.length),
    sign,
    verify: (place, digest, signature) => {
      const signer = recoverSigner(digest, signature)
      const attestor = committee[place]
      return signer !== undefined && attestor !== undefined && sameHex(signer, attestor)
    },
    ...(wantsBls(request, bls) && {
      verifyShare: (place: number, digest: Digest, share: Hex | undefined): boolean => {
        const attestor = committee[place]
        const key = attestor && bls.keyOf(attestor)
        return key !== undefined && share !== undefined && bls.verify(key, digest, share)
      },
    }),
    rootOf,
    isBacked: (proposal) => proposal.evidence.length <= PROPOSED_EVIDENCE_BYTES_MAX && isBacked(proposal),
    leafDigest: (view, root) => leafDigest({ view, root }),
  }
}

/** Digests of one instance that are remembered: of each a few, and an output is 32 kB at most. */
const REMEMBERED_MAX = 4

function remembering<In, Out>(keyOf: (input: In) => string, of: (input: In) => Out): (input: In) => Out {
  const known = new Map<string, Out>()
  return (input) => {
    const key = keyOf(input)
    const before = known.get(key)
    if (before !== undefined) return before
    const [oldest] = known.keys()
    if (known.size >= REMEMBERED_MAX && oldest !== undefined) known.delete(oldest)
    const made = of(input)
    known.set(key, made)
    return made
  }
}

/** RUN-91: no evidence, or the transcript of what a run was told. */
function isTold({ outcome, evidence }: Proposal): boolean {
  if (outcome.evidenceHash === NO_EVIDENCE) return evidence.length === 0
  return isTranscriptOf(evidence, outcome.evidenceHash)
}
