/** Decoders of single sections; `parseModule` sees to their order. */
import * as limits from './limits.ts'
import type { Reader } from './reader.ts'
import { type Draft, type ExportKind, type Limits, type LocalGroup, SECTION } from './structure.ts'

const FUNCREF = 0x70
const EXTERNREF = 0x6f
/** i32, i64, f32, f64, v128, funcref, externref. */
const VALUE_TYPES: ReadonlySet<number> = new Set([0x7f, 0x7e, 0x7d, 0x7c, 0x7b, FUNCREF, EXTERNREF])
const EXPORT_KINDS: readonly ExportKind[] = ['function', 'table', 'memory', 'global']

function valueType(reader: Reader): number {
  const type = reader.byte()
  if (!VALUE_TYPES.has(type)) reader.reject('unsupported', `value type 0x${type.toString(16)}`)
  return type
}

function valueTypes(reader: Reader): number[] {
  const count = reader.count('values in a type', limits.TYPE_ARITY_MAX)
  return Array.from({ length: count }, () => valueType(reader))
}

function readTypes(reader: Reader, draft: Draft): void {
  for (let left = reader.count('types', limits.TYPES_MAX); left > 0; left--) {
    if (reader.byte() !== 0x60) reader.reject('unsupported', 'a type that is not a function')
    draft.types.push({ parameters: valueTypes(reader), results: valueTypes(reader) })
  }
}

function typeIndex(reader: Reader, draft: Draft): number {
  const index = reader.u32()
  if (index >= draft.types.length) reader.reject('malformed', `type ${index} of ${draft.types.length}`)
  return index
}

function readImports(reader: Reader, draft: Draft): void {
  for (let left = reader.count('imports', limits.IMPORTS_MAX); left > 0; left--) {
    const offset = reader.at
    const module = reader.name(limits.NAME_BYTES_MAX)
    const name = reader.name(limits.NAME_BYTES_MAX)
    const kind = reader.byte()
    if (kind !== 0) reader.reject('import', `import ${module}.${name} is not a function`.slice(0, 200))
    const type = typeIndex(reader, draft)
    draft.imports.push({ module, name, type, offset })
    draft.functions.push(type)
  }
}

function readFunctions(reader: Reader, draft: Draft): void {
  for (let left = reader.count('functions', limits.FUNCTIONS_MAX); left > 0; left--) {
    draft.functions.push(typeIndex(reader, draft))
  }
}

/** Flag bits: 0 has a maximum, 1 shared, 2 64-bit, 3 page size. Only the first is in the profile. */
function readLimits(reader: Reader): Limits {
  const offset = reader.at
  const flags = reader.byte()
  if (flags > 1)
    reader.reject('unsupported', `limits with flags 0x${flags.toString(16)}: shared, 64-bit or paged`)
  const minimum = reader.u32()
  const maximum = flags === 1 ? reader.u32() : undefined
  if (maximum !== undefined && maximum < minimum) reader.reject('malformed', 'maximum below minimum')
  return { minimum, maximum, offset }
}

function readTables(reader: Reader, draft: Draft): void {
  const count = reader.count('tables', limits.TABLES_MAX)
  for (let left = count; left > 0; left--) {
    const elementType = reader.byte()
    if (elementType !== FUNCREF && elementType !== EXTERNREF)
      reader.reject('unsupported', 'table of another type')
    const table = { elementType, ...readLimits(reader) }
    if (table.minimum > limits.elementsOfEach(count))
      reader.reject('memory-limit', `table of ${table.minimum} elements`)
    draft.tables.push(table)
  }
}

function readMemories(reader: Reader, draft: Draft): void {
  const count = reader.u32()
  if (count > 1) reader.reject('unsupported', 'more than one memory')
  if (count === 1) draft.memories.push(readLimits(reader))
}

function readGlobals(reader: Reader, draft: Draft): void {
  draft.globals = reader.count('globals', limits.GLOBALS_MAX)
  for (let left = draft.globals; left > 0; left--) {
    valueType(reader)
    if (reader.byte() > 1) reader.reject('unsupported', 'global flags: shared')
    skipConstant(reader)
  }
}

function readExports(reader: Reader, draft: Draft): void {
  const names = new Set<string>()
  for (let left = reader.count('exports', limits.EXPORTS_MAX); left > 0; left--) {
    const offset = reader.at
    const name = reader.name(limits.NAME_BYTES_MAX)
    if (names.has(name)) reader.reject('malformed', 'two exports of one name')
    names.add(name)
    const kind = EXPORT_KINDS[reader.byte()]
    if (kind === undefined) reader.reject('unsupported', 'export of another kind')
    const index = reader.u32()
    const count = {
      function: draft.functions,
      table: draft.tables,
      memory: draft.memories,
      global: undefined,
    }[kind]?.length
    if (index >= (count ?? draft.globals)) reader.reject('malformed', `export of ${kind} ${index}`)
    draft.exports.push({ name, kind, index, offset })
  }
}

function readStart(reader: Reader, draft: Draft): void {
  const index = reader.u32()
  const type = draft.types[draft.functions[index] ?? -1]
  if (type === undefined || type.parameters.length + type.results.length > 0)
    reader.reject('malformed', `start function ${index}`)
  draft.start = index
}

function readDataCount(reader: Reader, draft: Draft): void {
  draft.dataSegments = reader.u32()
}

/** Segments are left to the engine: their content decides nothing here. */
function readElements(reader: Reader): void {
  reader.count('element segments', limits.ELEMENT_SEGMENTS_MAX)
  reader.skip(reader.left)
}

function readCode(reader: Reader, draft: Draft): void {
  const count = reader.count('function bodies', limits.FUNCTIONS_MAX)
  if (count !== draft.functions.length - draft.imports.length) {
    reader.reject('malformed', 'function and code sections differ in length')
  }
  let localsTotal = 0
  for (let i = 0; i < count; i++) {
    const size = reader.u32()
    if (size > limits.BODY_BYTES_MAX) reader.reject('too-large', `function body of ${size} bytes`)
    const body = reader.slice(size)
    const type = draft.types[draft.functions[draft.imports.length + i] ?? 0]
    const declared = readLocals(body, type?.parameters.length ?? 0)
    const locals = declared.reduce((sum, [size]) => sum + size, 0)
    localsTotal += locals
    if (localsTotal > limits.LOCALS_TOTAL_MAX) body.reject('too-large', `${localsTotal} locals in all`)
    draft.bodies.push({ start: body.at, end: body.end, locals, declared })
  }
}

function readLocals(body: Reader, parameters: number): LocalGroup[] {
  let locals = 0
  return Array.from({ length: body.count('groups of locals', limits.LOCALS_MAX) }, (): LocalGroup => {
    const size = body.u32()
    locals += size
    if (locals + parameters > limits.LOCALS_MAX)
      body.reject('too-large', `more than ${limits.LOCALS_MAX} locals`)
    return [size, valueType(body)]
  })
}

function readData(reader: Reader, draft: Draft): void {
  const count = reader.count('data segments', limits.DATA_SEGMENTS_MAX)
  if (draft.dataSegments !== undefined && draft.dataSegments !== count) {
    reader.reject('malformed', 'data count differs from the data section')
  }
  for (let left = count; left > 0; left--) {
    const mode = reader.u32()
    if (mode > 2) reader.reject('malformed', `data segment of mode ${mode}`)
    if (mode === 2 && reader.u32() !== 0) reader.reject('unsupported', 'data for another memory')
    if (mode !== 1) skipConstant(reader)
    reader.skip(reader.u32())
  }
}

/** A constant expression, with the extended integer arithmetic. */
function skipConstant(reader: Reader): void {
  for (;;) {
    const opcode = reader.byte()
    switch (opcode) {
      case 0x0b: // end
        return
      case 0x41: // i32.const
        reader.skipLeb(5)
        break
      case 0x42: // i64.const
        reader.skipLeb(10)
        break
      case 0x43: // f32.const
        reader.skip(4)
        break
      case 0x44: // f64.const
        reader.skip(8)
        break
      case 0x23: // global.get
      case 0xd2: // ref.func
        reader.u32()
        break
      case 0xd0: // ref.null
        valueType(reader)
        break
      case 0xfd: // v128.const
        if (reader.u32() !== 12) reader.reject('unsupported', 'vector instruction in a constant')
        reader.skip(16)
        break
      case 0x6a: // i32.add, sub, mul
      case 0x6b:
      case 0x6c:
      case 0x7c: // i64.add, sub, mul
      case 0x7d:
      case 0x7e:
        break
      default:
        reader.reject('unsupported', `instruction 0x${opcode.toString(16)} in a constant`)
    }
  }
}

const DECODERS: ReadonlyMap<number, (reader: Reader, draft: Draft) => void> = new Map([
  [SECTION.type, readTypes],
  [SECTION.import, readImports],
  [SECTION.function, readFunctions],
  [SECTION.table, readTables],
  [SECTION.memory, readMemories],
  [SECTION.global, readGlobals],
  [SECTION.export, readExports],
  [SECTION.start, readStart],
  [SECTION.element, readElements],
  [SECTION.code, readCode],
  [SECTION.data, readData],
  [SECTION.dataCount, readDataCount],
])

/** Reads one section's content into the draft. */
export function readSection(id: number, reader: Reader, draft: Draft): void {
  const decode = DECODERS.get(id)
  if (decode === undefined) reader.reject('unsupported', `section ${id}`)
  decode(reader, draft)
}
