/**
 * Why a callback reverts: the market's call again, by `eth_call` from the market's address, on the chain as it is now.
 *
 * The target sees what it saw, but for two things: the market is not in the middle of a settlement, so that it may be called,
 * and the request's status is `CallbackFailed`. The market itself keeps nothing of what a target returns.
 * @module
 */
import type { CallResult } from '../../adapters/chain/client.ts'
import { decodeRevert } from '../../adapters/chain/revert.ts'
import { fromHex } from '../../crypto/bytes.ts'
import type { Hex } from '../../protocol/types.ts'
import type { ChainAccess } from '../shared/chain-access.ts'
import { CALLBACK_GAS_MAX, type FailedCallback } from './callback.ts'
import { fixOf } from './reverts.ts'

/** Of a transaction, before its call begins: 21,000, and calldata (EIP-2028). */
const TRANSACTION_GAS = 21_000n
const ZERO_BYTE_GAS = 4n
const BYTE_GAS = 16n
/** The least a transaction is charged for calldata (EIP-7623). */
const ZERO_BYTE_GAS_MIN = 10n
const BYTE_GAS_MIN = 40n

const PANICS: Readonly<Record<string, string>> = {
  1: 'an assertion failed',
  17: 'arithmetic overflow or underflow',
  18: 'division by zero',
  33: 'a value outside its enum',
  34: 'a malformed byte array in storage',
  49: 'pop of an empty array',
  50: 'an index out of bounds',
  65: 'too much memory',
  81: 'a call of an uninitialised internal function',
}

export type RevertReason =
  | { readonly kind: 'error'; readonly message: string }
  | { readonly kind: 'panic'; readonly panic: string; readonly message: string }
  | { readonly kind: 'custom'; readonly selector: Hex; readonly name?: string; readonly data: Hex }
  | { readonly kind: 'empty' }

export type Replay =
  | { readonly outcome: 'succeeds'; readonly gas: bigint }
  | {
      readonly outcome: 'outOfGas'
      readonly gas: bigint
      readonly gasNeeded: bigint | undefined
      readonly fix: string
    }
  | { readonly outcome: 'reverts'; readonly gas: bigint; readonly reason: RevertReason; readonly fix: string }

/** Longer revert data is cut. */
const DATA_CHARS_MAX = 2 + 2 * 1024

export async function replayCallback(
  chain: ChainAccess,
  callback: FailedCallback,
  gas: bigint,
): Promise<Replay> {
  const first = await callWith(chain, callback, gas)
  if (first.type === 'returned') return { outcome: 'succeeds', gas }
  const most = await callWith(chain, callback, BigInt(CALLBACK_GAS_MAX))
  if (most.type === 'returned') {
    const gasNeeded = await gasNeededBy(chain, callback)
    const wanted = gasNeeded ?? BigInt(CALLBACK_GAS_MAX)
    return {
      outcome: 'outOfGas',
      gas,
      gasNeeded,
      fix: `try it again with enough, \`dikast callback retry ${callback.requestId} --gas ${wanted}\`, and buy more next time`,
    }
  }
  // With all the gas there is: what it says then is not for want of it.
  const reason = reasonOf(most.data)
  return { outcome: 'reverts', gas, reason, fix: adviceOn(reason) }
}

function callWith(chain: ChainAccess, { target, data }: FailedCallback, gas: bigint): Promise<CallResult> {
  const { market } = chain.network.deployment
  const { before, least } = intrinsicGas(data)
  const limit = before + gas
  return chain.reader.call({ from: market, to: target, data, gas: limit > least ? limit : least })
}

/** The least gas the callback itself succeeds with, as the node finds it. */
async function gasNeededBy(
  chain: ChainAccess,
  { target, data }: FailedCallback,
): Promise<bigint | undefined> {
  const { market } = chain.network.deployment
  const estimate = await chain.reader.estimateGas({ from: market, to: target, data })
  if (typeof estimate !== 'bigint') return undefined
  const needed = estimate - intrinsicGas(data).before
  return needed > 0n && needed <= BigInt(CALLBACK_GAS_MAX) ? needed : undefined
}

function intrinsicGas(data: Hex): { readonly before: bigint; readonly least: bigint } {
  const bytes = fromHex(data)
  const zeros = BigInt(bytes.filter((byte) => byte === 0).length)
  const others = BigInt(bytes.length) - zeros
  return {
    before: TRANSACTION_GAS + ZERO_BYTE_GAS * zeros + BYTE_GAS * others,
    least: TRANSACTION_GAS + ZERO_BYTE_GAS_MIN * zeros + BYTE_GAS_MIN * others,
  }
}

/** What revert data says. */
export function reasonOf(data: Hex): RevertReason {
  if (data.length < 10) return { kind: 'empty' }
  const revert = decodeRevert(data)
  const [value] = Object.values(revert?.args ?? {})
  if (revert?.name === 'Error') return { kind: 'error', message: String(value) }
  if (revert?.name === 'Panic') {
    const panic = BigInt(value as bigint)
    const message = PANICS[panic.toString()] ?? 'of no known kind'
    return { kind: 'panic', panic: `0x${panic.toString(16).padStart(2, '0')}`, message }
  }
  const selector = data.slice(0, 10) as Hex
  const cut = data.slice(0, DATA_CHARS_MAX) as Hex
  return { kind: 'custom', selector, ...(revert && { name: revert.name }), data: cut }
}

function adviceOn(reason: RevertReason): string {
  switch (reason.kind) {
    case 'error':
      return 'the target refuses by this message: make true what it asks for, and try again'
    case 'panic':
      return 'this is a fault of the target: check how it decodes and reckons with the output; a fixed contract must ask anew'
    case 'custom':
      return (
        fixOf(reason.name) ??
        'look the selector up among the errors of the target and of what it calls (`cast sig "Name(types)"`), and mend the cause'
      )
    case 'empty':
      return 'a `require` without words, output that does not decode as expected, a call of something that is no contract, or no `fulfillCompute`: run the target’s own tests with this output'
  }
}

export function describeReason(reason: RevertReason): string {
  switch (reason.kind) {
    case 'error':
      return `it says: ${reason.message}`
    case 'panic':
      return `Panic(${reason.panic}): ${reason.message}`
    case 'custom':
      return `custom error ${reason.name === undefined ? reason.selector : `${reason.name} (${reason.selector})`}, data ${reason.data}`
    case 'empty':
      return 'it says nothing'
  }
}
