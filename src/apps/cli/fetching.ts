/**
 * What making a result again takes: the function's module, and the evidence of the result. From files, or from peers.
 * @module
 */
import { randomBytes } from 'node:crypto'
import { createLibp2pTransport } from '../../adapters/transport/libp2p.ts'
import { silentLog } from '../../ports/log.ts'
import type { DeployedFunction } from '../../ports/market.ts'
import type { Transport } from '../../ports/transport.ts'
import { InvalidInputError } from '../../protocol/errors.ts'
import { PROVING_KEY_BYTES_MAX } from '../../protocol/limits.ts'
import type { Hash, PeerId } from '../../protocol/types.ts'
import { fetchEvidence } from '../../runtime/evidence-exchange.ts'
import { fetchModule } from '../../runtime/module-exchange.ts'
import type { ChainAccess } from '../shared/chain-access.ts'
import { readEvidence } from './evidence-file.ts'
import { readModule } from './module-file.ts'
import type { Output } from './output.ts'
import { findNodes } from './peers.ts'

/** Enough that one of them has the module; more are asked when more are known. */
const NODES_WANTED = 4

/** Peers, looked for when something is to be fetched and not before. */
export class Fetching {
  readonly chain: ChainAccess
  readonly #output: Output
  #transport: Transport | undefined

  constructor(chain: ChainAccess, output: Output) {
    this.chain = chain
    this.#output = output
  }

  async module(moduleHash: Hash): Promise<Uint8Array> {
    this.#output.progress(`fetching module ${moduleHash}`)
    const { transport, peers } = await this.#peers(NODES_WANTED)
    return fetchModule(transport, moduleHash, peers)
  }

  async provingKey(provingKey: Hash): Promise<Uint8Array> {
    this.#output.progress(`fetching proving key ${provingKey}`)
    const { transport, peers } = await this.#peers(NODES_WANTED)
    return fetchModule(transport, provingKey, peers, { bytesMax: PROVING_KEY_BYTES_MAX })
  }

  /** Only those who attested it need to have it, so all nodes are asked. */
  async evidence(evidenceHash: Hash): Promise<Uint8Array> {
    this.#output.progress(`fetching evidence ${evidenceHash}`)
    const { transport, peers } = await this.#peers(Number.POSITIVE_INFINITY)
    return fetchEvidence(transport, evidenceHash, peers)
  }

  async stop(): Promise<void> {
    await this.#transport?.stop()
  }

  async #peers(
    wantedMax: number,
  ): Promise<{ readonly transport: Transport; readonly peers: readonly PeerId[] }> {
    const { reads, network } = this.chain
    this.#transport ??= await createLibp2pTransport({
      privateKey: randomBytes(32),
      listen: [],
      log: silentLog,
    })
    const wanted = Math.min(wantedMax, Number(await reads.nodeCount()))
    const peers = await findNodes(this.#transport, network.coordinators, wanted)
    return { transport: this.#transport, peers }
  }
}

/** From the file given, or from any peer: the hash decides. */
export async function moduleOf(
  known: DeployedFunction,
  file: string | undefined,
  fetching: Fetching,
): Promise<Uint8Array> {
  const { moduleHash } = known.spec
  if (file === undefined) return fetching.module(moduleHash)
  const { bytes, moduleHash: found } = await readModule(file)
  if (found !== moduleHash) {
    throw new InvalidInputError('--module', `${file} is not module ${moduleHash}`, {
      fix: 'leave --module out to fetch it from peers',
    })
  }
  return bytes
}

/** Likewise. */
export async function evidenceOf(
  evidenceHash: Hash,
  file: string | undefined,
  fetching: Fetching,
): Promise<Uint8Array> {
  return file === undefined ? fetching.evidence(evidenceHash) : readEvidence(file, evidenceHash)
}
