/**
 * IP addresses: strict text to bytes, and whether an address is on the public internet.
 *
 * "Public" is what remains after everything special is taken out, so that a range nobody thought of is refused: IPv6 is
 * public only inside 2000::/3. Addresses that carry an IPv4 address are judged by it. Sources: the IANA special-purpose
 * address registries (RFC 6890 and its updates), RFC 6052 for NAT64.
 * @module
 */
const IPV4_BYTES = 4
const IPV6_GROUPS = 8

type Range = readonly [first: readonly number[], bits: number]

/** IPv4 that is not public. */
const SPECIAL_V4: readonly Range[] = [
  [[0], 8], // "this" network, with the unspecified address
  [[10], 8], // private
  [[100, 64], 10], // carrier-grade NAT, where some clouds keep their metadata
  [[127], 8], // loopback
  [[168, 63, 129, 16], 32], // a cloud's metadata inside a public range
  [[169, 254], 16], // link-local, where most clouds keep their metadata
  [[172, 16], 12], // private
  [[192, 0, 0], 24], // protocol assignments
  [[192, 0, 2], 24], // documentation
  [[192, 88, 99], 24], // 6to4 relays, given up
  [[192, 168], 16], // private
  [[198, 18], 15], // benchmarks
  [[198, 51, 100], 24], // documentation
  [[203, 0, 113], 24], // documentation
  [[224], 3], // multicast, reserved and broadcast
]

/** Inside 2000::/3, and yet not public. */
const SPECIAL_V6: readonly Range[] = [
  [[0x20, 0x01, 0x00], 23], // protocol assignments, with Teredo
  [[0x20, 0x01, 0x0d, 0xb8], 32], // documentation
  [[0x20, 0x02], 16], // 6to4: packets go wherever the address says
  [[0x3f, 0xff, 0x00], 20], // documentation
]
const GLOBAL_UNICAST_V6: Range = [[0x20], 3]
/** Their last four bytes are an IPv4 address. */
const MAPPED: Range = [[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff], 96]
const NAT64: Range = [[0x00, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0], 96]

/** Four numbers of 0 to 255 without leading zeros; other spellings of IPv4 are none here. */
export function parseIpv4(text: string): Uint8Array | undefined {
  const parts = text.split('.')
  if (parts.length !== IPV4_BYTES) return undefined
  if (!parts.every((part) => /^(0|[1-9][0-9]{0,2})$/.test(part) && Number(part) <= 255)) return undefined
  return Uint8Array.from(parts.map(Number))
}

/** RFC 4291 text without brackets or zone; the last 32 bits may be dotted. */
export function parseIpv6(text: string): Uint8Array | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const [head, tail] = halves.map((half) => groupsOf(half))
  if (head === undefined || (halves.length === 2 && tail === undefined)) return undefined
  // A dotted part stands at the very end only.
  if (tail !== undefined && halves[0]?.includes('.')) return undefined
  const missing = IPV6_GROUPS - head.length - (tail?.length ?? 0)
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined
  const groups = [
    ...head,
    ...Array.from({ length: tail === undefined ? 0 : missing }, () => 0),
    ...(tail ?? []),
  ]
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]))
}

function groupsOf(half: string): number[] | undefined {
  if (half === '') return []
  const parts = half.split(':')
  const groups: number[] = []
  for (const [i, part] of parts.entries()) {
    const dotted = i === parts.length - 1 ? parseIpv4(part) : undefined
    if (dotted !== undefined) {
      const [a = 0, b = 0, c = 0, d = 0] = dotted
      groups.push((a << 8) | b, (c << 8) | d)
    } else if (/^[0-9a-f]{1,4}$/i.test(part)) groups.push(Number.parseInt(part, 16))
    else return undefined
  }
  return groups.length > IPV6_GROUPS ? undefined : groups
}

/** IPv4 or IPv6 text; undefined when it is neither. */
export function parseAddress(text: string): Uint8Array | undefined {
  return parseIpv4(text) ?? (text.includes(':') ? parseIpv6(text) : undefined)
}

/** Whether an address may be reached without the operator's leave. Text that is no address is not. */
export function isPublicAddress(text: string): boolean {
  const bytes = parseAddress(text)
  if (bytes === undefined) return false
  if (bytes.length === IPV4_BYTES) return isPublicV4(bytes)
  if (inRange(bytes, MAPPED) || inRange(bytes, NAT64)) return isPublicV4(bytes.subarray(12))
  return inRange(bytes, GLOBAL_UNICAST_V6) && !SPECIAL_V6.some((range) => inRange(bytes, range))
}

function isPublicV4(bytes: Uint8Array): boolean {
  return !SPECIAL_V4.some((range) => inRange(bytes, range))
}

function inRange(bytes: Uint8Array, [first, bits]: Range): boolean {
  for (let i = 0; i * 8 < bits; i++) {
    const mask = bits - i * 8 >= 8 ? 0xff : (0xff << (8 - (bits - i * 8))) & 0xff
    if (((bytes[i] ?? 0) & mask) !== ((first[i] ?? 0) & mask)) return false
  }
  return true
}
