/**
 * Circuits of this version by the SHA-256 of their constraints, as `circuits/main` compiles: what a circuit function's agreement may name, so that
 * an auditor knows what its output means. That the function's key was made of these constraints is another question, which `dikast circuit
 * verify-setup` answers.
 * @module
 */
import type { Hash } from '../../protocol/types.ts'

/** Seats of `committee-feed-N`. */
export const COMMITTEE_FEEDS: ReadonlyMap<Hash, number> = new Map<Hash, number>([
  ['0x5e4e5ddd4a5b467b65c09bcd8426aa581c9c893aee74beeeeffc6a2fae777811', 4],
  ['0xb59e8b7ba45a9115542234995e7d2f6bc1de5008d542b1787f53e3616d4bd87b', 15],
  ['0x1d0a1a29db33a1fcd83a659b32a2ba8dd29556de6fabd0c2fbb853a2a936134a', 30],
])
