/**
 * Signs leaves: at most one per (request, attempt, view) and never in a lower view. The digest is on disk before the
 * signature exists, so a crash at any instruction cannot make a node sign two different leaves.
 * @module
 */
import { decode, encode } from 'cborg'
import { blsSecretOf, signBls } from '../crypto/bls.ts'
import { fromHex, toHex } from '../crypto/bytes.ts'
import { addressOfPrivateKey, signDigest } from '../crypto/signature.ts'
import type { BlsSuite } from '../ports/bls.ts'
import type { Store } from '../ports/store.ts'
import { DikastError } from '../protocol/errors.ts'
import { isTurn } from '../protocol/limits.ts'
import type { Address, Digest, Hex, RequestId } from '../protocol/types.ts'

const SPACE = 'signed'
/** Attempts are a uint8 (FMT-4); only those of `isTurn` are ever asked for, and none of their records is left behind. */
const RECORDS_MAX = 256

/** Signing this leaf would be equivocation, or nobody can tell any more whether it would be. */
export class SigningRefusedError extends DikastError {
  readonly code = 'SIGNING_REFUSED'

  constructor(key: string, detail: string, options: { readonly cause?: unknown } = {}) {
    super(`refuses to sign for ${key}: ${detail}`, {
      fix: 'a function gave two results here, or the store is older than what was signed: check this machine, that no copy of its folder was restored, and that no other process uses this key',
      ...options,
    })
  }
}

export interface Leaf {
  readonly requestId: RequestId
  readonly attempt: number
  readonly view: number
  readonly digest: Digest
  /**
   * What must not change, where the digest may: a challenge that a reorganisation moved is heard in another round, and its
   * members say the same of it again.
   */
  readonly root?: Digest
}

export interface Signer {
  readonly address: Address
  /** Signs a leaf, or throws `SigningRefusedError`. Asking again for the same leaf gives the same signature. */
  signLeaf(leaf: Leaf): Hex
  /** Signs the same leaf for an aggregate, under the same rule. 96 bytes. */
  signShare(leaf: Leaf): Hex
  /** Signs a digest that can never be a leaf: a binding or a receipt (their EIP-712 types differ). */
  signStatement(digest: Digest): Hex
  /** Drops what is kept of a request that can never be open again. */
  forget(requestId: RequestId): void
}

interface Signed {
  readonly view: number
  readonly digest: Digest
}

/** @param bls signs shares, as the reference does when it is absent. */
export function createSigner(
  privateKey: Uint8Array,
  store: Store,
  bls: Pick<BlsSuite, 'sign'> = { sign: signBls },
): Signer {
  const blsSecret = blsSecretOf(privateKey)
  const admit = ({ requestId, attempt, view, digest, root = digest }: Leaf): Digest => {
    const key = `${requestId.toLowerCase()}:${attempt}`
    if (!isTurn(attempt) || !isWhole(view, 2 ** 32 - 1))
      throw new SigningRefusedError(key, `there is no view ${view} of it`)
    const wanted: Signed = { view, digest: toHex(fromHex(root, 'root', 32)) }
    const before = signedBefore(store, key)
    if (before === undefined || before.view < view) {
      const value = encode({ view, digest: fromHex(wanted.digest) })
      store.write([{ type: 'put', space: SPACE, key, value }])
    } else if (before.view > view) {
      throw new SigningRefusedError(key, `view ${view} is below ${before.view}`)
    } else if (before.digest !== wanted.digest) {
      throw new SigningRefusedError(key, `another leaf was signed in view ${view}`)
    }
    return toHex(fromHex(digest, 'digest', 32))
  }
  return {
    address: addressOfPrivateKey(privateKey),
    signLeaf: (leaf) => signDigest(privateKey, admit(leaf)),
    signShare: (leaf) => bls.sign(blsSecret, admit(leaf)),
    signStatement: (digest) => signDigest(privateKey, digest),
    forget: (requestId) => {
      const prefix = `${requestId.toLowerCase()}:`
      const records = store.list(SPACE, { limit: RECORDS_MAX, after: prefix })
      const gone = records.filter(({ key }) => key.startsWith(prefix))
      if (gone.length > 0) store.write(gone.map(({ key }) => ({ type: 'delete', space: SPACE, key })))
    },
  }
}

/** A record that cannot be read must not be taken for none. */
function signedBefore(store: Store, key: string): Signed | undefined {
  const kept = store.get(SPACE, key)
  if (kept === undefined) return undefined
  try {
    const { view, digest } = decode(kept) as { view: unknown; digest: unknown } // checked below
    if (isWhole(view, 2 ** 32 - 1) && digest instanceof Uint8Array && digest.length === 32)
      return { view, digest: toHex(digest) }
  } catch (cause) {
    throw new SigningRefusedError(key, 'its record cannot be read', { cause })
  }
  throw new SigningRefusedError(key, 'its record cannot be read')
}

function isWhole(value: unknown, max: number): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= max
}
