/**
 * What goes between nodes and provers over Redis, and what of it is believed: nothing that is not of these shapes and within
 * these bounds. A job names its key and its witness by their SHA-256; both lie beside it.
 * @module
 */
import { fromHex, toHex } from '../../crypto/bytes.ts'
import { FIELD_ELEMENT_BYTES, isFieldElement } from '../../crypto/scalar-field.ts'
import type { Proof, ProofPhase, ProverFailure } from '../../ports/prover.ts'
import { InvalidInputError, LimitExceededError } from '../../protocol/errors.ts'
import { PROOF_BYTES } from '../../protocol/limits.ts'
import type { Hash } from '../../protocol/types.ts'

/** BullMQ's queue, and what the keys beside it begin with. */
export const QUEUE_NAME = 'dikast-proofs'
/**
 * A key takes 320 bytes a wire at least (a point of A, two of B, one of C), so one of 64 MiB, the largest that nodes take, has at most
 * 209,715 wires, whose witness has 6.4 MiB.
 */
export const WITNESS_BYTES_MAX = 8 * 1024 * 1024
/** Of all nodes together: the oldest's witness is fetched by then, or nobody proves. */
export const JOBS_WAITING_MAX = 1_024
/** As the circuits' bound. */
const PUBLIC_SIGNALS_MAX = 1_024
/** A proof has four phases, and a job is begun `STARTS_MAX` times at most. */
const PHASES_MAX = 64
const DETAIL_CHARACTERS_MAX = 500
/** Times a prover begins a job, whether it ended or died: one that takes down whoever tries it is given up. */
export const STARTS_MAX = 4

/** The job's data. */
export interface ProofTask {
  readonly version: 1
  readonly keyHash: Hash
  readonly witnessHash: Hash
}

export type ProofOutcome =
  | { readonly type: 'proved'; readonly proof: Proof }
  | { readonly type: 'failed'; readonly reason: ProverFailure; readonly detail: string }

/** Throws `InvalidInputError`. */
export function decodeTask(data: unknown): ProofTask {
  const { version, keyHash, witnessHash } = fieldsOf(data)
  if (version !== 1) throw new InvalidInputError('job.version', 'is none this version knows')
  return {
    version,
    keyHash: hashOf('job.keyHash', keyHash),
    witnessHash: hashOf('job.witnessHash', witnessHash),
  }
}

/** JSON-safe. */
export function encodeOutcome(outcome: ProofOutcome): unknown {
  if (outcome.type === 'failed')
    return { type: 'failed', reason: outcome.reason, detail: outcome.detail.slice(0, DETAIL_CHARACTERS_MAX) }
  const { proof, publicSignals } = outcome.proof
  return { type: 'proved', proof: toHex(proof), publicSignals: publicSignals.map(String) }
}

/** Throws `InvalidInputError`, `LimitExceededError`. */
export function decodeOutcome(value: unknown): ProofOutcome {
  const { type, proof, publicSignals, reason, detail } = fieldsOf(value)
  if (type === 'failed') {
    const known = REASONS.find((candidate) => candidate === reason)
    if (known === undefined || typeof detail !== 'string')
      throw new InvalidInputError('outcome.reason', 'is none this version knows')
    return { type, reason: known, detail: detail.slice(0, DETAIL_CHARACTERS_MAX) }
  }
  if (type !== 'proved' || typeof proof !== 'string' || proof.length !== 2 + 2 * PROOF_BYTES)
    throw new InvalidInputError('outcome.proof', `is not ${PROOF_BYTES} bytes`)
  if (!Array.isArray(publicSignals)) throw new InvalidInputError('outcome.publicSignals', 'are no list')
  if (publicSignals.length > PUBLIC_SIGNALS_MAX)
    throw new LimitExceededError('outcome.publicSignals', publicSignals.length, PUBLIC_SIGNALS_MAX)
  return {
    type,
    proof: { proof: fromHex(proof, 'outcome.proof'), publicSignals: publicSignals.map(signalOf) },
  }
}

/** Those a prover told of; what is none is left out. */
export function decodePhases(progress: unknown): readonly ProofPhase[] {
  if (!Array.isArray(progress)) return []
  const told: readonly unknown[] = progress.slice(0, PHASES_MAX)
  return told.flatMap((phase) => PHASES.find((candidate) => candidate === phase) ?? [])
}

/** Of a failure that another prover may not have, in the text BullMQ keeps of it. */
export function failureText(reason: ProverFailure, detail: string): string {
  return `${reason}: ${detail}`.slice(0, DETAIL_CHARACTERS_MAX)
}

export function decodeFailureText(text: unknown): Extract<ProofOutcome, { type: 'failed' }> {
  const told = String(text).slice(0, DETAIL_CHARACTERS_MAX)
  const reason = RETRIED.find((candidate) => told.startsWith(`${candidate}: `))
  return { type: 'failed', reason: reason ?? 'died', detail: told }
}

const PHASES: readonly ProofPhase[] = ['key', 'quotient', 'sums', 'retry']
/** What another machine may do better. All else is the same everywhere, and said at once. */
export const RETRIED: readonly ProverFailure[] = [
  'out-of-memory',
  'died',
  'overloaded',
  'closed',
  'unreachable',
]
const REASONS: readonly ProverFailure[] = [
  'malformed-key',
  'witness-length',
  'witness-range',
  'cancelled',
  ...RETRIED,
]
const DECIMAL_CHARACTERS_MAX = 78

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) throw new InvalidInputError('message', 'is no object')
  return value as Readonly<Record<string, unknown>> // each field is looked at before it is used
}

function hashOf(field: string, value: unknown): Hash {
  if (typeof value !== 'string' || !/^0x[0-9a-f]{64}$/.test(value))
    throw new InvalidInputError(field, 'is no SHA-256')
  return value as Hash // shape checked above
}

function signalOf(value: unknown): bigint {
  if (typeof value !== 'string' || value.length > DECIMAL_CHARACTERS_MAX || !/^\d+$/.test(value))
    throw new InvalidInputError('outcome.publicSignals', 'holds what is no number')
  const signal = BigInt(value)
  if (!isFieldElement(signal))
    throw new InvalidInputError(
      'outcome.publicSignals',
      `holds what is not ${FIELD_ELEMENT_BYTES} bytes of the field`,
    )
  return signal
}
