/**
 * BLS12-381 in JavaScript: the reference, for machines the native library has no build for.
 * @module
 */
import { aggregateBlsSignatures, signBls, verifyBls } from '../../crypto/bls.ts'
import type { BlsSuite } from '../../ports/bls.ts'

export const nobleSuite: BlsSuite = { sign: signBls, verify: verifyBls, aggregate: aggregateBlsSignatures }
