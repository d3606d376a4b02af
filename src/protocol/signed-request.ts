/**
 * A request made by signature: what is signed, as EIP-712 typed data. Format: docs/spec/formats.md, FMT-9.
 * @module
 */
import type { Address, FunctionId, Hex } from './types.ts'

/** What `request` and `requestFor` of the market take. */
export interface RequestParams {
  readonly functionId: FunctionId
  /** 0 for the function's own. */
  readonly committeeSize: number
  /** 0 for three. */
  readonly attempts: number
  /** 0 for no callback. */
  readonly callbackGas: number
  /** Wei a unit of gas. */
  readonly maxFeePerGas: bigint
  /** Seconds in which its certificate may be challenged; 0 for the function's own. */
  readonly challengeWindow: number
  readonly input: Hex
}

export interface SignedRequest {
  readonly signer: Address
  /** The market the contract asks. Signed, and not part of what is sent. */
  readonly market: Address
  readonly callbackTarget: Address
  readonly params: RequestParams
  /** Bit `nonce % 256` of word `nonce / 256`, in any order. */
  readonly nonce: bigint
  /** Seconds since 1970, exclusive. */
  readonly validBefore: bigint
  /** Wei: the most the request may take from the signer's account. */
  readonly valueMax: bigint
  /** The zero address for anyone. */
  readonly relayer: Address
  /** Wei: the most the relayer may take from the signer's purse. */
  readonly tipMax: bigint
}

/** As wallets (`eth_signTypedData_v4`) and viem take them; the primary type is `SignedRequest`. */
export const SIGNED_REQUEST_TYPES = {
  RequestParams: [
    { name: 'functionId', type: 'bytes32' },
    { name: 'committeeSize', type: 'uint16' },
    { name: 'attempts', type: 'uint8' },
    { name: 'callbackGas', type: 'uint32' },
    { name: 'maxFeePerGas', type: 'uint64' },
    { name: 'challengeWindow', type: 'uint32' },
    { name: 'input', type: 'bytes' },
  ],
  SignedRequest: [
    { name: 'signer', type: 'address' },
    { name: 'market', type: 'address' },
    { name: 'callbackTarget', type: 'address' },
    { name: 'params', type: 'RequestParams' },
    { name: 'nonce', type: 'uint256' },
    { name: 'validBefore', type: 'uint64' },
    { name: 'valueMax', type: 'uint96' },
    { name: 'relayer', type: 'address' },
    { name: 'tipMax', type: 'uint96' },
  ],
} as const

/** The domain of a `SignedRequests` contract, which is `verifyingContract`; not the market's own. */
export function signedRequestDomain(chainId: number, signedRequests: Address) {
  return { name: 'Dikast', version: '1', chainId, verifyingContract: signedRequests } as const
}
