import { ChainError } from '../../ports/chain.ts'
import type { ChainReader } from './client.ts'

export interface Fees {
  readonly maxFeePerGas: bigint
  readonly maxPriorityFeePerGas: bigint
}

const GWEI = 1_000_000_000n
/** When the node has no opinion. */
const PRIORITY_FEE_DEFAULT = GWEI
/** A node's opinion above this is not believed. */
const PRIORITY_FEE_MAX = 50n * GWEI
/** Nodes replace a transaction only for at least a tenth more; this is an eighth. */
const BUMP_NUMERATOR = 9n
const BUMP_DENOMINATOR = 8n

/** What gets a transaction mined within a few blocks: room for the base fee to double. */
export async function suggestFees(reader: ChainReader, maxFeePerGasMax: bigint): Promise<Fees> {
  const [head, opinion] = await Promise.all([reader.block('latest'), reader.priorityFee()])
  if (head === undefined) throw new ChainError('missing', 'no head block')
  const priority = least(opinion ?? PRIORITY_FEE_DEFAULT, PRIORITY_FEE_MAX)
  const maxFeePerGas = least(2n * head.baseFeePerGas + priority, maxFeePerGasMax)
  return { maxFeePerGas, maxPriorityFeePerGas: least(priority, maxFeePerGas) }
}

/** Fees that replace `last`, or undefined when the cap leaves no room to. */
export function bumpFees(last: Fees, suggested: Fees, maxFeePerGasMax: bigint): Fees | undefined {
  const raised = (fee: bigint) => (fee * BUMP_NUMERATOR + BUMP_DENOMINATOR - 1n) / BUMP_DENOMINATOR + 1n
  const feeMin = raised(last.maxFeePerGas)
  const priorityMin = raised(last.maxPriorityFeePerGas)
  if (feeMin > maxFeePerGasMax || priorityMin > maxFeePerGasMax) return undefined
  const maxFeePerGas = least(most(feeMin, suggested.maxFeePerGas), maxFeePerGasMax)
  const wanted = most(priorityMin, suggested.maxPriorityFeePerGas)
  return { maxFeePerGas: most(maxFeePerGas, priorityMin), maxPriorityFeePerGas: least(wanted, maxFeePerGas) }
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}

function most(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}
