// The object `Functions` of a request's source.
import { Buffer } from './buffer.js'
import { httpClient } from './http.js'

const WORD_BITS = 256
const UINT256_MAX = 2n ** 256n - 1n
const INT256_MAX = 2n ** 255n - 1n

function word(name, result, min, max) {
  if (typeof result !== 'bigint' && !Number.isSafeInteger(result))
    throw new TypeError(`${name} takes a whole number, or a bigint`)
  const number = BigInt(result)
  if (number < min || number > max) throw new RangeError(`${name}: the number is out of range`)
  return Buffer.from(BigInt.asUintN(WORD_BITS, number).toString(16).padStart(64, '0'), 'hex')
}

export function functionsOf(call) {
  return Object.freeze({
    encodeUint256: (result) => word('encodeUint256', result, 0n, UINT256_MAX),
    encodeInt256: (result) => word('encodeInt256', result, -INT256_MAX - 1n, INT256_MAX),
    encodeString: (result) => {
      if (typeof result !== 'string') throw new TypeError('encodeString takes a string')
      return Buffer.from(result)
    },
    makeHttpRequest: httpClient(call),
  })
}
