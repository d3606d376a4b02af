/**
 * The `Beacon` port over drand's HTTP API. A server is trusted with nothing: the chain is pinned by its hash or by its
 * key, every signature is verified, answers are bounded in bytes and time, and another server is asked when one fails.
 * @module
 */
import { z } from 'zod'
import { DRAND_SCHEME, drandChainHash, g2ToEip2537, randomnessOf, verifyRound } from '../../crypto/drand.ts'
import { compressG1 } from '../../crypto/eip2537.ts'
import { type Beacon, BeaconError, type BeaconInfo, type BeaconRound } from '../../ports/beacon.ts'
import { InvalidInputError } from '../../protocol/errors.ts'
import type { Digest, Hash, Hex } from '../../protocol/types.ts'

/** An info answer has some 400 bytes, a round 300. */
const BODY_BYTES_MAX = 16 * 1024
const TIMEOUT_MS = 5_000
const URLS_MAX = 8

const hexBytes = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`))
const infoSchema = z.object({
  public_key: hexBytes(96),
  period: z.number().int().min(1).max(86_400),
  genesis_time: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
  groupHash: hexBytes(32),
  schemeID: z.string().max(100),
  metadata: z.object({ beaconID: z.string().max(100) }).optional(),
})
const roundSchema = z.object({ round: z.number().int().min(1), signature: hexBytes(48) })

export interface DrandBeaconOptions {
  /** Servers, in the order to try them, e.g. `https://api.drand.sh`. */
  readonly urls: readonly string[]
  /** Pins the chain. One of this and `info` must be given; the hash also pins what servers say of the chain. */
  readonly chainHash?: Hash
  readonly info?: BeaconInfo
  /** For one server's whole answer. */
  readonly timeoutMs?: number
}

/** Throws `InvalidInputError` for options that would trust a server. */
export function createDrandBeacon(options: DrandBeaconOptions): Beacon {
  if (options.urls.length === 0 || options.urls.length > URLS_MAX) {
    throw new InvalidInputError('urls', `are ${options.urls.length}, not 1 to ${URLS_MAX}`)
  }
  for (const url of options.urls) {
    if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
      throw new InvalidInputError('urls', 'hold something that is no http URL')
    }
  }
  if (options.chainHash === undefined && options.info === undefined) {
    throw new InvalidInputError('chainHash', 'is missing, and so is info', {
      fix: 'pin the chain by its hash or by its public key, genesis and period',
    })
  }
  if (options.chainHash !== undefined && !/^0x[0-9a-f]{64}$/.test(options.chainHash)) {
    throw new InvalidInputError('chainHash', 'is not 32 bytes of lower-case hex')
  }
  if (options.info !== undefined) g2ToEip2537(options.info.publicKey)
  return new DrandBeacon(options)
}

class DrandBeacon implements Beacon {
  readonly #urls: string[]
  readonly #path: string
  readonly #chainHash: Hash | undefined
  readonly #timeoutMs: number
  readonly #closing = new AbortController()
  #info: BeaconInfo | undefined

  constructor(options: DrandBeaconOptions) {
    this.#urls = options.urls.map((url) => url.replace(/\/+$/, ''))
    this.#path = options.chainHash === undefined ? '' : `/${options.chainHash.slice(2)}`
    this.#chainHash = options.chainHash
    this.#timeoutMs = options.timeoutMs ?? TIMEOUT_MS
    this.#info = options.info
  }

  async info(): Promise<BeaconInfo> {
    this.#info ??= await this.#ask('/info', (body) => this.#readInfo(body))
    return this.#info
  }

  async round(round: bigint): Promise<BeaconRound> {
    const { publicKey } = await this.info()
    return this.#ask(`/public/${round}`, (body) => {
      const answer = roundSchema.safeParse(body)
      if (!answer.success || BigInt(answer.data.round) !== round) {
        throw new BeaconError('malformed', `not an answer for round ${round}`)
      }
      const signature: Hex = `0x${answer.data.signature}`
      if (!verifyRound(publicKey, round, signature))
        throw new BeaconError('invalid-signature', `round ${round}`)
      return { round, signature, randomness: randomnessOf(signature) }
    })
  }

  async randomnessOf(round: bigint, signature: Hex): Promise<Digest | undefined> {
    const { publicKey } = await this.info()
    let compressed: Hex
    try {
      compressed = compressG1(signature)
    } catch {
      return undefined // No point of the group: nobody's signature.
    }
    return verifyRound(publicKey, round, compressed) ? randomnessOf(compressed) : undefined
  }

  async close(): Promise<void> {
    this.#closing.abort()
  }

  #readInfo(body: unknown): BeaconInfo {
    const answer = infoSchema.safeParse(body)
    if (!answer.success) throw new BeaconError('malformed', 'not a chain info')
    const { public_key, period, genesis_time, groupHash, schemeID, metadata } = answer.data
    if (schemeID !== DRAND_SCHEME) throw new BeaconError('wrong-chain', `scheme ${schemeID}`)
    const info: BeaconInfo = {
      publicKey: `0x${public_key}`,
      genesisTime: genesis_time,
      periodSeconds: period,
    }
    const beaconId = metadata?.beaconID ?? 'default'
    if (drandChainHash({ ...info, groupHash: `0x${groupHash}`, beaconId }) !== this.#chainHash) {
      throw new BeaconError('wrong-chain', 'the info does not hash to the pinned chain')
    }
    g2ToEip2537(info.publicKey)
    return info
  }

  /** Asks each server until one gives an answer that reads well; that one is asked first from then on. */
  async #ask<T>(path: string, read: (body: unknown) => T): Promise<T> {
    let failure: BeaconError | undefined
    for (const url of [...this.#urls]) {
      if (this.#closing.signal.aborted) throw new BeaconError('unreachable', 'the beacon is closed')
      try {
        const answer = read(await this.#fetch(`${url}${this.#path}${path}`))
        this.#urls.splice(this.#urls.indexOf(url), 1)
        this.#urls.unshift(url)
        return answer
      } catch (error) {
        const known =
          error instanceof BeaconError ? error : new BeaconError('malformed', String(error), { cause: error })
        // One server that is merely early outweighs others that are broken: the caller should wait, not worry.
        if (failure?.reason !== 'not-emitted') failure = known
      }
    }
    throw failure ?? new BeaconError('unreachable', 'no server')
  }

  async #fetch(url: string): Promise<unknown> {
    try {
      const signal = AbortSignal.any([AbortSignal.timeout(this.#timeoutMs), this.#closing.signal])
      const response = await fetch(url, {
        signal,
        redirect: 'error',
        headers: { accept: 'application/json' },
      })
      if (response.status === 404 || response.status === 425) {
        await response.body?.cancel()
        throw new BeaconError('not-emitted', `status ${response.status}`)
      }
      if (!response.ok) {
        await response.body?.cancel()
        throw new BeaconError('unreachable', `status ${response.status}`)
      }
      return JSON.parse(await readBounded(response)) as unknown
    } catch (cause) {
      if (cause instanceof BeaconError) throw cause
      const malformed = cause instanceof SyntaxError
      throw new BeaconError(malformed ? 'malformed' : 'unreachable', malformed ? 'not JSON' : String(cause), {
        cause,
      })
    }
  }
}

async function readBounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of response.body ?? []) {
    length += chunk.length
    // Leaving the loop cancels the body.
    if (length > BODY_BYTES_MAX) throw new BeaconError('malformed', `answer above ${BODY_BYTES_MAX} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
