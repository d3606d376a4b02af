// A request's data: keys and values one behind the other, without the map's head, each key at most once.
import { Reader } from './cbor.js'
import { RefusalError } from './refusal.js'

const INLINE = 0
const JAVASCRIPT = 0

const isNumber = (value) => typeof value === 'number'
const isText = (value) => typeof value === 'string'
const isBytes = (value) => value instanceof Uint8Array
const isListOf = (isItem) => (value) => Array.isArray(value) && value.every(isItem)

/** What each key's value must be. The Solidity library says `language`, the toolkit `codeLanguage`. */
const KEYS = new Map([
  ['codeLocation', isNumber],
  ['language', isNumber],
  ['codeLanguage', isNumber],
  ['source', isText],
  ['args', isListOf(isText)],
  ['bytesArgs', isListOf(isBytes)],
  ['secretsLocation', isNumber],
  ['secrets', isBytes],
])

function fieldsOf(data) {
  const reader = new Reader(data)
  const fields = new Map()
  while (!reader.isAtEnd) {
    const key = reader.item()
    const isValue = KEYS.get(key)
    if (isValue === undefined || fields.has(key))
      throw new RefusalError('MALFORMED_REQUEST', `unexpected key ${key}`)
    const value = reader.item()
    if (!isValue(value)) throw new RefusalError('MALFORMED_REQUEST', `${key} is not what it should be`)
    fields.set(key, value)
  }
  return fields
}

/** Gives source and arguments, or refuses what cannot be run. */
export function decodeRequest(data) {
  const fields = fieldsOf(data)
  const source = fields.get('source')
  if (source === undefined) throw new RefusalError('MALFORMED_REQUEST', 'no source')
  if (fields.get('codeLocation') !== INLINE)
    throw new RefusalError('SOURCE_NOT_INLINE', 'the source must be in the request')
  const languages = [fields.get('language'), fields.get('codeLanguage')].filter((one) => one !== undefined)
  if (languages.length !== 1 || languages[0] !== JAVASCRIPT)
    throw new RefusalError('LANGUAGE_NOT_SUPPORTED', 'the language must be JavaScript')
  if (fields.has('secrets') || fields.has('secretsLocation'))
    throw new RefusalError('SECRETS_NOT_SUPPORTED', 'a committee drawn from all nodes keeps no secrets')
  return { source, args: fields.get('args') ?? [], bytesArgs: fields.get('bytesArgs') ?? [] }
}
