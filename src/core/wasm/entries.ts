/**
 * The exports a node may call: functions without parameters and results. Besides the one a function names as its own there
 * are two with a meaning, for functions that say how their members agree (ENV-7).
 * @module
 */
import type { FunctionType, WasmModule } from './structure.ts'

/** Tells whether another's result is acceptable (PBFT-15). */
export const VALIDATE_ENTRY = 'validate'
/** Makes one result of what members observed. */
export const AGGREGATE_ENTRY = 'aggregate'
export const AGREEMENT_ENTRIES = [VALIDATE_ENTRY, AGGREGATE_ENTRY] as const
export type AgreementEntry = (typeof AGREEMENT_ENTRIES)[number]

export interface EntryProblem {
  /** Of the export; undefined when there is none of that name. */
  readonly offset: number | undefined
  readonly detail: string
}

const NAME_CHARACTERS_MAX = 100

/** Why an export cannot be called; undefined when it can. */
export function entryProblem(module: WasmModule, entry: string): EntryProblem | undefined {
  const found = module.exports.find(({ name }) => name === entry)
  const label = JSON.stringify(entry.slice(0, NAME_CHARACTERS_MAX))
  if (found?.kind !== 'function') return { offset: found?.offset, detail: `no function ${label}` }
  if (takesNothing(module.types[module.functions[found.index] ?? -1])) return undefined
  return { offset: found.offset, detail: `${label} takes or returns values` }
}

/** Every export that can be called. */
export function entriesOf(module: WasmModule): readonly string[] {
  return module.exports
    .filter(
      ({ kind, index }) => kind === 'function' && takesNothing(module.types[module.functions[index] ?? -1]),
    )
    .map(({ name }) => name)
}

function takesNothing(type: FunctionType | undefined): boolean {
  return type !== undefined && type.parameters.length === 0 && type.results.length === 0
}
