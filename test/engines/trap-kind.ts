/**
 * What a trap is, whichever engine says so: V8 and JavaScriptCore have words of their own.
 * @module
 */
const WORDS: readonly (readonly [words: RegExp, kind: string])[] = [
  [/unreachable/i, 'unreachable'],
  [/call stack/i, 'stack'],
  [/divide result unrepresentable|integer overflow/i, 'overflow'],
  [/(divide|remainder|division) by zero/i, 'zero'],
  [/float unrepresentable|out of bounds trunc/i, 'conversion'],
  [/signature|call_indirect to a null|null function/i, 'signature'],
  [/table|element|call_indirect/i, 'table'],
  [/memory|data segment/i, 'memory'],
]

/** Unknown words are their own kind, so that they are seen. */
export function trapKind(message: string): string {
  return WORDS.find(([words]) => words.test(message))?.[1] ?? message
}
