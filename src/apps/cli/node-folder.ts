/**
 * A node's folder: two encrypted key files, who they are in the open, and its store and modules once it ran.
 * @module
 */
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readKeystore, writeKeystore } from '../../adapters/keystore/keystore.ts'
import { ed25519PublicKeyOf, peerIdFromEd25519PublicKey } from '../../adapters/transport/identity.ts'
import { isHex } from '../../crypto/bytes.ts'
import { addressOfPrivateKey } from '../../crypto/signature.ts'
import { InvalidInputError } from '../../protocol/errors.ts'
import type { Address, Hex, PeerId } from '../../protocol/types.ts'
import { makeFolder } from '../shared/folder.ts'
import { assertScalar, keyFromEnvironment, password } from './keys.ts'

/** Who a node is: nothing secret. */
export interface NodeNames {
  readonly attestor: Address
  /** Raw Ed25519 public key. */
  readonly peerKey: Hex
  readonly peer: PeerId
}

export interface NodeKeys extends NodeNames {
  readonly attestorKey: Uint8Array
  readonly networkKey: Uint8Array
}

const ATTESTOR_FILE = 'attestor.json'
const NETWORK_FILE = 'network.json'
/** What `readNodeNames` needs no password for. */
const NAMES_FILE = 'node.json'

/** The node's keys: from DIKAST_ATTESTOR_KEY and DIKAST_NETWORK_KEY, or from the folder's key files. */
export async function readNodeKeys(folder: string): Promise<NodeKeys> {
  const fromEnvironment = keysFromEnvironment()
  if (fromEnvironment !== undefined) return fromEnvironment
  const files = keyFiles(folder)
  const secret = await password('password of the node keys: ')
  return keysOf(await readKeystore(files[0], secret), await readKeystore(files[1], secret))
}

/** Who the node is, without asking for a password when the folder says it in the open. */
export async function readNodeNames(folder: string): Promise<NodeNames> {
  const fromEnvironment = keysFromEnvironment()
  if (fromEnvironment !== undefined) return fromEnvironment
  const file = join(folder, NAMES_FILE)
  if (!existsSync(file)) return readNodeKeys(folder)
  keyFiles(folder)
  try {
    const names: unknown = JSON.parse(readFileSync(file, 'utf8'))
    const { attestor, peerKey } = names as { readonly attestor?: unknown; readonly peerKey?: unknown }
    if (isHex(attestor, 20) && isHex(peerKey, 32))
      return { attestor, peerKey, peer: peerIdFromEd25519PublicKey(peerKey) }
  } catch {
    // Not JSON: said below.
  }
  throw new InvalidInputError('--data', `${file} does not name a node`, {
    fix: 'remove it: the key files say the same',
  })
}

function keysFromEnvironment(): NodeKeys | undefined {
  const attestorKey = keyFromEnvironment('DIKAST_ATTESTOR_KEY')
  const networkKey = keyFromEnvironment('DIKAST_NETWORK_KEY')
  if (attestorKey === undefined && networkKey === undefined) return undefined
  if (attestorKey === undefined || networkKey === undefined) {
    const missing = attestorKey === undefined ? 'DIKAST_ATTESTOR_KEY' : 'DIKAST_NETWORK_KEY'
    throw new InvalidInputError(missing, 'is missing', {
      fix: 'set both of the node’s keys, or neither to use its folder',
    })
  }
  return keysOf(assertScalar('DIKAST_ATTESTOR_KEY', attestorKey), networkKey)
}

/** Throws unless both are there. */
function keyFiles(folder: string): readonly [string, string] {
  const files = [join(folder, ATTESTOR_FILE), join(folder, NETWORK_FILE)] as const
  if (!files.every((file) => existsSync(file))) {
    throw new InvalidInputError('--data', `${folder} holds no node keys`, {
      fix: `make them with \`dikast node init --data ${folder}\``,
    })
  }
  return files
}

/**
 * Makes and encrypts new keys. Throws when the folder has them already. One key file alone is what an interrupted call
 * left: it is kept, and the other made.
 */
export async function createNodeKeys(folder: string): Promise<NodeKeys> {
  const files = [join(folder, ATTESTOR_FILE), join(folder, NETWORK_FILE)] as const
  if (files.every((file) => existsSync(file))) {
    throw new InvalidInputError('--data', `${folder} holds node keys already`, {
      fix: 'name another folder: keys are never overwritten',
    })
  }
  makeFolder(folder)
  const secret = await password('password for the new node keys: ', { confirm: true })
  // Read before any is written: a password that is not the kept one's must not encrypt the other.
  const kept = await Promise.all(
    files.map((file) => (existsSync(file) ? readKeystore(file, secret) : undefined)),
  )
  const keys = keysOf(kept[0] ?? randomBytes(32), kept[1] ?? randomBytes(32))
  if (kept[0] === undefined) await writeKeystore(files[0], keys.attestorKey, secret)
  if (kept[1] === undefined) await writeKeystore(files[1], keys.networkKey, secret)
  const { attestor, peerKey, peer } = keys
  writeFileSync(join(folder, NAMES_FILE), `${JSON.stringify({ attestor, peerKey, peer })}\n`)
  return keys
}

export function keysOf(attestorKey: Uint8Array, networkKey: Uint8Array): NodeKeys {
  const peerKey = ed25519PublicKeyOf(networkKey)
  return {
    attestorKey,
    networkKey,
    attestor: addressOfPrivateKey(attestorKey),
    peerKey,
    peer: peerIdFromEd25519PublicKey(peerKey),
  }
}
