/**
 * What keeps standing committees going: whoever needs one posts the root of its members' keys, once an epoch (STC-6).
 * @module
 */
import type { StandingReads } from '../../adapters/chain/standing-reads.ts'
import { keyRoot } from '../../crypto/committee-proof.ts'
import type { Beacon } from '../../ports/beacon.ts'
import type { Call } from '../../ports/market.ts'
import { InvalidInputError } from '../../protocol/errors.ts'
import type { Address, StandingCommittee } from '../../protocol/types.ts'
import type { ChainAccess } from './chain-access.ts'

export const STANDING_SIZE_MIN = 4
export const STANDING_SIZE_MAX = 30

export interface CommitteePosting {
  readonly chain: ChainAccess
  readonly beacon: Pick<Beacon, 'round'>
  /** Resolves when the transaction is mined. */
  readonly send: (id: string, call: Call & { readonly value?: bigint }) => Promise<unknown>
  readonly tell: (what: string) => void
}

export interface PostedCommittee {
  readonly epoch: number
  readonly size: number
  /** Of its members' keys, computed here. */
  readonly keyRoot: bigint
  /** Members that have keys. */
  readonly keyed: number
  /** `wrong`: another root was posted, and counts already. `checked`: another was, and the chain has put this one in its place. */
  readonly state: 'posted' | 'posted before' | 'checked' | 'wrong'
}

/** The network's committees, and the contract they stand in. Throws `InvalidInputError` where there are none. */
export function standingOf(chain: ChainAccess): {
  readonly reads: StandingReads
  readonly registry: Address
} {
  const { standing, network } = chain
  const registry = network.deployment.standingCommittees
  if (standing === undefined || registry === undefined)
    throw new InvalidInputError('network', 'has no standing committees', {
      fix: 'take the network file from a network that has: its fields standingCommittees and schnorrKeys',
    })
  return { reads: standing, registry }
}

export function membersWithKeys({ keys }: StandingCommittee): number {
  return keys.filter((key) => key !== 0n).length
}

/**
 * Posts the root of the newest sealed epoch's committee, and before it the beacon round that draws it, unless either is there. Throws
 * `BeaconError` with reason `not-emitted` while that round is not.
 */
export async function postCommittee(
  { chain, beacon, send, tell }: CommitteePosting,
  size: number,
): Promise<PostedCommittee> {
  const { reads, registry } = standingOf(chain)
  const epoch = await chain.reads.latestSealedEpoch()
  if (epoch === undefined)
    throw new InvalidInputError('network', 'has never sealed an epoch', {
      fix: 'try again after the first seal',
    })
  await postRoundOf({ chain, beacon, send, tell }, await reads.roundOf(epoch))
  const committee = await reads.committeeAt(epoch, size)
  const root = keyRoot(committee.keys)
  const told = { epoch, size, keyRoot: root, keyed: membersWithKeys(committee) }
  const found = await refuteWrongRoot({ chain, send, tell }, size)
  if (found?.epoch === epoch) return { ...told, state: found.state }
  const bond = await reads.bond()
  tell(`posting the root of epoch ${epoch}’s committee of ${size}`)
  await send(`committee:${epoch}:${size}`, chain.calls.postCommittee(registry, epoch, size, root, bond))
  return { ...told, state: 'posted' }
}

/**
 * Looks at the root posted last for committees of a size, and has the chain compute a wrong one while it does not count yet: nobody
 * else may. Undefined when none was ever posted.
 */
export async function refuteWrongRoot(
  { chain, send, tell }: Pick<CommitteePosting, 'chain' | 'send' | 'tell'>,
  size: number,
): Promise<
  { readonly epoch: number; readonly state: Exclude<PostedCommittee['state'], 'posted'> } | undefined
> {
  const { reads, registry } = standingOf(chain)
  const [posted, latest] = await Promise.all([reads.posted(size), reads.latest(size)])
  if (posted === undefined) return latest && { epoch: latest.epoch, state: 'posted before' }
  const { epoch } = posted
  const right = keyRoot((await reads.committeeAt(epoch, size)).keys)
  if (posted.keyRoot === right) return { epoch, state: 'posted before' }
  if (latest?.epoch === epoch) return { epoch, state: 'wrong' }
  tell(`the root posted for epoch ${epoch}’s committee of ${size} is wrong: the chain is asked to compute it`)
  await send(`check:${epoch}:${size}`, chain.calls.checkCommittee(registry, epoch, size))
  return { epoch, state: 'checked' }
}

async function postRoundOf({ chain, beacon, send, tell }: CommitteePosting, round: bigint): Promise<void> {
  if ((await chain.reads.randomness(round)) !== undefined) return
  const { signature } = await beacon.round(round)
  tell(`posting beacon round ${round}, which draws the epoch’s committees`)
  await send(`postRound:${round}`, chain.calls.postRound(round, signature))
}
