/**
 * External extensions of one run: streams that a driver process opens for a URL of its scheme.
 * @module
 */
import type { HostValue } from '../../core/host-call.ts'
import { resourceOf } from '../../core/permissions/permission.ts'
import { parseUrl, type UrlParts } from '../../core/permissions/url.ts'
import { DikastError } from '../../protocol/errors.ts'
import { FRAME } from './driver-frames.ts'
import type { DriverProcess } from './driver-process.ts'
import type { Gate } from './gate.ts'
import { bytesField, numberField, textField } from './payload.ts'
import { RefusedError } from './refusal.ts'

/** Of one run, at a time. */
const STREAMS_MAX = 64
const READ_BYTES_MAX = 65_536
const OPTIONS_BYTES_MAX = 32_768
const encoder = new TextEncoder()

interface Stream {
  readonly driver: DriverProcess
  readonly generation: number
  readonly stream: number
}

export class DriverSession {
  readonly #drivers: ReadonlyMap<string, DriverProcess>
  readonly #gate: Gate
  readonly #streams = new Map<number, Stream>()
  #last = 0
  #closed = false

  constructor(drivers: ReadonlyMap<string, DriverProcess>, gate: Gate) {
    this.#drivers = drivers
    this.#gate = gate
  }

  async call(operation: string, payload: HostValue): Promise<HostValue> {
    if (operation === 'open') return this.#open(textField(payload, 'url'), textField(payload, 'options'))
    const number = numberField(payload, 'stream')
    const found = this.#streams.get(number)
    if (found === undefined) throw new RefusedError('handle', `stream ${number} is not open`)
    const { driver, generation, stream } = found
    switch (operation) {
      case 'read': {
        const bytesMax = Math.min(numberField(payload, 'bytesMax'), READ_BYTES_MAX)
        const bytes = await driver.call(generation, FRAME.read, stream, bytesMax)
        if (bytes.length > bytesMax)
          throw new RefusedError('failed', 'the driver gives more than it was asked for')
        return bytes
      }
      case 'write': {
        const bytes = bytesField(payload, 'bytes')
        const count = numberIn(await driver.call(generation, FRAME.write, stream, bytes))
        if (count !== bytes.length)
          throw new RefusedError('failed', `the driver took ${count} of ${bytes.length} bytes`)
        return count
      }
      case 'close':
        this.#streams.delete(number)
        await driver.call(generation, FRAME.close, stream)
        return null
      default:
        throw new RefusedError('method', `${operation} is no operation of drivers`)
    }
  }

  /** Streams are closed, drivers live on. */
  async close(): Promise<void> {
    this.#closed = true
    const all = [...this.#streams.values()]
    this.#streams.clear()
    await Promise.allSettled(
      all.map(async ({ driver, generation, stream }) => driver.call(generation, FRAME.close, stream)),
    )
  }

  async #open(text: string, options: string): Promise<HostValue> {
    const url = driverUrl(text)
    this.#gate.check(resourceOf(url))
    const driver = this.#drivers.get(url.scheme)
    if (driver === undefined) throw new RefusedError('absent', `no driver has the scheme ${url.scheme}`)
    if (this.#streams.size >= STREAMS_MAX)
      throw new RefusedError('too-many', `${STREAMS_MAX} streams are open`)
    const [bytes, opts] = [encoder.encode(text), encoder.encode(options)]
    if (opts.length > OPTIONS_BYTES_MAX) throw new RefusedError('invalid', 'the options are too long')
    const generation = await driver.ready()
    const stream = numberIn(await driver.call(generation, FRAME.open, bytes.length, bytes, opts))
    const opened = { driver, generation, stream }
    if (this.#closed) {
      await driver.call(generation, FRAME.close, stream)
      throw new RefusedError('failed', 'the run is over')
    }
    this.#streams.set(++this.#last, opened)
    return this.#last
  }
}

/** No normalising here: the driver gets the text as it was checked. */
function driverUrl(text: string): UrlParts {
  try {
    const url = parseUrl(text)
    if (resourceOf(url).capability !== 'driver')
      throw new RefusedError('url', `${url.scheme} is no scheme of a driver`)
    return url
  } catch (cause) {
    if (cause instanceof RefusedError || !(cause instanceof DikastError)) throw cause
    throw new RefusedError('url', cause.message, { cause })
  }
}

function numberIn(body: Uint8Array): number {
  if (body.length !== 4) throw new RefusedError('failed', 'the driver’s answer has no number')
  return new DataView(body.buffer, body.byteOffset, 4).getUint32(0)
}
