/**
 * The EIP-712 digest of a signed request. Format: docs/spec/formats.md, FMT-9.
 * @module
 */
import { hashTypedData } from 'viem/utils'
import { SIGNED_REQUEST_TYPES, type SignedRequest, signedRequestDomain } from '../protocol/signed-request.ts'
import type { Digest } from '../protocol/types.ts'
import type { SigningDomain } from './eip712.ts'

/** FMT-9. Wallets sign the same with `eth_signTypedData_v4`. `domain.contract` is the `SignedRequests` contract. */
export function signedRequestDigest(domain: SigningDomain, signed: SignedRequest): Digest {
  return hashTypedData({
    domain: signedRequestDomain(domain.chainId, domain.contract),
    types: SIGNED_REQUEST_TYPES,
    primaryType: 'SignedRequest',
    message: signed,
  })
}
