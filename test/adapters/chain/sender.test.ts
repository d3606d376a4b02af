import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { decode } from 'cborg'
import { createCalls } from '../../../src/adapters/chain/calls.ts'
import { type ChainReader, createChainReader } from '../../../src/adapters/chain/client.ts'
import { createSender, type SenderOptions } from '../../../src/adapters/chain/sender.ts'
import { fromHex } from '../../../src/crypto/bytes.ts'
import { signRound } from '../../../src/crypto/drand.ts'
import { ChainError, type Transaction, type TransactionSender } from '../../../src/ports/chain.ts'
import { LimitExceededError } from '../../../src/protocol/errors.ts'
import type { Address, Deployment, Hash, Hex } from '../../../src/protocol/types.ts'
import {
  beaconSecret,
  CHAIN_ID,
  deploy,
  FUNDED_KEY,
  MemoryStore,
  recordingLog,
  startChain,
  startProxy,
  type TestChain,
  until,
} from './support.ts'

const SINK: Address = '0x00000000000000000000000000000000000000aa'
const transfer = (id: string, value = 1n): Transaction => ({ id, to: SINK, data: '0x', value })

describe('a transaction sender', () => {
  let chain: TestChain
  let deployment: Deployment
  let store: MemoryStore
  let snapshot: unknown
  const senders: TransactionSender[] = []

  before(async () => {
    chain = await startChain()
    deployment = await deploy(chain)
  })
  after(() => chain.close())
  beforeEach(async () => {
    store = new MemoryStore()
    snapshot = await chain.rpc('evm_snapshot')
  })
  afterEach(async () => {
    await Promise.all(senders.splice(0).map((sender) => sender.close()))
    await chain.rpc('evm_setAutomine', true)
    await chain.rpc('evm_revert', snapshot)
  })

  const open = (options: Partial<SenderOptions> = {}) => {
    const { log, events } = recordingLog()
    const base = { privateKey: fromHex(FUNDED_KEY), store, reader: chain.reader, log, pollMs: 40 }
    const sender = createSender({ ...base, ...options })
    senders.push(sender)
    return Object.assign(sender, { events })
  }
  const received = () => chain.reader.balance(SINK)
  const mempool = async () =>
    ((await chain.rpc('eth_getBlockByNumber', 'pending', false)) as { transactions: Hash[] }).transactions
  /** A reader some of whose calls fail. */
  const failing = (overrides: Partial<ChainReader>): ChainReader =>
    new Proxy(chain.reader, {
      get: (target, key) => {
        const value: unknown = overrides[key as keyof ChainReader] ?? Reflect.get(target, key)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })

  it('sends a call and tells where it was mined', async () => {
    const sender = open()
    const outcome = await sender.send(transfer('pay', 5n))
    assert.equal(outcome.type, 'mined')
    assert.equal(await received(), 5n)
    if (outcome.type === 'mined')
      assert.equal((await chain.reader.receipt(outcome.hash))?.blockNumber, outcome.blockNumber)
  })

  it('posts a beacon round, its signature decompressed on the way', async () => {
    const call = createCalls(deployment).postRound(9n, signRound(beaconSecret, 9n))
    assert.equal((await open().send({ id: 'postRound:9', ...call })).type, 'mined')
  })

  it('makes one transaction of an effect sent twice at once, sent again later, and sent again after a restart', async () => {
    const sender = open()
    const [first, second] = await Promise.all([sender.send(transfer('once')), sender.send(transfer('once'))])
    assert.deepEqual(first, second)
    assert.deepEqual(await sender.send(transfer('once')), first)
    await sender.close()
    assert.deepEqual(await open().send(transfer('once')), first)
    assert.equal(await received(), 1n)
  })

  it('mines many at once, each on its own nonce', async () => {
    const sender = open()
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, i) => sender.send(transfer(`pay-${i}`))),
    )
    assert.ok(outcomes.every(({ type }) => type === 'mined'))
    assert.equal(await received(), 20n)
  })

  it('says why a call reverts without sending it, and may send it again', async () => {
    const sender = open()
    const expire = { id: 'claim', ...createCalls(deployment).claim(SINK) }
    const outcome = await sender.send(expire)
    assert.equal(outcome.type, 'reverted')
    assert.equal(outcome.type === 'reverted' && outcome.error, 'NothingToClaim')
    assert.match(outcome.type === 'reverted' ? outcome.detail : '', /NothingToClaim\(account: 0x/)
    assert.equal(outcome.type === 'reverted' && outcome.hash, undefined)
    assert.equal((await sender.send(expire)).type, 'reverted')
    assert.equal(store.size, 0)
    const withGas = await sender.send({ ...expire, gas: 100_000n })
    assert.equal(withGas.type === 'reverted' && withGas.error, 'NothingToClaim')
  })

  it('says why a call reverted on chain, when its simulation had passed', async () => {
    // Two publishers of one name: both simulate well, the second loses.
    const estimateGas = async () => 100_000n
    const sender = open({ reader: failing({ estimateGas }) })
    const outcome = await sender.send({ id: 'claim', ...createCalls(deployment).claim(SINK) })
    assert.equal(outcome.type === 'reverted' && outcome.error, 'NothingToClaim')
    assert.match((outcome.type === 'reverted' && outcome.hash) || '', /^0x/)
    assert.equal(store.size, 0, 'a call without effect is forgotten')
  })

  it('tells a transaction that ran out of gas', async () => {
    const call = async () => ({ type: 'returned' as const, data: '0x' as const })
    const sender = open({ reader: failing({ call }) })
    const outcome = await sender.send({
      id: 'pause',
      ...createCalls(deployment).setPaused(true),
      gas: 24_500n,
    })
    assert.match(outcome.type === 'reverted' ? outcome.detail : '', /out of gas/)
  })

  it('resumes what was signed and never broadcast when it crashed', async () => {
    const broadcast = () => new Promise<void>(() => {})
    const crashed = open({ reader: failing({ broadcast }) })
    const lost = assert.rejects(crashed.send(transfer('pay')), isChainError('closed'))
    await until('persisted', () => store.size === 1)
    await crashed.close()
    await lost
    assert.equal(await received(), 0n)
    assert.equal((await open().send(transfer('pay'))).type, 'mined')
    assert.equal(await received(), 1n)
  })

  it('resumes by itself, so that what waits behind it is not stuck', async () => {
    const broadcast = () => new Promise<void>(() => {})
    const crashed = open({ reader: failing({ broadcast }) })
    crashed.send(transfer('pay')).catch(() => {})
    await until('persisted', () => store.size === 1)
    await crashed.close()
    assert.equal((await open().send(transfer('next'))).type, 'mined')
    await until('the first too', async () => (await received()) === 2n)
  })

  it('finds what was mined while it was down, and does not send it again', async () => {
    await chain.rpc('evm_setAutomine', false)
    const crashed = open()
    const lost = assert.rejects(crashed.send(transfer('pay')), isChainError('closed'))
    await until('broadcast', async () => (await mempool()).length === 1)
    await crashed.close()
    await lost
    await chain.rpc('hardhat_mine', '0x1')
    const outcome = await open({
      reader: failing({ broadcast: () => Promise.reject(new Error('not again')) }),
    }).send(transfer('pay'))
    assert.equal(outcome.type, 'mined')
    assert.equal(await received(), 1n)
  })

  it('raises the fees of a stuck transaction by at least an eighth, and tells the one that was mined', async () => {
    await chain.rpc('evm_setAutomine', false)
    const raws: Hex[] = []
    const broadcast = async (raw: Hex) => {
      raws.push(raw)
      await chain.reader.broadcast(raw)
    }
    const sender = open({ reader: failing({ broadcast }), bumpAfterMs: 150 })
    const sent = sender.send(transfer('pay'))
    await until('bumped twice', () => raws.length >= 3)
    const [hash] = await mempool()
    assert.equal((await mempool()).length, 1)
    await chain.rpc('hardhat_mine', '0x1')
    const outcome = await sent
    assert.ok(outcome.type === 'mined' && sender.events.includes('fees-raised'))
    assert.equal(await received(), 1n)
    const fee = async (which: unknown) =>
      BigInt(((await chain.rpc('eth_getTransactionByHash', which)) as { maxFeePerGas: string }).maxFeePerGas)
    assert.ok((await fee(outcome.hash)) > 0n && hash !== undefined)
  })

  it('stops raising fees at its cap, and keeps trying', async () => {
    await chain.rpc('evm_setAutomine', false)
    const head = await chain.reader.block('latest')
    const cap = 2n * (head?.baseFeePerGas ?? 0n) + 2_000_000_000n
    const sender = open({ bumpAfterMs: 60, maxFeePerGasMax: cap })
    const sent = sender.send(transfer('pay'))
    await until('capped', () => sender.events.includes('fee-cap-reached'))
    await chain.rpc('hardhat_mine', '0x1')
    assert.equal((await sent).type, 'mined')
  })

  it('broadcasts again what the node dropped', async () => {
    await chain.rpc('evm_setAutomine', false)
    const sender = open({ bumpAfterMs: 100, maxFeePerGasMax: 10n ** 10n })
    const sent = sender.send(transfer('pay'))
    await until('broadcast', async () => (await mempool()).length === 1)
    await chain.rpc('hardhat_dropTransaction', (await mempool())[0])
    await until('broadcast again', async () => (await mempool()).length === 1)
    await chain.rpc('hardhat_mine', '0x1')
    assert.equal((await sent).type, 'mined')
  })

  /** Signed at a nonce that somebody else's transaction then takes. */
  const signedAndOvertaken = async (transaction: Transaction) => {
    await chain.rpc('evm_setAutomine', false)
    const broadcast = () => new Promise<void>(() => {})
    const crashed = open({ reader: failing({ broadcast }) })
    crashed.send(transaction).catch(() => {})
    await until('persisted', () => store.size === 1)
    await crashed.close()
    await chain.rpc('evm_setAutomine', true)
    await open({ store: new MemoryStore() }).send(transfer('elsewhere', 10n))
  }

  it('takes another nonce for what carries no value, when its own was used from elsewhere and it is sent again', async () => {
    await signedAndOvertaken(transfer('call', 0n))
    const sender = open()
    await assert.rejects(sender.send(transfer('call', 0n)), isChainError('outcome-unknown'))
    assert.equal((await sender.send(transfer('call', 0n))).type, 'mined')
  })

  it('never pays on another nonce: it says that it cannot tell, whenever it is asked [RUN-80]', async () => {
    await signedAndOvertaken(transfer('pay'))
    const sender = open()
    for (let asked = 0; asked < 2; asked++) {
      await assert.rejects(sender.send(transfer('pay')), isChainError('outcome-unknown'))
    }
    assert.equal(await received(), 10n)
  })

  describe('at a node that counts a nonce before it shows the receipt [RUN-80]', () => {
    /** Mines whatever is broadcast, and hides receipts while `late`. */
    const lagging = (overrides: Partial<ChainReader> = {}) => {
      const state = { broadcasts: 0, looks: 0, late: true }
      const reader = failing({
        broadcast: async (raw) => {
          state.broadcasts++
          await chain.reader.broadcast(raw)
        },
        receipt: async (hash) => {
          state.looks++
          return state.late ? undefined : chain.reader.receipt(hash)
        },
        ...overrides,
      })
      return { state, reader }
    }

    it('pays once, says that it cannot tell, and tells when the receipt is there', async () => {
      const { state, reader } = lagging()
      const sender = open({ reader })
      await assert.rejects(sender.send(transfer('pay')), (error: ChainError) => {
        assert.match(error.fix ?? '', /look at the account .*0x[0-9a-f]{64}/)
        return isChainError('outcome-unknown')(error)
      })
      const looks = state.looks
      await until('it looked on', () => state.looks > looks + 20)
      assert.equal(state.broadcasts, 1)
      state.late = false
      assert.equal((await sender.send(transfer('pay'))).type, 'mined')
      assert.deepEqual([state.broadcasts, await received()], [1, 1n])
    })

    it('waits for the receipt of a call that the node knows', async () => {
      const { state, reader } = lagging()
      const sent = open({ reader }).send(transfer('call', 0n))
      await until('it looked for long', () => state.looks > 20)
      state.late = false
      assert.equal((await sent).type, 'mined')
      assert.equal(state.broadcasts, 1)
    })

    it('signs no call anew by itself, though the node knows nothing of it', async () => {
      const { state, reader } = lagging({ knowsTransaction: async () => false })
      await assert.rejects(open({ reader }).send(transfer('call', 0n)), isChainError('outcome-unknown'))
      assert.deepEqual([state.broadcasts, store.size], [1, 0])
    })

    it('does not pay again for what it was told was mined', async () => {
      const { state, reader } = lagging({ knowsTransaction: async () => false })
      state.late = false
      const sender = open({ reader })
      await sender.send(transfer('pay'))
      state.late = true
      await assert.rejects(sender.send(transfer('pay')), isChainError('outcome-unknown'))
      assert.deepEqual([state.broadcasts, await received()], [1, 1n])
    })
  })

  it('says that what was refused for lack of funds may still be mined [RUN-80]', async () => {
    let broadcasts = 0
    const broadcast = async (raw: Hex) => {
      // The first copy arrives and its answer is lost; what is asked for again is refused for what the first costs.
      if (broadcasts++ === 0) await chain.reader.broadcast(raw)
      throw Object.assign(new Error('insufficient funds for gas * price + value'), { code: -32000 })
    }
    await chain.rpc('evm_setAutomine', false)
    const sender = open({ reader: failing({ broadcast }) })
    await assert.rejects(sender.send(transfer('pay')), (error: ChainError) => {
      assert.match(error.message, /0x[0-9a-f]{64}, which may still be mined: insufficient funds/)
      assert.match(error.fix ?? '', /look at the account/)
      return isChainError('insufficient-funds')(error)
    })
  })

  it('fills nonces that were lost below a pending one', async () => {
    await chain.rpc('evm_setAutomine', false)
    const first = open()
    for (const id of ['one', 'two', 'three']) first.send(transfer(id)).catch(() => {})
    await until('all broadcast', async () => (await mempool()).length === 3)
    await first.close()
    const space = `tx-${CHAIN_ID}-${first.address.toLowerCase()}`
    const nonces = new Map(
      store
        .list(space, { limit: 9 })
        .map(({ key, value }) => [(decode(value) as { nonce: string }).nonce, key]),
    )
    const [, , kept] = [...nonces.keys()].sort((a, b) => Number(a) - Number(b))
    for (const [nonce, key] of nonces) if (nonce !== kept) store.write([{ type: 'delete', space, key }])
    for (const hash of await mempool()) await chain.rpc('hardhat_dropTransaction', hash)
    await chain.rpc('evm_setAutomine', true)
    const sender = open()
    assert.equal((await sender.send(transfer(nonces.get(kept ?? '') ?? ''))).type, 'mined')
    assert.equal(sender.events.filter((event) => event === 'nonce-gap-filled').length, 2)
    assert.equal(await received(), 1n)
  })

  it('sends again, on the same nonce, what a fork undid', async () => {
    const fork = await chain.rpc('evm_snapshot')
    const sender = open()
    await sender.send(transfer('pay'))
    const count = await chain.reader.transactionCount(sender.address)
    await chain.rpc('evm_revert', fork)
    assert.equal(await received(), 0n)
    assert.equal((await sender.send(transfer('pay'))).type, 'mined')
    assert.equal(await received(), 1n)
    assert.equal(await chain.reader.transactionCount(sender.address), count)
  })

  it('never gives an effect a second nonce while its first could still be mined', async () => {
    const fork = await chain.rpc('evm_snapshot')
    const sender = open()
    await sender.send(transfer('first', 0n))
    const before = await chain.reader.transactionCount(sender.address)
    await sender.send(transfer('second'))
    await chain.rpc('evm_revert', fork)
    const outcome = await sender.send(transfer('second'))
    const mined = (await chain.rpc('eth_getTransactionByHash', outcome.hash)) as { nonce: Hex }
    assert.equal(BigInt(mined.nonce), before, 'though the nonce below was free')
    assert.ok(sender.events.includes('nonce-gap-filled'))
    assert.equal((await sender.send(transfer('first', 0n))).type, 'mined')
    assert.equal(await received(), 1n)
  })

  it('survives a node that goes away between signing and mining', async () => {
    await chain.rpc('evm_setAutomine', false)
    const proxy = await startProxy(chain.url)
    const reader = createChainReader({
      rpcUrl: proxy.url,
      expectedChainId: CHAIN_ID,
      timeoutMs: 300,
      retriesMax: 0,
    })
    const sender = open({ reader })
    const sent = sender.send(transfer('pay'))
    await until('broadcast', async () => (await mempool()).length === 1)
    proxy.cut()
    await until('noticed', () => sender.events.includes('transactions-unwatched'))
    await chain.rpc('hardhat_mine', '0x1')
    proxy.restore()
    assert.equal((await sent).type, 'mined')
    assert.equal(await received(), 1n)
    await assert.rejects(async () => {
      proxy.cut()
      await sender.send(transfer('other'))
    }, isChainError('unreachable'))
    proxy.close()
  })

  it('sends nothing it cannot pay for', async () => {
    const poor = open({ privateKey: new Uint8Array(32).fill(9) })
    await assert.rejects(poor.send(transfer('pay')), isChainError('insufficient-funds'))
    await assert.rejects(poor.send({ ...transfer('pay'), gas: 21_000n }), isChainError('insufficient-funds'))
    assert.equal(store.size, 0)
  })

  it('remembers so many outcomes and no more', async () => {
    const sender = open({ historyMax: 3 })
    for (let i = 0; i < 6; i++) await sender.send(transfer(`pay-${i}`))
    assert.equal(store.size, 3)
    await sender.send(transfer('pay-5'))
    assert.equal(await received(), 6n)
  })

  it('takes so many at once and no more', async () => {
    await chain.rpc('evm_setAutomine', false)
    const sender = open()
    const sent = Array.from({ length: 49 }, (_, i) => sender.send(transfer(`pay-${i}`)))
    for (const promise of sent) promise.catch(() => {})
    await assert.rejects(sent[48] as Promise<unknown>, LimitExceededError)
  })

  it('ends what waits when it is closed, and takes nothing more', async () => {
    await chain.rpc('evm_setAutomine', false)
    const sender = open()
    const waits = assert.rejects(sender.send(transfer('pay')), isChainError('closed'))
    await until('broadcast', async () => (await mempool()).length === 1)
    await sender.close()
    await waits
    await assert.rejects(sender.send(transfer('next')), isChainError('closed'))
  })
})

function isChainError(reason: ChainError['reason']) {
  return (error: unknown) => {
    assert.ok(error instanceof ChainError, String(error))
    assert.equal(error.reason, reason, error.message)
    return true
  }
}
