/**
 * The protocol's nouns as the ABI writes them, and back.
 * @module
 */
import { ChainError } from '../../ports/chain.ts'
import {
  ATTEMPTS_MAX,
  INPUT_BYTES_MAX,
  OUTPUT_BYTES_MAX,
  PERMISSION_BYTES_MAX,
  PERMISSIONS_MAX,
} from '../../protocol/limits.ts'
import {
  CONSENSUS,
  type Fulfillment,
  type FunctionSpec,
  type Hex,
  type Request,
} from '../../protocol/types.ts'

export type AbiRequest = Omit<Request, 'consensus'> & { readonly consensus: number }
export type AbiFulfillment = Omit<Fulfillment, 'view'> & { readonly view_: number }
export type AbiFunctionSpec = Omit<FunctionSpec, 'kind'> & { readonly kind: number }

const KINDS = ['wasm', 'circuit'] as const
/** A full certificate: a bitmap and a compact signature a seat. */
const CERTIFICATE_BYTES_MAX = 64 * 1024

export function requestToAbi(request: Request): AbiRequest {
  return { ...request, consensus: CONSENSUS.indexOf(request.consensus) }
}

export function requestFromAbi(request: AbiRequest): Request {
  const consensus = CONSENSUS[request.consensus]
  if (consensus === undefined) throw new ChainError('malformed', `consensus ${request.consensus}`)
  if (request.attempts.length === 0 || request.attempts.length > ATTEMPTS_MAX) {
    throw new ChainError('malformed', `a request with ${request.attempts.length} attempts`)
  }
  assertBytes('input', request.input, INPUT_BYTES_MAX)
  return { ...request, consensus }
}

export function fulfillmentToAbi({ view, ...rest }: Fulfillment): AbiFulfillment {
  return { ...rest, view_: view }
}

export function fulfillmentFromAbi({ view_, ...rest }: AbiFulfillment): Fulfillment {
  assertCertificate(rest.output, rest.certificate)
  return { ...rest, view: view_ }
}

/** Throws `malformed` above the contracts' own bounds. */
export function assertCertificate(output: Hex, certificate: Hex): void {
  assertBytes('output', output, OUTPUT_BYTES_MAX)
  assertBytes('certificate', certificate, CERTIFICATE_BYTES_MAX)
}

export function specToAbi(spec: FunctionSpec): AbiFunctionSpec {
  return { ...spec, kind: KINDS.indexOf(spec.kind) }
}

export function specFromAbi(spec: AbiFunctionSpec): FunctionSpec {
  const kind = KINDS[spec.kind]
  if (kind === undefined || CONSENSUS[spec.consensus] === undefined) {
    throw new ChainError('malformed', `kind ${spec.kind}, consensus ${spec.consensus}`)
  }
  const { permissions } = spec
  // A character is a byte or more.
  if (
    permissions.length > PERMISSIONS_MAX ||
    permissions.some((permission) => permission.length > PERMISSION_BYTES_MAX)
  ) {
    throw new ChainError('malformed', `${permissions.length} permissions, or too long a one`)
  }
  return { ...spec, kind }
}

function assertBytes(what: string, hex: Hex, max: number): void {
  const length = (hex.length - 2) / 2
  if (length > max) throw new ChainError('malformed', `${what} of ${length} bytes`)
}
