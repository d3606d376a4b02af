/**
 * Reads the structure of a WebAssembly module.
 *
 * This is a validator by whitelist: sections, types and flags outside the profile are rejected, and every count has a bound.
 * Instructions are read where code is gone through, to be scanned or metered. Nothing here type-checks code; the engine
 * does that, on the same bytes, before anything runs.
 * @module
 */
import { Reader } from './reader.ts'
import { ModuleRejectedError } from './reject.ts'
import { readSection } from './sections.ts'
import { type Draft, SECTION, type WasmModule } from './structure.ts'

/** Sections in the order they must stand in. */
const ORDER: readonly number[] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 10, 11]
const HEADER: readonly number[] = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]

/** Reads a module's structure. Throws `ModuleRejectedError` and nothing else, whatever the bytes. */
export function parseModule(bytes: Uint8Array): WasmModule {
  HEADER.forEach((expected, offset) => {
    if (bytes[offset] !== expected)
      throw new ModuleRejectedError('malformed', offset, 'not WebAssembly version 1')
  })
  const reader = new Reader(bytes, HEADER.length, bytes.length)
  const draft: Draft = {
    types: [],
    imports: [],
    functions: [],
    tables: [],
    memories: [],
    globals: 0,
    exports: [],
    start: undefined,
    bodies: [],
    dataSegments: undefined,
    sections: [],
  }
  let place = -1
  while (reader.left > 0) {
    const offset = reader.at
    const id = reader.byte()
    const size = reader.u32()
    const content = reader.slice(size)
    if (id === SECTION.custom) continue
    const next = ORDER.indexOf(id)
    if (next < 0) throw new ModuleRejectedError('unsupported', offset, `section ${id}`)
    if (next <= place)
      throw new ModuleRejectedError('malformed', offset, `section ${id} out of order or repeated`)
    place = next
    draft.sections.push({ id, start: content.at, end: content.end })
    readSection(id, content, draft)
    content.finish(`section ${id}`)
  }
  if (draft.bodies.length !== draft.functions.length - draft.imports.length) {
    reader.reject('malformed', 'function and code sections differ in length')
  }
  return draft
}
