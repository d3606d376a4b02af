/**
 * A beacon of one's own, for development: drand's HTTP API over one secret. Whoever holds the secret knows every round
 * in advance, so it proves nothing to anyone else.
 * @module
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { toHex } from '../../crypto/bytes.ts'
import {
  beaconPublicKey,
  DRAND_SCHEME,
  drandChainHash,
  randomnessOf,
  roundAt,
  signRound,
} from '../../crypto/drand.ts'
import { sha256Hex } from '../../crypto/hash.ts'
import type { BeaconInfo } from '../../ports/beacon.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Hash, Hex } from '../../protocol/types.ts'

/** A signature takes some 20 ms; a demo asks for the newest few over and over. */
const CACHE_ROUNDS_MAX = 1_024
const CONNECTIONS_MAX = 256
const BEACON_ID = 'dikast-local'

export interface LocalBeaconOptions {
  /** 32 bytes, below the group's order. */
  readonly secret: Hex
  /** Seconds since 1970 at which round 1 is emitted. */
  readonly genesisTime: number
  readonly periodSeconds: number
  readonly host?: string
  readonly port?: number
  readonly clock: Clock
}

export interface LocalBeacon {
  readonly url: string
  readonly info: BeaconInfo
  readonly chainHash: Hash
  /** The signature of any round, emitted or not. */
  roundSignature(round: bigint): Hex
  close(): Promise<void>
}

export async function startLocalBeacon(options: LocalBeaconOptions): Promise<LocalBeacon> {
  const { secret, genesisTime, periodSeconds, clock } = options
  const info: BeaconInfo = { publicKey: beaconPublicKey(secret), genesisTime, periodSeconds }
  const groupHash = sha256Hex(new TextEncoder().encode(`dikast.local-beacon.v1 ${info.publicKey}`))
  const chainHash = drandChainHash({ ...info, groupHash, beaconId: BEACON_ID })
  const signatures = new Map<bigint, Hex>()
  const roundSignature = (round: bigint): Hex => {
    const signature = signatures.get(round) ?? signRound(secret, round)
    if (signatures.size >= CACHE_ROUNDS_MAX) signatures.delete(signatures.keys().next().value as bigint)
    signatures.set(round, signature)
    return signature
  }
  const infoBody = {
    public_key: info.publicKey.slice(2),
    period: periodSeconds,
    genesis_time: genesisTime,
    hash: chainHash.slice(2),
    groupHash: groupHash.slice(2),
    schemeID: DRAND_SCHEME,
    metadata: { beaconID: BEACON_ID },
  }
  const answer = (path: string): readonly [status: number, body: unknown] => {
    const prefix = `/${chainHash.slice(2)}`
    const rest = path.startsWith(`${prefix}/`) ? path.slice(prefix.length) : path
    if (path === '/chains') return [200, [chainHash.slice(2)]]
    if (rest === '/info') return [200, infoBody]
    const asked = /^\/public\/(latest|[1-9][0-9]{0,18})$/.exec(rest)?.[1]
    if (asked === undefined) return [404, { error: 'no such path' }]
    const newest = roundAt(info, BigInt(Math.floor(clock.nowMs() / 1_000)))
    const round = asked === 'latest' ? newest : BigInt(asked)
    if (round < 1n || round > newest) return [425, { error: 'not emitted yet' }]
    const signature = roundSignature(round)
    return [
      200,
      { round: Number(round), randomness: randomnessOf(signature).slice(2), signature: signature.slice(2) },
    ]
  }
  const server = createServer((request, response) => respond(request, response, answer))
  server.maxConnections = CONNECTIONS_MAX
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, options.host ?? '127.0.0.1', () => {
      server.off('error', reject)
      resolve()
    })
  })
  const { address, port, family } = server.address() as AddressInfo
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`,
    info,
    chainHash,
    roundSignature,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** A secret for a local beacon, from any text: the same text gives the same beacon. */
export function localBeaconSecret(text: string): Hex {
  const digest = sha256Hex(new TextEncoder().encode(`dikast.local-beacon-secret.v1 ${text}`))
  // The group's order begins with 0x73: clearing the top bits puts the digest below it.
  const bytes = Buffer.from(digest.slice(2), 'hex')
  bytes[0] = (bytes[0] as number) & 0x3f
  return toHex(bytes)
}

function respond(
  request: IncomingMessage,
  response: ServerResponse,
  answer: (path: string) => readonly [status: number, body: unknown],
): void {
  const readable = request.method === 'GET' || request.method === 'HEAD'
  const path = (request.url ?? '/').split('?')[0] as string
  const [status, body] = readable ? answer(path) : [405, { error: 'read only' }]
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(request.method === 'HEAD' ? undefined : JSON.stringify(body))
}
