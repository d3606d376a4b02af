/**
 * Requests of a batch as `fulfillBatch` takes them: packed, one behind the other (FMT-10).
 * @module
 */
import { concat, fromHex, toBytesBE, toHex } from '../crypto/bytes.ts'
import type { Address, Hex } from '../protocol/types.ts'

/** What sets a request of a batch apart from the others, and its result. */
export interface BatchItem {
  readonly requester: Address
  readonly nonce: bigint
  readonly callbackTarget: Address
  readonly callbackGas: number
  readonly maxFeePerGas: bigint
  readonly exit: number
  readonly fuelUsed: bigint
  readonly input: Hex
  readonly output: Hex
}

const ADDRESS_BYTES = 20

/** Throws `InvalidInputError` for a number that does not fit its field. */
export function encodeBatchItems(items: readonly BatchItem[]): Hex {
  return toHex(concat(...items.flatMap(encodeItem)))
}

function encodeItem(item: BatchItem): readonly Uint8Array[] {
  const input = fromHex(item.input, 'input')
  const output = fromHex(item.output, 'output')
  return [
    fromHex(item.requester, 'requester', ADDRESS_BYTES),
    toBytesBE(item.nonce, 8),
    fromHex(item.callbackTarget, 'callback target', ADDRESS_BYTES),
    toBytesBE(BigInt(item.callbackGas), 4),
    toBytesBE(item.maxFeePerGas, 8),
    toBytesBE(BigInt(item.exit), 2),
    toBytesBE(item.fuelUsed, 8),
    toBytesBE(BigInt(input.length), 4),
    toBytesBE(BigInt(output.length), 4),
    input,
    output,
  ]
}
