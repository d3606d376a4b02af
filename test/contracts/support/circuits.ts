/**
 * Circuit functions for tests: keys whose secret is known, so that any statement has a proof, and how one is settled.
 * @module
 */
import { getContract, type Hex, keccak256, zeroAddress } from 'viem'
import { concat, fromBytesBE, fromHex, toBytesBE, toHex } from '../../../src/crypto/bytes.ts'
import { bindingOf } from '../../../src/crypto/groth16.ts'
import { encodeVerificationKey, type VerificationKey } from '../../../src/crypto/groth16-key.ts'
import { proofSystemAbi } from '../../../src/protocol/abi/proof-system.ts'
import type { Address } from '../../../src/protocol/types.ts'
import type { Trapdoor } from '../../crypto/trapdoor.ts'
import {
  type FunctionSpecArgs,
  type MarketFulfillment,
  type MarketRequest,
  type World,
  ZERO_HASH,
} from './world.ts'

const CIRCUIT = 1
const ZK = 4

export const words = (...values: readonly bigint[]): Hex =>
  toHex(concat(...values.map((value) => toBytesBE(value, 32))))

export function proofSystemOf(world: World) {
  const client = { public: world.publicClient, wallet: world.accounts.deployer }
  return getContract({ abi: proofSystemAbi, address: world.deployment.groth16Verifier, client })
}

/** What is a circuit's in a specification. */
export function circuitSpec(world: World, key: VerificationKey): Partial<FunctionSpecArgs> {
  return {
    kind: CIRCUIT,
    consensus: ZK,
    committeeSize: 1,
    fuelPrice: 0n,
    outputBytesMax: 32 * key.outputs,
    verifierSelector: world.deployment.groth16Selector,
    verificationKeyHash: keccak256(encodeVerificationKey(key)),
  }
}

export async function registerKey(world: World, key: VerificationKey): Promise<Address> {
  const bytes = toHex(encodeVerificationKey(key))
  const system = proofSystemOf(world)
  await world.gasOf(system.write.register([bytes], { gas: 16_000_000n }))
  return await system.read.keyVerifier([keccak256(bytes)])
}

export async function deployCircuit(
  world: World,
  key: VerificationKey,
  overrides: Partial<FunctionSpecArgs> = {},
): Promise<Hex> {
  await registerKey(world, key)
  return await world.deployFunction({ ...circuitSpec(world, key), ...overrides })
}

export const wordsOf = (data: Hex): readonly bigint[] => {
  const bytes = fromHex(data)
  return Array.from({ length: bytes.length / 32 }, (_, i) => fromBytesBE(bytes.subarray(32 * i, 32 * i + 32)))
}

/** A fulfillment whose proof says that the request has this output. */
export function proofFor(
  circuit: Pick<Trapdoor, 'key' | 'prove'>,
  requestId: Hex,
  request: MarketRequest,
  options: { readonly output: Hex; readonly payee?: Address; readonly attempt?: number },
): MarketFulfillment {
  const { output, payee = zeroAddress, attempt = 0 } = options
  const binding = circuit.key.isBound ? [bindingOf(requestId, payee)] : []
  const proof = circuit.prove([...wordsOf(output), ...wordsOf(request.input), ...binding])
  return {
    attempt,
    view_: 0,
    exit: 0,
    fuelUsed: 0n,
    evidenceHash: ZERO_HASH,
    output,
    certificate: toHex(proof),
  }
}
