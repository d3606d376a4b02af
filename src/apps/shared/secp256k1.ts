/**
 * How a long-running process signs and recovers: a node recovers a signer from every message of every committee it sits in.
 * An audit stays with the reference, and loads no second library.
 * @module
 */
import { wasmSecp256k1 } from '../../adapters/secp256k1/wasm.ts'
import { useSecp256k1 } from '../../crypto/signature.ts'

export function useFastSignatures(): void {
  useSecp256k1(wasmSecp256k1)
}
