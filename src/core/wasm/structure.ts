/**
 * What a module's sections say, and where they are.
 * @module
 */
export interface FunctionType {
  /** Value types by their binary code. */
  readonly parameters: readonly number[]
  readonly results: readonly number[]
}

export interface FunctionImport {
  readonly module: string
  readonly name: string
  readonly type: number
  readonly offset: number
}

export interface Limits {
  readonly minimum: number
  readonly maximum: number | undefined
  readonly offset: number
}

export interface Table extends Limits {
  readonly elementType: number
}

export type ExportKind = 'function' | 'table' | 'memory' | 'global'

export interface Export {
  readonly name: string
  readonly kind: ExportKind
  readonly index: number
  readonly offset: number
}

export interface Section {
  readonly id: number
  /** The content, without id and size. */
  readonly start: number
  readonly end: number
}

/** So many locals of one value type. */
export type LocalGroup = readonly [count: number, type: number]

export interface Body {
  /** The first instruction; locals stand before it. */
  readonly start: number
  readonly end: number
  /** Without parameters. */
  readonly locals: number
  readonly declared: readonly LocalGroup[]
}

export interface WasmModule {
  readonly types: readonly FunctionType[]
  readonly imports: readonly FunctionImport[]
  /** Type index of every function, imported ones first. */
  readonly functions: readonly number[]
  readonly tables: readonly Table[]
  readonly memories: readonly Limits[]
  readonly globals: number
  readonly exports: readonly Export[]
  /** The function that runs when the module is instantiated. */
  readonly start: number | undefined
  readonly bodies: readonly Body[]
  /** Known sections in file order; custom sections are left out. */
  readonly sections: readonly Section[]
}

/** `WasmModule` while sections are being read into it. */
export interface Draft {
  types: FunctionType[]
  imports: FunctionImport[]
  functions: number[]
  tables: Table[]
  memories: Limits[]
  globals: number
  exports: Export[]
  start: number | undefined
  bodies: Body[]
  dataSegments: number | undefined
  sections: Section[]
}

export const SECTION = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  global: 6,
  export: 7,
  start: 8,
  element: 9,
  code: 10,
  data: 11,
  dataCount: 12,
} as const
