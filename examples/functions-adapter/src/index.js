// Runs the JavaScript that requests for Chainlink Functions bring along.
//
// input   request data: CBOR, as FunctionsRequest.sol or the functions toolkit writes it
// output  what the source returns, at most 256 bytes
//
// What the source throws ends with exit code 1, a request that cannot be run with 2; the output is the error then, in words, cut
// to 256 bytes.
import { Buffer, hexOf } from './buffer.js'
import { functionsOf } from './functions.js'
import { RefusalError } from './refusal.js'
import { decodeRequest } from './request.js'

const RESPONSE_BYTES_MAX = 256
const EXIT_THROWN = 1
const EXIT_REFUSED = 2

const outside = globalThis.__outside
const { exit } = globalThis
delete globalThis.__outside
delete globalThis.exit

const AsyncFunction = (async () => {}).constructor

function bytesOf(response) {
  if (response instanceof Uint8Array) return new Uint8Array(response)
  if (response instanceof ArrayBuffer) return new Uint8Array(response)
  throw new TypeError('the source must return a Buffer or a Uint8Array')
}

async function run({ source, args, bytesArgs }) {
  const scope = {
    args,
    bytesArgs: bytesArgs.map((bytes) => `0x${hexOf(bytes)}`),
    secrets: {},
    Functions: functionsOf(outside.call),
    Buffer,
  }
  const main = new AsyncFunction(...Object.keys(scope), source)
  const response = bytesOf(await main(...Object.values(scope)))
  if (response.length > RESPONSE_BYTES_MAX) throw new RangeError('the response is longer than 256 bytes')
  return response
}

/** Anything may be thrown, also what cannot be made a text of. */
function textOf(reason) {
  try {
    return reason instanceof RefusalError ? reason.message : String(reason)
  } catch {
    return 'Error'
  }
}

/** Ends the run. An error is never empty: that is how a consumer tells it. */
function fail(reason) {
  const bytes = new TextEncoder().encode(textOf(reason) || 'Error').slice(0, RESPONSE_BYTES_MAX)
  outside.write(bytes)
  exit(reason instanceof RefusalError ? EXIT_REFUSED : EXIT_THROWN)
}

export default async function main(input) {
  try {
    return await run(decodeRequest(input))
  } catch (reason) {
    return fail(reason)
  }
}
