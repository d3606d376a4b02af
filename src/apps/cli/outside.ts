/**
 * The outside as `dikast run` lets a guest reach it: what its permissions name, written down or played back when asked.
 *
 * Whoever runs it is author and operator at once, so that a permission is the grant too. An address of this machine or of a
 * private network is reached only when a permission names that address itself.
 * @module
 */
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseHostConfig } from '../../adapters/host/config.ts'
import { createHost } from '../../adapters/host/host.ts'
import { isPublicAddress, parseAddress } from '../../core/permissions/address.ts'
import { parsePermission } from '../../core/permissions/permission.ts'
import {
  decodeTranscript,
  encodeTranscript,
  recordingSession,
  replaySession,
  TRANSCRIPT_BYTES_MAX,
  transcriptDigest,
} from '../../core/transcript.ts'
import type { HostSession } from '../../ports/host.ts'
import type { Log } from '../../ports/log.ts'
import { InvalidInputError, LimitExceededError } from '../../protocol/errors.ts'
import { listOption, textOption } from './arguments.ts'
import type { Options } from './command.ts'
import type { Output } from './output.ts'

export interface Outside {
  readonly session: HostSession
  /** After the run: the digest of what was said. Writes the recording; throws when a replay was not asked for all. */
  finish(): string
  close(): Promise<void>
}

/** Throws `InvalidInputError` and `LimitExceededError` naming the option. */
export function openOutside(options: Options, output: Output): Outside {
  const permissions = listOption(options, 'permission')
  const cgi = textOption(options, 'cgi')
  const record = textOption(options, 'record')
  const replay = textOption(options, 'replay')
  if (replay === undefined) return liveOutside(permissions, cgi, record, output)
  if (permissions.length > 0 || cgi !== undefined || record !== undefined)
    throw new InvalidInputError(
      '--replay',
      'reaches nothing, and --permission, --cgi or --record is there too',
      {
        fix: 'leave them out',
      },
    )
  return replayedOutside(replay)
}

function liveOutside(
  permissions: readonly string[],
  cgi: string | undefined,
  record: string | undefined,
  output: Output,
): Outside {
  const config = parseHostConfig(
    {
      grants: permissions.map((permission) => ({ permission, allowPrivate: isPrivate(permission) })),
      ...(cgi === undefined
        ? {}
        : { cgi: { directory: resolve(cgi), env: { PATH: process.env.PATH ?? '/usr/bin:/bin' } } }),
    },
    '--permission',
  )
  const host = createHost(config, { log: refusalsTo(output) })
  const session = recordingSession(host.open(permissions))
  return {
    session,
    finish() {
      const transcript = session.transcript()
      if (record !== undefined) writeFileSync(record, encodeTranscript(transcript))
      return transcriptDigest(transcript)
    },
    async close() {
      await session.close()
      await host.close()
    },
  }
}

function replayedOutside(file: string): Outside {
  const transcript = decodeTranscript(readTranscript(file))
  const session = replaySession(transcript)
  return {
    session,
    finish() {
      if (!session.finished())
        throw new InvalidInputError('--replay', `the run asked for less than ${file} holds`, {
          fix: 'replay with the module, input, seed and time it was recorded with',
        })
      return transcriptDigest(transcript)
    },
    close: () => session.close(),
  }
}

function readTranscript(file: string): Uint8Array {
  try {
    const { size } = statSync(file)
    if (size > 2 * TRANSCRIPT_BYTES_MAX)
      throw new LimitExceededError('transcript file bytes', size, 2 * TRANSCRIPT_BYTES_MAX)
    return Uint8Array.from(readFileSync(file))
  } catch (cause) {
    if (cause instanceof LimitExceededError) throw cause
    throw new InvalidInputError('--replay', `${file} cannot be read`, {
      cause,
      fix: 'name a file --record wrote',
    })
  }
}

/** Whether a permission itself names this machine or an address that is not public. */
function isPrivate(permission: string): boolean {
  const resource = parsePermission(permission)
  if (!('host' in resource)) return false
  const { host } = resource
  return host === 'localhost' || (parseAddress(host) !== undefined && !isPublicAddress(host))
}

/** A call that was refused is worth a line: the guest sees a number. */
function refusalsTo(output: Output): Log {
  const log: Log = {
    debug: () => {},
    info: () => {},
    warn: (event, fields = {}) => {
      const told = Object.values(fields).map(String).join(', ')
      output.progress(`${event}: ${told}`)
    },
    error: (event) => output.progress(event),
    child: () => log,
  }
  return log
}
