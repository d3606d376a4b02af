/**
 * One member of a committee over real libp2p: driver, cores, signer and transport as in a node. What stands in for the rest:
 * the run, which gives what the caller says, and the market.
 */

import { wasmSecp256k1 } from '../../src/adapters/secp256k1/wasm.ts'
import type { createMemoryStore } from '../../src/adapters/store/memory.ts'
import { ed25519PublicKeyOf, peerIdFromEd25519PublicKey } from '../../src/adapters/transport/identity.ts'
import { createLibp2pTransport } from '../../src/adapters/transport/libp2p.ts'
import type { Outcome, SignedOutcome } from '../../src/core/request/attestation.ts'
import { fromHex } from '../../src/crypto/bytes.ts'
import { requestIdOf } from '../../src/crypto/eip712.ts'
import { tagHash } from '../../src/crypto/hash.ts'
import { addressOfPrivateKey, useSecp256k1 } from '../../src/crypto/signature.ts'
import { silentLog } from '../../src/ports/log.ts'
import type { Transport } from '../../src/ports/transport.ts'
import type { Address, PeerId, Request, RequestId } from '../../src/protocol/types.ts'
import { ConsensusDriver } from '../../src/runtime/consensus/driver.ts'
import { createSigner } from '../../src/runtime/signer.ts'
import { DOMAIN, functionOf, requestOf } from '../runtime/support.ts'

export const MODES = ['exact', 'aggregate', 'pbft', 'raft'] as const
export type Mode = (typeof MODES)[number]
export const ROUND = 10n

/** Who sits in a seat of the committee: the same in every process. */
export interface Identity {
  readonly seat: number
  readonly key: Uint8Array
  readonly networkKey: Uint8Array
  readonly attestor: Address
  readonly peer: PeerId
}

export function identityOf(seat: number): Identity {
  const key = fromHex(tagHash(`faults key ${seat}`))
  const networkKey = fromHex(tagHash(`faults peer ${seat}`))
  const peer = peerIdFromEd25519PublicKey(ed25519PublicKeyOf(networkKey))
  return { seat, key, networkKey, attestor: addressOfPrivateKey(key), peer }
}

export function askedOf(
  nonce: number,
  mode: Mode,
  size: number,
): { readonly id: RequestId; readonly request: Request } {
  const request = requestOf(nonce, {
    consensus: mode,
    committeeSize: size,
    attempts: [{ round: ROUND, opensAt: 0n, closesAt: 2n ** 40n }],
  })
  return { id: requestIdOf(DOMAIN, request), request }
}

export interface MemberOptions {
  readonly identity: Identity
  readonly committee: readonly Identity[]
  readonly mode: Mode
  readonly agreement?: string | undefined
  readonly listenPort: number
  /** This machine's loopback without it. */
  readonly host?: string | undefined
  /** Where to dial another seat, unless `addressOf` says it. */
  readonly portOf: (seat: number) => number | undefined
  readonly addressOf?: ((seat: number) => string | undefined) | undefined
  readonly store: ReturnType<typeof createMemoryStore>
  readonly evidence: ConstructorParameters<typeof ConsensusDriver>[0]['evidence']
  readonly isOpen: (id: RequestId) => boolean
  /** What its run gives. */
  readonly run: (id: RequestId) => Outcome
  readonly accepts: (outcome: Outcome) => boolean
  readonly attested: (message: SignedOutcome) => void
  readonly equivocated: (attestor: Address) => void
}

export interface RunningMember {
  readonly driver: ConsensusDriver
  readonly transport: Transport
  join(id: RequestId, request: Request): void
  stop(): Promise<void>
}

export async function startMember(options: MemberOptions): Promise<RunningMember> {
  const { identity, committee, mode, store, evidence, isOpen } = options
  useSecp256k1(wasmSecp256k1) // as a node's process does
  const transport = await createLibp2pTransport({
    privateKey: identity.networkKey,
    listen: [`/ip4/${options.host ?? '127.0.0.1'}/tcp/${options.listenPort}`],
    // Nobody is told where it really is: all goes through the proxies.
    announce: ['/ip4/127.0.0.1/tcp/1'],
    log: silentLog,
    limits: { inboundConnectionsPerSecondMax: 1_000, pendingInboundMax: 100 },
  })
  const peers = new Map(committee.map(({ attestor, peer }) => [attestor, peer]))
  const known = new Set(peers.values())
  transport.allow((peer) => known.has(peer))
  for (const { seat, peer } of committee) {
    const port = options.portOf(seat)
    const address = options.addressOf?.(seat) ?? (port && `/ip4/127.0.0.1/tcp/${port}`)
    if (address) await transport.learn(peer, [`${address}/p2p/${peer}`])
  }
  const { agreement = mode === 'aggregate' ? 'kind=median;type=uint256' : '' } = options
  const driver: ConsensusDriver = new ConsensusDriver({
    domain: DOMAIN,
    bls: undefined,
    signer: createSigner(identity.key, store),
    transport,
    store,
    clock: { nowMs: () => performance.timeOrigin + performance.now() },
    log: silentLog,
    evidence,
    functionById: async (id) => functionOf(id, { agreement, consensus: MODES.indexOf(mode) }),
    peerOf: (attestor) => peers.get(attestor),
    mayJoin: (id) => isOpen(id),
    wantRun: (id) => {
      const outcome = options.run(id)
      queueMicrotask(() => driver.executed(id, mode === 'aggregate' ? asWord(outcome) : outcome))
    },
    combine: async () => ({ exit: 0, output: Uint8Array.of(1) }),
    judge: async (_id, _agreement, _own, { outcome }) => options.accepts(outcome),
    attested: options.attested,
    equivocated: options.equivocated,
  })
  await driver.serve()
  return {
    driver,
    transport,
    join: (id, request) =>
      driver.join(id, request, {
        attempt: 0,
        round: ROUND,
        committee: committee.map(({ attestor }) => attestor),
        weights: committee.map(() => 1n),
        place: identity.seat,
        seed: tagHash(`seed of ${id}`),
        closesAt: 2n ** 40n,
      }),
    stop: async () => {
      driver.stopAll()
      await transport.stop()
    },
  }
}

/** As an ABI word, which an aggregate is of. */
function asWord(outcome: Outcome): Outcome {
  const output = new Uint8Array(32)
  output.set(outcome.output, 31)
  return { ...outcome, output }
}
