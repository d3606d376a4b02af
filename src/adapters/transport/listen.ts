/**
 * What became of listening, told by libp2p in text alone: its error holds neither the cause nor its code.
 * @module
 */
import { DikastError } from '../../protocol/errors.ts'

/** By the system's code, which is in the text. */
const REASONS = [
  ['EADDRINUSE', 'another process uses this port', 'name another with --listen, or stop that process'],
  [
    'EADDRNOTAVAIL',
    'it is no address of this machine',
    'listen on one it has, such as /ip4/0.0.0.0/tcp/4001, and tell others with --announce where to dial',
  ],
  [
    'EACCES',
    'this user may not use the port',
    'name one above 1023 with --listen, or let the user bind lower ones',
  ],
  ['ENOTFOUND', 'the name has no address', 'listen on an IP address'],
  ['EAFNOSUPPORT', 'this machine lacks that kind of address', 'listen on an address of the other kind'],
] as const

/** Thrown by `createLibp2pTransport` when an address cannot be listened on. */
export class ListenError extends DikastError {
  readonly code = 'LISTEN'

  constructor(listen: readonly string[], cause: unknown) {
    const text = cause instanceof Error ? cause.message : String(cause)
    const [, problem, fix] = REASONS.find(([code]) => text.includes(code)) ?? [
      undefined,
      'the system refuses it',
      'name another address with --listen',
    ]
    super(`cannot listen on ${listen.join(', ')}: ${problem}`, { cause, fix })
  }
}

/** Whether libp2p failed because of the addresses it was to listen on. */
export function isListenFailure(error: unknown): boolean {
  return error instanceof Error && error.name === 'UnsupportedListenAddressesError'
}
