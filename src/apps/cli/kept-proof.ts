/**
 * A proof that is made and not settled yet, in a file: whoever interrupts `dikast prove` runs it again and goes on where it was. The
 * blinding in it is as good as the proof until it is shown, so nobody else may read the file.
 * @module
 */
import { randomBytes, randomUUID } from 'node:crypto'
import { existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { isHex, sameHex, toHex } from '../../crypto/bytes.ts'
import { InvalidInputError, LimitExceededError } from '../../protocol/errors.ts'
import { OUTPUT_BYTES_MAX, PROOF_BYTES } from '../../protocol/limits.ts'
import type { Address, Hex, RequestId } from '../../protocol/types.ts'

const FORMAT = 'dikast.proof.v1'
const FILE_BYTES_MAX = 4 * OUTPUT_BYTES_MAX + 4_096
const OWNER_ALONE = 0o600

export interface KeptProof {
  readonly requestId: RequestId
  /** Whom the proof is for. */
  readonly payee: Address
  readonly output: Hex
  readonly proof: Hex
  readonly blinding: Hex
}

export function newBlinding(): Hex {
  return toHex(new Uint8Array(randomBytes(32)))
}

/** Whole or not at all. */
export function keepProof(file: string, kept: KeptProof): void {
  // A name nobody can have put a file or a link at before.
  const fresh = `${file}.${randomUUID()}.partial`
  writeFileSync(fresh, `${JSON.stringify({ format: FORMAT, ...kept }, undefined, 2)}\n`, {
    mode: OWNER_ALONE,
  })
  renameSync(fresh, file)
}

export function forgetProof(file: string): void {
  rmSync(file, { force: true })
}

/** Undefined when there is none. Throws `InvalidInputError` for one of another request or payee, and for what is none. */
export function keptProof(file: string, requestId: RequestId, payee: Address): KeptProof | undefined {
  if (!existsSync(file)) return undefined
  const { size } = statSync(file)
  if (size > FILE_BYTES_MAX) throw new LimitExceededError('bytes of --keep', size, FILE_BYTES_MAX)
  const kept = decoded(file)
  if (!sameHex(kept.requestId, requestId) || !sameHex(kept.payee, payee))
    throw wrong(file, `is a proof for request ${kept.requestId} and payee ${kept.payee}`)
  return kept
}

function decoded(file: string): KeptProof {
  let json: unknown
  try {
    json = JSON.parse(readFileSync(file, 'utf8')) as unknown
  } catch (cause) {
    throw wrong(file, 'is not JSON', cause)
  }
  const { format, requestId, payee, output, proof, blinding, ...more } = { ...(json as object) } as Readonly<
    Record<string, unknown>
  >
  if (
    format === FORMAT &&
    isHex(requestId, 32) &&
    isHex(payee, 20) &&
    isHex(output) &&
    isHex(proof, PROOF_BYTES) &&
    isHex(blinding, 32) &&
    Object.keys(more).length === 0
  )
    return { requestId, payee, output, proof, blinding }
  throw wrong(file, 'is no proof that was kept')
}

function wrong(file: string, problem: string, cause?: unknown): InvalidInputError {
  return new InvalidInputError('--keep', `${file} ${problem}`, {
    cause,
    fix: 'take it away, or name another file with --keep',
  })
}
