/**
 * A node's part in standing committees: it observes when a request's prover asks, and gathers observations when it is the prover.
 * @module
 */
import { createCommitteeReads } from '../../adapters/chain/standing-reads.ts'
import { sameHex } from '../../crypto/bytes.ts'
import { schnorrSecret } from '../../crypto/schnorr.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Log } from '../../ports/log.ts'
import type { Store } from '../../ports/store.ts'
import type { Transport } from '../../ports/transport.ts'
import type { FunctionId } from '../../protocol/types.ts'
import type { Engine } from '../../runtime/engine.ts'
import { WindowClosedError } from '../../runtime/execution.ts'
import { guarded } from '../../runtime/loads.ts'
import { Observer, type ObservingDependencies } from '../../runtime/observing/member.ts'
import { gatherObservations } from '../../runtime/observing/prover.ts'
import { OBSERVE } from '../../runtime/observing/wire.ts'
import type { ProvingDependencies } from '../../runtime/proving.ts'
import type { Signer } from '../../runtime/signer.ts'
import type { ChainAccess } from '../shared/chain-access.ts'

export interface NodeObserving {
  readonly chain: ChainAccess
  readonly signer: Pick<Signer, 'address'>
  readonly attestorKey: Uint8Array
  readonly engine: Engine
  readonly execute: ObservingDependencies['execute']
  /** Functions with permissions that it observes for whoever asks. */
  readonly observes: readonly FunctionId[]
  readonly transport: Transport
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
}

/** Serves OBSERVE. What it gives gathers the others' observations for this node's own proofs. */
export async function serveObservations(node: NodeObserving): Promise<ProvingDependencies['gather']> {
  const { chain, engine, transport, log } = node
  const shared = {
    chainId: chain.network.deployment.chainId,
    attestor: node.signer.address,
    reads: createCommitteeReads(chain.reader, chain.network.deployment),
    functionById: engine.functionById.bind(engine),
    log,
  }
  const observer = new Observer({
    ...shared,
    secret: schnorrSecret(node.attestorKey),
    execute: node.execute,
    mayReachOut: (functionId) => node.observes.some((one) => sameHex(one, functionId)),
    observable: engine.observable.bind(engine),
    store: node.store,
    clock: node.clock,
  })
  await transport.handle(OBSERVE, guarded(log, 'observation not given', observer.answer.bind(observer)))
  const gathering = {
    ...shared,
    transport,
    observe: observer.observe.bind(observer),
    peerOf: engine.view.peerOf.bind(engine.view),
  }
  return async (requestId, observed, signal) => {
    const asked = engine.observable(requestId)
    if (asked === undefined) throw new WindowClosedError()
    return gatherObservations(gathering, asked, observed, signal)
  }
}
