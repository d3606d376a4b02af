/**
 * Keeps standing committees going: posts the root of each new epoch's committee. Anyone may; whoever runs this sends the bonds.
 * @module
 */
import { type Beacon, BeaconError } from '../../ports/beacon.ts'
import { ChainError, type Transaction, type TransactionSender } from '../../ports/chain.ts'
import type { Log } from '../../ports/log.ts'
import type { ChainAccess } from '../shared/chain-access.ts'
import { postCommittee, standingOf } from '../shared/committees.ts'

const EVERY_MS = 3_000
/** What cannot be posted now is tried again after pauses that double up to this. */
const PAUSE_MS_MAX = 300_000

export interface CommitteeKeeping {
  readonly chain: ChainAccess
  readonly beacon: Beacon
  readonly sender: TransactionSender
  readonly sizes: readonly number[]
  readonly log: Log
}

/** Until the returned function is called. Throws at once in a network without standing committees. */
export function keepCommittees({ chain, beacon, sender, sizes, log }: CommitteeKeeping): () => void {
  standingOf(chain)
  let timer: NodeJS.Timeout | undefined
  let isStopped = false
  let pauseMs = EVERY_MS
  const posted = new Map<number, number>()
  const send = async (id: string, call: Omit<Transaction, 'id'>): Promise<void> => {
    const outcome = await sender.send({ id, ...call })
    if (outcome.type === 'reverted')
      throw new ChainError('malformed', `reverted: ${outcome.error ?? 'without a reason'} ${outcome.detail}`)
  }
  const keep = async (): Promise<void> => {
    const newest = await chain.reads.latestSealedEpoch()
    for (const size of sizes) {
      if (newest === undefined || posted.get(size) === newest || isStopped) continue
      const { epoch, keyed, isNew } = await postCommittee(
        { chain, beacon, send, tell: (what) => log.info(what) },
        size,
      )
      posted.set(size, epoch)
      if (isNew) log.info('committee posted', { epoch, size, keyed })
    }
  }
  const again = async (): Promise<void> => {
    try {
      await keep()
      pauseMs = EVERY_MS
    } catch (error) {
      // The round that draws an epoch's committees comes some seconds after its seal.
      if (!(error instanceof BeaconError && error.reason === 'not-emitted')) {
        pauseMs = Math.min(2 * pauseMs, PAUSE_MS_MAX)
        log.warn('committee not posted', { reason: String(error), againInMs: pauseMs })
      }
    }
    if (!isStopped) timer = setTimeout(again, pauseMs)
  }
  timer = setTimeout(again, 0)
  return () => {
    isStopped = true
    clearTimeout(timer)
  }
}
