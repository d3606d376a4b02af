/**
 * How bytes differ from those wanted, in lines for people: text by lines, anything else as hexadecimal rows.
 * @module
 */
const ROW_BYTES = 16
/** Each of what was wanted and what was got; a difference is told by where it begins. */
const LINES_MAX = 20
const BEFORE_LINES = 2

/** None when they are equal. Wanted lines begin with `-`, given ones with `+`. */
export function differenceOf(wanted: Uint8Array, given: Uint8Array): readonly string[] {
  if (Buffer.compare(wanted, given) === 0) return []
  const texts = [textOf(wanted), textOf(given)]
  const [a, b] = texts.every((text) => text !== undefined)
    ? texts.map((text) => linesOf(text ?? ''))
    : [wanted, given].map(rowsOf)
  return [
    `output: wanted ${wanted.length} bytes (-), got ${given.length} (+)`,
    ...changed(a ?? [], b ?? []).map((line) => `  ${line}`),
  ]
}

/** Undefined for bytes that are no text one would read: the output of many functions is a word. */
function textOf(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    return /[^\P{Cc}\n\t\r]/u.test(text) ? undefined : text
  } catch {
    return undefined
  }
}

/** A line that does not end is told from one that does. */
function linesOf(text: string): readonly string[] {
  if (text === '') return []
  const lines = text.split('\n').map((line) => line.replaceAll('\r', '␍').replaceAll('\t', '→'))
  return lines.at(-1) === ''
    ? lines.slice(0, -1)
    : [...lines.slice(0, -1), `${lines.at(-1)} (no newline at its end)`]
}

function rowsOf(bytes: Uint8Array): readonly string[] {
  const rows: string[] = []
  for (let at = 0; at < bytes.length; at += ROW_BYTES) {
    const row = [...bytes.subarray(at, at + ROW_BYTES)].map((byte) => byte.toString(16).padStart(2, '0'))
    rows.push(`${at.toString(16).padStart(6, '0')}  ${row.join(' ')}`)
  }
  return rows
}

/** Lines between what both begin with and what both end with. */
function changed(wanted: readonly string[], given: readonly string[]): readonly string[] {
  const least = Math.min(wanted.length, given.length)
  let first = 0
  while (first < least && wanted[first] === given[first]) first++
  let last = 0
  while (last < least - first && wanted.at(-1 - last) === given.at(-1 - last)) last++
  const context = wanted.slice(Math.max(0, first - BEFORE_LINES), first).map((line) => `  ${line}`)
  return [
    ...context,
    ...cut(wanted.slice(first, wanted.length - last)).map((line) => `- ${line}`),
    ...cut(given.slice(first, given.length - last)).map((line) => `+ ${line}`),
  ]
}

function cut(lines: readonly string[]): readonly string[] {
  if (lines.length <= LINES_MAX) return lines
  return [...lines.slice(0, LINES_MAX), `… and ${lines.length - LINES_MAX} more`]
}
