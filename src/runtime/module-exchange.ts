/**
 * Modules between peers: anyone may read a module by its hash, anyone may bring one that a deployed function names.
 * Every byte is checked against the hash before it counts.
 *
 * Strangers' questions cost a read and a hash of the whole module, so the last few modules stay in memory and others are
 * read one at a time.
 * @module
 */
import { moduleReceiptDigest, type SigningDomain } from '../crypto/eip712.ts'
import { sha256Hex } from '../crypto/hash.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import type { DeployedFunction } from '../ports/market.ts'
import type { Modules } from '../ports/modules.ts'
import type { Transport } from '../ports/transport.ts'
import { DikastError, InvalidInputError, LimitExceededError } from '../protocol/errors.ts'
import { MODULE_CHUNK_BYTES_MAX } from '../protocol/limits.ts'
import type { FunctionId, Hash, PeerId } from '../protocol/types.ts'
import { BoundedMap } from './bounded-map.ts'
import { FunctionLookup } from './function-lookup.ts'
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
  partLength,
  type SignedReceipt,
} from './wire.ts'

/** Peers asked for a module side by side: one that dawdles costs nothing while another has it. */
const FETCH_LANES = 3
/** One peer's time for a whole module. */
const FETCH_MS_MAX = 30_000

/** Modules kept in memory, of up to `MODULE_BYTES_MAX` each. */
const LOADED_MAX = 2
/** Reads of modules waiting for their turn. */
const LOADING_MAX = 32
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
  transport: Transport,
  moduleHash: Hash,
  peers: readonly PeerId[],
): Promise<Uint8Array> {
  const found = new AbortController()
  const waiting = [...peers]
  let module: Uint8Array | undefined
  const lane = async (): Promise<void> => {
    for (let peer = waiting.shift(); peer !== undefined && module === undefined; peer = waiting.shift()) {
      const signal = AbortSignal.any([found.signal, AbortSignal.timeout(FETCH_MS_MAX)])
      const bytes = await fetchFrom(transport, moduleHash, peer, signal).catch(() => undefined)
      if (module !== undefined || bytes === undefined || sha256Hex(bytes) !== moduleHash) continue
      module = bytes
      found.abort()
    }
  }
  await Promise.all(Array.from({ length: FETCH_LANES }, lane))
  if (module === undefined) throw new ModuleUnavailableError(moduleHash, peers.length)
  return module
}

/** Every part but the last is full, so a peer cannot spin a module out over more calls than it has parts. */
async function fetchFrom(
  transport: Transport,
  moduleHash: Hash,
  peer: PeerId,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  const ask = async (offset: number) => {
    const query = encodeModuleQuery({ moduleHash, offset })
    return decodeModuleBytes(await transport.call(peer, MODULE_GET, query, { signal }))
  }
  const first = await ask(0)
  if (first.total === 0) return undefined
  const whole = new Uint8Array(first.total)
  for (let at = 0, part = first; ; part = await ask(at)) {
    if (part.total !== first.total || part.bytes.length !== partLength(first.total, at)) return undefined
    whole.set(part.bytes, at)
    at += part.bytes.length
    if (at === first.total) return whole
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
  readonly functionById: (functionId: FunctionId) => Promise<DeployedFunction | undefined>
}

/** Serves MODULE_GET and MODULE_PUT. */
export async function serveModules(deps: ModuleExchangeDependencies): Promise<void> {
  const server = new ModuleServer(deps)
  await deps.transport.handle(MODULE_GET, (_from, payload) => server.part(payload))
  await deps.transport.handle(MODULE_PUT, (from, payload) => server.take(from, payload))
}

class ModuleServer {
  readonly #deps: ModuleExchangeDependencies
  readonly #functions: FunctionLookup
  readonly #uploads = new Uploads()
  readonly #loaded = new BoundedMap<Hash, Uint8Array>(LOADED_MAX)
  readonly #receipts = new BoundedMap<Hash, SignedReceipt>(RECEIPTS_MAX)
  #lastLoad: Promise<unknown> = Promise.resolve()
  #loading = 0

  constructor(deps: ModuleExchangeDependencies) {
    this.#deps = deps
    this.#functions = new FunctionLookup(deps.functionById, deps.clock)
  }

  async part(payload: Uint8Array): Promise<Uint8Array> {
    const { moduleHash, offset } = decodeModuleQuery(payload)
    const bytes = await this.#load(moduleHash)
    if (bytes === undefined || offset >= bytes.length)
      return encodeModuleBytes({ total: 0, bytes: new Uint8Array(0) })
    const end = offset + partLength(bytes.length, offset)
    return encodeModuleBytes({ total: bytes.length, bytes: bytes.subarray(offset, end) })
  }

  async take(from: PeerId, payload: Uint8Array): Promise<Uint8Array> {
    const part = decodeModulePart(payload)
    const { functionId, moduleHash } = part
    const known = await this.#functions.byId(functionId, from)
    if (known === undefined || known.spec.moduleHash !== moduleHash) {
      throw new InvalidInputError('functionId', 'no deployed function has this module', {
        fix: 'deploy the function first, then push its module',
      })
    }
    const kept = await this.#load(moduleHash)
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

  /** One read at a time: each holds a whole module in memory. */
  async #load(hash: Hash): Promise<Uint8Array | undefined> {
    const { modules } = this.#deps
    if (!(await modules.has(hash))) return undefined
    const loaded = this.#loaded.get(hash)
    if (loaded !== undefined) return loaded
    if (this.#loading >= LOADING_MAX)
      throw new LimitExceededError('module reads', this.#loading + 1, LOADING_MAX, { fix: 'try again' })
    this.#loading++
    const load = this.#lastLoad.then(async () => {
      const meanwhile = this.#loaded.get(hash)
      if (meanwhile !== undefined) return meanwhile
      const bytes = await modules.get(hash)
      if (bytes !== undefined) this.#loaded.set(hash, bytes)
      return bytes
    })
    this.#lastLoad = load.catch(() => {})
    try {
      return await load
    } finally {
      this.#loading--
    }
  }
}
