/** What the runtime's tests share: a request and its committee's keys, and stores that fail on demand. */

import { ed25519PublicKeyOf, peerIdFromEd25519PublicKey } from '../../src/adapters/transport/identity.ts'
import {
  leafOf,
  NO_EVIDENCE,
  type Outcome,
  reportOf,
  type SignedOutcome,
} from '../../src/core/request/attestation.ts'
import { snapshotOf } from '../../src/core/snapshot.ts'
import { fromHex } from '../../src/crypto/bytes.ts'
import { requestIdOf } from '../../src/crypto/eip712.ts'
import { tagHash } from '../../src/crypto/hash.ts'
import { addressOfPrivateKey, signDigest } from '../../src/crypto/signature.ts'
import type { LogPosition } from '../../src/ports/chain.ts'
import type { Log } from '../../src/ports/log.ts'
import type { DeployedFunction } from '../../src/ports/market.ts'
import type { Store, StoreWrite } from '../../src/ports/store.ts'
import type {
  Address,
  Deployment,
  FunctionSpec,
  Hex,
  PeerId,
  Request,
  RequestId,
} from '../../src/protocol/types.ts'

export const DEPLOYMENT: Deployment = {
  chainId: 31_337,
  nodeRegistry: `0x${'a1'.repeat(20)}`,
  beaconRegistry: `0x${'a2'.repeat(20)}`,
  functionRegistry: `0x${'a3'.repeat(20)}`,
  verifierRouter: `0x${'a4'.repeat(20)}`,
  market: `0x${'aa'.repeat(20)}`,
  fromBlock: 0n,
}
export const DOMAIN = { chainId: DEPLOYMENT.chainId, contract: DEPLOYMENT.market }

export interface TestNode {
  readonly key: Uint8Array
  readonly attestor: Address
  /** Raw Ed25519 key, as the registry holds it. */
  readonly peerKey: Hex
  readonly peer: PeerId
}

export function nodeOf(label: string): TestNode {
  const key = fromHex(tagHash(`runtime key ${label}`))
  const peerKey = ed25519PublicKeyOf(fromHex(tagHash(`runtime peer ${label}`)))
  return { key, attestor: addressOfPrivateKey(key), peerKey, peer: peerIdFromEd25519PublicKey(peerKey) }
}

/** A network whose whole snapshot is the committee, so that every node is drawn. */
export const NODES: readonly TestNode[] = [0, 1, 2, 3, 4].map((i) => nodeOf(String(i)))
export const SNAPSHOT = snapshotOf(NODES.map(({ attestor }, number) => ({ attestor, number, weight: 10n })))
/** The first window opens at this second. */
export const OPENS_AT = 1_000_000n
const WINDOW_SECONDS = 60n

export function requestOf(nonce: number, patch: Partial<Request> = {}): Request {
  const zero: Address = `0x${'00'.repeat(20)}`
  return {
    requester: zero,
    functionId: tagHash('runtime function'),
    nonce: BigInt(nonce),
    epoch: 1,
    snapshot: `0x${'05'.repeat(20)}`,
    consensus: 'exact',
    committeeSize: NODES.length,
    verifier: zero,
    functionOwner: zero,
    deadline: OPENS_AT + 2n * WINDOW_SECONDS,
    callbackTarget: zero,
    callbackGas: 0,
    outputBytesMax: 64,
    challengeWindow: 0,
    flatFeePerSeat: 1n,
    fuelPrice: 1n,
    fuelLimit: 100n,
    royalty: 0n,
    protocolFee: 0n,
    maxFeePerGas: 1n,
    input: '0x',
    attempts: [
      { round: 10n, opensAt: OPENS_AT, closesAt: OPENS_AT + WINDOW_SECONDS },
      { round: 20n, opensAt: OPENS_AT + WINDOW_SECONDS, closesAt: OPENS_AT + 2n * WINDOW_SECONDS },
    ],
    ...patch,
  }
}

/** What every request here is of. */
export function functionOf(functionId: Hex, patch: Partial<FunctionSpec> = {}): DeployedFunction {
  const spec = {
    kind: 'wasm',
    moduleHash: tagHash('module'),
    entry: '_start',
    runtime: 'deterministic-1',
    capabilities: NO_EVIDENCE,
    permissions: [],
    consensus: 0,
    agreement: '',
    committeeSize: NODES.length,
    fuelLimit: 100n,
    memoryBytesMax: 65_536n,
    outputBytesMax: 64,
    windowSeconds: 60,
    flatFeePerSeat: 1n,
    fuelPrice: 1n,
    royalty: 0n,
    verifierSelector: '0x',
    verificationKeyHash: NO_EVIDENCE,
    challengeWindow: 0,
    ...patch,
  } as const
  return { functionId, owner: `0x${'00'.repeat(20)}`, spec, uris: [] }
}

export const idOf = (request: Request): RequestId => requestIdOf(DOMAIN, request)

export const RIGHT: Outcome = {
  exit: 0,
  fuelUsed: 20n,
  output: Uint8Array.of(1, 2, 3),
  evidenceHash: NO_EVIDENCE,
}
export const outputOf = (...bytes: number[]): Outcome => ({ ...RIGHT, output: Uint8Array.of(...bytes) })

export function signedBy(
  node: Pick<TestNode, 'key'>,
  request: Request,
  outcome: Outcome = RIGHT,
  attempt = 0,
): SignedOutcome {
  const requestId = idOf(request)
  const { digest } = leafOf(DOMAIN, request, { attempt, view: 0 }, reportOf(requestId, outcome))
  const signature = signDigest(node.key, digest)
  return { ...outcome, requestId, attempt, view: 0, signature }
}

export function positionAt(blockNumber: bigint): LogPosition {
  return {
    blockNumber,
    blockHash: tagHash(`block ${blockNumber}`),
    transactionHash: tagHash('tx'),
    logIndex: 0,
  }
}

/** A store whose writes throw while `fails` says so. */
export function failingStore(inner: Store, fails: (writes: readonly StoreWrite[]) => boolean): Store {
  return {
    get: (space, key) => inner.get(space, key),
    list: (space, options) => inner.list(space, options),
    write: (writes) => {
      if (fails(writes)) throw new Error('the disk is full')
      inner.write(writes)
    },
    close: () => inner.close(),
  }
}

/** How many entries the store has in the spaces named. */
export function entriesIn(store: Store, ...spaces: readonly string[]): number {
  return spaces.reduce((sum, space) => sum + store.list(space, { limit: 10_000 }).length, 0)
}

export interface LogLine {
  readonly level: string
  readonly event: string
  readonly fields: Readonly<Record<string, unknown>>
}

export function recordingLog(): Log & { readonly lines: LogLine[] } {
  const lines: LogLine[] = []
  const at =
    (level: string) =>
    (event: string, fields: Readonly<Record<string, unknown>> = {}): void => {
      lines.push({ level, event, fields })
    }
  const log = {
    lines,
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: () => log,
  }
  return log
}

/** For a `MemoryNetwork`: what takes no time happens at the next turn, so that `settled` is enough to wait for it. */
export function promptly(task: () => void, delayMs: number): () => void {
  if (delayMs === 0) {
    const turn = setImmediate(task)
    return () => clearImmediate(turn)
  }
  const timer = setTimeout(task, delayMs).unref()
  return () => clearTimeout(timer)
}

/** Lets everything that is ready run. */
export async function settled(turns = 20): Promise<void> {
  for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve))
}

/** A clock that stands still until it is moved. */
export function handClock(startMs: number) {
  let nowMs = startMs
  return {
    nowMs: () => nowMs,
    advance: (ms: number): void => {
      nowMs += ms
    },
  }
}
