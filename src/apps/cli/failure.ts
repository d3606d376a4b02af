/**
 * Any error as what a user is told: a stable code, the cause, a way out, and the exit code.
 * @module
 */
import { DikastError } from '../../protocol/errors.ts'
import { EXIT, type ExitCode } from './exit.ts'

export interface Failure {
  /** API: scripts match it. */
  readonly code: string
  readonly message: string
  readonly fix: string | undefined
  readonly exit: ExitCode
}

const MESSAGE_CHARS_MAX = 1_000

const EXITS: Readonly<Record<string, ExitCode>> = {
  REVERTED: EXIT.no,
  INSUFFICIENT_FUNDS: EXIT.no,
  BUILD_FAILED: EXIT.no,
  NOT_NOW: EXIT.no,
  WITNESS: EXIT.no,
  INVALID_INPUT: EXIT.usage,
  LIMIT_EXCEEDED: EXIT.usage,
  KEYSTORE: EXIT.usage,
  LOCKED: EXIT.usage,
  LISTEN: EXIT.usage,
  RAPIDSNARK_MISSING: EXIT.usage,
  COMMITTEE_TOO_SMALL: EXIT.usage,
  CHAIN: EXIT.network,
  TRANSPORT: EXIT.network,
  BEACON: EXIT.network,
  MODULE_UNAVAILABLE: EXIT.network,
  EVIDENCE_UNAVAILABLE: EXIT.network,
  QUEUE_UNREACHABLE: EXIT.network,
}

/** For errors that come from too deep to know what a user can do; by code, or by code and reason. */
const FIXES: Readonly<Record<string, string>> = {
  'CHAIN unreachable': 'try again, or name another JSON-RPC with --rpc',
  'CHAIN malformed': 'the JSON-RPC answers wrongly: name another with --rpc',
  'CHAIN missing': 'the JSON-RPC lacks part of the chain: name another with --rpc, one that keeps old logs',
  TRANSPORT: 'try again; the network file’s coordinators must be running and reachable from here',
  BEACON: 'check the beacon’s servers in the network file',
  INVALID_INPUT: '`dikast <command> --help` says what is expected',
  LIMIT_EXCEEDED: 'stay within the bound',
  'KEYSTORE missing': 'check the path, or make keys with `dikast node init`',
  'KEYSTORE malformed': 'name a Web3 Secret Storage file, version 3',
  'KEYSTORE too-expensive': 'encrypt the key again with usual parameters, e.g. with geth',
  SANDBOX_FAILURE: 'try again on a machine with more memory and fewer other tasks',
}

const REPORT = 'this is a fault of dikast: run it again with DIKAST_DEBUG=1 and report what it prints'

export function failureOf(error: unknown): Failure {
  if (error instanceof DikastError) {
    const { code, message } = error
    const reason = 'reason' in error ? ` ${String(error.reason)}` : ''
    const fix = error.fix ?? FIXES[`${code}${reason}`] ?? FIXES[code]
    return { code, message: bounded(message), fix, exit: EXITS[code] ?? EXIT.fault }
  }
  const message = bounded(error instanceof Error ? error.message : String(error))
  if (isFileError(error)) {
    return {
      code: 'FILE_SYSTEM',
      message,
      fix: 'check the path, its permissions and the space left',
      exit: EXIT.usage,
    }
  }
  if (isSystemError(error))
    return { code: 'SYSTEM', message, fix: 'check what the address or port is used by', exit: EXIT.usage }
  return { code: 'UNEXPECTED', message, fix: REPORT, exit: EXIT.fault }
}

/** One line: much of a message may have been said by others. */
function bounded(message: string): string {
  return message.replace(/\s+/g, ' ').slice(0, MESSAGE_CHARS_MAX)
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && 'code' in error
}

function isFileError(error: unknown): boolean {
  return isSystemError(error) && 'path' in (error as Error)
}
