/**
 * A committee's turn by its number: one of the request's attempts, or the hearing of a challenge.
 * @module
 */
import { committeeSeed } from '../../crypto/seeds.ts'
import { CHALLENGE_ATTEMPT } from '../../protocol/limits.ts'
import type { Attempt, Digest, Request } from '../../protocol/types.ts'
import type { AttemptState, Context, RequestState } from './state.ts'

export function attemptOf(state: RequestState, attempt: number): AttemptState | undefined {
  return attempt === CHALLENGE_ATTEMPT ? state.hearing : state.attempts[attempt]
}

export function windowOf(state: RequestState, attempt: number): Attempt | undefined {
  return attempt === CHALLENGE_ATTEMPT ? state.finality?.challenge : state.request.attempts[attempt]
}

export function withAttempt(state: RequestState, attempt: number, next: AttemptState): RequestState {
  return attempt === CHALLENGE_ATTEMPT
    ? { ...state, hearing: next }
    : { ...state, attempts: state.attempts.with(attempt, next) }
}

/** SEL-1. */
export function seedOf(
  { domain }: Pick<Context, 'domain'>,
  { functionId, epoch }: Request,
  attempt: number,
  round: bigint,
  randomness: Digest,
): Digest {
  const { chainId, contract: market } = domain
  return committeeSeed({ chainId, market, functionId, epoch, round, attempt, randomness })
}

/** The committee whose turn it is, and until when. */
export function openTurn(
  state: RequestState,
  now: bigint,
): { readonly attempt: number; readonly closesAt: bigint } | undefined {
  const turns = [...state.request.attempts.keys(), CHALLENGE_ATTEMPT]
  for (const attempt of turns) {
    const window = windowOf(state, attempt)
    if (window !== undefined && window.opensAt <= now && now < window.closesAt)
      return { attempt, closesAt: window.closesAt }
  }
  return undefined
}

/** Whether a round gives one of the request's attempts its committee. */
export function isNews({ request, attempts, finality, hearing }: RequestState, round: bigint): boolean {
  if (hearing?.randomness === undefined && finality?.challenge?.round === round) return true
  return request.attempts.some((window, i) => window.round === round && attempts[i]?.committee === undefined)
}
