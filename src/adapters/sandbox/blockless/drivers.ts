/**
 * `blockless_drivers` and `blockless_socket`: streams that the guest reads and writes as file descriptors.
 * @module
 */
import type { Outside } from './outside.ts'
import { type Codes, problem } from './problems.ts'
import type { Streams } from './streams.ts'

export const DRIVER_CODES: Codes = {
  permission: 14,
  invalid: 12,
  url: 12,
  method: 12,
  headers: 12,
  absent: 10,
  failed: 11,
  refused: 9,
  reset: 9,
  handle: 8,
  'too-many': 7,
  fault: 12,
  utf8: 12,
  json: 12,
}

export const SOCKET_CODES: Codes = {
  permission: 2,
  invalid: 1,
  url: 1,
  method: 1,
  headers: 1,
  absent: 2,
  failed: 2,
  refused: 2,
  reset: 3,
  handle: 1,
  'too-many': 2,
  fault: 1,
  utf8: 1,
  json: 1,
}

export function driverCalls(outside: Outside, streams: Streams) {
  return {
    /** With options, or in its older form without: then the third value is where the descriptor goes. */
    blockless_open(url: number, urlLength: number, third: number, length?: number, last?: number) {
      const result = last ?? third
      outside.memory.check(result, 4)
      const request = {
        url: outside.text(url, urlLength),
        options: last === undefined ? '' : outside.text(third, length ?? 0),
      }
      outside.memory.setU32(result, streams.open('driver', 'open', request))
    },
  }
}

export function socketCalls(outside: Outside, streams: Streams) {
  const connecting = (address: number, length: number, result: number) => {
    outside.memory.check(result, 4)
    return { address: outside.text(address, length) }
  }
  return {
    tcp_connect(address: number, length: number, result: number) {
      const request = connecting(address, length, result)
      outside.memory.setU32(result, streams.open('socket', 'connect', request))
    },
    /** Nobody listens for a function: nodes are drawn, and a caller could not know where. */
    create_tcp_bind_socket(address: number, length: number, result: number) {
      connecting(address, length, result)
      problem('permission')
    },
  }
}
