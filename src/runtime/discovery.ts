/**
 * Who listens where: a peer tells others its own addresses and learns theirs. A peer is believed about itself, the
 * bootstrap peers about registered peers, as far as what is known better leaves room. Noise authenticates every connection, so a wrong address can delay a dial and
 * nothing more.
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

/** How old what is told to a peer may be. */
const TABLE_MS = 1_000
const ANSWER_BYTES_MAX = PEERS.frameBytesMax - 1_024

export interface Discovery {
  /** Exchanges addresses with the bootstrap peers, once. */
  exchange(): Promise<void>
}

export async function startDiscovery(deps: {
  readonly transport: Transport
  /** Multiaddrs ending in `/p2p/<peer>`. */
  readonly bootstrap: readonly string[]
  /** The peers worth knowing, and telling others about. */
  readonly registered: () => readonly PeerId[]
  readonly log: Log
}): Promise<Discovery> {
  const { transport, log } = deps
  const own = (): PeerAddresses => ({
    peer: transport.self,
    addresses: transport.addresses().slice(0, ADDRESSES_PER_PEER_MAX),
  })
  const learn = async ({ peer, addresses }: PeerAddresses): Promise<void> => {
    if (peer === transport.self || addresses.length === 0) return
    try {
      await transport.learn(peer, addresses)
    } catch (error) {
      log.debug('addresses not learned', { peer, reason: String(error) })
    }
  }
  const known = addressTable(transport, deps.registered)
  await transport.handle(PEERS, async (from, payload) => {
    const announced = decodePeers(payload).find(({ peer }) => peer === from)
    if (announced !== undefined && deps.registered().includes(from)) await learn(announced)
    return answerOf([own(), ...(await known())])
  })
  const bootstrap = deps.bootstrap.map((address) => ({ address, peer: address.split('/p2p/').at(-1) ?? '' }))
  for (const { address, peer } of bootstrap) await transport.learn(peer, [address])
  const exchangeWith = async (peer: PeerId): Promise<void> => {
    try {
      const told = decodePeers(await transport.call(peer, PEERS, encodePeers([own()])))
      const worth = new Set([...deps.registered(), ...bootstrap.map((other) => other.peer)])
      for (const entry of told) {
        if (entry.peer === peer) await learn(entry)
        else if (worth.has(entry.peer)) await transport.suggest(entry.peer, entry.addresses)
      }
    } catch (error) {
      log.debug('bootstrap peer not reached', { peer, reason: String(error) })
    }
  }
  return {
    exchange: async () => {
      const others = bootstrap.filter(({ peer }) => peer !== transport.self)
      await Promise.all(others.map(({ peer }) => exchangeWith(peer)))
    },
  }
}

/** The registered peers whose addresses are known: looked up once a moment, however many ask. */
function addressTable(
  transport: Transport,
  registered: () => readonly PeerId[],
): () => Promise<readonly PeerAddresses[]> {
  let table: Promise<readonly PeerAddresses[]> | undefined
  const read = async (): Promise<readonly PeerAddresses[]> => {
    const known: PeerAddresses[] = []
    for (const peer of registered()) {
      if (peer === transport.self) continue
      const addresses = await transport.known(peer)
      if (addresses.length > 0) known.push({ peer, addresses: addresses.slice(0, ADDRESSES_PER_PEER_MAX) })
    }
    return known
  }
  return () => {
    if (table === undefined) {
      table = read()
      const forget = (): void => {
        table = undefined
      }
      setTimeout(forget, TABLE_MS).unref()
      table.catch(forget)
    }
    return table
  }
}

/** What fits one frame: ourselves, then others from a place that differs each time, so that who asks on hears of all. */
function answerOf([own, ...others]: readonly PeerAddresses[]): Uint8Array {
  const start = Math.floor(Math.random() * others.length)
  const told: PeerAddresses[] = own === undefined ? [] : [own]
  let bytes = told.reduce((sum, entry) => sum + bytesOf(entry), 0)
  for (const entry of [...others.slice(start), ...others.slice(0, start)]) {
    bytes += bytesOf(entry)
    if (told.length >= PEERS_MAX || bytes > ANSWER_BYTES_MAX) break
    told.push(entry)
  }
  return encodePeers(told)
}

/** More than the entry takes: names, lengths and text, which is ASCII in an address that was learned. */
function bytesOf({ peer, addresses }: PeerAddresses): number {
  return addresses.reduce((sum, address) => sum + address.length + 3, peer.length + 24)
}

/** Asks a bootstrap peer for the addresses it knows, without telling ours: what a command-line client does. */
export async function askForPeers(
  transport: Transport,
  bootstrap: string,
): Promise<readonly PeerAddresses[]> {
  const peer = bootstrap.split('/p2p/').at(-1) ?? ''
  await transport.learn(peer, [bootstrap])
  const learned = decodePeers(await transport.call(peer, PEERS, encodePeers([])))
  const usable: PeerAddresses[] = []
  for (const entry of learned) {
    if (entry.addresses.length === 0) continue
    // One address that cannot be read costs its entry only.
    const isLearned = await transport.learn(entry.peer, entry.addresses).then(
      () => true,
      () => false,
    )
    if (isLearned) usable.push(entry)
  }
  return usable
}
