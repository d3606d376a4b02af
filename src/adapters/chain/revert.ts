import { type Abi, type AbiParameter, decodeErrorResult } from 'viem'
import { beaconRegistryAbi } from '../../protocol/abi/beacon-registry.ts'
import { blsKeyRegistryAbi } from '../../protocol/abi/bls-key-registry.ts'
import { challengeCourtAbi } from '../../protocol/abi/challenge-court.ts'
import { committeeFeedAbi } from '../../protocol/abi/committee-feed.ts'
import { computeMarketAbi } from '../../protocol/abi/compute-market.ts'
import { functionRegistryAbi } from '../../protocol/abi/function-registry.ts'
import { nodeRegistryAbi } from '../../protocol/abi/node-registry.ts'
import { proofSystemAbi } from '../../protocol/abi/proof-system.ts'
import { proofVerifierAbi } from '../../protocol/abi/proof-verifier.ts'
import { schnorrKeyRegistryAbi } from '../../protocol/abi/schnorr-key-registry.ts'
import { slasherAbi } from '../../protocol/abi/slasher.ts'
import { standingCommitteesAbi } from '../../protocol/abi/standing-committees.ts'
import { verifierAbi } from '../../protocol/abi/verifier.ts'
import { verifierRouterAbi } from '../../protocol/abi/verifier-router.ts'
import type { Hex } from '../../protocol/types.ts'

/** What a call's revert says: a custom error of ours, or Solidity's `Error` and `Panic`. */
export interface Revert {
  readonly name: string
  readonly args: Readonly<Record<string, unknown>>
}

/** Longer revert data is nobody's typed error. */
const REVERT_BYTES_MAX = 4_096

/** Every error of the contracts; one that several declare alike stands once. */
const errorsAbi = [
  ...new Map(
    [
      computeMarketAbi,
      nodeRegistryAbi,
      functionRegistryAbi,
      beaconRegistryAbi,
      blsKeyRegistryAbi,
      verifierAbi,
      verifierRouterAbi,
      challengeCourtAbi,
      slasherAbi,
      proofSystemAbi,
      proofVerifierAbi,
      schnorrKeyRegistryAbi,
      standingCommitteesAbi,
      committeeFeedAbi,
    ]
      .flat()
      .filter((item) => item.type === 'error')
      .map((item) => [`${item.name}(${item.inputs.map(({ type }) => type).join()})`, item] as const),
  ).values(),
] satisfies Abi

/** Undefined when the data is empty or of no known error. */
export function decodeRevert(data: Hex): Revert | undefined {
  if (data.length < 10 || data.length > 2 + 2 * REVERT_BYTES_MAX) return undefined
  try {
    const decoded = decodeErrorResult({ abi: errorsAbi as Abi, data })
    const inputs: readonly AbiParameter[] = ('inputs' in decoded.abiItem && decoded.abiItem.inputs) || []
    const values = (decoded.args ?? []) as readonly unknown[]
    const args = inputs.map((input, i) => [input.name || `${i}`, values[i]] as const)
    return { name: decoded.errorName, args: Object.fromEntries(args) }
  } catch {
    return undefined
  }
}

/** A revert in words, for people. */
export function describeRevert(data: Hex): string {
  const revert = decodeRevert(data)
  if (revert === undefined)
    return data === '0x' ? 'reverted without data' : `reverted with ${data.slice(0, 74)}`
  const args = Object.entries(revert.args).map(([name, value]) => `${name}: ${String(value).slice(0, 80)}`)
  return `${revert.name}(${args.join(', ')})`
}
