/**
 * The container circom's files share: a magic word of four letters, a version, and sections, each a number, a length of eight
 * bytes and that many bytes. `r1cs`, `zkey` and `wtns` files are such containers.
 *
 * Whatever is read may be hostile: lengths are held against what is there before anything is made of them.
 * @module
 */
import { InvalidInputError, LimitExceededError } from '../../protocol/errors.ts'

const HEADER_BYTES = 12
const SECTION_HEADER_BYTES = 12
/** The formats we read have at most ten; more is no such file. */
const SECTIONS_MAX = 32

/** Numbers at places in bytes that may end early: every read is checked. */
export class BinaryReader {
  readonly bytes: Uint8Array
  readonly field: string
  #view: DataView
  #at = 0

  constructor(bytes: Uint8Array, field: string) {
    this.bytes = bytes
    this.field = field
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get left(): number {
    return this.bytes.length - this.#at
  }

  /** Where bytes of this length start; they are passed. */
  skip(length: number): number {
    if (length > this.left) throw new InvalidInputError(this.field, `ends ${length - this.left} bytes early`)
    const at = this.#at
    this.#at += length
    return at
  }

  u32(): number {
    return this.#view.getUint32(this.skip(4), true)
  }

  /** Numbers above 2^53 are lengths no file has. */
  u64(): number {
    const value = this.#view.getBigUint64(this.skip(8), true)
    if (value > BigInt(Number.MAX_SAFE_INTEGER))
      throw new InvalidInputError(this.field, 'has an impossible length')
    return Number(value)
  }

  take(length: number): Uint8Array {
    const at = this.skip(length)
    return this.bytes.subarray(at, at + length)
  }

  end(): void {
    if (this.left !== 0) throw new InvalidInputError(this.field, `has ${this.left} bytes too many`)
  }
}

/** The sections of a file, by number. Views of the bytes given, not copies. */
export function readSections(
  file: Uint8Array,
  expected: { readonly magic: string; readonly version: number; readonly bytesMax: number },
): ReadonlyMap<number, Uint8Array> {
  const { magic, version, bytesMax } = expected
  if (file.length > bytesMax)
    throw new LimitExceededError(`bytes of the ${magic} file`, file.length, bytesMax)
  const reader = new BinaryReader(file, magic)
  const found = String.fromCharCode(...reader.take(4))
  if (found !== magic) throw new InvalidInputError(magic, `does not start with «${magic}»`)
  const versionFound = reader.u32()
  if (versionFound !== version)
    throw new InvalidInputError(magic, `has version ${versionFound}, not ${version}`)
  const count = reader.u32()
  if (count > SECTIONS_MAX) throw new InvalidInputError(magic, `has ${count} sections`)
  const sections = new Map<number, Uint8Array>()
  for (let i = 0; i < count; i++) {
    const number = reader.u32()
    const bytes = reader.take(reader.u64())
    if (sections.has(number)) throw new InvalidInputError(magic, `has section ${number} twice`)
    sections.set(number, bytes)
  }
  reader.end()
  return sections
}

export function sectionOf(
  sections: ReadonlyMap<number, Uint8Array>,
  number: number,
  file: string,
): Uint8Array {
  const section = sections.get(number)
  if (section === undefined) throw new InvalidInputError(file, `has no section ${number}`)
  return section
}

/** A file with these sections, numbered from one. */
export function writeSections(magic: string, version: number, sections: readonly Uint8Array[]): Uint8Array {
  const length = sections.reduce((sum, section) => sum + SECTION_HEADER_BYTES + section.length, HEADER_BYTES)
  const file = new Uint8Array(length)
  const view = new DataView(file.buffer)
  for (let i = 0; i < 4; i++) file[i] = magic.charCodeAt(i)
  view.setUint32(4, version, true)
  view.setUint32(8, sections.length, true)
  let at = HEADER_BYTES
  for (const [i, section] of sections.entries()) {
    view.setUint32(at, i + 1, true)
    view.setBigUint64(at + 4, BigInt(section.length), true)
    file.set(section, at + SECTION_HEADER_BYTES)
    at += SECTION_HEADER_BYTES + section.length
  }
  return file
}
