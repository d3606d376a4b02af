/**
 * Whether a key may be marked on chain as made by a ceremony (CER-11): its transcript is whole and is of these files, and the key's
 * own contributions are those it tells of. It stays its maker's word that contributors are several, and that each step follows
 * from the one before, which takes the powers of tau: `circuit verify-setup` computes that.
 * @module
 */
import { contributionsOf } from '../../adapters/prover/contributions.ts'
import type { CeremonyTranscript } from '../../core/circuit/ceremony.ts'
import {
  announcementProblem,
  beaconProblem,
  contributionsProblem,
  contributorsProblem,
  filesProblem,
} from '../../core/circuit/ceremony-checks.ts'
import { type VerificationKey, verificationKeyHash } from '../../crypto/groth16-key.ts'
import { sha256Hex } from '../../crypto/hash.ts'
import { InvalidInputError } from '../../protocol/errors.ts'
import type { Hash } from '../../protocol/types.ts'

/** Throws `InvalidInputError` when it may not. */
export function assertCeremony(
  transcript: CeremonyTranscript,
  made: {
    readonly provingKey: Uint8Array
    readonly key: VerificationKey
    readonly constraints: Hash
    readonly module: Hash
  },
): void {
  const found = contributionsOf(made.provingKey)
  const { circuit, end, powers } = transcript
  const hash = verificationKeyHash(made.key)
  const problem =
    contributorsProblem(found) ??
    filesProblem(transcript, {
      provingKey: sha256Hex(made.provingKey),
      constraints: made.constraints,
      powers: powers.sha256,
    }) ??
    (circuit.module === made.module ? undefined : `it is about a calculator of sha256 ${circuit.module}`) ??
    contributionsProblem(found, transcript) ??
    announcementProblem(transcript) ??
    beaconProblem(found, transcript) ??
    (end?.verificationKey === hash ? undefined : `it ends with key ${end?.verificationKey}, this is ${hash}`)
  if (problem === undefined) return
  throw new InvalidInputError('--ceremony', problem, {
    fix: 'give the transcript that `dikast circuit beacon` ended, with its own files; a key without a ceremony is deployed without --ceremony, as for development',
  })
}
