/**
 * The content address of a function (FMT-7).
 * @module
 */
import { encodeAbiParameters } from 'viem/utils'
import type { Address, FunctionId, FunctionSpec } from '../protocol/types.ts'
import { fromHex, toHex } from './bytes.ts'
import { keccak, tagHash } from './hash.ts'

const SPEC_COMPONENTS = [
  { name: 'kind', type: 'uint8' },
  { name: 'moduleHash', type: 'bytes32' },
  { name: 'entry', type: 'string' },
  { name: 'runtime', type: 'string' },
  { name: 'capabilities', type: 'bytes32' },
  { name: 'permissions', type: 'string[]' },
  { name: 'consensus', type: 'uint8' },
  { name: 'agreement', type: 'string' },
  { name: 'committeeSize', type: 'uint16' },
  { name: 'fuelLimit', type: 'uint64' },
  { name: 'memoryBytesMax', type: 'uint64' },
  { name: 'outputBytesMax', type: 'uint32' },
  { name: 'windowSeconds', type: 'uint32' },
  { name: 'flatFeePerSeat', type: 'uint96' },
  { name: 'fuelPrice', type: 'uint64' },
  { name: 'royalty', type: 'uint96' },
  { name: 'verifierSelector', type: 'bytes4' },
  { name: 'verificationKeyHash', type: 'bytes32' },
  { name: 'challengeWindow', type: 'uint32' },
] as const

export function functionIdOf(owner: Address, spec: FunctionSpec): FunctionId {
  const encoded = encodeAbiParameters(
    [{ type: 'tuple', components: SPEC_COMPONENTS }],
    [{ ...spec, kind: spec.kind === 'wasm' ? 0 : 1 }],
  )
  const outer = encodeAbiParameters(
    [{ type: 'bytes32' }, { type: 'address' }, { type: 'bytes32' }],
    [tagHash('dikast.function.v1'), owner, toHex(keccak(fromHex(encoded)))],
  )
  return toHex(keccak(fromHex(outer)))
}
