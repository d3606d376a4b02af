/**
 * Modules between peers: anyone may read a module by its hash, anyone may bring one that a deployed function names.
 * Every byte is checked against the hash before it counts.
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
import { MODULE_BYTES_MAX, MODULE_CHUNK_BYTES_MAX } from '../protocol/limits.ts'
import type { FunctionId, Hash, PeerId } from '../protocol/types.ts'
import type { Signer } from './signer.ts'
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
  type SignedReceipt,
} from './wire.ts'

/** Modules being brought at a time; each holds its whole length in memory. */
const UPLOADS_MAX = 4
/** An upload nobody continued for this long makes room. */
const UPLOAD_IDLE_MS = 30_000

/** No peer asked had the module's bytes. */
export class ModuleUnavailableError extends DikastError {
  readonly code = 'MODULE_UNAVAILABLE'

  constructor(moduleHash: Hash, asked: number) {
    super(`none of ${asked} peers served module ${moduleHash}`, {
      fix: 'push it again with `dikast function deploy`, or wait until a peer that has it is reachable',
    })
  }
}

/** Fetches a module from the first peer that serves bytes of the right hash. */
export async function fetchModule(
  transport: Transport,
  moduleHash: Hash,
  peers: readonly PeerId[],
): Promise<Uint8Array> {
  for (const peer of peers) {
    const bytes = await fetchFrom(transport, moduleHash, peer).catch(() => undefined)
    if (bytes !== undefined && sha256Hex(bytes) === moduleHash) return bytes
  }
  throw new ModuleUnavailableError(moduleHash, peers.length)
}

async function fetchFrom(
  transport: Transport,
  moduleHash: Hash,
  peer: PeerId,
): Promise<Uint8Array | undefined> {
  const ask = async (offset: number) =>
    decodeModuleBytes(await transport.call(peer, MODULE_GET, encodeModuleQuery({ moduleHash, offset })))
  const first = await ask(0)
  if (first.total === 0 || first.bytes.length === 0) return undefined
  const whole = new Uint8Array(first.total)
  let at = 0
  for (let part = first; ; part = await ask(at)) {
    if (part.total !== first.total || part.bytes.length === 0 || at + part.bytes.length > first.total)
      return undefined
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

interface Upload {
  readonly bytes: Uint8Array
  received: number
  touchedMs: number
}

export interface ModuleExchangeDependencies {
  readonly transport: Transport
  readonly modules: Modules
  readonly signer: Signer
  readonly domain: SigningDomain
  readonly clock: Clock
  readonly log: Log
  readonly functionById: (functionId: FunctionId) => Promise<DeployedFunction | undefined>
}

/** Serves MODULE_GET and MODULE_PUT. */
export async function serveModules(deps: ModuleExchangeDependencies): Promise<void> {
  const uploads = new Map<string, Upload>()
  await deps.transport.handle(MODULE_GET, async (_from, payload) => {
    const { moduleHash, offset } = decodeModuleQuery(payload)
    const bytes = await deps.modules.get(moduleHash)
    if (bytes === undefined || offset >= bytes.length)
      return encodeModuleBytes({ total: 0, bytes: new Uint8Array(0) })
    return encodeModuleBytes({
      total: bytes.length,
      bytes: bytes.slice(offset, offset + MODULE_CHUNK_BYTES_MAX),
    })
  })
  await deps.transport.handle(MODULE_PUT, async (from, payload) => {
    const part = decodeModulePart(payload)
    const known = await deps.functionById(part.functionId)
    if (known === undefined || known.spec.moduleHash !== part.moduleHash) {
      throw new InvalidInputError('functionId', 'no deployed function has this module', {
        fix: 'deploy the function first, then push its module',
      })
    }
    if (!(await deps.modules.has(part.moduleHash))) {
      const whole = receive(uploads, `${from}:${part.moduleHash}`, part, deps.clock.nowMs())
      if (whole === undefined) return encodeReceipt(undefined)
      await deps.modules.put(whole, part.moduleHash)
      deps.log.info('module stored', { moduleHash: part.moduleHash, bytes: whole.length, from })
    }
    return encodeReceipt(signReceipt(deps, part.moduleHash, part.total))
  })
}

function signReceipt(deps: ModuleExchangeDependencies, moduleHash: Hash, bytes: number): SignedReceipt {
  const storedAt = Math.floor(deps.clock.nowMs() / 1000)
  const receipt = { moduleHash, bytes: BigInt(bytes), storedAt: BigInt(storedAt) }
  const signature = deps.signer.signStatement(moduleReceiptDigest(deps.domain, receipt))
  return { attestor: deps.signer.address, moduleHash, bytes, storedAt, signature }
}

/** Adds a part; the whole module once its last part is in. Parts come in order. */
function receive(
  uploads: Map<string, Upload>,
  key: string,
  part: { readonly offset: number; readonly total: number; readonly bytes: Uint8Array },
  nowMs: number,
): Uint8Array | undefined {
  if (part.total > MODULE_BYTES_MAX)
    throw new LimitExceededError('module bytes', part.total, MODULE_BYTES_MAX)
  for (const [other, { touchedMs }] of uploads) if (nowMs - touchedMs > UPLOAD_IDLE_MS) uploads.delete(other)
  if (part.offset === 0) {
    uploads.delete(key)
    if (uploads.size >= UPLOADS_MAX) throw new LimitExceededError('uploads', uploads.size + 1, UPLOADS_MAX)
    uploads.set(key, { bytes: new Uint8Array(part.total), received: 0, touchedMs: nowMs })
  }
  const upload = uploads.get(key)
  if (upload === undefined || upload.received !== part.offset || upload.bytes.length !== part.total) {
    throw new InvalidInputError('offset', `${part.offset} does not continue an upload`)
  }
  upload.bytes.set(part.bytes, part.offset)
  upload.received += part.bytes.length
  upload.touchedMs = nowMs
  if (upload.received < part.total) return undefined
  uploads.delete(key)
  return upload.bytes
}
