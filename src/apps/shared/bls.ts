/**
 * The BLS library of a long-running process.
 * @module
 */
import { BlsUnavailableError, loadBlst } from '../../adapters/bls/blst.ts'
import { nobleSuite } from '../../adapters/bls/noble.ts'
import type { BlsSuite } from '../../ports/bls.ts'
import type { Log } from '../../ports/log.ts'

/** The native library, or, saying so, the reference: slower, and the same bytes. */
export async function openBls(log: Log): Promise<BlsSuite> {
  try {
    return await loadBlst()
  } catch (error) {
    if (!(error instanceof BlsUnavailableError)) throw error
    log.warn('signatures of large committees are checked in JavaScript', {
      reason: error.message,
      fix: error.fix,
    })
    return nobleSuite
  }
}
