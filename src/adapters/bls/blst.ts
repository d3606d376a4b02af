/**
 * BLS12-381 in native code: 30 to 50 times as fast as the reference. The library's own tag is ours (BLS-1), so only digests
 * are signed here; proofs of possession have another tag, are made once, and by the reference.
 * @module
 */
import { BLS_KEY_BYTES, BLS_SECRET_BYTES, BLS_SIGNATURE_BYTES } from '../../crypto/bls.ts'
import { fromHex, toHex } from '../../crypto/bytes.ts'
import type { BlsSuite } from '../../ports/bls.ts'
import { DikastError, InvalidInputError } from '../../protocol/errors.ts'

/** There is no build of the native library for this machine. */
export class BlsUnavailableError extends DikastError {
  readonly code = 'BLS_UNAVAILABLE'

  constructor(cause: unknown) {
    super('the native BLS library cannot be loaded here', {
      cause,
      fix: 'install without --no-optional; until then signatures are checked in JavaScript, some 40 ms each',
    })
  }
}

/** Throws `BlsUnavailableError`. */
export async function loadBlst(): Promise<BlsSuite> {
  const blst = await import('@chainsafe/blst').catch((cause: unknown) => {
    throw new BlsUnavailableError(cause)
  })
  return {
    sign: (secret, digest) => {
      if (secret.length !== BLS_SECRET_BYTES) throw new InvalidInputError('secret', 'is not 32 bytes long')
      const message = fromHex(digest, 'digest', 32)
      return toHex(blst.SecretKey.fromBytes(secret).sign(message).toBytes(true))
    },
    verify: (key, digest, signature) => {
      const message = fromHex(digest, 'digest', 32)
      try {
        const publicKey = blst.PublicKey.fromBytes(fromHex(key, 'key', BLS_KEY_BYTES), true)
        const point = blst.Signature.fromBytes(
          fromHex(signature, 'signature', BLS_SIGNATURE_BYTES),
          true,
          true,
        )
        return blst.verify(message, publicKey, point)
      } catch {
        // Malformed, at infinity or outside the subgroup.
        return false
      }
    },
    aggregate: (signatures) => {
      if (signatures.length === 0) throw new InvalidInputError('signatures', 'are none')
      try {
        const points = signatures.map((signature) =>
          blst.Signature.fromBytes(fromHex(signature, 'signature', BLS_SIGNATURE_BYTES), true, true),
        )
        const sum = blst.aggregateSignatures(points)
        sum.sigValidate(true)
        return toHex(sum.toBytes(true))
      } catch (cause) {
        throw new InvalidInputError('signatures', 'are not points of their group, or cancel one another', {
          cause,
        })
      }
    },
  }
}
