/**
 * A request as whoever observes for it needs it, of what the engine knows.
 * @module
 */
import type { RequestState } from '../../core/request/state.ts'
import { openTurn } from '../../core/request/turn.ts'
import type { Address, PeerId } from '../../protocol/types.ts'
import { runOf } from '../member.ts'
import type { KnownRequest } from '../view.ts'
import type { Observable } from './member.ts'

/** Undefined unless a window is open, and the world the function runs in is known. */
export function observableOf(
  state: RequestState,
  { blockNumber }: Pick<KnownRequest, 'blockNumber'>,
  nowMs: number,
  lagMs: number,
  { peerOf }: { readonly peerOf: (attestor: Address) => PeerId | undefined },
): Observable | undefined {
  const isOpen = openTurn(state, BigInt(Math.floor(nowMs / 1000))) !== undefined
  if (!isOpen || state.attempts[0]?.randomness === undefined) return undefined
  const { request, seed, firstRound, closesAtMs } = runOf(state, nowMs, lagMs)
  const provers = state.attempts
    .flatMap(({ committee }) => committee ?? [])
    .flatMap((one) => peerOf(one) ?? [])
  return { requestId: state.id, request, blockNumber, seed, firstRound, closesAtMs, provers }
}
