/**
 * A key's making against a function on a chain: its key, its files, and what its verifier refuses (CER-10).
 * @module
 */
import { decodeErrorResult } from 'viem'
import { contractReader } from '../../adapters/chain/reads.ts'
import { parseCircuitTerms } from '../../core/consensus/agreement.ts'
import { toBytesBE, toHex } from '../../crypto/bytes.ts'
import { encodeProof } from '../../crypto/groth16.ts'
import { type VerificationKey, verificationKeyHash } from '../../crypto/groth16-key.ts'
import { FIELD_ORDER } from '../../crypto/groth16-points.ts'
import { proofVerifierAbi } from '../../protocol/abi/proof-verifier.ts'
import type { Address, Hash, Hex } from '../../protocol/types.ts'
import type { ChainAccess } from '../shared/chain-access.ts'
import { findFunction } from './function-lookup.ts'
import { check, type SetupCheck, type SetupReadings, Unchecked } from './setup-checks.ts'

const ON_CHAIN = 'requests are settled under the key on chain, whatever these files are'
const WORD_BYTES = 32

/** A key's hash that was read on a chain by other means. */
export async function checkKeyHash(
  checks: SetupCheck[],
  { key }: SetupReadings,
  hash: Hash | undefined,
): Promise<void> {
  await check(checks, 'chain: key', ON_CHAIN, () => {
    if (hash === undefined) throw new Unchecked('neither --function nor --vk-hash was given')
    return sameKey(key(), hash)
  })
  for (const [name, why] of [FILES, RANGE])
    await check(checks, name, why, () => {
      throw new Unchecked('no --function was given')
    })
}

const FILES = ['chain: files', 'nodes prove with what the function names'] as const
const RANGE = ['chain: range of inputs', 'x and x + r would be two statements with one proof'] as const

/** Throws `ChainError`, and `InvalidInputError` when there is no such function. */
export async function checkFunction(
  checks: SetupCheck[],
  readings: SetupReadings,
  chain: ChainAccess,
  idOrName: string,
): Promise<void> {
  const { functionId, spec } = await findFunction(chain, idOrName)
  const terms = await chain.reads.terms(functionId)
  await check(checks, 'chain: key', ON_CHAIN, async () => {
    if (spec.kind !== 'circuit' || terms === undefined) throw new Error(`${functionId} is no circuit`)
    const registered = await chain.reads.verificationKey(terms.verifier)
    if (registered === undefined) throw new Error(`${terms.verifier} is not of the proof system`)
    if (verificationKeyHash(registered) !== spec.verificationKeyHash)
      throw new Error(`its verifier has another key than its specification`)
    return sameKey(readings.key(), spec.verificationKeyHash)
  })
  await check(checks, ...FILES, () => {
    const { provingKey, constraints } = parseCircuitTerms(spec.agreement)
    for (const [name, told, found] of [
      ['proving key', provingKey, readings.provingKeyHash],
      ['constraints', constraints, readings.constraintsHash],
      ['calculator', spec.moduleHash, readings.moduleHash()],
    ] as const)
      if (told !== found) throw new Error(`its ${name} has sha256 ${told}, the file ${found}`)
    return 'it names this proving key, these constraints and this calculator'
  })
  await check(checks, ...RANGE, async () => {
    if (terms === undefined) throw new Error(`${functionId} is no circuit`)
    return await checkRange(chain, terms.verifier, readings.key())
  })
}

function sameKey(key: VerificationKey, hash: Hash): string {
  const own = verificationKeyHash(key)
  if (own === hash) return `${own}, marked as of a ceremony`
  if (verificationKeyHash({ ...key, isCeremony: false }) === hash)
    throw new Error(`${hash} is this key, marked as for development`)
  throw new Error(`it is ${hash}, and this key would be ${own}`)
}

/** Each place of a statement, one beyond the range, while the others are zero. */
async function checkRange(chain: ChainAccess, verifier: Address, key: VerificationKey): Promise<string> {
  const read = contractReader(chain.reader)
  const proof = toHex(encodeProof({ a: key.alpha, b: key.beta, c: key.alpha }))
  const words = key.outputs + key.inputs
  const refusal = async (at: number): Promise<string> => {
    const inputs = new Uint8Array(words * WORD_BYTES)
    if (at < words) inputs.set(toBytesBE(FIELD_ORDER, WORD_BYTES), at * WORD_BYTES)
    const binding = at === words ? FIELD_ORDER : 0n
    const args = [toHex(inputs), [binding], proof] as const
    const answer = await read.call(proofVerifierAbi, verifier, 'verify', args)
    return 'ok' in answer ? 'nothing' : errorName(answer.reverted)
  }
  const nowhere = words + 1
  const otherwise = await refusal(nowhere)
  if (otherwise !== 'InvalidProof') throw new Error(`it answers a proof of nothing with ${otherwise}`)
  const places = words + (key.isBound ? 1 : 0)
  for (let at = 0; at < places; at++) {
    const told = await refusal(at)
    if (told !== 'PublicInputTooLarge') throw new Error(`it answers r as input ${at} with ${told}`)
  }
  return `${verifier} refuses each of ${places} inputs at r`
}

function errorName(data: Hex): string {
  try {
    return decodeErrorResult({ abi: proofVerifierAbi, data }).errorName
  } catch {
    return data.slice(0, 10)
  }
}
