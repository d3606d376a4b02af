/**
 * Keeps standing committees going: posts the root of each new epoch's committee, and has wrong roots of others computed before they
 * count. Anyone may; whoever runs this sends the bonds, and earns half of that of a wrong root.
 * @module
 */
import { type Beacon, BeaconError } from '../../ports/beacon.ts'
import { ChainError, type Transaction, type TransactionSender } from '../../ports/chain.ts'
import type { Log } from '../../ports/log.ts'
import type { ChainAccess } from '../shared/chain-access.ts'
import {
  postCommittee,
  refuteWrongRoot,
  STANDING_SIZE_MAX,
  STANDING_SIZE_MIN,
  standingOf,
} from '../shared/committees.ts'

const EVERY_MS = 3_000
/** A wrong root is found long before it counts: that takes `challengeSeconds`, twenty minutes unless a network says otherwise. */
const WATCH_EVERY_MS = 30_000
const ALL_SIZES = Array.from(
  { length: STANDING_SIZE_MAX - STANDING_SIZE_MIN + 1 },
  (_, i) => STANDING_SIZE_MIN + i,
)
/** What cannot be posted now is tried again after pauses that double up to this. */
const PAUSE_MS_MAX = 60_000

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
  let watchAtMs = 0
  const posted = new Map<number, number>()
  const send = async (id: string, call: Omit<Transaction, 'id'>): Promise<void> => {
    const outcome = await sender.send({ id, ...call })
    if (outcome.type === 'reverted')
      throw new ChainError('malformed', `reverted: ${outcome.error ?? 'without a reason'} ${outcome.detail}`)
  }
  const tell = (what: string) => log.info(what)
  /** One size that cannot be kept now keeps no other waiting. */
  const each = async (of: readonly number[], work: (size: number) => Promise<void>): Promise<void> => {
    const failures: unknown[] = []
    for (const size of of) {
      if (isStopped) return
      await work(size).catch((error: unknown) => failures.push(error))
    }
    if (failures.length > 0) throw failures[0]
  }
  const keep = async (): Promise<void> => {
    const newest = await chain.reads.latestSealedEpoch()
    if (newest === undefined) return
    await each(sizes, async (size) => {
      if (posted.get(size) === newest) return
      const { epoch, keyed, state } = await postCommittee({ chain, beacon, send, tell }, size)
      posted.set(size, epoch)
      if (state === 'wrong')
        log.error('a wrong committee root counts: nobody checked it in time', { epoch, size })
      else if (state !== 'posted before') log.info(`committee ${state}`, { epoch, size, keyed })
    })
  }
  /** Whoever posts a wrong root does it when nobody looks: those of all sizes are looked at for as long as they do not count. */
  const watch = async (): Promise<void> =>
    each(ALL_SIZES, async (size) => {
      const found = await refuteWrongRoot({ chain, send, tell }, size)
      if (found?.state === 'checked') log.warn('a wrong committee root was refuted', { ...found, size })
    })
  const again = async (): Promise<void> => {
    try {
      const isWatchDue = Date.now() >= watchAtMs
      if (isWatchDue) watchAtMs = Date.now() + WATCH_EVERY_MS
      // What cannot be posted must not keep anybody from looking.
      const [kept, watched] = await Promise.allSettled([keep(), isWatchDue ? watch() : undefined])
      if (kept.status === 'rejected') throw kept.reason
      if (watched.status === 'rejected') throw watched.reason
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
