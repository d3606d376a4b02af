// The median of whole numbers.
//
// input   1 to 1,000 whole numbers below 2^64, in decimal, separated by white space
// output  32 bytes: the median, a big-endian uint256; the lower one of two
//
// Anything else ends with exit code 2 and a reason on standard error.
const NUMBERS_MAX = 1000
const LIMIT = 2n ** 64n
const EXIT_BAD_INPUT = 2
const WORD_BYTES = 32

function fail(reason) {
  console.error(reason)
  exit(EXIT_BAD_INPUT)
}

function parseNumbers(text) {
  const words = text.split(/\s+/).filter((word) => word !== '')
  if (words.length === 0) fail('no numbers')
  if (words.length > NUMBERS_MAX) fail('more than 1000 numbers')
  return words.map((word) => {
    const number = /^\d+$/.test(word) ? BigInt(word) : LIMIT
    if (number >= LIMIT) fail(`not a whole number below 2^64: ${word}`)
    return number
  })
}

function word(number) {
  const digits = number.toString(16).padStart(2 * WORD_BYTES, '0')
  return Uint8Array.from({ length: WORD_BYTES }, (_, i) =>
    Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16),
  )
}

/** Gets the request's input as a Uint8Array; what it returns, a Uint8Array or a string, is the output. */
export default function main(input) {
  const numbers = parseNumbers(new TextDecoder().decode(input))
  numbers.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  return word(numbers[(numbers.length - 1) >> 1])
}
