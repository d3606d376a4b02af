/**
 * An agreement as it is written down, and what it asks of the function's module.
 * @module
 */
import { InvalidInputError } from '../../protocol/errors.ts'
import { AGGREGATE_ENTRY, type AgreementEntry, VALIDATE_ENTRY } from '../wasm/entries.ts'
import type { Agreement } from './agreement.ts'

/** The line of AGR-1 for these keys, in its order. Throws `InvalidInputError` for what its alphabet cannot write. */
export function agreementText(fields: Readonly<Record<string, string>>): string {
  return Object.entries(fields)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => {
      // Either could smuggle in another key.
      if (!/^[a-z]+$/.test(key))
        throw new InvalidInputError('agreement', `«${key.slice(0, 40)}» is no key of small letters`)
      if (!/^[a-z0-9[\]-]+$/.test(value))
        throw new InvalidInputError('agreement', `${key} holds more than small letters, digits, -, [ and ]`)
      return `${key}=${value}`
    })
    .join(';')
}

/** The export its nodes will call beside the function's own; undefined when there is none. */
export function entryNeeded(agreement: Agreement): AgreementEntry | undefined {
  if (agreement.mode === 'pbft') return agreement.check === 'validate' ? VALIDATE_ENTRY : undefined
  if (agreement.mode !== 'aggregate') return undefined
  const kind: string = agreement.rule.kind
  return kind === 'custom' ? AGGREGATE_ENTRY : undefined
}
