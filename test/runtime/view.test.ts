import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createMemoryStore } from '../../src/adapters/store/memory.ts'
import { peerIdFromEd25519PublicKey } from '../../src/adapters/transport/identity.ts'
import { capabilitySet } from '../../src/core/permissions/capability.ts'
import { silentLog } from '../../src/ports/log.ts'
import type { Store } from '../../src/ports/store.ts'
import type { Address, RequestId } from '../../src/protocol/types.ts'
import { NodeDirectory, STANDING_SECONDS } from '../../src/runtime/nodes.ts'
import { ChainView, type ChainViewOptions, FINALITY_BLOCKS } from '../../src/runtime/view.ts'
import {
  entriesIn,
  failingStore,
  idOf,
  NODES,
  nodeOf,
  OPENS_AT,
  positionAt,
  recordingLog,
  requestOf,
  type TestNode,
} from './support.ts'

const NOBODY = { forget: () => {}, bury: () => {} }
const HTTP = capabilitySet(['http'])
const AFTER_DEADLINE = OPENS_AT + 1_000n
const viewOf = (store: Store, options: ChainViewOptions = {}) =>
  new ChainView(store, peerIdFromEd25519PublicKey, options)

function register(view: ChainView, node: TestNode, block: bigint, peerKey = node.peerKey): void {
  const { attestor } = node
  view.nodeRegistered(
    { attestor, operator: attestor, peerId: peerKey, capabilities: HTTP },
    positionAt(block),
  )
  // The contract takes no registration without a stake.
  view.nodes.stakeChanged(attestor, 10n, { number: block, time: 0n })
}

function submit(view: ChainView, nonce: number, block: bigint, patch = {}): RequestId {
  const request = requestOf(nonce, patch)
  view.requestSubmitted(idOf(request), request, positionAt(block), NOBODY)
  return idOf(request)
}

/** Everything a view says, to compare with another. */
const contents = (view: ChainView) => ({
  requests: new Map(view.requests),
  nodes: new Map([...view.nodes.values()].map((node) => [node.attestor, node])),
})

describe('a view of the chain', () => {
  it('is the same after a restart [RUN-13]', () => {
    const store = createMemoryStore()
    const view = viewOf(store)
    for (const node of NODES) register(view, node, 5n)
    view.nodes.stakeChanged(NODES[0]?.attestor ?? '0x', 0n, { number: 6n, time: 60n })
    submit(view, 1, 6n)
    view.requestClosed(submit(view, 2, 7n), 'fulfilled', positionAt(9n))
    view.requestClosed(submit(view, 3, 7n), 'expired', positionAt(8n))
    const again = viewOf(store)
    assert.deepEqual(contents(again), contents(view))
    assert.equal(again.peerOf(NODES[1]?.attestor ?? '0x'), NODES[1]?.peer)
  })

  it('reads on from a finality window before where it stopped, and never before the deployment [RUN-13]', () => {
    const store = createMemoryStore()
    assert.equal(viewOf(store).resumeFrom(100n), 100n)
    viewOf(store).advance({ number: 120n, time: 1n }, NOBODY)
    assert.equal(viewOf(store).resumeFrom(100n), 100n)
    viewOf(store).advance({ number: 500n, time: 1n }, NOBODY)
    assert.equal(viewOf(store).resumeFrom(100n), 500n - FINALITY_BLOCKS)
  })

  it('writes where it is every sixteen blocks, and at once when the chain got shorter [RUN-13]', () => {
    let writes = 0
    const store = failingStore(createMemoryStore(), () => ++writes < 0)
    const view = viewOf(store)
    for (let number = 1000n; number < 1160n; number++) view.advance({ number, time: number }, NOBODY)
    assert.equal(writes, 10)
    view.advance({ number: 1100n, time: 1n }, NOBODY)
    assert.equal(viewOf(store).resumeFrom(0n), 1100n - FINALITY_BLOCKS)
  })

  it('undoes requests and nodes above a rollback, and reopens what was closed there [RUN-14]', () => {
    const store = createMemoryStore()
    const view = viewOf(store)
    const [first, second] = NODES as [TestNode, TestNode]
    register(view, first, 5n)
    register(view, second, 11n)
    const kept = submit(view, 1, 6n)
    const closedBelow = submit(view, 2, 6n)
    const closedAbove = submit(view, 3, 6n)
    const undone = submit(view, 4, 12n)
    view.requestClosed(closedBelow, 'fulfilled', positionAt(10n))
    view.requestClosed(closedAbove, 'fulfilled', positionAt(11n))
    assert.equal(view.rollback(10n).peersLost, true)
    for (const seen of [view, viewOf(store)]) {
      assert.equal(seen.requests.has(undone), false)
      assert.deepEqual(new Set(seen.open().map(({ id }) => id)), new Set([kept, closedAbove]))
      assert.equal(seen.requests.get(closedBelow)?.closed?.as, 'fulfilled')
      assert.deepEqual([seen.isRegistered(first.peer), seen.isRegistered(second.peer)], [true, false])
    }
    assert.equal(view.rollback(10n).peersLost, false)
  })

  it('takes an undone request again when another block has it [RUN-14]', () => {
    const view = viewOf(createMemoryStore())
    const id = submit(view, 1, 12n)
    view.rollback(10n)
    assert.equal(submit(view, 1, 13n), id)
    assert.equal(view.requests.get(id)?.blockNumber, 13n)
  })

  it('forgets a closed request when that is final, and buries it once its deadline is past too [RUN-12]', () => {
    const store = createMemoryStore()
    const view = viewOf(store)
    const told: string[] = []
    const undertaker = { forget: () => told.push('forget'), bury: () => told.push('bury') }
    const id = submit(view, 1, 10n)
    view.requestClosed(id, 'fulfilled', positionAt(20n))
    view.advance({ number: 20n + FINALITY_BLOCKS - 1n, time: OPENS_AT }, undertaker)
    assert.deepEqual([told, view.requests.has(id)], [[], true])
    view.advance({ number: 20n + FINALITY_BLOCKS, time: OPENS_AT }, undertaker)
    assert.deepEqual([told, view.requests.has(id)], [['forget'], false])
    view.advance({ number: 300n, time: OPENS_AT + 120n }, undertaker)
    assert.deepEqual(told, ['forget'], 'a block of the deadline’s own second may still hold it')
    view.advance({ number: 400n, time: OPENS_AT + 121n }, undertaker)
    assert.deepEqual(told, ['forget', 'bury'])
    assert.equal(entriesIn(store, 'request', 'grave'), 0)
  })

  it('buries an undone request that never came back, and not one that did [RUN-12]', () => {
    const store = createMemoryStore()
    const view = viewOf(store)
    const buried: RequestId[] = []
    const undertaker = { forget: () => {}, bury: (id: RequestId) => buried.push(id) }
    const gone = submit(view, 1, 12n)
    const back = submit(view, 2, 12n)
    view.rollback(10n)
    submit(view, 2, 13n)
    view.advance({ number: 500n, time: AFTER_DEADLINE }, undertaker)
    assert.deepEqual(buried, [gone])
    assert.equal(view.requests.has(back), true)
    assert.equal(entriesIn(store, 'grave'), 0)
  })

  it('digs a grave again when it crashed before all was cleared away [RUN-12]', () => {
    const store = createMemoryStore()
    const view = viewOf(store)
    view.requestClosed(submit(view, 1, 10n), 'fulfilled', positionAt(10n))
    const crash = { forget: () => {}, bury: () => assert.fail('the process dies here') }
    assert.throws(() => view.advance({ number: 500n, time: AFTER_DEADLINE }, crash))
    const buried: RequestId[] = []
    viewOf(store).advance(
      { number: 500n, time: AFTER_DEADLINE },
      { forget: () => {}, bury: (id) => buried.push(id) },
    )
    assert.equal(buried.length, 1)
  })

  it('says so when it does not follow a request, and follows again when there is room [RUN-15]', () => {
    const log = recordingLog()
    const store = createMemoryStore()
    const view = viewOf(store, { log, openMax: 3, requestsMax: 5 })
    const ids = [1, 2, 3, 4].map((nonce) => submit(view, nonce, 10n))
    assert.equal(view.open().length, 3)
    assert.deepEqual(
      log.lines.map(({ level, fields }) => [level, fields.requestId]),
      [['error', ids[3]]],
    )
    view.requestClosed(ids[0] ?? '0x', 'fulfilled', positionAt(11n))
    assert.ok(view.requests.has(submit(view, 5, 12n)))
    assert.equal(view.open().length, 3)
  })

  it('gives the place of the request that is overdue longest to one that can be fulfilled [RUN-15]', () => {
    const log = recordingLog()
    const view = viewOf(createMemoryStore(), { log, openMax: 3 })
    const old = submit(view, 1, 10n, { deadline: 50n })
    const older = submit(view, 2, 10n, { deadline: 40n })
    submit(view, 3, 10n)
    view.advance({ number: 11n, time: 60n }, NOBODY)
    const fresh = submit(view, 4, 12n)
    assert.deepEqual(
      [old, older, fresh].map((id) => view.requests.has(id)),
      [true, false, true],
    )
    assert.equal(log.lines[0]?.fields.requestId, older)
  })

  it('gives the place of the request that pays least to one that pays more, and to no other [RUN-15]', () => {
    const log = recordingLog()
    const view = viewOf(createMemoryStore(), { log, openMax: 3 })
    const fees = [5n, 2n, 3n].map((flatFeePerSeat, i) =>
      submit(view, i, 10n, { flatFeePerSeat, fuelPrice: 0n }),
    )
    const same = submit(view, 3, 11n, { flatFeePerSeat: 2n, fuelPrice: 0n })
    const fuelled = submit(view, 4, 11n, { flatFeePerSeat: 0n, fuelPrice: 2n, fuelLimit: 2n })
    assert.deepEqual(
      [...fees, same, fuelled].map((id) => view.requests.has(id)),
      [true, false, true, false, true],
    )
    assert.deepEqual(log.lines.at(-1)?.fields, { requestId: fees[1], why: 'paid least' })
  })

  it('keeps one that may be challenged, whatever others pay: it is heard by who remembers it [RUN-15] [RUN-44]', () => {
    const view = viewOf(createMemoryStore(), { log: recordingLog(), openMax: 1 })
    const certified = submit(view, 1, 10n, { flatFeePerSeat: 1n, fuelPrice: 0n })
    const what = {
      escrow: 1n,
      reimbursement: 0n,
      maxFeePerGas: 1n,
      certifiedAt: 1n,
      submitter: certified,
      attempt: 0,
      exit: 0,
      fuelUsed: 1n,
      outputHash: certified,
      signers: 1n,
    } as const
    view.requestCertified(certified, what, '0x', positionAt(11n))
    const richer = submit(view, 2, 12n, { flatFeePerSeat: 9n, fuelPrice: 0n })
    assert.deepEqual(
      [certified, richer].map((id) => view.requests.has(id)),
      [true, false],
    )
  })

  it('keeps closed requests to a bound, the oldest going first [RUN-15]', () => {
    const store = createMemoryStore()
    const view = viewOf(store, { openMax: 3, requestsMax: 5 })
    const ids = Array.from({ length: 20 }, (_, i) => {
      const id = submit(view, i, 10n)
      view.requestClosed(id, 'fulfilled', positionAt(10n))
      return id
    })
    assert.deepEqual([...view.requests.keys()].sort(), ids.slice(-5).sort())
    assert.equal(entriesIn(store, 'request'), 5)
    assert.equal(viewOf(store, { requestsMax: 5 }).requests.size, 5)
  })
})

describe('the nodes of a view', () => {
  const [first, second] = NODES as [TestNode, TestNode]

  it('keep a peer registered as long as one of them names it [RUN-16]', () => {
    const view = viewOf(createMemoryStore())
    register(view, first, 5n)
    register(view, second, 11n, first.peerKey)
    assert.equal(view.peerOf(second.attestor), first.peer)
    assert.equal(view.rollback(10n).peersLost, false)
    assert.equal(view.isRegistered(first.peer), true)
    assert.equal(view.rollback(0n).peersLost, true)
    assert.equal(view.isRegistered(first.peer), false)
  })

  it('take a peer away from a node that another block registers with another [RUN-16]', () => {
    const view = viewOf(createMemoryStore())
    register(view, first, 5n)
    register(view, first, 6n, second.peerKey)
    assert.deepEqual([view.isRegistered(first.peer), view.isRegistered(second.peer)], [false, true])
    assert.deepEqual(view.peers(nodeOf('self').peer), [second.peer])
  })

  it('have standing while they have stake, and for four days after [RUN-16]', () => {
    const store = createMemoryStore()
    const view = viewOf(store)
    register(view, first, 5n)
    register(view, second, 5n)
    const leftAt = OPENS_AT
    const at = (view: ChainView, time: bigint): readonly boolean[] => {
      view.advance({ number: 1_000n, time }, NOBODY)
      return [first, second].map(({ peer }) => view.isRegistered(peer))
    }
    view.nodes.stakeChanged(first.attestor, 0n, { number: 10n, time: leftAt })
    assert.deepEqual(at(view, leftAt + STANDING_SECONDS), [true, true])
    assert.equal(view.peers('self').length, 2)
    for (const seen of [view, viewOf(store)]) {
      assert.deepEqual(at(seen, leftAt + STANDING_SECONDS + 1n), [false, true])
      assert.deepEqual(seen.peers('self'), [second.peer])
      assert.equal(seen.peerOf(first.attestor), first.peer, 'a name outlasts standing')
    }
    view.nodes.stakeChanged(first.attestor, 10n, { number: 11n, time: leftAt + STANDING_SECONDS + 1n })
    assert.deepEqual(at(view, leftAt + 10n * STANDING_SECONDS), [true, true])
  })

  it('have no standing when they never had stake [RUN-16]', () => {
    const view = viewOf(createMemoryStore())
    const { attestor, peerKey, peer } = first
    view.nodeRegistered({ attestor, operator: attestor, peerId: peerKey, capabilities: HTTP }, positionAt(5n))
    assert.deepEqual([view.isRegistered(peer), view.peers('self')], [false, []])
  })

  it('have their stake again when its loss is undone [RUN-16]', () => {
    const store = createMemoryStore()
    const view = viewOf(store)
    for (const [node, number] of [
      [first, 10n],
      [second, 11n],
    ] as const) {
      register(view, node, 5n)
      view.nodes.stakeChanged(node.attestor, 0n, { number, time: OPENS_AT })
    }
    view.rollback(10n)
    for (const seen of [view, viewOf(store)]) {
      seen.advance({ number: 1_000n, time: OPENS_AT + STANDING_SECONDS + 1n }, NOBODY)
      assert.deepEqual([seen.isRegistered(first.peer), seen.isRegistered(second.peer)], [false, true])
    }
  })

  it('are found in any letters [RUN-16]', () => {
    const view = viewOf(createMemoryStore())
    register(view, { ...first, attestor: `0x${first.attestor.slice(2).toUpperCase()}` }, 5n)
    assert.equal(view.peerOf(first.attestor), first.peer)
  })

  it('do without one whose peer id is no key: it harms nobody else [RUN-16]', () => {
    const log = recordingLog()
    const view = viewOf(createMemoryStore(), { log })
    register(view, first, 5n, '0x1234')
    assert.equal(view.nodes.size, 0)
    assert.equal(log.lines[0]?.event, 'node without a peer')
  })

  it('make room for new ones by forgetting those without stake, and say so when they cannot [RUN-16]', () => {
    const log = recordingLog()
    const store = createMemoryStore()
    const nodes = new NodeDirectory(store, log, 3)
    const add = (label: string): Address => {
      const { attestor, peer } = nodeOf(label)
      nodes.add({ attestor, operator: attestor, peer, blockNumber: 1n, bonded: false })
      nodes.stakeChanged(attestor, 1n, { number: 1n, time: 0n })
      return attestor
    }
    const leave = (attestor: Address, time: bigint) => nodes.stakeChanged(attestor, 0n, { number: 2n, time })
    const [a, b, c] = [add('a'), add('b'), add('c')]
    // The first to be known is the last to have left: it may still be drawn.
    leave(a, STANDING_SECONDS)
    leave(c, 0n)
    nodes.advance(STANDING_SECONDS + 1n)
    const d = add('d')
    assert.deepEqual(
      [a, b, c, d].map((attestor) => nodes.get(attestor) !== undefined),
      [true, true, false, true],
    )
    const e = add('e')
    assert.deepEqual([nodes.get(a), nodes.get(e)?.attestor], [undefined, e])
    assert.equal(nodes.get(add('f')), undefined)
    assert.equal(log.lines[0]?.level, 'error')
    assert.equal(new NodeDirectory(store, silentLog, 3).size, 3)
  })
})
