/**
 * Who will be drawn: the demo holds the local beacon's secret, so it can compute a round before it is emitted and choose
 * whom to break. On a real network nobody can: the secret is shared by the beacon's operators.
 */

import { memberAt } from '../../src/core/snapshot.ts'
import { selectCommittee } from '../../src/core/sortition.ts'
import { sameHex } from '../../src/crypto/bytes.ts'
import { randomnessOf } from '../../src/crypto/drand.ts'
import { committeeSeed } from '../../src/crypto/seeds.ts'
import type { Request } from '../../src/protocol/types.ts'
import type { DemoNode, World } from './world.ts'

export async function committeeAhead(
  world: World,
  request: Request,
  attempt: number,
): Promise<readonly DemoNode[]> {
  const { chainId, market } = world.chain.network.deployment
  const round = request.attempts[attempt]?.round ?? 0n
  const { functionId, epoch, committeeSize } = request
  const randomness = randomnessOf(world.beacon.roundSignature(round))
  const snapshot = await world.chain.reads.snapshot(request.snapshot)
  const seed = committeeSeed({ chainId, market, functionId, epoch, round, attempt, randomness })
  return selectCommittee(seed, snapshot, committeeSize).map((index) =>
    nodeOf(world, memberAt(snapshot, index).attestor),
  )
}

export function nodeOf(world: World, attestor: string): DemoNode {
  const node = world.nodes.find(({ keys }) => sameHex(keys.attestor, attestor))
  if (node === undefined) throw new Error(`${attestor} is none of the demo's nodes`)
  return node
}
