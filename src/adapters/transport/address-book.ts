import { multiaddr } from '@multiformats/multiaddr'
import { InvalidInputError } from '../../protocol/errors.ts'
import type { PeerId } from '../../protocol/types.ts'
import { parsePeerId } from './identity.ts'

/** A DNS name has 253 characters, a peer id 52. */
const ADDRESS_TEXT_MAX = 400

/** What one third party's claim may bring: two that contradict each other both stay within what all claims may fill. */
export const CLAIMED_MAX = 2

/**
 * Where peers may be dialled: what last answered, then newest first. Both maps are bounded: a full book forgets the peer it heard of longest
 * ago, preferring those `keep` does not name, so that strangers cannot push registered peers out.
 */
export class AddressBook {
  readonly #bounds: { readonly peersKnownMax: number; readonly addressesPerPeerMax: number }
  readonly #addresses = new Map<PeerId, readonly string[]>()

  constructor(bounds: { readonly peersKnownMax: number; readonly addressesPerPeerMax: number }) {
    this.#bounds = bounds
  }

  /** Throws `InvalidInputError` before anything is remembered when one address is malformed. */
  learn(peer: PeerId, multiaddrs: readonly string[], keep: (peer: PeerId) => boolean): void {
    parsePeerId(peer)
    const fresh = multiaddrs
      .slice(0, this.#bounds.addressesPerPeerMax)
      .map((text) => parseAddress(peer, text))
    this.#remember(peer, [...fresh, ...this.get(peer)], keep)
  }

  /** The peer answered at an address: it is the first to try. Ignored when it is not one of those known. */
  reached(peer: PeerId, address: string, keep: (peer: PeerId) => boolean): void {
    const known = this.get(peer)
    const found = known.find((text) => text === address || text === `${address}/p2p/${peer}`)
    if (found !== undefined && found !== known[0]) this.#remember(peer, [found, ...known], keep)
  }

  /** What a peer, or another, says of it unasked: kept behind half of what was learnt, malformed addresses passed over. */
  suggest(peer: PeerId, multiaddrs: readonly string[], keep: (peer: PeerId) => boolean): void {
    const fresh = multiaddrs.slice(0, this.#bounds.addressesPerPeerMax).flatMap((text) => {
      try {
        return [parseAddress(peer, text)]
      } catch {
        return []
      }
    })
    const known = this.get(peer)
    const half = this.#bounds.addressesPerPeerMax >> 1
    this.#remember(peer, [...known.slice(0, half), ...fresh, ...known.slice(half)], keep)
  }

  get(peer: PeerId): readonly string[] {
    return this.#addresses.get(peer) ?? []
  }

  get size(): number {
    return this.#addresses.size
  }

  #remember(peer: PeerId, addresses: readonly string[], keep: (peer: PeerId) => boolean): void {
    if (addresses.length === 0) return
    this.#addresses.delete(peer)
    if (this.#addresses.size >= this.#bounds.peersKnownMax) this.#forgetOne(keep)
    this.#addresses.set(peer, [...new Set(addresses)].slice(0, this.#bounds.addressesPerPeerMax))
  }

  #forgetOne(keep: (peer: PeerId) => boolean): void {
    let oldest: PeerId | undefined
    for (const peer of this.#addresses.keys()) {
      oldest ??= peer
      if (!keep(peer)) {
        oldest = peer
        break
      }
    }
    if (oldest !== undefined) this.#addresses.delete(oldest)
  }
}

/** Only TCP over an IP address or a DNS name, with this peer's id or none. Returns the text with the id. */
function parseAddress(peer: PeerId, text: string): string {
  if (typeof text !== 'string' || text.length > ADDRESS_TEXT_MAX) {
    throw new InvalidInputError('multiaddr', 'is not a multiaddr')
  }
  let parts: readonly { readonly name: string; readonly value?: string }[]
  try {
    parts = multiaddr(text).getComponents()
  } catch (cause) {
    throw new InvalidInputError('multiaddr', 'is not a multiaddr', { cause })
  }
  const [host, tcp, id, ...rest] = parts
  if (host?.value === undefined || !['ip4', 'ip6', 'dns', 'dns4', 'dns6'].includes(host.name)) {
    throw new InvalidInputError('multiaddr', 'does not begin with an IP address or a DNS name')
  }
  if (tcp?.name !== 'tcp' || tcp.value === undefined || tcp.value === '0' || rest.length > 0) {
    throw new InvalidInputError('multiaddr', 'is not a plain TCP address')
  }
  if (id !== undefined && (id.name !== 'p2p' || id.value !== peer)) {
    throw new InvalidInputError('multiaddr', `belongs to another peer than ${peer}`)
  }
  return `/${host.name}/${host.value}/tcp/${tcp.value}/p2p/${peer}`
}
