/**
 * The outside as `dikast run` lets a guest reach it: what its permissions name, written down or played back when asked.
 *
 * Whoever runs it is author and operator at once: a permission is the grant too, unless an extensions file grants, as it does on
 * a node. Without the file an address of this machine or of a private network is reached only when a permission names it.
 * @module
 */
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { type HostConfig, parseHostConfig, readHostConfig } from '../../adapters/host/config.ts'
import { createHost } from '../../adapters/host/host.ts'
import { isPublicAddress, parseAddress } from '../../core/permissions/address.ts'
import { parsePermission, parsePermissions } from '../../core/permissions/permission.ts'
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
import { OUTSIDE_OPTIONS } from './run-options.ts'

export interface Outside {
  readonly session: HostSession
  /** After the run: the digest of what was said. Writes the recording; throws when a replay was not asked for all. */
  finish(): string
  close(): Promise<void>
}

/** Throws `InvalidInputError` and `LimitExceededError` naming the option. */
export function openOutside(options: Options, output: Output): Outside {
  const replay = textOption(options, 'replay')
  if (replay === undefined) return liveOutside(options, output)
  const others = OUTSIDE_OPTIONS.filter((name) => name !== 'replay' && options[name] !== undefined)
  if (others.length > 0)
    throw new InvalidInputError(
      '--replay',
      `reaches nothing, and ${others.map((name) => `--${name}`).join(', ')} is there too`,
      { fix: 'leave all but --replay out' },
    )
  return replayedOutside(replay)
}

function liveOutside(options: Options, output: Output): Outside {
  const permissions = listOption(options, 'permission')
  const record = textOption(options, 'record')
  checkPermissions(permissions)
  const host = createHost(grantsFrom(permissions, options), { log: refusalsTo(output) })
  const missing = permissions.filter((permission) => !host.grantsCover([permission]))
  if (missing.length > 0)
    throw new InvalidInputError('--extensions', `no grant of it covers ${missing.join(', ')}`, {
      fix: 'grant it there, or leave the permission out: a node with this file declines such a function',
    })
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

function checkPermissions(permissions: readonly string[]): void {
  try {
    parsePermissions(permissions)
  } catch (cause) {
    if (!(cause instanceof InvalidInputError)) throw cause
    throw new InvalidInputError('--permission', cause.message.replace(/^permission: /, ''), {
      cause,
      fix: 'write it like https://api.example.com/v1 or cgi:alias; docs/extensions.md lists the forms',
    })
  }
}

/** What an operator's file grants; without one, what the permissions name. */
function grantsFrom(permissions: readonly string[], options: Options): HostConfig {
  const file = textOption(options, 'extensions')
  const cgi = textOption(options, 'cgi')
  if (file !== undefined) {
    if (cgi !== undefined)
      throw new InvalidInputError('--cgi', 'is there beside --extensions, which names the folder itself', {
        fix: 'leave one of them out',
      })
    return readHostConfig(file)
  }
  for (const permission of permissions) {
    const { capability } = parsePermission(permission)
    if (capability === 'cgi' && cgi === undefined)
      throw new InvalidInputError('--permission', `${permission} needs the folder of the executable`, {
        fix: 'name it with --cgi',
      })
    if (capability === 'ipfs' || capability === 'llm' || capability === 'driver')
      throw new InvalidInputError('--permission', `${permission} needs to be told what answers`, {
        fix: 'say so in an extensions file, and name it with --extensions; docs/extensions.md explains it',
      })
  }
  return parseHostConfig(
    {
      grants: permissions.map((permission) => ({ permission, allowPrivate: isPrivate(permission) })),
      ...(cgi === undefined
        ? {}
        : { cgi: { directory: resolve(cgi), env: { PATH: process.env.PATH ?? '/usr/bin:/bin' } } }),
    },
    '--permission',
  )
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
