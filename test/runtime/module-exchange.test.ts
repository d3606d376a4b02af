import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createMemoryStore } from '../../src/adapters/store/memory.ts'
import { MemoryNetwork } from '../../src/adapters/transport/memory.ts'
import { moduleReceiptDigest } from '../../src/crypto/eip712.ts'
import { sha256Hex, tagHash } from '../../src/crypto/hash.ts'
import { recoverSigner } from '../../src/crypto/signature.ts'
import { silentLog } from '../../src/ports/log.ts'
import type { DeployedFunction } from '../../src/ports/market.ts'
import type { Modules } from '../../src/ports/modules.ts'
import { type Transport, TransportError } from '../../src/ports/transport.ts'
import { InvalidInputError, LimitExceededError } from '../../src/protocol/errors.ts'
import { MODULE_CHUNK_BYTES_MAX } from '../../src/protocol/limits.ts'
import type { FunctionSpec, Hash, PeerId } from '../../src/protocol/types.ts'
import { FunctionLookup, LOOKUPS_MAX, PEER_MISSES_MAX } from '../../src/runtime/function-lookup.ts'
import {
  fetchModule,
  ModuleUnavailableError,
  pushModule,
  serveModules,
} from '../../src/runtime/module-exchange.ts'
import { createSigner } from '../../src/runtime/signer.ts'
import { UPLOADS_MAX, Uploads } from '../../src/runtime/uploads.ts'
import {
  decodeModuleQuery,
  decodeReceipt,
  encodeModuleBytes,
  encodeModulePart,
  encodeModuleQuery,
  MODULE_GET,
  MODULE_PUT,
} from '../../src/runtime/wire.ts'
import { DOMAIN, handClock, nodeOf, promptly, settled } from './support.ts'

/** Three parts, the last one short. */
const MODULE = new Uint8Array(2 * MODULE_CHUNK_BYTES_MAX + 1_000).map((_, i) => i % 251)
const HASH = sha256Hex(MODULE)
const FUNCTION = tagHash('a function')
const KEY = nodeOf('server').key

function modulesWith(...kept: readonly Uint8Array[]) {
  const held = new Map<Hash, Uint8Array>(kept.map((bytes) => [sha256Hex(bytes), bytes]))
  const calls = { get: 0, reading: 0, readingMax: 0 }
  const modules: Modules = {
    get: async (hash) => {
      calls.get++
      calls.readingMax = Math.max(calls.readingMax, ++calls.reading)
      await new Promise((resolve) => setImmediate(resolve))
      calls.reading--
      return held.get(hash)
    },
    has: async (hash) => held.has(hash),
    put: async (bytes, hash) => {
      if (sha256Hex(bytes) !== hash) throw new InvalidInputError('module', 'is something else')
      held.set(hash, bytes)
    },
    pin: () => {},
    unpin: () => {},
  }
  return { modules, calls, held }
}

function networkOf(count: number) {
  const network = new MemoryNetwork({ schedule: promptly })
  const peers = Array.from({ length: count }, (_, i) => network.join(nodeOf(`module peer ${i}`).peer))
  const meet = async (): Promise<void> => {
    for (const one of peers) for (const other of peers) await one.learn(other.self, other.addresses())
  }
  return { network, peers: peers as readonly Transport[] as [Transport, Transport, ...Transport[]], meet }
}

async function serve(transport: Transport, modules: Modules, patch: { functionById?: unknown } = {}) {
  const clock = handClock(1_700_000_000_000)
  const deployed = { functionId: FUNCTION, spec: { moduleHash: HASH } as FunctionSpec } as DeployedFunction
  const signed: string[] = []
  const signer = createSigner(KEY, createMemoryStore())
  await serveModules({
    transport,
    modules,
    signer: {
      address: signer.address,
      signStatement: (digest) => {
        signed.push(digest)
        return signer.signStatement(digest)
      },
    },
    domain: DOMAIN,
    clock,
    log: silentLog,
    functionById: async (id) => (id === FUNCTION ? deployed : undefined),
    ...(patch as object),
  })
  return { clock, signed }
}

describe('fetching a module', () => {
  /** A peer that answers as it likes. */
  const answering = (
    transport: Transport,
    answer: (offset: number) => { total: number; bytes: Uint8Array },
  ) => {
    const asked: number[] = []
    void transport.handle(MODULE_GET, async (_from, payload) => {
      const { offset } = decodeModuleQuery(payload)
      asked.push(offset)
      return encodeModuleBytes(answer(offset))
    })
    return asked
  }
  const whole = (offset: number) => MODULE.slice(offset, offset + MODULE_CHUNK_BYTES_MAX)

  it('puts its parts together [RUN-50]', async () => {
    const { peers, meet } = networkOf(2)
    await meet()
    await serve(peers[1], modulesWith(MODULE).modules)
    assert.deepEqual(await fetchModule(peers[0], HASH, [peers[1].self]), MODULE)
  })

  it('gets it from the next peer whatever the others serve [RUN-50]', async () => {
    const hostile: readonly ((offset: number) => { total: number; bytes: Uint8Array })[] = [
      () => ({ total: 0, bytes: new Uint8Array(0) }),
      // Other bytes of the right length, parts that do not end, empty parts, another total each time, too much.
      (offset) => ({ total: MODULE.length, bytes: new Uint8Array(whole(offset).length) }),
      () => ({ total: MODULE.length, bytes: Uint8Array.of(1) }),
      () => ({ total: MODULE.length, bytes: new Uint8Array(0) }),
      (offset) => ({ total: MODULE.length + offset, bytes: whole(offset) }),
      () => ({ total: 10, bytes: new Uint8Array(11) }),
    ]
    const { peers, meet } = networkOf(hostile.length + 3)
    await meet()
    const asked = hostile.map((answer, i) => answering(peers[i + 1] as Transport, answer))
    // One never serves the protocol at all.
    await serve(peers[hostile.length + 2] as Transport, modulesWith(MODULE).modules)
    const sources = peers.slice(1).map(({ self }) => self)
    assert.deepEqual(await fetchModule(peers[0], HASH, [nodeOf('nobody').peer, ...sources]), MODULE)
    assert.ok(
      asked.every((offsets) => offsets.length <= 3),
      'never more calls than the module has parts',
    )
  })

  it('waits for no peer that dawdles while another has it [RUN-50]', async () => {
    const { network, peers, meet } = networkOf(4)
    await meet()
    for (const dead of [1, 2]) {
      answering(peers[dead] as Transport, () => assert.fail())
      network.fault(peers[0].self, (peers[dead] as Transport).self, { dropRate: 1 })
    }
    await serve(peers[3] as Transport, modulesWith(MODULE).modules)
    assert.deepEqual(
      await fetchModule(
        peers[0],
        HASH,
        peers.slice(1).map(({ self }) => self),
      ),
      MODULE,
    )
  })

  it('fails by name when nobody has it [RUN-50]', async () => {
    const { peers, meet } = networkOf(2)
    await meet()
    await serve(peers[1], modulesWith().modules)
    const failure = fetchModule(peers[0], HASH, [peers[1].self])
    await assert.rejects(failure, (error) => error instanceof ModuleUnavailableError)
    await assert.rejects(fetchModule(peers[0], HASH, []), ModuleUnavailableError)
  })
})

describe('serving modules', () => {
  it('reads a module once for all its parts, and one module at a time for all peers [RUN-51]', async () => {
    const others = [1, 2, 3, 4].map((byte) => new Uint8Array(100).fill(byte))
    const { peers, meet } = networkOf(3)
    await meet()
    const { modules, calls } = modulesWith(MODULE, ...others)
    await serve(peers[1], modules)
    await fetchModule(peers[0], HASH, [peers[1].self])
    assert.equal(calls.get, 1)
    const asked = [...others, ...others].map((bytes, i) =>
      (peers[i % 2 === 0 ? 0 : 2] as Transport).call(
        peers[1].self,
        MODULE_GET,
        encodeModuleQuery({ moduleHash: sha256Hex(bytes), offset: 0 }),
      ),
    )
    await Promise.all(asked)
    assert.equal(calls.readingMax, 1)
  })

  it('signs a receipt for what was pushed, with its real length, once a minute [RUN-52]', async () => {
    const { peers, meet } = networkOf(2)
    await meet()
    const { modules, held } = modulesWith()
    const { clock, signed } = await serve(peers[1], modules)
    const push = () =>
      pushModule(peers[0], peers[1].self, { functionId: FUNCTION, moduleHash: HASH, bytes: MODULE })
    const receipt = await push()
    assert.deepEqual(held.get(HASH), MODULE)
    const digest = moduleReceiptDigest(DOMAIN, {
      moduleHash: HASH,
      bytes: BigInt(MODULE.length),
      storedAt: BigInt(receipt.storedAt),
    })
    assert.equal(recoverSigner(digest, receipt.signature), receipt.attestor)
    assert.deepEqual(await push(), receipt)
    assert.equal(signed.length, 1)
    // Whatever a peer says of a module that is here, the receipt is for what is here.
    const lie = { functionId: FUNCTION, moduleHash: HASH, offset: 0, total: 5, bytes: new Uint8Array(5) }
    clock.advance(61_000)
    const answer = decodeReceipt(await peers[0].call(peers[1].self, MODULE_PUT, encodeModulePart(lie)))
    assert.equal(answer?.bytes, MODULE.length)
    assert.equal(signed.length, 2)
  })

  it('takes no module that no deployed function names, and none of another hash [RUN-52]', async () => {
    const { peers, meet } = networkOf(2)
    await meet()
    const { modules, held } = modulesWith()
    await serve(peers[1], modules)
    const push = (patch: { functionId?: Hash; moduleHash?: Hash; bytes?: Uint8Array }) =>
      pushModule(peers[0], peers[1].self, {
        functionId: FUNCTION,
        moduleHash: HASH,
        bytes: MODULE,
        ...patch,
      })
    await assert.rejects(push({ functionId: tagHash('never deployed') }), TransportError)
    await assert.rejects(push({ moduleHash: tagHash('another module') }), TransportError)
    await assert.rejects(push({ bytes: MODULE.map((byte) => byte ^ 1) }), TransportError)
    assert.equal(held.size, 0)
    await push({})
    assert.equal(held.size, 1)
  })
})

describe('uploads', () => {
  const total = 2 * MODULE_CHUNK_BYTES_MAX
  const part = (offset: number, moduleHash: Hash = HASH) => {
    return { functionId: FUNCTION, moduleHash, offset, total, bytes: new Uint8Array(MODULE_CHUNK_BYTES_MAX) }
  }
  const peer = (i: number): PeerId => `peer ${i}`

  it('are one a peer: a second takes the place of the first [RUN-53]', () => {
    const uploads = new Uploads()
    for (let i = 0; i < 100; i++) uploads.add(peer(0), part(0, tagHash(`module ${i}`)), 0)
    assert.equal(uploads.size, 1)
    const stale = part(MODULE_CHUNK_BYTES_MAX, tagHash('module 0'))
    assert.throws(() => uploads.add(peer(0), stale, 0), InvalidInputError)
  })

  it('hold no more than came: a part out of place, or of another module, is refused [RUN-53]', () => {
    const uploads = new Uploads()
    assert.throws(() => uploads.add(peer(0), part(MODULE_CHUNK_BYTES_MAX), 0), InvalidInputError)
    uploads.add(peer(0), part(0), 0)
    const other = { ...part(MODULE_CHUNK_BYTES_MAX), total: 3 * MODULE_CHUNK_BYTES_MAX }
    assert.throws(() => uploads.add(peer(0), other, 0), InvalidInputError)
    assert.equal(uploads.add(peer(0), part(MODULE_CHUNK_BYTES_MAX), 0)?.length, total)
    assert.equal(uploads.size, 0)
  })

  it('make room for a newcomer when one pauses, and not while all go on [RUN-53]', () => {
    const uploads = new Uploads()
    for (let i = 0; i < UPLOADS_MAX; i++) uploads.add(peer(i), part(0), 1_000 + i)
    assert.throws(() => uploads.add('newcomer', part(0), 1_500), LimitExceededError)
    uploads.add('newcomer', part(0), 3_000)
    assert.equal(uploads.size, UPLOADS_MAX)
    assert.throws(() => uploads.add(peer(0), part(MODULE_CHUNK_BYTES_MAX), 3_000), InvalidInputError)
    assert.ok(uploads.add(peer(1), part(MODULE_CHUNK_BYTES_MAX), 3_000))
  })

  it('end when nobody goes on with them [RUN-53]', () => {
    const uploads = new Uploads()
    for (let i = 0; i < 4; i++) uploads.add(peer(i), part(0), 0)
    uploads.add('later', part(0), 31_000)
    assert.equal(uploads.size, 1)
  })
})

describe('a lookup of a function for a peer', () => {
  const deployed = { functionId: FUNCTION } as DeployedFunction

  it('asks the chain once for an id that is nowhere, for a moment [RUN-54]', async () => {
    const clock = handClock(0)
    let asked = 0
    const lookup = new FunctionLookup(async () => {
      asked++
      return undefined
    }, clock)
    for (let i = 0; i < 50; i++) assert.equal(await lookup.byId(tagHash('nowhere'), 'a peer'), undefined)
    assert.equal(asked, 1)
    clock.advance(3_001)
    await lookup.byId(tagHash('nowhere'), 'a peer')
    assert.equal(asked, 2)
  })

  it('refuses a peer that names many unknown ids, for a minute, and no other peer [RUN-54]', async () => {
    const clock = handClock(0)
    let asked = 0
    const lookup = new FunctionLookup(async (id) => {
      asked++
      return id === FUNCTION ? deployed : undefined
    }, clock)
    for (let i = 0; i < PEER_MISSES_MAX; i++) await lookup.byId(tagHash(`made up ${i}`), 'hostile')
    await assert.rejects(lookup.byId(tagHash('one more'), 'hostile'), LimitExceededError)
    assert.equal(asked, PEER_MISSES_MAX)
    assert.equal(await lookup.byId(FUNCTION, 'honest'), deployed)
    clock.advance(60_001)
    await assert.doesNotReject(lookup.byId(tagHash('one more'), 'hostile'))
  })

  it('has few under way at a time, and one for peers that ask the same [RUN-54]', async () => {
    const answers: (() => void)[] = []
    const lookup = new FunctionLookup(
      () => new Promise((resolve) => answers.push(() => resolve(undefined))),
      handClock(0),
    )
    const waiting = Array.from({ length: LOOKUPS_MAX }, (_, i) =>
      lookup.byId(tagHash(`id ${i}`), `peer ${i}`),
    )
    const same = lookup.byId(tagHash('id 0'), 'another')
    await assert.rejects(lookup.byId(tagHash('one too many'), 'late'), LimitExceededError)
    await settled(1)
    assert.equal(answers.length, LOOKUPS_MAX)
    for (const answer of answers) answer()
    await Promise.all([...waiting, same])
    assert.equal(await Promise.race([lookup.byId(tagHash('id 0'), 'late'), 'waits']), undefined)
  })
})
