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
  const result = await resultOf(chain, request, requestId)
  const data = encodeFunctionData({
    abi: dikastCallbackAbi,
    functionName: 'fulfillCompute',
    args: [requestId, request.functionId, result.round, result.fulfilledAt, result.exit, result.output],
  })
  return { requestId, request, target: request.callbackTarget, result, data }
}

/** As the market settled it: at once, in a batch, or once its certificate was final. */
async function resultOf(chain: ChainAccess, request: Request, requestId: RequestId): Promise<CallbackResult> {
  const { audits, challenges, reader } = chain
  const fulfilled = await audits.fulfilled(requestId)
  const finalized = fulfilled === undefined ? await challenges.finalized(requestId) : undefined
  const settled = fulfilled ?? finalized
  const attempt = fulfilled?.fulfillment.attempt ?? (await challenges.certified(requestId))?.certified.attempt
  const round = request.attempts[attempt ?? -1]?.round
  const block = settled && (await reader.block(settled.at.blockHash))
  const what = fulfilled?.fulfillment ?? finalized
  if (what === undefined || round === undefined || block === undefined)
    throw new ChainError('missing', `how ${requestId} was settled is not served`)
  return { round, fulfilledAt: block.time, exit: what.exit, output: what.output }
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
