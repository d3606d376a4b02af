import { openChain } from '../../shared/chain-access.ts'
import { readNetworkFile } from '../../shared/network-file.ts'
import { parseDigest } from '../arguments.ts'
import type { Run } from '../command.ts'
import { EXIT } from '../exit.ts'
import { describeCost, describeFuel, describeFuelTerms } from '../fuel.ts'
import { ether } from '../output.ts'
import { describePlace, standingOf } from '../standing.ts'

export const run: Run = async ({ output, networkFile, rpcUrl }, [id = '']) => {
  const requestId = parseDigest('request', id)
  const chain = await openChain(readNetworkFile(networkFile), rpcUrl)
  const { request, status, escrow, course, words, result, bill, refund, transaction } = await standingOf(
    chain,
    requestId,
  )
  const told = {
    requestId,
    status,
    state: course?.state,
    final: course?.final,
    until: course?.until,
    requester: request.requester,
    functionId: request.functionId,
    consensus: request.consensus,
    committeeSize: request.committeeSize,
    epoch: request.epoch,
    attempts: request.attempts,
    deadline: request.deadline,
    challengeWindow: request.challengeWindow,
    fuelLimit: request.fuelLimit,
    fuelPrice: request.fuelPrice,
    ...bill,
    escrow,
    ...result,
    refund,
    transaction,
  }
  output.result(told, () => {
    output.line(`request     ${requestId}`)
    output.line(`status      ${status}`)
    if (words !== undefined) output.line(`result      ${words}`)
    output.line(`function    ${request.functionId}`)
    output.line(`requester   ${request.requester}`)
    output.line(`committee   ${request.committeeSize} nodes of epoch ${request.epoch}, ${request.consensus}`)
    for (const [index, { round, opensAt, closesAt }] of request.attempts.entries()) {
      output.line(`attempt ${index}   round ${round}, ${clock(opensAt)} to ${clock(closesAt)}`)
    }
    output.line(`escrow      ${ether(escrow)}`)
    output.line(`fuel        ${bill === undefined ? describeFuelTerms(request) : describeFuel(bill)}`)
    if (result !== undefined) {
      const { exit, submitter } = result
      const how = course === undefined ? 'fulfilled ' : 'certified '
      output.line(`${how}  in ${describePlace(request, result)}, exit ${exit}, by ${submitter}`)
      output.line(`output      ${result.output}`)
    }
    if (bill !== undefined) output.line(`cost        ${describeCost(bill, course?.state === 'overturned')}`)
    if (refund !== undefined) output.line(`refund      ${ether(refund)}`)
  })
  return status === 'expired' ? EXIT.no : EXIT.ok
}

function clock(seconds: bigint): string {
  return new Date(Number(seconds) * 1000).toISOString().slice(0, 19).replace('T', ' ')
}
