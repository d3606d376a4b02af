// The CBOR (RFC 8949) requests are made of: whole numbers, texts, bytes, and lists of these, with no list in a list. Everything
// is hostile: a length is compared with what there is before anything is taken.
import { RefusalError } from './refusal.js'

const ITEMS_MAX = 1000
const UNSIGNED = 0
const BYTES = 2
const TEXT = 3
const LIST = 4
const TAG = 6
const BREAK = 0xff
const INDEFINITE = 31
/** An unsigned number as bytes: how the Solidity library writes every number. */
const TAG_BIGNUM = 2
const BIGNUM_BYTES_MAX = 32
/** Arguments of one to four bytes follow; one of eight is no length here. */
const ARGUMENT_BYTES = new Map([
  [24, 1],
  [25, 2],
  [26, 4],
])

const malformed = (detail) => new RefusalError('MALFORMED_REQUEST', detail)

/** Reads one item behind the other. */
export class Reader {
  #bytes
  #at = 0

  constructor(bytes) {
    this.#bytes = bytes
  }

  get isAtEnd() {
    return this.#at === this.#bytes.length
  }

  /** A whole number, a string, a Uint8Array or an array of the last two. */
  item() {
    const { major, info } = this.#head()
    if (major === LIST) return this.#list(info)
    return this.#scalar(major, info)
  }

  #list(info) {
    const items = []
    const count = info === INDEFINITE ? undefined : this.#argument(info)
    if (count !== undefined && count > ITEMS_MAX) throw malformed(`more than ${ITEMS_MAX} items`)
    while (count === undefined ? !this.#isBreak() : items.length < count) {
      if (items.length === ITEMS_MAX) throw malformed(`more than ${ITEMS_MAX} items`)
      const head = this.#head()
      if (head.major !== TEXT && head.major !== BYTES)
        throw malformed('a list of something else than text or bytes')
      items.push(this.#scalar(head.major, head.info))
    }
    return items
  }

  #scalar(major, info) {
    if (major === UNSIGNED) return this.#argument(info)
    if (major === TEXT) return this.#text(this.#argument(info))
    if (major === BYTES) return this.#take(this.#argument(info))
    if (major === TAG && info === TAG_BIGNUM) return this.#bignum()
    throw malformed(`an item of kind ${major}`)
  }

  #bignum() {
    const { major, info } = this.#head()
    if (major !== BYTES) throw malformed('a number without bytes')
    const length = this.#argument(info)
    if (length > BIGNUM_BYTES_MAX) throw malformed('a number of too many bytes')
    let number = 0
    for (const byte of this.#take(length)) number = number * 256 + byte
    if (!Number.isSafeInteger(number)) throw malformed('a number too large')
    return number
  }

  #head() {
    const [byte] = this.#take(1)
    return { major: byte >> 5, info: byte & 31 }
  }

  #argument(info) {
    if (info < 24) return info
    const bytes = ARGUMENT_BYTES.get(info)
    if (bytes === undefined) throw malformed('a length that is none')
    let number = 0
    for (const byte of this.#take(bytes)) number = number * 256 + byte
    return number
  }

  #isBreak() {
    if (this.isAtEnd || this.#bytes[this.#at] !== BREAK) return false
    this.#at++
    return true
  }

  #text(length) {
    const bytes = this.#take(length)
    const text = new TextDecoder().decode(bytes)
    // The engine puts a replacement where bytes are no UTF-8.
    const again = new TextEncoder().encode(text)
    if (again.length !== length || again.some((byte, i) => byte !== bytes[i]))
      throw malformed('text that is no UTF-8')
    return text
  }

  #take(length) {
    if (length > this.#bytes.length - this.#at) throw malformed('it ends too soon')
    this.#at += length
    return this.#bytes.slice(this.#at - length, this.#at)
  }
}
