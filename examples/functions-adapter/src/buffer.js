// As much of Node's Buffer as answers are made with: a Uint8Array that is made of text, hexadecimal digits or bytes.
const ENCODINGS = ['utf8', 'utf-8', 'hex']

function checkEncoding(encoding) {
  if (!ENCODINGS.includes(encoding)) throw new TypeError(`Buffer knows utf8 and hex, not ${encoding}`)
  return encoding === 'hex'
}

export function hexOf(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function bytesOfHex(digits) {
  if (digits.length % 2 !== 0 || /[^0-9a-f]/i.test(digits))
    throw new TypeError('not pairs of hexadecimal digits')
  return Array.from({ length: digits.length / 2 }, (_, i) =>
    Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16),
  )
}

export class Buffer extends Uint8Array {
  static from(value, encoding = 'utf8') {
    if (typeof value === 'string')
      return new Buffer(checkEncoding(encoding) ? bytesOfHex(value) : new TextEncoder().encode(value))
    return new Buffer(value instanceof ArrayBuffer ? new Uint8Array(value) : Array.from(value))
  }

  static alloc(length) {
    return new Buffer(length)
  }

  static concat(parts) {
    return new Buffer(parts.flatMap((part) => Array.from(part)))
  }

  toString(encoding = 'utf8') {
    return checkEncoding(encoding) ? hexOf(this) : new TextDecoder().decode(new Uint8Array(this))
  }
}
