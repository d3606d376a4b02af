/**
 * Keys that one process uses at a time, whatever folder it runs from: two would sign the same nonces, or, for a node,
 * different results. Locks are files of the user's own, below the home folder the system knows: no variable moves them.
 * For processes of one user on one machine; elsewhere nobody keeps a copied key from being used.
 * @module
 */
import { lstatSync, mkdirSync } from 'node:fs'
import { homedir, userInfo } from 'node:os'
import { join } from 'node:path'
import { acquireLock, type Lock } from '../../adapters/lock/lock.ts'
import { addressOfPrivateKey } from '../../crypto/signature.ts'
import { InvalidInputError } from '../../protocol/errors.ts'
import type { ChainAccess } from './chain-access.ts'
import { originOf } from './store-binding.ts'

/** Who signs results with this key: on any chain. Throws `LockedError`. */
export function lockAttestor(privateKey: Uint8Array): Lock {
  const address = addressOfPrivateKey(privateKey)
  return acquireLock(join(locksFolder(), address), {
    subject: `attestor ${address}`,
    advice: 'use other keys here: a node runs once',
  })
}

/** Who sends transactions of this account: on this chain, development chains of one id apart. Throws `LockedError`. */
export async function lockAccount(chain: ChainAccess, privateKey: Uint8Array): Promise<Lock> {
  const address = addressOfPrivateKey(privateKey)
  const origin = await originOf(chain)
  const name = `${address}-${chain.network.deployment.chainId}-${origin.slice(2, 18)}`
  return acquireLock(join(locksFolder(), name), {
    subject: `account ${address}`,
    advice: 'wait until it ends, or use another account here: two processes would sign the same nonces',
  })
}

/** `~/.dikast/locks`. Throws unless nobody but this user can write there. */
export function locksFolder(home: string = homeFolder()): string {
  let folder = home
  for (const name of ['.dikast', 'locks']) {
    folder = join(folder, name)
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 })
    } catch (cause) {
      throw new InvalidInputError('locks', `${folder} cannot be made: ${String(cause)}`, {
        cause,
        fix: 'give this user a home folder it may write to: locks that keep a key to one process live there',
      })
    }
    assertPrivate(folder)
  }
  return folder
}

function assertPrivate(folder: string): void {
  const user = process.getuid?.()
  if (user === undefined) return // Windows: a profile's folders are its user's.
  const found = lstatSync(folder)
  if (found.isDirectory() && found.uid === user && (found.mode & 0o022) === 0) return
  throw new InvalidInputError('locks', `${folder} is not a folder that only this user may write to`, {
    fix: `make it yours alone: chown ${user} ${folder}; chmod go-w ${folder}`,
  })
}

/** As the system knows it; a user without an entry has only what HOME says. */
function homeFolder(): string {
  try {
    return userInfo().homedir
  } catch {
    return homedir()
  }
}
