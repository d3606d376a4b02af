/**
 * Signs leaves: at most one per (request, attempt, view) and never in a lower view. The digest is on disk before the
 * signature exists, so a crash at any instruction cannot make a node sign two different leaves.
 * @module
 */
import { decode, encode } from 'cborg'
import { fromHex, toHex } from '../crypto/bytes.ts'
import { addressOfPrivateKey, signDigest } from '../crypto/signature.ts'
import type { Store } from '../ports/store.ts'
import { DikastError } from '../protocol/errors.ts'
import type { Address, Digest, Hex, RequestId } from '../protocol/types.ts'

const SPACE = 'signed'

/** Signing this leaf would be equivocation. */
export class SigningRefusedError extends DikastError {
  readonly code = 'SIGNING_REFUSED'

  constructor(key: string, detail: string) {
    super(`refuses to sign for ${key}: ${detail}`, {
      fix: 'the same function gave two results here: check this machine, and that no other process uses this key',
    })
  }
}

export interface Leaf {
  readonly requestId: RequestId
  readonly attempt: number
  readonly view: number
  readonly digest: Digest
}

export interface Signer {
  readonly address: Address
  /** Signs a leaf, or throws `SigningRefusedError`. Asking again for the same leaf gives the same signature. */
  signLeaf(leaf: Leaf): Hex
  /** Signs a digest that can never be a leaf: a binding or a receipt (their EIP-712 types differ). */
  signStatement(digest: Digest): Hex
}

export function createSigner(privateKey: Uint8Array, store: Store): Signer {
  return {
    address: addressOfPrivateKey(privateKey),
    signLeaf: ({ requestId, attempt, view, digest }) => {
      const key = `${requestId}:${attempt}`
      const kept = store.get(SPACE, key)
      if (kept !== undefined) {
        const before = decode(kept) as { view: number; digest: Uint8Array } // our own bytes, written below
        if (view < before.view) throw new SigningRefusedError(key, `view ${view} is below ${before.view}`)
        if (view === before.view && toHex(before.digest) !== digest) {
          throw new SigningRefusedError(key, `another leaf was signed in view ${view}`)
        }
      }
      store.write([{ type: 'put', space: SPACE, key, value: encode({ view, digest: fromHex(digest) }) }])
      return signDigest(privateKey, digest)
    },
    signStatement: (digest) => signDigest(privateKey, digest),
  }
}
