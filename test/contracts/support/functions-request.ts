/**
 * Request data as FunctionsRequest.sol of @chainlink/contracts writes it; a test of the adapter holds this to it.
 * @module
 */
import { bytesToHex, concat, type Hex, hexToBytes, numberToHex, stringToBytes } from 'viem'

const UNSIGNED_BIGNUM = '0xc2'
const LIST_BEGIN = '0x9f'
const LIST_END = '0xff'
const BYTES = 2
const TEXT = 3

export interface RequestData {
  readonly source: string
  readonly args?: readonly string[]
  readonly bytesArgs?: readonly Hex[]
  /** A reference to secrets that are elsewhere. */
  readonly secrets?: Hex
}

export function encodeRequestData({ source, args = [], bytesArgs = [], secrets }: RequestData): Hex {
  const list = (items: readonly Hex[]) => concat([LIST_BEGIN, ...items, LIST_END])
  return concat([
    ...[text('codeLocation'), number(0), text('language'), number(0), text('source'), text(source)],
    ...(args.length > 0 ? [text('args'), list(args.map(text))] : []),
    ...(secrets ? [text('secretsLocation'), number(1), text('secrets'), bytes(secrets)] : []),
    ...(bytesArgs.length > 0 ? [text('bytesArgs'), list(bytesArgs.map(bytes))] : []),
  ])
}

/** Every number is a bignum of 32 bytes there. */
function number(value: number): Hex {
  return concat([UNSIGNED_BIGNUM, bytes(numberToHex(value, { size: 32 }))])
}

export function text(value: string): Hex {
  const encoded = stringToBytes(value)
  return concat([head(TEXT, encoded.length), bytesToHex(encoded)])
}

export function bytes(value: Hex): Hex {
  return concat([head(BYTES, hexToBytes(value).length), value])
}

function head(major: number, length: number): Hex {
  const at = major << 5
  if (length < 24) return numberToHex(at | length, { size: 1 })
  const size = length < 0x100 ? 1 : 2
  return concat([numberToHex(at | (size === 1 ? 24 : 25), { size: 1 }), numberToHex(length, { size })])
}
