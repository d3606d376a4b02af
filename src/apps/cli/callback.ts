/**
 * A callback that failed: what the market called its target with.
 * @module
 */
import { encodeFunctionData } from 'viem'
import type { CallbackResult } from '../../adapters/chain/calls.ts'
import { ChainError } from '../../ports/chain.ts'
import { dikastCallbackAbi } from '../../protocol/abi/dikast-callback.ts'
import { InvalidInputError } from '../../protocol/errors.ts'
import type { Address, Hex, Request, RequestId } from '../../protocol/types.ts'
import type { ChainAccess } from '../shared/chain-access.ts'
import { textOption, wholeNumber } from './arguments.ts'
import type { Options } from './command.ts'

/** The market's own bound. */
export const CALLBACK_GAS_MAX = 2_000_000

export interface FailedCallback {
  readonly requestId: RequestId
  readonly request: Request
  readonly target: Address
  readonly result: CallbackResult
  /** The call, as the market made it. */
  readonly data: Hex
}

/** Throws `InvalidInputError` when the request has no callback that failed. */
export async function findFailedCallback(chain: ChainAccess, requestId: RequestId): Promise<FailedCallback> {
  const { audits, network } = chain
  const submitted = await audits.submitted(requestId)
  if (submitted === undefined)
    throw new InvalidInputError(
      'request',
      `${requestId} is not a request of market ${network.deployment.market}`,
      { fix: 'check the id, and that --network names the network it was made on' },
    )
  const { request } = submitted
  const { status } = await chain.reads.statusOf(requestId)
  if (status !== 'callbackFailed')
    throw new InvalidInputError('request', `${requestId} is ${status}: no callback of it failed`, {
      fix: '`dikast status` shows where it stands',
    })
  const fulfilled = await audits.fulfilled(requestId)
  const round = fulfilled && request.attempts[fulfilled.fulfillment.attempt]?.round
  const block = fulfilled && (await chain.reader.block(fulfilled.at.blockHash))
  if (fulfilled === undefined || round === undefined || block === undefined)
    throw new ChainError('missing', `the fulfilment of ${requestId} is not served`)
  const { exit, output } = fulfilled.fulfillment
  const result = { round, fulfilledAt: block.time, exit, output }
  const data = encodeFunctionData({
    abi: dikastCallbackAbi,
    functionName: 'fulfillCompute',
    args: [requestId, request.functionId, round, block.time, exit, output],
  })
  return { requestId, request, target: request.callbackTarget, result, data }
}

/** --gas, or what was bought. */
export function callbackGasOption(options: Options, { request }: FailedCallback): bigint {
  const given = textOption(options, 'gas')
  const gas =
    given === undefined
      ? request.callbackGas
      : wholeNumber('--gas', given, request.callbackGas, CALLBACK_GAS_MAX)
  return BigInt(gas)
}
