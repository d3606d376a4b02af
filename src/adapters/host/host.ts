/**
 * What an operator offers, for all runs of a node; and a session of it for one run.
 *
 * A refusal is an answer to the guest and a line in the operator's log. Anything else that goes wrong here is thrown: the
 * run has then no result.
 * @module
 */
import type { HostAnswer, HostCall, HostValue } from '../../core/host-call.ts'
import { HOST_ANSWER_BYTES_MAX } from '../../core/host-call.ts'
import { decodeValue, encodeAnswer } from '../../core/host-codec.ts'
import {
  capabilitiesOf,
  covers,
  parsePermission,
  parsePermissions,
} from '../../core/permissions/permission.ts'
import type { Host, HostSession } from '../../ports/host.ts'
import { type Log, silentLog } from '../../ports/log.ts'
import type { Hex } from '../../protocol/types.ts'
import { CgiSession } from './cgi.ts'
import { CgiDirectory } from './cgi-directory.ts'
import type { HostConfig } from './config.ts'
import { DriverSession } from './driver.ts'
import { DriverProcess } from './driver-process.ts'
import { Gate, type Grant } from './gate.ts'
import { httpCall } from './http.ts'
import { ipfsCall } from './ipfs.ts'
import { llmCall } from './llm.ts'
import { RefusedError } from './refusal.ts'
import { type Resolve, systemResolve } from './resolve.ts'
import { s3Call } from './s3.ts'
import { SocketSession } from './socket.ts'

const DRIVER_ANSWER_MS = 10_000
const DRIVER_RESTART_MS = 1_000
const REASON_LENGTH_MAX = 500

export interface HostOptions {
  readonly log?: Log
  /** How host names become addresses; the system's resolver unless a test has another. */
  readonly resolve?: Resolve
  readonly driverAnswerMs?: number
  readonly driverRestartMs?: number
}

export function createHost(config: HostConfig, options: HostOptions = {}): Host {
  return new ConfiguredHost(config, options)
}

class ConfiguredHost implements Host {
  readonly capabilities: Hex
  readonly config: HostConfig
  readonly log: Log
  readonly resolve: Resolve
  readonly grants: readonly Grant[]
  readonly drivers: ReadonlyMap<string, DriverProcess>
  readonly cgi: CgiDirectory | undefined

  constructor(config: HostConfig, options: HostOptions) {
    const { log = silentLog, resolve = systemResolve } = options
    this.config = config
    this.log = log
    this.resolve = resolve
    this.grants = config.grants.map(({ permission, allowPrivate }) => ({
      resource: parsePermission(permission),
      allowPrivate,
    }))
    this.capabilities = capabilitiesOf(config.grants.map(({ permission }) => permission))
    this.drivers = new Map(
      Object.entries(config.drivers).map(([scheme, { command, env }]) => {
        const {
          driverAnswerMs: answerMs = DRIVER_ANSWER_MS,
          driverRestartMs: restartMs = DRIVER_RESTART_MS,
        } = options
        return [scheme, new DriverProcess({ scheme, command, env, log, answerMs, restartMs })]
      }),
    )
    this.cgi = config.cgi && new CgiDirectory(config.cgi.directory, config.cgi.env, log)
  }

  open(permissions: readonly string[]): HostSession {
    return new ConfiguredSession(this, new Gate(parsePermissions(permissions), this.grants))
  }

  grantsCover(permissions: readonly string[]): boolean {
    return parsePermissions(permissions).every((needed) =>
      this.grants.some(({ resource }) => covers(resource, needed)),
    )
  }

  async close(): Promise<void> {
    await Promise.all([...this.drivers.values()].map((driver) => driver.close()))
  }
}

class ConfiguredSession implements HostSession {
  readonly #host: ConfiguredHost
  readonly #gate: Gate
  readonly #abort = new AbortController()
  readonly #cgi: CgiSession | undefined
  readonly #drivers: DriverSession
  readonly #sockets: SocketSession

  constructor(host: ConfiguredHost, gate: Gate) {
    this.#host = host
    this.#gate = gate
    const { cgi: directory, config } = host
    if (directory !== undefined && config.cgi !== undefined) {
      this.#cgi = new CgiSession(directory, { cwd: config.cgi.directory, env: config.cgi.env, gate })
    }
    this.#drivers = new DriverSession(host.drivers, gate)
    this.#sockets = new SocketSession(gate, host.resolve)
  }

  async call(call: HostCall): Promise<Uint8Array> {
    const bytes = encodeAnswer(await this.#answer(call))
    return bytes.length <= HOST_ANSWER_BYTES_MAX
      ? bytes
      : encodeAnswer(this.#refused(call, tooLarge(bytes.length)))
  }

  async close(): Promise<void> {
    this.#abort.abort()
    await Promise.all([this.#cgi?.close(), this.#drivers.close(), this.#sockets.close()])
  }

  async #answer(call: HostCall): Promise<HostAnswer> {
    try {
      return { value: await this.#perform(call, decodeValue(call.payload, 'host call')) }
    } catch (error) {
      if (error instanceof RefusedError) return this.#refused(call, error)
      throw error
    }
  }

  #refused({ capability, operation }: HostCall, { refusal, message }: RefusedError): HostAnswer {
    const reason = message.slice(0, REASON_LENGTH_MAX)
    this.#host.log.warn('call to the outside refused', { capability, operation, refusal, reason })
    return { refused: refusal }
  }

  #perform({ capability, operation }: HostCall, payload: HostValue): Promise<HostValue> {
    const gate = this.#gate
    const { resolve, config } = this.#host
    const world = { gate, resolve, signal: this.#abort.signal }
    switch (capability) {
      case 'http':
        return httpCall(world, payload)
      case 's3':
        return s3Call(world, operation, payload)
      case 'ipfs':
        if (config.ipfs === undefined) throw notOffered('IPFS node')
        return ipfsCall({ ...world, apiUrl: config.ipfs.apiUrl }, operation, payload)
      case 'cgi':
        if (this.#cgi === undefined) throw notOffered('directory of extensions')
        return this.#cgi.call(operation, payload)
      case 'driver':
        return this.#drivers.call(operation, payload)
      case 'socket':
        return this.#sockets.call(operation, payload)
      case 'llm':
        if (config.llm === undefined) throw notOffered('provider of models')
        return llmCall({ ...world, provider: config.llm }, operation, payload)
    }
  }
}

function notOffered(what: string): RefusedError {
  return new RefusedError('permission', `this node has no ${what}`, {
    fix: 'add its section to the extensions file',
  })
}

function tooLarge(length: number): RefusedError {
  return new RefusedError(
    'failed',
    `the answer is ${length} bytes long, at most ${HOST_ANSWER_BYTES_MAX} are taken`,
  )
}
