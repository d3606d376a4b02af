/**
 * A committee's turn by its number: one of the request's attempts, or the hearing of a challenge.
 * @module
 */
import { CHALLENGE_ATTEMPT } from '../../protocol/limits.ts'
import type { Attempt } from '../../protocol/types.ts'
import type { AttemptState, RequestState } from './state.ts'

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
