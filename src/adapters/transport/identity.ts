/**
 * libp2p identities as the registry holds them: a node's peer id is its Ed25519 public key in another spelling.
 * @module
 */
import { publicKeyFromRaw } from '@libp2p/crypto/keys'
import { peerIdFromPublicKey, peerIdFromString } from '@libp2p/peer-id'
import { ed25519 } from '@noble/curves/ed25519.js'
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { InvalidInputError } from '../../protocol/errors.ts'
import type { Hex, PeerId } from '../../protocol/types.ts'

/** The peer id (`12D3Koo…`) of a raw 32-byte Ed25519 public key. */
export function peerIdFromEd25519PublicKey(publicKey: Hex): PeerId {
  if (!/^0x[0-9a-fA-F]{64}$/.test(publicKey))
    throw new InvalidInputError('publicKey', 'is not 32 bytes of hex')
  return peerIdFromPublicKey(publicKeyFromRaw(hexToBytes(publicKey.slice(2)))).toString()
}

/** The raw Ed25519 public key behind a peer id. Throws `InvalidInputError` for any other kind of key. */
export function ed25519PublicKeyFromPeerId(peer: PeerId): Hex {
  return `0x${bytesToHex(parsePeerId(peer).publicKey.raw)}`
}

/** The raw public key of a 32-byte Ed25519 seed. */
export function ed25519PublicKeyOf(seed: Uint8Array): Hex {
  if (seed.length !== 32) throw new InvalidInputError('seed', 'is not 32 bytes')
  return `0x${bytesToHex(ed25519.getPublicKey(seed))}`
}

type ParsedPeerId = Extract<ReturnType<typeof peerIdFromString>, { readonly type: 'Ed25519' }>

/** Peer ids that are remembered: every call names one. */
const PARSED_MAX = 4_096
const parsedPeers = new Map<string, ParsedPeerId>()

/** A peer id in its one canonical text, parsed. Only Ed25519 keys are peers here. */
export function parsePeerId(peer: PeerId): ParsedPeerId {
  const known = parsedPeers.get(peer)
  if (known !== undefined) return known
  const parsed = parseAnew(peer)
  const [oldest] = parsedPeers.keys()
  if (parsedPeers.size >= PARSED_MAX && oldest !== undefined) parsedPeers.delete(oldest)
  parsedPeers.set(peer, parsed)
  return parsed
}

function parseAnew(peer: PeerId): ParsedPeerId {
  // An Ed25519 peer id is 52 characters; the bound keeps a decoder from chewing on a hostile text.
  if (typeof peer !== 'string' || peer.length > 64) throw new InvalidInputError('peer', 'is not a peer id')
  let parsed: ReturnType<typeof peerIdFromString>
  try {
    parsed = peerIdFromString(peer)
  } catch (cause) {
    throw new InvalidInputError('peer', 'is not a peer id', { cause })
  }
  if (parsed.type !== 'Ed25519' || parsed.toString() !== peer) {
    throw new InvalidInputError('peer', 'is not the text of an Ed25519 peer id')
  }
  return parsed
}
