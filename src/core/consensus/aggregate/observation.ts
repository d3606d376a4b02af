/**
 * What one member saw: the result of its own run, signed once for an attempt (AGG-2).
 * @module
 */
import { concat, fromHex, sameBytes, sameHex, toBytesBE, toHex } from '../../../crypto/bytes.ts'
import type { SigningDomain } from '../../../crypto/eip712.ts'
import { keccak, tagHash } from '../../../crypto/hash.ts'
import { recoverSigner } from '../../../crypto/signature.ts'
import type { Address, Digest, Hex, RequestId } from '../../../protocol/types.ts'
import { usesAllFuel } from '../../request/attestation.ts'
import { EXIT_MAX } from '../../wasm/exit.ts'

const TAG = tagHash('dikast.observation.v1')

/** A run's result, whatever it was. */
export interface Observed {
  readonly exit: number
  readonly fuelUsed: bigint
  readonly output: Uint8Array
}

export interface Observation extends Observed {
  readonly seat: number
  /** EIP-2098, over `observationDigest`. */
  readonly signature: Hex
}

/** Of whom, and within which bounds. */
export interface ObservationBounds {
  readonly domain: SigningDomain
  readonly requestId: RequestId
  readonly attempt: number
  readonly committee: readonly Address[]
  readonly fuelLimit: bigint
  readonly outputBytesMax: number
}

export type ObservationProblem =
  | 'malformed'
  | 'unknown-seat'
  | 'output-too-large'
  | 'fuel-above-limit'
  | 'fuel-below-limit'
  | 'bad-signature'

/** In the one spelling that compares, and of the width that evidence has room for. */
export function isObservationSignature(signature: string): boolean {
  return /^0x[0-9a-f]{128}$/.test(signature)
}

export function sameObserved(a: Observed, b: Observed): boolean {
  return a.exit === b.exit && a.fuelUsed === b.fuelUsed && sameBytes(a.output, b.output)
}

/** AGG-2. It names no view: a member sees once. */
export function observationDigest(
  { domain, requestId, attempt }: Pick<ObservationBounds, 'domain' | 'requestId' | 'attempt'>,
  { exit, fuelUsed, output }: Observed,
): Digest {
  const words = [
    fromHex(TAG),
    toBytesBE(BigInt(domain.chainId), 32),
    concat(new Uint8Array(12), fromHex(domain.contract, 'market', 20)),
    fromHex(requestId, 'requestId', 32),
    toBytesBE(BigInt(attempt), 32),
    toBytesBE(BigInt(exit), 32),
    toBytesBE(fuelUsed, 32),
    keccak(output),
  ]
  return toHex(keccak(concat(...words)))
}

/** Undefined when it keeps them, whoever saw it. */
export function boundsProblem(
  { fuelLimit, outputBytesMax }: Pick<ObservationBounds, 'fuelLimit' | 'outputBytesMax'>,
  { exit, fuelUsed, output }: Observed,
): ObservationProblem | undefined {
  if (!Number.isSafeInteger(exit) || exit < 0 || exit > EXIT_MAX || fuelUsed < 0n) return 'malformed'
  if (output.length > outputBytesMax) return 'output-too-large'
  if (fuelUsed > fuelLimit) return 'fuel-above-limit'
  return usesAllFuel(exit) && fuelUsed !== fuelLimit ? 'fuel-below-limit' : undefined
}

/** Undefined when it counts. */
export function observationProblem(
  bounds: ObservationBounds,
  observation: Observation,
): ObservationProblem | undefined {
  const attestor = bounds.committee[observation.seat]
  if (attestor === undefined) return 'unknown-seat'
  const problem = boundsProblem(bounds, observation)
  if (problem !== undefined) return problem
  if (!isObservationSignature(observation.signature)) return 'bad-signature'
  const signer = recoverSigner(observationDigest(bounds, observation), observation.signature)
  return signer !== undefined && sameHex(signer, attestor) ? undefined : 'bad-signature'
}
