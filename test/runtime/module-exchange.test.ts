import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it, mock } from 'node:test'
import { createMemoryStore } from '../../src/adapters/store/memory.ts'
import { MemoryNetwork } from '../../src/adapters/transport/memory.ts'
import { moduleReceiptDigest } from '../../src/crypto/eip712.ts'
import { sha256Hex, tagHash } from '../../src/crypto/hash.ts'
import { recoverSigner } from '../../src/crypto/signature.ts'
import { silentLog } from '../../src/ports/log.ts'
import type { DeployedFunction } from '../../src/ports/market.ts'
import type { Modules } from '../../src/ports/modules.ts'
import { type Transport, TransportError } from '../../src/ports/transport.ts'
import { InvalidInputError } from '../../src/protocol/errors.ts'
import { MODULE_CHUNK_BYTES_MAX } from '../../src/protocol/limits.ts'
import type { FunctionSpec, Hash, PeerId } from '../../src/protocol/types.ts'
import { FETCH_LULL_MS } from '../../src/runtime/fetching.ts'
import { STRANGERS_LOADING_MAX } from '../../src/runtime/loads.ts'
import {
  fetchModule,
  type ModuleExchangeDependencies,
  ModuleUnavailableError,
  pushModule,
  serveModules,
} from '../../src/runtime/module-exchange.ts'
import { createSigner } from '../../src/runtime/signer.ts'
import {
  decodeModuleQuery,
  decodeReceipt,
  encodeModuleBytes,
  encodeModulePart,
  encodeModuleQuery,
  MODULE_GET,
  MODULE_PUT,
} from '../../src/runtime/wire.ts'
import { DOMAIN, handClock, nodeOf, promptly, recordingLog, settled } from './support.ts'

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
    ran: async () => {},
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

async function serve(
  transport: Transport,
  modules: Modules,
  patch: Partial<ModuleExchangeDependencies> = {},
) {
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
    knownFunction: () => undefined,
    functionById: async (id) => (id === FUNCTION ? deployed : undefined),
    isRegistered: () => false,
    ...patch,
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

  describe('from peers that dawdle', () => {
    beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }))
    afterEach(() => mock.timers.reset())
    const pass = async (ms: number): Promise<void> => {
      mock.timers.tick(ms)
      await settled()
    }
    /** More of them than are asked at a time, each answering as `answer` does, and the module's one server behind. */
    const dawdling = async (answer: (offset: number) => Promise<void>, dawdlers = 8) => {
      const { peers, meet } = networkOf(dawdlers + 2)
      await meet()
      const asked = new Set<PeerId>()
      for (const peer of peers.slice(1, -1)) {
        await peer.handle(MODULE_GET, async (_from, payload) => {
          asked.add(peer.self)
          const { offset } = decodeModuleQuery(payload)
          await answer(offset)
          return encodeModuleBytes({ total: 10 * MODULE_CHUNK_BYTES_MAX, bytes: whole(0) })
        })
      }
      await serve(peers.at(-1) as Transport, modulesWith(MODULE).modules)
      const end = new AbortController()
      const sources = peers.slice(1).map(({ self }) => self)
      const signals: (AbortSignal | undefined)[] = []
      const call: Transport['call'] = (peer, protocol, payload, options) => {
        signals.push(options?.signal)
        return peers[0].call(peer, protocol, payload, options)
      }
      const transport = { call } as Transport // all that fetching needs
      const fetched = fetchModule(transport, HASH, sources, { signal: end.signal })
      await settled()
      return { asked, fetched, end, waitedFor: () => signals.filter((signal) => !signal?.aborted).length }
    }

    it('asks another beside each that sent nothing for a while [RUN-50]', async () => {
      const { asked, fetched } = await dawdling(() => new Promise(() => {}))
      const counts = [asked.size]
      for (let i = 0; i < 2; i++) {
        await pass(FETCH_LULL_MS)
        counts.push(asked.size)
      }
      assert.deepEqual(counts, [3, 6, 8])
      assert.deepEqual(await fetched, MODULE)
    })

    it('asks another beside those that send part after part and come to no end [RUN-50]', async () => {
      const { asked, fetched, end } = await dawdling(
        () => new Promise((resolve) => setTimeout(resolve, FETCH_LULL_MS - 1)),
      )
      const counts = [asked.size]
      for (let i = 0; i < 6; i++) {
        await pass(FETCH_LULL_MS - 1)
        counts.push(asked.size)
      }
      assert.deepEqual(counts, [3, 3, 3, 3, 3, 3, 6])
      end.abort()
      await assert.rejects(fetched, ModuleUnavailableError)
    })

    it('gives the first of them up when there are many, and all when its caller does [RUN-50]', async () => {
      const { asked, fetched, end, waitedFor } = await dawdling(() => new Promise(() => {}), 40)
      for (let i = 0; i < 5; i++) await pass(FETCH_LULL_MS)
      assert.deepEqual([asked.size, waitedFor()], [18, 3 + 8])
      end.abort()
      await assert.rejects(fetched, ModuleUnavailableError)
      await pass(10 * FETCH_LULL_MS)
      assert.deepEqual([asked.size, waitedFor()], [18, 0])
    })
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

describe('what peers are told', () => {
  it('is why they were refused, and nothing of what ails this machine [RUN-56]', async () => {
    const { peers, meet } = networkOf(2)
    await meet()
    const { modules } = modulesWith()
    const fail = async () => {
      throw new Error('ENOSPC: no space left on device, write /home/op/.dikast/modules')
    }
    const log = recordingLog()
    await serve(peers[1], { ...modules, has: fail, put: fail }, { log })
    const query = encodeModuleQuery({ moduleHash: HASH, offset: 0 })
    const push = (functionId: Hash) =>
      pushModule(peers[0], peers[1].self, { functionId, moduleHash: HASH, bytes: MODULE })
    for (const call of [peers[0].call(peers[1].self, MODULE_GET, query), push(FUNCTION)])
      await assert.rejects(call, /could not be taken now$/)
    assert.match(String(log.lines[1]?.fields.reason), /ENOSPC/)
    await assert.rejects(push(tagHash('never deployed')), /no deployed function/)
  })

  it('is no module while too many strangers wait for one; registered peers have places left [RUN-51]', async () => {
    const strangers = Math.ceil((STRANGERS_LOADING_MAX + 1) / MODULE_GET.inFlightMax)
    const { peers, meet } = networkOf(strangers + 2)
    await meet()
    const [server, member] = peers
    const many = Array.from({ length: STRANGERS_LOADING_MAX + 2 }, (_, i) => new Uint8Array(10).fill(i))
    const { modules } = modulesWith(...many)
    let open = (): void => {}
    const gate = new Promise<void>((resolve) => {
      open = resolve
    })
    const slow: Modules = { ...modules, get: (hash) => gate.then(() => modules.get(hash)) }
    await serve(server, slow, { isRegistered: (peer) => peer === member.self })
    const ask = (from: Transport, bytes: Uint8Array) =>
      from.call(server.self, MODULE_GET, encodeModuleQuery({ moduleHash: sha256Hex(bytes), offset: 0 }))
    const asked = Promise.allSettled(
      many
        .slice(0, STRANGERS_LOADING_MAX + 1)
        .map((bytes, i) => ask(peers[2 + (i % strangers)] as Transport, bytes)),
    )
    await settled()
    const own = ask(member, many.at(-1) as Uint8Array)
    await settled()
    open()
    assert.equal((await asked).filter(({ status }) => status === 'rejected').length, 1)
    await assert.doesNotReject(own)
  })
})
