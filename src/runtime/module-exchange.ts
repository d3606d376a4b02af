/**
 * Modules and proving keys between peers, which are alike here: anyone may read a module by its hash, anyone may bring one that a deployed function names.
 * Every byte is checked against the hash before it counts.
 *
 * Strangers' questions cost a read and a hash of the whole module, so the last few modules stay in memory and others are
 * read one at a time.
 * @module
 */
import { parseCircuitTerms } from '../core/consensus/agreement.ts'
import { toHex } from '../crypto/bytes.ts'
import { moduleReceiptDigest, type SigningDomain } from '../crypto/eip712.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import type { DeployedFunction } from '../ports/market.ts'
import type { Modules } from '../ports/modules.ts'
import type { Transport } from '../ports/transport.ts'
import { DikastError, InvalidInputError } from '../protocol/errors.ts'
import { MODULE_BYTES_MAX, MODULE_CHUNK_BYTES_MAX } from '../protocol/limits.ts'
import { CONSENSUS, type FunctionId, type FunctionSpec, type Hash, type PeerId } from '../protocol/types.ts'
import { BoundedMap } from './bounded-map.ts'
import { fetchParts } from './fetching.ts'
import { FunctionLookup } from './function-lookup.ts'
import { guarded, Loads } from './loads.ts'
import type { Signer } from './signer.ts'
import { Uploads } from './uploads.ts'
import {
  decodeModuleBytes,
  decodeModulePart,
  decodeModuleQuery,
  decodeReceipt,
  encodeModuleBytes,
  encodeModulePart,
  encodeModuleQuery,
  encodeReceipt,
  MODULE_GET,
  MODULE_PUT,
  type ModulePart,
  partOf,
  type SignedReceipt,
} from './wire.ts'

/** A receipt says a module was here: it need not be signed anew for each who asks. */
const RECEIPT_MS = 60_000
const RECEIPTS_MAX = 256

/** No peer asked had the module's bytes. */
export class ModuleUnavailableError extends DikastError {
  readonly code = 'MODULE_UNAVAILABLE'

  constructor(moduleHash: Hash, asked: number) {
    super(`none of ${asked} peers served module ${moduleHash}`, {
      fix: 'push it again with `dikast function deploy`, or wait until a peer that has it is reachable',
    })
  }
}

/** Fetches a module from whichever of a few peers, asked side by side, first serves bytes of the right hash. */
export async function fetchModule(
  transport: Pick<Transport, 'call'>,
  moduleHash: Hash,
  peers: readonly PeerId[],
  options: { readonly signal?: AbortSignal; readonly bytesMax?: number } = {},
): Promise<Uint8Array> {
  const { bytesMax = MODULE_BYTES_MAX } = options
  const ask = async (peer: PeerId, offset: number, signal: AbortSignal) => {
    const query = encodeModuleQuery({ moduleHash, offset })
    return decodeModuleBytes(await transport.call(peer, MODULE_GET, query, { signal }))
  }
  const isRight = async (bytes: Uint8Array) => (await sha256OffLoop(bytes)) === moduleHash
  const { bytes, asked } = await fetchParts({ ask, isRight, bytesMax }, peers, options)
  if (bytes === undefined) throw new ModuleUnavailableError(moduleHash, asked)
  return bytes
}

/** On a thread of the platform's: of the largest key it takes a tenth of a second and more. */
async function sha256OffLoop(bytes: Uint8Array): Promise<Hash> {
  // Fetched into memory of this thread's own.
  return toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>)))
}

/** The hashes of what nodes need to run a function: its module, and of a circuit the key to prove it with. */
export function filesOf({ moduleHash, consensus, agreement }: FunctionSpec): readonly Hash[] {
  if (CONSENSUS[consensus] !== 'zk') return [moduleHash]
  try {
    return [moduleHash, parseCircuitTerms(agreement).provingKey]
  } catch {
    // Whoever deployed it so has no use of it.
    return [moduleHash]
  }
}

/** Pushes a module to a peer; the receipt it signs, checked by the caller. */
export async function pushModule(
  transport: Transport,
  peer: PeerId,
  module: { readonly functionId: FunctionId; readonly moduleHash: Hash; readonly bytes: Uint8Array },
): Promise<SignedReceipt> {
  const { functionId, moduleHash, bytes } = module
  for (let offset = 0; offset < bytes.length; offset += MODULE_CHUNK_BYTES_MAX) {
    const part = bytes.slice(offset, offset + MODULE_CHUNK_BYTES_MAX)
    const frame = encodeModulePart({ functionId, moduleHash, offset, total: bytes.length, bytes: part })
    const receipt = decodeReceipt(await transport.call(peer, MODULE_PUT, frame))
    if (receipt !== undefined) return receipt
  }
  throw new InvalidInputError('receipt', `peer ${peer} took every part and signed nothing`)
}

export interface ModuleExchangeDependencies {
  readonly transport: Transport
  readonly modules: Modules
  readonly signer: Pick<Signer, 'address' | 'signStatement'>
  readonly domain: SigningDomain
  readonly clock: Clock
  readonly log: Log
  /** A deployed function this process knows of without asking. */
  readonly knownFunction: (functionId: FunctionId) => DeployedFunction | undefined
  readonly functionById: (functionId: FunctionId) => Promise<DeployedFunction | undefined>
  readonly isRegistered: (peer: PeerId) => boolean
}

/** Serves MODULE_GET and MODULE_PUT. */
export async function serveModules(deps: ModuleExchangeDependencies): Promise<void> {
  const { transport, log } = deps
  const server = new ModuleServer(deps)
  await transport.handle(
    MODULE_GET,
    guarded(log, 'module not served', (from, payload) => server.part(from, payload)),
  )
  await transport.handle(
    MODULE_PUT,
    guarded(log, 'module not taken', (from, payload) => server.take(from, payload)),
  )
}

class ModuleServer {
  readonly #deps: ModuleExchangeDependencies
  readonly #functions: FunctionLookup
  readonly #loads: Loads
  readonly #uploads = new Uploads()
  readonly #receipts = new BoundedMap<Hash, SignedReceipt>(RECEIPTS_MAX)

  constructor(deps: ModuleExchangeDependencies) {
    this.#deps = deps
    this.#functions = new FunctionLookup(deps)
    const { modules, isRegistered } = deps
    this.#loads = new Loads({ what: 'module', source: modules, isRegistered })
  }

  async part(from: PeerId, payload: Uint8Array): Promise<Uint8Array> {
    const { moduleHash, offset } = decodeModuleQuery(payload)
    return encodeModuleBytes(partOf(await this.#loads.load(moduleHash, from), offset))
  }

  async take(from: PeerId, payload: Uint8Array): Promise<Uint8Array> {
    const part = decodeModulePart(payload)
    const { functionId, moduleHash } = part
    const known = await this.#functions.byId(functionId, from)
    if (known === undefined || !filesOf(known.spec).includes(moduleHash)) {
      throw new InvalidInputError('functionId', 'no deployed function has this module', {
        fix: 'deploy the function first, then push its module',
      })
    }
    const kept = await this.#loads.load(moduleHash, from)
    const length = kept?.length ?? (await this.#receive(from, part))
    return encodeReceipt(length === undefined ? undefined : this.#receipt(moduleHash, length))
  }

  /** The module's length once it is whole and stored. */
  async #receive(from: PeerId, part: ModulePart): Promise<number | undefined> {
    const { modules, clock, log } = this.#deps
    const whole = this.#uploads.add(from, part, clock.nowMs())
    if (whole === undefined) return undefined
    await modules.put(whole, part.moduleHash)
    log.info('module stored', { moduleHash: part.moduleHash, bytes: whole.length, from })
    return whole.length
  }

  #receipt(moduleHash: Hash, bytes: number): SignedReceipt {
    const { signer, domain, clock } = this.#deps
    const storedAt = Math.floor(clock.nowMs() / 1000)
    const before = this.#receipts.get(moduleHash)
    if (before !== undefined && storedAt * 1000 < before.storedAt * 1000 + RECEIPT_MS) return before
    const digest = moduleReceiptDigest(domain, {
      moduleHash,
      bytes: BigInt(bytes),
      storedAt: BigInt(storedAt),
    })
    const receipt = {
      attestor: signer.address,
      moduleHash,
      bytes,
      storedAt,
      signature: signer.signStatement(digest),
    }
    this.#receipts.set(moduleHash, receipt)
    return receipt
  }
}
