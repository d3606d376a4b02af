/**
 * Who listens where: a peer tells others its own addresses and learns theirs. Noise authenticates every connection, so a
 * wrong address can delay a dial and nothing more.
 * @module
 */
import type { Log } from '../ports/log.ts'
import type { Transport } from '../ports/transport.ts'
import type { PeerId } from '../protocol/types.ts'
import {
  ADDRESSES_PER_PEER_MAX,
  decodePeers,
  encodePeers,
  PEERS,
  PEERS_MAX,
  type PeerAddresses,
} from './wire.ts'

export interface Discovery {
  /** Exchanges addresses with the bootstrap peers, once. */
  exchange(): Promise<void>
}

export async function startDiscovery(deps: {
  readonly transport: Transport
  /** Multiaddrs ending in `/p2p/<peer>`. */
  readonly bootstrap: readonly string[]
  /** The peers worth telling others about. */
  readonly registered: () => readonly PeerId[]
  readonly log: Log
}): Promise<Discovery> {
  const { transport, log } = deps
  const own = (): PeerAddresses => ({
    peer: transport.self,
    addresses: transport.addresses().slice(0, ADDRESSES_PER_PEER_MAX),
  })
  await transport.handle(PEERS, async (from, payload) => {
    const announced = decodePeers(payload).find(({ peer }) => peer === from)
    if (announced !== undefined && deps.registered().includes(from))
      await transport.learn(from, announced.addresses)
    return encodePeers([own(), ...(await addressesOf(transport, deps.registered()))])
  })
  const bootstrap = deps.bootstrap.map((address) => ({ address, peer: address.split('/p2p/').at(-1) ?? '' }))
  for (const { address, peer } of bootstrap) await transport.learn(peer, [address])
  return {
    exchange: async () => {
      for (const { peer } of bootstrap) {
        if (peer === transport.self) continue
        try {
          const learned = decodePeers(await transport.call(peer, PEERS, encodePeers([own()])))
          for (const { peer: other, addresses } of learned) {
            if (other !== transport.self && addresses.length > 0) await transport.learn(other, addresses)
          }
        } catch (error) {
          log.debug('bootstrap peer not reached', { peer, error: String(error) })
        }
      }
    },
  }
}

async function addressesOf(
  transport: Transport,
  peers: readonly PeerId[],
): Promise<readonly PeerAddresses[]> {
  const known: PeerAddresses[] = []
  for (const peer of peers) {
    if (known.length >= PEERS_MAX - 1) break
    const addresses = await transport.known(peer)
    if (addresses.length > 0) known.push({ peer, addresses: addresses.slice(0, ADDRESSES_PER_PEER_MAX) })
  }
  return known
}

/** Asks a bootstrap peer for the addresses it knows, without telling ours: what a command-line client does. */
export async function askForPeers(
  transport: Transport,
  bootstrap: string,
): Promise<readonly PeerAddresses[]> {
  const peer = bootstrap.split('/p2p/').at(-1) ?? ''
  await transport.learn(peer, [bootstrap])
  const learned = decodePeers(await transport.call(peer, PEERS, encodePeers([])))
  for (const { peer: other, addresses } of learned)
    if (addresses.length > 0) await transport.learn(other, addresses)
  return learned
}
