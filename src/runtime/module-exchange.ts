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
import type { Handler, Transport } from '../ports/transport.ts'
import { DikastError, InvalidInputError, LimitExceededError } from '../protocol/errors.ts'
import { MODULE_CHUNK_BYTES_MAX } from '../protocol/limits.ts'
import type { FunctionId, Hash, PeerId } from '../protocol/types.ts'
import { BoundedMap } from './bounded-map.ts'
import { FunctionLookup } from './function-lookup.ts'
import { NotTakenError } from './not-taken.ts'
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

/** Peers asked for a module side by side, beside those that dawdle. */
const FETCH_LANES = 3
/** One peer's time for a whole module. */
const FETCH_MS_MAX = 30_000
/** A peer that sent no part for this long goes on, and another is asked beside it. A part takes a round trip. */
export const FETCH_LULL_MS = 2_000
/** So does one that is not done by then, however evenly its parts come. */
const FETCH_LANE_MS = 10_000
/** Dawdlers that may still come to an end, each with a module's room in memory. One more, and the first is given up. */
const DAWDLERS_MAX = 8

/** Modules kept in memory, of up to `MODULE_BYTES_MAX` each. */
const LOADED_MAX = 2
/** Reads of modules waiting for their turn, and how many of them are strangers'. */
const LOADING_MAX = 32
export const STRANGERS_LOADING_MAX = 24
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
  options: { readonly signal?: AbortSignal } = {},
): Promise<Uint8Array> {
  const end = new AbortController()
  const giveUp = (): void => end.abort()
  options.signal?.addEventListener('abort', giveUp, { once: true })
  if (options.signal?.aborted) giveUp()
  const waiting = [...peers]
  const asked: Promise<void>[] = []
  const dawdlers: AbortController[] = []
  let module: Uint8Array | undefined
  const ask = async (peer: PeerId, given: AbortSignal, onPart: () => void): Promise<void> => {
    const signal = AbortSignal.any([end.signal, given, AbortSignal.timeout(FETCH_MS_MAX)])
    const bytes = await fetchFrom(transport, moduleHash, peer, { signal, onPart }).catch(() => undefined)
    if (module !== undefined || bytes === undefined || sha256Hex(bytes) !== moduleHash) return
    module = bytes
    end.abort()
  }
  const lane = async (): Promise<void> => {
    for (let peer = waiting.shift(); peer !== undefined && !end.signal.aborted; peer = waiting.shift()) {
      const patience = new Patience()
      const given = new AbortController()
      const answer = ask(peer, given.signal, () => patience.renew())
      asked.push(answer)
      await Promise.race([answer, patience.over])
      if (patience.stop()) continue
      dawdlers.push(given)
      if (dawdlers.length > DAWDLERS_MAX) dawdlers.shift()?.abort()
    }
  }
  await Promise.all(Array.from({ length: FETCH_LANES }, lane))
  await Promise.all(asked)
  options.signal?.removeEventListener('abort', giveUp)
  if (module === undefined) throw new ModuleUnavailableError(moduleHash, asked.length)
  return module
}

/** How long a lane waits for its peer before it asks another beside it. */
class Patience {
  readonly over: Promise<void>
  readonly #end: () => void
  readonly #whole: NodeJS.Timeout
  #lull: NodeJS.Timeout
  #isOver = false

  constructor() {
    let resolve = (): void => {}
    this.over = new Promise<void>((settle) => {
      resolve = settle
    })
    this.#end = () => {
      this.#isOver = true
      resolve()
    }
    this.#whole = setTimeout(this.#end, FETCH_LANE_MS)
    this.#lull = setTimeout(this.#end, FETCH_LULL_MS)
  }

  /** A part came. */
  renew(): void {
    clearTimeout(this.#lull)
    if (!this.#isOver) this.#lull = setTimeout(this.#end, FETCH_LULL_MS)
  }

  /** False when it was over before. */
  stop(): boolean {
    const inTime = !this.#isOver
    this.#isOver = true
    clearTimeout(this.#whole)
    clearTimeout(this.#lull)
    return inTime
  }
}

/** Every part but the last is full, so a peer cannot spin a module out over more calls than it has parts. */
async function fetchFrom(
  transport: Transport,
  moduleHash: Hash,
  peer: PeerId,
  { signal, onPart }: { readonly signal: AbortSignal; readonly onPart: () => void },
): Promise<Uint8Array | undefined> {
  const ask = async (offset: number) => {
    const query = encodeModuleQuery({ moduleHash, offset })
    const part = decodeModuleBytes(await transport.call(peer, MODULE_GET, query, { signal }))
    onPart()
    return part
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
  /** A deployed function this process knows of without asking. */
  readonly knownFunction: (functionId: FunctionId) => DeployedFunction | undefined
  readonly functionById: (functionId: FunctionId) => Promise<DeployedFunction | undefined>
  readonly isRegistered: (peer: PeerId) => boolean
}

/** Serves MODULE_GET and MODULE_PUT. */
export async function serveModules(deps: ModuleExchangeDependencies): Promise<void> {
  const { transport, log } = deps
  const server = new ModuleServer(deps)
  /** What was refused on purpose is told; what ails this machine is not. */
  const guarded =
    (what: string, handler: Handler): Handler =>
    async (from, payload) => {
      try {
        return await handler(from, payload)
      } catch (error) {
        if (error instanceof InvalidInputError || error instanceof LimitExceededError) throw error
        log.error(what, { from, reason: String(error) })
        throw new NotTakenError(error)
      }
    }
  await transport.handle(
    MODULE_GET,
    guarded('module not served', (from, payload) => server.part(from, payload)),
  )
  await transport.handle(
    MODULE_PUT,
    guarded('module not taken', (from, payload) => server.take(from, payload)),
  )
}

class ModuleServer {
  readonly #deps: ModuleExchangeDependencies
  readonly #functions: FunctionLookup
  readonly #uploads = new Uploads()
  readonly #loaded = new BoundedMap<Hash, Uint8Array>(LOADED_MAX)
  readonly #receipts = new BoundedMap<Hash, SignedReceipt>(RECEIPTS_MAX)
  #lastLoad: Promise<unknown> = Promise.resolve()
  #loading = 0
  #strangersLoading = 0

  constructor(deps: ModuleExchangeDependencies) {
    this.#deps = deps
    this.#functions = new FunctionLookup(deps)
  }

  async part(from: PeerId, payload: Uint8Array): Promise<Uint8Array> {
    const { moduleHash, offset } = decodeModuleQuery(payload)
    const bytes = await this.#load(moduleHash, from)
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
    const kept = await this.#load(moduleHash, from)
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
  async #load(hash: Hash, from: PeerId): Promise<Uint8Array | undefined> {
    const { modules, isRegistered } = this.#deps
    if (!(await modules.has(hash))) return undefined
    const loaded = this.#loaded.get(hash)
    if (loaded !== undefined) return loaded
    const strangers = isRegistered(from) ? 0 : 1
    if (this.#loading >= LOADING_MAX)
      throw new LimitExceededError('module reads', this.#loading + 1, LOADING_MAX, { fix: 'try again' })
    if (this.#strangersLoading + strangers > STRANGERS_LOADING_MAX)
      throw new LimitExceededError(
        "strangers' module reads",
        STRANGERS_LOADING_MAX + 1,
        STRANGERS_LOADING_MAX,
        {
          fix: 'try again',
        },
      )
    this.#loading++
    this.#strangersLoading += strangers
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
      this.#strangersLoading -= strangers
    }
  }
}
