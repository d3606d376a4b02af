/**
 * Randomness of a contribution. snarkjs mixes the machine's own in as well; that is not relied upon.
 * @module
 */
import { createHash, randomBytes } from 'node:crypto'

const OWN_BYTES = 64

/** The machine's own is always in it, whatever else is given (CER-4). */
export function mixedEntropy(given: Uint8Array): string {
  return createHash('sha512').update(randomBytes(OWN_BYTES)).update(given).digest('hex')
}
