/**
 * JSON-RPC answers as data. A node is asked, never trusted to be well-formed: what does not match is `malformed`.
 * @module
 */
import { z } from 'zod'
import type { Block } from '../../ports/chain.ts'
import type { Address, Hash, Hex } from '../../protocol/types.ts'

/** The largest log of ours: a request's input or a fulfilment's output and certificate, with room to spare. */
const LOG_DATA_BYTES_MAX = 256 * 1024

const hex = (bytes: number) =>
  z
    .string()
    .regex(new RegExp(`^0x[0-9a-fA-F]{${2 * bytes}}$`))
    .transform((text) => text.toLowerCase() as Hex)
const bytesUpTo = (max: number) =>
  z
    .string()
    .max(2 + 2 * max)
    .regex(/^0x(?:[0-9a-fA-F]{2})*$/)
    .transform((text) => text.toLowerCase() as Hex)

/** Up to 32 bytes; some nodes write leading zeros. */
export const quantity = z
  .string()
  .regex(/^0x[0-9a-fA-F]{1,64}$/)
  .transform((text) => BigInt(text))

export const hash32 = hex(32)
const smallNumber = quantity.refine((value) => value <= BigInt(Number.MAX_SAFE_INTEGER)).transform(Number)

export const block = z
  .object({
    number: quantity,
    hash: hash32,
    parentHash: hash32,
    timestamp: quantity,
    baseFeePerGas: quantity.optional(),
  })
  .transform(
    (raw): Block => ({
      number: raw.number,
      hash: raw.hash,
      parentHash: raw.parentHash,
      time: raw.timestamp,
      baseFeePerGas: raw.baseFeePerGas ?? 0n,
    }),
  )

/** A log before its event is decoded. */
export interface RawLog {
  readonly address: Address
  readonly topics: readonly Hash[]
  readonly data: Hex
  readonly blockNumber: bigint
  readonly blockHash: Hash
  readonly transactionHash: Hash
  readonly logIndex: number
}

export const log = z.object({
  address: hex(20),
  topics: z.array(hash32).max(4),
  data: bytesUpTo(LOG_DATA_BYTES_MAX),
  blockNumber: quantity,
  blockHash: hash32,
  transactionHash: hash32,
  logIndex: smallNumber,
})

export interface Receipt {
  readonly transactionHash: Hash
  readonly blockNumber: bigint
  readonly blockHash: Hash
  readonly gasUsed: bigint
  readonly success: boolean
}

export const receipt = z
  .object({
    transactionHash: hash32,
    blockNumber: quantity,
    blockHash: hash32,
    gasUsed: quantity,
    status: z.enum(['0x0', '0x1']),
  })
  .transform(({ status, ...rest }): Receipt => ({ ...rest, success: status === '0x1' }))

/** A transaction the node knows of, waiting or mined. */
export const transaction = z.object({ hash: hash32 })

/** Contract code, at most EIP-170's 24,576 bytes, with room for chains that allow more. */
export const code = bytesUpTo(64 * 1024)
/** What a call returns. */
export const returned = bytesUpTo(LOG_DATA_BYTES_MAX)
