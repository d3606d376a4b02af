/**
 * What went wrong with a node, told apart: not reached, answered nonsense, or the call itself reverts.
 * @module
 */
import { BaseError, HttpRequestError, ResponseBodyTooLargeError, TimeoutError } from 'viem'
import { ZodError } from 'zod'
import { ChainError } from '../../ports/chain.ts'
import type { Hex } from '../../protocol/types.ts'

/** The JSON-RPC code of "execution reverted" (EIP-1474 as geth has it). */
const REVERT_CODE = 3
const CAUSES_MAX = 12

export interface RpcRefusal {
  readonly code: number | undefined
  readonly message: string
  readonly data: Hex | undefined
}

/** What the node itself said, when it answered with an error. */
export function refusalOf(error: unknown): RpcRefusal | undefined {
  let refusal: RpcRefusal | undefined
  for (const cause of causes(error)) {
    const { code, details, data } = cause as { code?: unknown; details?: unknown; data?: unknown }
    if (typeof code !== 'number') continue
    const message = typeof details === 'string' ? details : cause.message
    refusal = { code, message: message.slice(0, 400), data: refusal?.data ?? hexIn(data) }
  }
  return refusal
}

/** The revert data of a refused call: `0x` when it has none, undefined when it was refused for another reason. */
export function revertDataOf(error: unknown): Hex | undefined {
  const refusal = refusalOf(error)
  if (refusal === undefined) return undefined
  if (refusal.data !== undefined) return refusal.data
  const reverted = refusal.code === REVERT_CODE || /revert|out of gas|invalid opcode/i.test(refusal.message)
  return reverted ? '0x' : undefined
}

/** The error as a `ChainError`. */
export function asChainError(error: unknown): ChainError {
  if (error instanceof ChainError) return error
  if (error instanceof ZodError) {
    const issue = error.issues[0]
    return new ChainError('malformed', `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'unexpected'}`, {
      cause: error,
    })
  }
  const chain = causes(error)
  if (chain.some((cause) => cause instanceof ResponseBodyTooLargeError)) {
    return new ChainError('malformed', 'the answer is above its size bound', { cause: error })
  }
  const refusal = refusalOf(error)
  if (refusal !== undefined)
    return new ChainError('unreachable', `the node refused: ${refusal.message}`, { cause: error })
  const network = chain.some((cause) => cause instanceof HttpRequestError || cause instanceof TimeoutError)
  const text = error instanceof BaseError ? error.shortMessage : String(error)
  return new ChainError(network ? 'unreachable' : 'malformed', text, { cause: error })
}

function causes(error: unknown): Error[] {
  const chain: Error[] = []
  let next = error
  while (next instanceof Error && chain.length < CAUSES_MAX) {
    chain.push(next)
    next = next.cause
  }
  return chain
}

/** Nodes put revert data into `data`, or into an object there. */
function hexIn(data: unknown): Hex | undefined {
  const text = typeof data === 'object' && data !== null ? (data as { data?: unknown }).data : data
  return typeof text === 'string' && /^0x(?:[0-9a-fA-F]{2})*$/.test(text) ? (text as Hex) : undefined
}
