import { openChain } from '../../shared/chain-access.ts'
import { readNetworkFile } from '../../shared/network-file.ts'
import { parseDigest } from '../arguments.ts'
import type { Run } from '../command.ts'
import { EXIT } from '../exit.ts'
import { billOf, describeCost, describeFuel, describeFuelTerms } from '../fuel.ts'
import { ether } from '../output.ts'
import { findRequest } from '../request-lookup.ts'

export const run: Run = async ({ output, networkFile, rpcUrl }, [id = '']) => {
  const requestId = parseDigest('request', id)
  const chain = await openChain(readNetworkFile(networkFile), rpcUrl)
  const { submitted, fulfilled, expired } = await findRequest(chain, requestId)
  const { status, escrow } = await chain.reads.statusOf(requestId)
  const { request } = submitted.log
  const bill =
    fulfilled === undefined
      ? undefined
      : billOf(request, submitted.log.escrow, fulfilled.log.fulfillment, fulfilled.log.payment)
  const result = {
    requestId,
    status,
    requester: request.requester,
    functionId: request.functionId,
    committeeSize: request.committeeSize,
    epoch: request.epoch,
    attempts: request.attempts,
    deadline: request.deadline,
    fuelLimit: request.fuelLimit,
    fuelPrice: request.fuelPrice,
    ...bill,
    escrow: status === 'open' ? escrow : submitted.log.escrow,
    exit: fulfilled?.log.fulfillment.exit,
    output: fulfilled?.log.fulfillment.output,
    attempt: fulfilled?.log.fulfillment.attempt,
    submitter: fulfilled?.log.submitter,
    refund: fulfilled?.log.payment.refund ?? expired?.log.refund,
    transaction: (fulfilled ?? expired ?? submitted).at.transactionHash,
  }
  output.result(result, () => {
    output.line(`request     ${requestId}`)
    output.line(`status      ${status}`)
    output.line(`function    ${request.functionId}`)
    output.line(`requester   ${request.requester}`)
    output.line(`committee   ${request.committeeSize} nodes of epoch ${request.epoch}`)
    for (const [index, { round, opensAt, closesAt }] of request.attempts.entries()) {
      output.line(`attempt ${index}   round ${round}, ${clock(opensAt)} to ${clock(closesAt)}`)
    }
    output.line(`escrow      ${ether(submitted.log.escrow)}`)
    output.line(`fuel        ${bill === undefined ? describeFuelTerms(request) : describeFuel(bill)}`)
    if (fulfilled !== undefined) {
      const { exit, output: bytes, attempt } = fulfilled.log.fulfillment
      output.line(`fulfilled   in attempt ${attempt}, exit ${exit}, by ${fulfilled.log.submitter}`)
      output.line(`output      ${bytes}`)
      if (bill !== undefined) output.line(`cost        ${describeCost(bill)}`)
      output.line(`refund      ${ether(fulfilled.log.payment.refund)}`)
    }
    if (expired !== undefined) output.line(`refund      ${ether(expired.log.refund)}`)
  })
  return status === 'expired' ? EXIT.no : EXIT.ok
}

function clock(seconds: bigint): string {
  return new Date(Number(seconds) * 1000).toISOString().slice(0, 19).replace('T', ' ')
}
