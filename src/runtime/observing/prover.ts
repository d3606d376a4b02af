/**
 * The prover's side of a standing committee: gathers its members' signed observations, and makes of them what only the prover gives the
 * circuit (OBS-6).
 *
 * Members are asked side by side. Once a quorum answered, others have a grace period more: the contract that asked may want more than
 * a quorum, and knows how many answered. What a member says counts only under its own key.
 * @module
 */
import { committeeInputOf, observedRule } from '../../core/circuit/observing.ts'
import type { CircuitInputs } from '../../core/circuit/witness.ts'
import { type ObservedFunction, parseAgreement } from '../../core/consensus/agreement.ts'
import { quorumOf } from '../../core/consensus/quorum.ts'
import { sameHex } from '../../crypto/bytes.ts'
import {
  committeeFeedInputs,
  keyRoot as rootOf,
  type SignedObservation,
} from '../../crypto/committee-proof.ts'
import { verifySchnorr } from '../../crypto/schnorr.ts'
import type { Log } from '../../ports/log.ts'
import type { CommitteeReads, DeployedFunction } from '../../ports/market.ts'
import type { Transport } from '../../ports/transport.ts'
import { DikastError, InvalidInputError } from '../../protocol/errors.ts'
import type { Address, FunctionId, PeerId, StandingCommittee } from '../../protocol/types.ts'
import type { Observable } from './member.ts'
import { decodeAnswer, encodeQuery, OBSERVE } from './wire.ts'

export interface GatheringDependencies {
  readonly chainId: number
  readonly attestor: Address
  readonly reads: CommitteeReads
  readonly functionById: (functionId: FunctionId) => Promise<DeployedFunction | undefined>
  /** This node's own observation, when it is a member itself. */
  readonly observe: (asked: Observable) => Promise<SignedObservation>
  readonly peerOf: (attestor: Address) => PeerId | undefined
  readonly transport: Pick<Transport, 'call'>
  readonly log: Log
}

/** Too few members answered. They are asked again while the window lasts. */
export class TooFewObservationsError extends DikastError {
  readonly code = 'TOO_FEW_OBSERVATIONS'

  constructor(given: number, needed: number) {
    super(`${given} members of the committee gave an observation, and ${needed} are needed`, {
      fix: 'nothing is to be done by the prover: it asks again; members may be unreachable, or their function may fail',
    })
  }
}

/**
 * Throws `InvalidInputError` for a request that no committee can answer, the same on every node, and `TooFewObservationsError` for one
 * that too few answered now.
 */
export async function gatherObservations(
  deps: GatheringDependencies,
  asked: Observable,
  observed: ObservedFunction,
  signal: AbortSignal,
): Promise<CircuitInputs> {
  const { chainId, reads, functionById, log } = deps
  const { requestId, request, blockNumber } = asked
  const askedAt = await reads.blockTime(blockNumber)
  const { keyRoot, ctx } = committeeInputOf({ chainId, request, askedAt })
  const committee = await reads.standingCommittee(keyRoot)
  if (committee === undefined)
    throw new InvalidInputError('input', 'its key root is that of no standing committee')
  if (rootOf(committee.keys) !== keyRoot)
    throw new InvalidInputError('input', 'its key root is not that of the committee’s keys')
  const spec = (await functionById(observed.functionId))?.spec
  if (spec === undefined) throw new InvalidInputError('observe', `${observed.functionId} was never deployed`)
  observedRule(spec)
  const agreement = parseAgreement('aggregate', spec.agreement)
  const graceMs = agreement.mode === 'aggregate' ? agreement.graceMs : 0

  const size = committee.members.length
  const needed = quorumOf('aggregate', size)
  const observations = await answersOf(deps, asked, { committee, ctx, needed, graceMs, signal })
  const given = observations.filter((one) => one !== undefined).length
  log.info('observations gathered', { requestId, given, of: size })
  if (given < needed) throw new TooFewObservationsError(given, needed)
  return committeeFeedInputs({ keys: committee.keys, ctx, observations }).inputs
}

interface Asking {
  readonly committee: StandingCommittee
  readonly ctx: bigint
  readonly needed: number
  readonly graceMs: number
  readonly signal: AbortSignal
}

/** By slot. Ends when all have answered, when those who did are enough and the grace period is over, or with `signal`. */
function answersOf(
  deps: GatheringDependencies,
  asked: Observable,
  { committee, ctx, needed, graceMs, signal }: Asking,
): Promise<readonly (SignedObservation | undefined)[]> {
  const observations: (SignedObservation | undefined)[] = committee.members.map(() => undefined)
  return new Promise((resolve) => {
    let grace: NodeJS.Timeout | undefined
    let open = committee.members.length
    const cancel = new AbortController()
    const finish = (): void => {
      clearTimeout(grace)
      signal.removeEventListener('abort', finish)
      cancel.abort()
      resolve(observations.slice())
    }
    signal.addEventListener('abort', finish)
    if (signal.aborted) return finish()
    const ended = (): void => {
      open--
      const given = observations.filter((one) => one !== undefined).length
      if (open === 0) finish()
      else if (given >= needed) grace ??= setTimeout(finish, graceMs)
    }
    for (const [slot, member] of committee.members.entries()) {
      const key = committee.keys[slot] ?? 0n
      void ask(deps, asked, member, key, cancel.signal)
        .then((observation) => {
          if (observation === undefined) return
          if (!verifySchnorr(key, ctx, observation.value, observation.signature))
            throw new InvalidInputError('observation', 'is not signed by the member’s key')
          observations[slot] = observation
        })
        .catch((error: unknown) =>
          deps.log.debug('observation not given', {
            requestId: asked.requestId,
            member,
            reason: String(error),
          }),
        )
        .finally(ended)
    }
  })
}

/** Undefined for a member that has no key, or no address. */
async function ask(
  { attestor, observe, peerOf, transport }: GatheringDependencies,
  asked: Observable,
  member: Address,
  key: bigint,
  signal: AbortSignal,
): Promise<SignedObservation | undefined> {
  if (key === 0n) return undefined
  if (sameHex(member, attestor)) return observe(asked)
  const peer = peerOf(member)
  if (peer === undefined) return undefined
  const answer = decodeAnswer(await transport.call(peer, OBSERVE, encodeQuery(asked.requestId), { signal }))
  if ('refused' in answer) throw new InvalidInputError('observation', `was refused: ${answer.refused}`)
  return answer.observation
}
