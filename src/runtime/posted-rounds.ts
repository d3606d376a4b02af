/**
 * The randomness of rounds the chain has. Its node is not believed: it could choose what guests see, and so what is signed.
 * @module
 */
import type { Beacon } from '../ports/beacon.ts'
import type { Log } from '../ports/log.ts'
import type { MarketReads } from '../ports/market.ts'
import type { Digest, Hex } from '../protocol/types.ts'

/** Of a round that a log says was posted, with its signature. Undefined when it cannot be told now, which is logged. */
export async function checkedRandomness(
  { beacon, log }: { readonly beacon: Beacon; readonly log: Log },
  round: bigint,
  signature: Hex,
): Promise<Digest | undefined> {
  try {
    const randomness = await beacon.randomnessOf(round, signature)
    if (randomness !== undefined) return randomness
    log.error('a posted round is not the beacon’s: is the RPC honest?', { round: Number(round) })
    return (await beacon.round(round)).randomness
  } catch (error) {
    log.warn('round not checked', { round: Number(round), reason: String(error) })
    return undefined
  }
}

/** Of a round that was posted: the beacon's servers have its signature, and so has the chain's log. Throws when neither answers. */
export async function postedRandomness(
  { beacon, reads }: { readonly beacon: Beacon; readonly reads: Pick<MarketReads, 'roundSignature'> },
  round: bigint,
): Promise<Digest> {
  try {
    return (await beacon.round(round)).randomness
  } catch (error) {
    const signature = await reads.roundSignature(round)
    const randomness = signature === undefined ? undefined : await beacon.randomnessOf(round, signature)
    if (randomness === undefined) throw error
    return randomness
  }
}
