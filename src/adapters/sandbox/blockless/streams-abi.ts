/** WASI's numbers for streams to the outside; the guest's own world has no use for them. */
import type { Codes } from './problems.ts'

export const FILE_TYPE_SOCKET_STREAM = 6
export const RIGHT_FD_READ = 1n << 1n
export const RIGHT_FD_WRITE = 1n << 6n

const BADF = 8
const CONNRESET = 15
const FAULT = 21
const INVAL = 28
const IO = 29
const MFILE = 33
const NOTCAPABLE = 76

export const STREAM_ERRNO: Codes = {
  permission: NOTCAPABLE,
  invalid: INVAL,
  url: INVAL,
  method: INVAL,
  headers: INVAL,
  absent: IO,
  failed: IO,
  refused: IO,
  reset: CONNRESET,
  handle: BADF,
  'too-many': MFILE,
  fault: FAULT,
  utf8: INVAL,
  json: INVAL,
}
