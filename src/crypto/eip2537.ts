/**
 * Points as EIP-2537 writes them, back to the compressed form their signers use.
 * The way there is `decompressG1` and `g2ToEip2537` in `drand.ts`.
 * @module
 */
import { bls12_381 } from '@noble/curves/bls12-381.js'
import { InvalidInputError } from '../protocol/errors.ts'
import type { Hex } from '../protocol/types.ts'
import { fromBytesBE, fromHex, toHex } from './bytes.ts'

const { G1, G2 } = bls12_381
const WORD_BYTES = 64

/** 128 bytes of EIP-2537 -> 48 compressed. Throws `InvalidInputError` unless it is a point of the subgroup. */
export function compressG1(point: Hex): Hex {
  const [x = 0n, y = 0n] = coordinates(point, 2)
  return checked(() => {
    const decoded = G1.Point.fromAffine({ x, y })
    decoded.assertValidity()
    return toHex(decoded.toBytes(true))
  })
}

/** 256 bytes of EIP-2537 -> 96 compressed. */
export function compressG2(point: Hex): Hex {
  const [x0 = 0n, x1 = 0n, y0 = 0n, y1 = 0n] = coordinates(point, 4)
  return checked(() => {
    const decoded = G2.Point.fromAffine({ x: { c0: x0, c1: x1 }, y: { c0: y0, c1: y1 } })
    decoded.assertValidity()
    return toHex(decoded.toBytes(true))
  })
}

function coordinates(point: Hex, count: number): readonly bigint[] {
  const bytes = fromHex(point, 'point', count * WORD_BYTES)
  return Array.from({ length: count }, (_, i) =>
    fromBytesBE(bytes.subarray(i * WORD_BYTES, (i + 1) * WORD_BYTES)),
  )
}

function checked(compress: () => Hex): Hex {
  try {
    return compress()
  } catch (cause) {
    throw new InvalidInputError('point', 'is not a point of the group', { cause })
  }
}
