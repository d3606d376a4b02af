/**
 * A node's folder: two encrypted key files, and beside them its store and modules once it ran.
 * @module
 */
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { readKeystore, writeKeystore } from '../../adapters/keystore/keystore.ts'
import { ed25519PublicKeyOf, peerIdFromEd25519PublicKey } from '../../adapters/transport/identity.ts'
import { addressOfPrivateKey } from '../../crypto/signature.ts'
import { InvalidInputError } from '../../protocol/errors.ts'
import type { Address, Hex, PeerId } from '../../protocol/types.ts'
import { keyFromEnvironment, password } from './keys.ts'

export interface NodeKeys {
  readonly attestorKey: Uint8Array
  readonly networkKey: Uint8Array
  readonly attestor: Address
  readonly peerKey: Hex
  readonly peer: PeerId
}

const ATTESTOR_FILE = 'attestor.json'
const NETWORK_FILE = 'network.json'

/** The node's keys: from DIKAST_ATTESTOR_KEY and DIKAST_NETWORK_KEY, or from the folder's key files. */
export async function readNodeKeys(folder: string): Promise<NodeKeys> {
  const fromEnvironment = [
    keyFromEnvironment('DIKAST_ATTESTOR_KEY'),
    keyFromEnvironment('DIKAST_NETWORK_KEY'),
  ]
  const [attestorKey, networkKey] = fromEnvironment
  if (attestorKey !== undefined && networkKey !== undefined) return keysOf(attestorKey, networkKey)
  const files = [join(folder, ATTESTOR_FILE), join(folder, NETWORK_FILE)] as const
  if (!files.every((file) => existsSync(file))) {
    throw new InvalidInputError('--data', `${folder} holds no node keys`, {
      fix: `make them with \`dikast node init --data ${folder}\``,
    })
  }
  const secret = await password('password of the node keys: ')
  return keysOf(await readKeystore(files[0], secret), await readKeystore(files[1], secret))
}

/** Makes and encrypts new keys. Throws when the folder has some already. */
export async function createNodeKeys(folder: string): Promise<NodeKeys> {
  const files = [join(folder, ATTESTOR_FILE), join(folder, NETWORK_FILE)] as const
  if (files.some((file) => existsSync(file))) {
    throw new InvalidInputError('--data', `${folder} holds node keys already`, {
      fix: 'name another folder: keys are never overwritten',
    })
  }
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const secret = await password('password for the new node keys: ', { confirm: true })
  const keys = keysOf(randomBytes(32), randomBytes(32))
  await writeKeystore(files[0], keys.attestorKey, secret)
  await writeKeystore(files[1], keys.networkKey, secret)
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
