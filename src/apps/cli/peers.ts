/**
 * The nodes a client can talk to, as the coordinators of the network file know them.
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Transport } from '../../ports/transport.ts'
import type { PeerId } from '../../protocol/types.ts'
import { askForPeers } from '../../runtime/discovery.ts'

const ASK_AGAIN_MS = 500
/** A network that has just started knows its nodes within seconds. */
const PATIENCE_MS = 10_000

/** Asks until `wanted` nodes are known or patience runs out; then with what there is. Teaches the transport where they are. */
export async function findNodes(
  transport: Transport,
  coordinators: readonly string[],
  wanted: number,
  patienceMs: number = PATIENCE_MS,
): Promise<readonly PeerId[]> {
  const end = Date.now() + patienceMs
  const known = new Set<PeerId>()
  for (;;) {
    const answers = await Promise.all(
      coordinators.map((address) => askForPeers(transport, address).catch(() => [])),
    )
    for (const { peer, addresses } of answers.flat()) if (addresses.length > 0) known.add(peer)
    for (const address of coordinators) known.delete(address.split('/p2p/').at(-1) ?? '')
    if (known.size >= wanted || Date.now() >= end || coordinators.length === 0) return [...known]
    await sleep(ASK_AGAIN_MS)
  }
}
