/**
 * The typed data of the protocol: EIP-712 digests of requests, reports, attestations, bindings and receipts.
 * Formats: docs/spec/formats.md, FMT-1 to FMT-8.
 * @module
 */
import { hashTypedData } from 'viem/utils'
import { InvalidInputError } from '../protocol/errors.ts'
import {
  type Address,
  type Attestation,
  CONSENSUS,
  type Digest,
  type Hash,
  type Hex,
  type Report,
  type Request,
  type RequestId,
} from '../protocol/types.ts'
import { concat, fromHex, toBytesBE, toHex } from './bytes.ts'
import { keccak, tagHash } from './hash.ts'

/** Where a digest is valid: one chain and one contract. */
export interface SigningDomain {
  readonly chainId: number
  readonly contract: Address
}

export const TYPES = {
  Attempt: [
    { name: 'round', type: 'uint64' },
    { name: 'opensAt', type: 'uint64' },
    { name: 'closesAt', type: 'uint64' },
  ],
  Request: [
    { name: 'requester', type: 'address' },
    { name: 'functionId', type: 'bytes32' },
    { name: 'nonce', type: 'uint64' },
    { name: 'epoch', type: 'uint32' },
    { name: 'snapshot', type: 'address' },
    { name: 'consensus', type: 'uint8' },
    { name: 'committeeSize', type: 'uint16' },
    { name: 'verifier', type: 'address' },
    { name: 'functionOwner', type: 'address' },
    { name: 'deadline', type: 'uint64' },
    { name: 'callbackTarget', type: 'address' },
    { name: 'callbackGas', type: 'uint32' },
    { name: 'outputBytesMax', type: 'uint32' },
    { name: 'challengeWindow', type: 'uint32' },
    { name: 'flatFeePerSeat', type: 'uint96' },
    { name: 'fuelPrice', type: 'uint64' },
    { name: 'fuelLimit', type: 'uint64' },
    { name: 'royalty', type: 'uint96' },
    { name: 'protocolFee', type: 'uint96' },
    { name: 'maxFeePerGas', type: 'uint64' },
    { name: 'input', type: 'bytes' },
    { name: 'attempts', type: 'Attempt[]' },
  ],
  Report: [
    { name: 'requestId', type: 'bytes32' },
    { name: 'outputHash', type: 'bytes32' },
    { name: 'exit', type: 'uint16' },
    { name: 'fuelUsed', type: 'uint64' },
    { name: 'evidenceHash', type: 'bytes32' },
  ],
  Attestation: [
    { name: 'functionId', type: 'bytes32' },
    { name: 'epoch', type: 'uint32' },
    { name: 'round', type: 'uint64' },
    { name: 'attempt', type: 'uint8' },
    { name: 'view', type: 'uint32' },
    { name: 'root', type: 'bytes32' },
  ],
  NodeBinding: [
    { name: 'operator', type: 'address' },
    { name: 'peerId', type: 'bytes32' },
    { name: 'capabilities', type: 'bytes32' },
  ],
  ModuleReceipt: [
    { name: 'moduleHash', type: 'bytes32' },
    { name: 'bytes', type: 'uint64' },
    { name: 'storedAt', type: 'uint64' },
  ],
} as const

function domainOf(domain: SigningDomain) {
  return {
    name: 'Dikast',
    version: '1',
    chainId: domain.chainId,
    verifyingContract: domain.contract,
  } as const
}

/** FMT-2. */
export function requestIdOf(domain: SigningDomain, request: Request): RequestId {
  return hashTypedData({
    domain: domainOf(domain),
    types: TYPES,
    primaryType: 'Request',
    message: { ...request, consensus: CONSENSUS.indexOf(request.consensus) },
  })
}

/** FMT-3: no domain; the request id in it already binds chain and market. */
export function reportDigest(report: Report): Digest {
  return toHex(hashFlat('Report', report))
}

/** FMT-4: what a member signs. */
export function attestationDigest(domain: SigningDomain, attestation: Attestation): Digest {
  const struct = hashFlat('Attestation', attestation)
  return toHex(keccak(concat(PREFIX, separatorOf(domain), struct)))
}

const DOMAIN_TYPE = 'EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)'
/** EIP-191 version 0x01. */
const PREFIX = Uint8Array.of(0x19, 0x01)
/** Those of one process: its market's, and its registry's. */
const separators = new Map<string, Uint8Array>()
const SEPARATORS_MAX = 64

/** EIP-712's domain separator. It is the same for every digest of a contract, so it is made once. */
function separatorOf(domain: SigningDomain): Uint8Array {
  const key = `${domain.chainId}:${domain.contract.toLowerCase()}`
  const known = separators.get(key)
  if (known !== undefined) return known
  const { name, version } = domainOf(domain)
  const separator = keccak(
    concat(
      ...[DOMAIN_TYPE, name, version].map((text) => fromHex(tagHash(text))),
      toBytesBE(BigInt(domain.chainId), 32),
      new Uint8Array(12),
      fromHex(domain.contract, 'contract', 20),
    ),
  )
  if (separators.size >= SEPARATORS_MAX) separators.clear()
  separators.set(key, separator)
  return separator
}

type Flat = 'Report' | 'Attestation'

/** keccak of `Name(type field,…)`. */
const TYPE_HASHES: Readonly<Record<Flat, Uint8Array>> = {
  Report: typeHashOf('Report'),
  Attestation: typeHashOf('Attestation'),
}

function typeHashOf(name: Flat): Uint8Array {
  const fields = TYPES[name].map((field) => `${field.type} ${field.name}`)
  return fromHex(tagHash(`${name}(${fields.join(',')})`))
}

/** EIP-712's hashStruct of digests and whole numbers. By hand: a member of a committee makes dozens for a request. */
function hashFlat(name: Flat, data: Report | Attestation): Uint8Array {
  const values = data as unknown as Readonly<Record<string, Hex | number | bigint>> // the fields of TYPES[name]
  const words = TYPES[name].map(({ name: field, type }) => {
    const value = values[field]
    // Absent, it would be signed as zero.
    if (value === undefined || value === null || typeof value === 'boolean')
      throw new InvalidInputError(field, 'is missing')
    if (type === 'bytes32') return fromHex(String(value), field, 32)
    const word = new Uint8Array(32)
    const bytes = toBytesBE(BigInt(value), Number(type.slice('uint'.length)) / 8)
    word.set(bytes, 32 - bytes.length)
    return word
  })
  return keccak(concat(TYPE_HASHES[name], ...words))
}

/** FMT-6: `domain.contract` is the node registry. */
export function nodeBindingDigest(
  domain: SigningDomain,
  binding: { readonly operator: Address; readonly peerId: Hex; readonly capabilities: Hex },
): Digest {
  return hashTypedData({
    domain: domainOf(domain),
    types: TYPES,
    primaryType: 'NodeBinding',
    message: binding,
  })
}

/** FMT-8. */
export function moduleReceiptDigest(
  domain: SigningDomain,
  receipt: { readonly moduleHash: Hash; readonly bytes: bigint; readonly storedAt: bigint },
): Digest {
  return hashTypedData({
    domain: domainOf(domain),
    types: TYPES,
    primaryType: 'ModuleReceipt',
    message: receipt,
  })
}
