/**
 * Waiting for a request's end: a result that is settled, which one that may be challenged is only when it is final, or none.
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { RequestStatus } from '../../adapters/chain/reads.ts'
import { ChainError } from '../../ports/chain.ts'
import type { RequestId } from '../../protocol/types.ts'
import type { ChainAccess } from '../shared/chain-access.ts'
import { EXIT, type ExitCode } from './exit.ts'
import { describeCost, describeFuel } from './fuel.ts'
import type { Output } from './output.ts'
import { findRequest } from './request-lookup.ts'
import { describePlace, standingOf } from './standing.ts'

const POLL_MS = 500
/** Past its deadline a request waits for somebody to expire it, past its window to make it final; nobody may. */
const PATIENCE_SECONDS = 60
/** How long the node may not answer while we wait. */
const SILENCE_MS_MAX = 12_000

export async function waitFor(chain: ChainAccess, output: Output, requestId: RequestId): Promise<ExitCode> {
  try {
    const { deadline } = (await findRequest(chain, requestId)).submitted.log.request
    return await settled(chain, output, requestId, deadline)
  } catch (cause) {
    if (!(cause instanceof ChainError)) throw cause
    throw new ChainError(cause.reason, `request ${requestId} was made, but the node stopped serving it`, {
      cause,
      fix: `it goes on without you: \`dikast status ${requestId}\` says how it ended`,
    })
  }
}

async function settled(
  chain: ChainAccess,
  output: Output,
  requestId: RequestId,
  deadline: bigint,
): Promise<ExitCode> {
  const read = patientStatus(chain, requestId)
  /** Until when nothing need happen; of a certified request, as it was last told. */
  let until = deadline
  let told: string | undefined
  for (;;) {
    const status = await read()
    if (status !== 'open' && status !== 'certified') return await tellEnd(chain, output, requestId)
    if (status === 'certified' && (told === undefined || isLongPast(until))) {
      const { course, words } = await standingOf(chain, requestId)
      if (words !== told) output.progress(`request ${requestId}: ${words}`)
      told = words ?? ''
      until = course?.until ?? until
    }
    if (isLongPast(until)) {
      output.result({ requestId, status }, () =>
        output.line(
          status === 'open'
            ? `${requestId} is past its deadline and nobody has expired it yet`
            : `${requestId}: ${told}`,
        ),
      )
      return EXIT.no
    }
    await sleep(POLL_MS)
  }
}

function isLongPast(seconds: bigint): boolean {
  return Math.floor(Date.now() / 1000) > Number(seconds) + PATIENCE_SECONDS
}

/** The status, or what it was when the node does not answer; throws when it has not for too long. */
function patientStatus(chain: ChainAccess, requestId: RequestId): () => Promise<RequestStatus> {
  let answeredMs = Date.now()
  let last: RequestStatus = 'open'
  return async () => {
    try {
      last = (await chain.reads.statusOf(requestId)).status
      answeredMs = Date.now()
    } catch (error) {
      if (Date.now() - answeredMs > SILENCE_MS_MAX) throw error
    }
    return last
  }
}

async function tellEnd(chain: ChainAccess, output: Output, requestId: RequestId): Promise<ExitCode> {
  const { request, status, course, words, result, bill, transaction } = await standingOf(chain, requestId)
  const { exit, output: bytes, attempt, view } = result ?? {}
  const { consensus } = request
  const how = { consensus, attempt, view }
  const ended = { requestId, status, state: course?.state, ...how, exit, output: bytes, ...bill, transaction }
  output.result(ended, () => {
    if (words !== undefined) output.line(words)
    output.line(
      status === 'expired'
        ? `${requestId} expired; the escrow is credited back, less what that costs`
        : `exit ${exit}, output ${bytes}`,
    )
    if (result !== undefined) output.line(`${consensus}, ${describePlace(request, result)}`)
    if (bill === undefined) return
    output.line(`fuel ${describeFuel(bill)}`)
    output.line(`cost ${describeCost(bill, course?.state === 'overturned')}`)
  })
  return status === 'expired' || exit !== 0 ? EXIT.no : EXIT.ok
}
