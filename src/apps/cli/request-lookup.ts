/**
 * A request by its id, from the market's logs.
 * @module
 */
import type { LogOf, RequestLogs } from '../../adapters/chain/reads.ts'
import { InvalidInputError } from '../../protocol/errors.ts'
import type { RequestId } from '../../protocol/types.ts'
import type { ChainAccess } from '../shared/chain-access.ts'

export type FoundRequest = RequestLogs & { readonly submitted: LogOf<'requestSubmitted'> }

/** Throws `InvalidInputError` when the market never emitted it. */
export async function findRequest(chain: ChainAccess, requestId: RequestId): Promise<FoundRequest> {
  const logs = await chain.reads.requestLogs(requestId)
  const { submitted } = logs
  if (submitted === undefined) {
    throw new InvalidInputError(
      'request',
      `${requestId} is not a request of market ${chain.network.deployment.market}`,
      {
        fix: 'check the id, and that --network names the network it was made on',
      },
    )
  }
  return { ...logs, submitted }
}
