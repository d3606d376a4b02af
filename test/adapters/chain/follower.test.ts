import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import fc from 'fast-check'
import { encodeAbiParameters, encodeEventTopics, keccak256, stringToHex } from 'viem'
import { createCalls } from '../../../src/adapters/chain/calls.ts'
import { type ChainReader, createChainReader, type LogFilter } from '../../../src/adapters/chain/client.ts'
import { createFollower, type FollowerOptions } from '../../../src/adapters/chain/follower.ts'
import { createSender } from '../../../src/adapters/chain/sender.ts'
import { fromHex } from '../../../src/crypto/bytes.ts'
import { signRound } from '../../../src/crypto/drand.ts'
import { ChainError, type ChainEvent } from '../../../src/ports/chain.ts'
import { silentLog } from '../../../src/ports/log.ts'
import { beaconRegistryAbi } from '../../../src/protocol/abi/beacon-registry.ts'
import type { Deployment, Hash, Hex } from '../../../src/protocol/types.ts'
import {
  beaconSecret,
  CHAIN_ID,
  deploy,
  FUNDED_KEY,
  MemoryStore,
  recordingLog,
  startChain,
  startProxy,
  startScriptedNode,
  type TestChain,
  until,
} from './support.ts'

const fakeDeployment: Deployment = {
  chainId: CHAIN_ID,
  nodeRegistry: `0x${'01'.repeat(20)}`,
  beaconRegistry: `0x${'02'.repeat(20)}`,
  functionRegistry: `0x${'03'.repeat(20)}`,
  verifierRouter: `0x${'04'.repeat(20)}`,
  market: `0x${'05'.repeat(20)}`,
  fromBlock: 0n,
}

interface FakeBlock {
  readonly number: number
  readonly hash: Hash
  readonly parentHash: Hash
}

/** A chain of named blocks: `a b c` is three, and `a b x y` forks off after `b`. Capital letters post a beacon round. */
class FakeChain {
  blocks: FakeBlock[] = []
  /** More blocks than this in one getLogs are refused. */
  rangeMax = Number.POSITIVE_INFINITY
  failing = false
  /** Claimed as the head, whatever the chain is, for so many answers. */
  bogusHead: { readonly number: number; answers: number } | undefined
  /** Blocks above it are unknown to the node that answers: getLogs has none of them. */
  servedTo = Number.POSITIVE_INFINITY
  /** Served beside the chain's. */
  readonly bogusBlocks = new Map<number, FakeBlock>()
  headsAsked = 0
  readonly rangesAsked: number[] = []

  become(names: string): void {
    this.blocks = []
    let parentHash = keccak256('0x00')
    for (const [number, name] of names.split(' ').entries()) {
      const hash = keccak256(stringToHex(`${parentHash} ${name}`))
      this.blocks.push({ number, hash, parentHash })
      this.#names.set(hash, name)
      parentHash = hash
    }
  }

  readonly #names = new Map<Hash, string>()

  nameOf(hash: Hash): string {
    return this.#names.get(hash) ?? '?'
  }

  answer(method: string, params: readonly unknown[]) {
    if (this.failing) return { error: { code: -32000, message: 'down' } }
    if (method === 'eth_getLogs') return this.#logs(params[0] as Record<string, Hex>)
    const [which] = params as [string]
    if (which === 'latest') this.headsAsked++
    if (which === 'latest' && this.bogusHead !== undefined && this.bogusHead.answers-- > 0)
      return { result: this.#header(bogusBlock(this.bogusHead.number)) }
    const bogus = this.bogusBlocks.get(Number(which))
    if (bogus !== undefined) return { result: this.#header(bogus) }
    if (which !== 'latest' && Number(which) > this.servedTo) return { result: null }
    const found =
      method === 'eth_getBlockByHash'
        ? this.blocks.find(({ hash }) => hash === which)
        : which === 'latest'
          ? this.blocks.at(-1)
          : this.blocks[Number(which)]
    return { result: found === undefined ? null : this.#header(found) }
  }

  #header({ number, hash, parentHash }: FakeBlock) {
    return { number: hex(number), hash, parentHash, timestamp: hex(1_000 + number), baseFeePerGas: '0x1' }
  }

  #logs({ blockHash, fromBlock, toBlock }: Record<string, Hex>) {
    if (blockHash !== undefined) {
      const found = this.blocks.find(({ hash }) => hash === blockHash)
      return found === undefined
        ? { error: { code: -32000, message: 'unknown block' } }
        : { result: this.#logsOf(found) }
    }
    const [from, to] = [Number(fromBlock), Number(toBlock)]
    this.rangesAsked.push(to - from + 1)
    if (to - from + 1 > this.rangeMax) return { error: { code: -32005, message: 'range too large' } }
    const served = this.blocks.slice(from, Math.min(to, this.servedTo) + 1)
    return { result: served.flatMap((block) => this.#logsOf(block)) }
  }

  #logsOf({ number, hash }: FakeBlock) {
    const name = this.nameOf(hash)
    if (name !== name.toUpperCase() || /\d/.test(name)) return []
    return [0, 1].map((logIndex) => ({
      address: fakeDeployment.beaconRegistry,
      topics: encodeEventTopics({
        abi: beaconRegistryAbi,
        eventName: 'RoundPosted',
        args: { round: BigInt(number + 1) },
      }),
      data: encodeAbiParameters(
        [{ type: 'bytes32' }, { type: 'bytes' }],
        [keccak256(stringToHex(name)), '0x'],
      ),
      blockNumber: hex(number),
      blockHash: hash,
      transactionHash: keccak256(stringToHex(`${name} ${logIndex}`)),
      logIndex: hex(logIndex),
    }))
  }
}

function bogusBlock(number: number): FakeBlock {
  return { number, hash: keccak256(hex(number)), parentHash: keccak256(hex(number - 1)) }
}

function hex(value: number): Hex {
  return `0x${value.toString(16)}`
}

/** Follows and keeps what it is told; `view` is the chain a consumer would hold. */
function follow(
  reader: ChainReader,
  options: Partial<FollowerOptions> & { from?: bigint; nameOf?: (hash: Hash) => string } = {},
) {
  const { from = 0n, nameOf = (hash) => hash, ...rest } = options
  const controller = new AbortController()
  const { log, events: logged } = recordingLog()
  const told: ChainEvent[] = []
  const view: { number: bigint; name: string; logs: number }[] = []
  const handler = async (event: ChainEvent) => {
    told.push(event)
    if (event.type === 'rollback') while ((view.at(-1)?.number ?? -1n) > event.toNumber) view.pop()
    else if (event.type === 'block')
      view.push({ number: event.block.number, name: nameOf(event.block.hash), logs: 0 })
    else (view.at(-1) as { logs: number }).logs++
  }
  const follower = createFollower({ reader, deployment: fakeDeployment, log, pollMs: 5, ...rest })
  const done = follower.follow({ from, signal: controller.signal, handler })
  return {
    told,
    view,
    logged,
    done,
    names: () => view.map(({ name }) => name).join(' '),
    stop: () => {
      controller.abort()
      return done
    },
  }
}

describe('a chain follower over a chain that forks', () => {
  const stops: (() => unknown)[] = []
  after(() => Promise.all(stops.map((stop) => stop())))
  const start = async (names: string, options: Parameters<typeof follow>[1] = {}) => {
    const chain = new FakeChain()
    chain.become(names)
    const node = await startScriptedNode((method, params) => chain.answer(method, params))
    const following = follow(node.reader, { nameOf: (hash) => chain.nameOf(hash), ...options })
    stops.push(() => following.stop(), node.close)
    return { chain, ...following }
  }

  it('tells blocks in order from where it is asked to, each with its logs after it', async () => {
    const { chain, told, view, names } = await start('a b C d', { from: 1n })
    await until('caught up', () => names() === 'b C d')
    chain.become('a b C d E')
    await until('the next', () => view.length === 4 && view[3]?.logs === 2)
    const types = told.map((event) => (event.type === 'log' ? `log ${event.at.logIndex}` : event.type))
    assert.deepEqual(types, ['block', 'block', 'log 0', 'log 1', 'block', 'block', 'log 0', 'log 1'])
    const log = told.find((event) => event.type === 'log')
    assert.ok(log?.type === 'log' && log.log.type === 'roundPosted' && log.log.round === 3n)
    assert.equal(log.at.blockHash, log.block.hash)
  })

  it('rolls back to the common ancestor, then tells what replaced it', async () => {
    const { chain, told, names, view } = await start('a b C d e')
    await until('caught up', () => names() === 'a b C d e')
    chain.become('a b x Y z w')
    await until('reorganised', () => names() === 'a b x Y z w')
    const rollbacks = told.filter((event) => event.type === 'rollback')
    assert.deepEqual(rollbacks, [{ type: 'rollback', toNumber: 1n, toHash: chain.blocks[1]?.hash }])
    assert.deepEqual(
      view.map(({ logs }) => logs),
      [0, 0, 0, 2, 0, 0],
    )
  })

  it('sees a head that was replaced by one as high, and a chain that got shorter', async () => {
    const { chain, names } = await start('a b c')
    await until('caught up', () => names() === 'a b c')
    chain.become('a b x')
    await until('replaced', () => names() === 'a b x')
    chain.become('a y')
    await until('shorter', () => names() === 'a y')
    chain.become('a')
    chain.become('a y z')
    await until('grown', () => names() === 'a y z')
  })

  it('rolls back everything it told when the fork is deeper than its window, and says so', async () => {
    const { chain, names, told, logged } = await start('a b c d e f', { finalityBlocks: 2 })
    await until('caught up', () => names().endsWith('d e f'))
    chain.become('q r s t u v w')
    await until('the new chain', () => names().endsWith('t u v w'))
    assert.ok(logged.includes('reorg-below-window'))
    assert.equal(told.filter((event) => event.type === 'rollback').length, 1)
  })

  it('never ends up on another chain than the node, whatever the forks', async () => {
    const forks = fc.array(fc.tuple(fc.nat({ max: 4 }), fc.integer({ min: 1, max: 4 })), {
      minLength: 1,
      maxLength: 6,
    })
    await fc.assert(
      fc.asyncProperty(forks, async (steps) => {
        const { chain, names, view } = await start('a B')
        let expected = ['a', 'B']
        let fresh = 0
        for (const [back, forward] of steps) {
          const kept = expected.slice(0, Math.max(1, expected.length - back))
          // A fork that is to be noticed is not shorter than what it replaces.
          const length = Math.max(forward, expected.length - kept.length + 1)
          expected = [
            ...kept,
            ...Array.from({ length }, () => `n${String.fromCharCode(97 + (fresh++ % 26))}`),
          ]
          chain.become(expected.join(' '))
          if (fresh % 2 === 0) await until('followed', () => names() === expected.join(' '))
        }
        await until(`followed to ${expected.join(' ')}, not ${names()}`, () => names() === expected.join(' '))
        assert.ok(view.every(({ number }, i) => number === BigInt(i)))
      }),
      { numRuns: 12 },
    )
  })

  it('reads what is final by ranges, tells only blocks with logs, and takes no block for granted near the head', async () => {
    const names = Array.from({ length: 300 }, (_, i) =>
      i === 7 || i === 100 ? `L${'x'.repeat(i % 5)}`.toUpperCase() : `b${i}`,
    )
    const { told, view, names: followed } = await start(names.join(' '), { finalityBlocks: 10 })
    await until('the head', () => followed().endsWith('b299'))
    const numbers = view.map(({ number }) => Number(number))
    assert.deepEqual(numbers, [7, 100, ...Array.from({ length: 11 }, (_, i) => 289 + i)])
    assert.equal(told.filter((event) => event.type === 'log').length, 4)
  })

  it('asks for smaller ranges when the node refuses large ones', async () => {
    const names = Array.from({ length: 400 }, (_, i) => (i % 50 === 3 ? 'LOG' : `b${i}`)).join(' ')
    const chain = new FakeChain()
    chain.become(names)
    chain.rangeMax = 60
    const node = await startScriptedNode((method, params) => chain.answer(method, params))
    const following = follow(node.reader, { finalityBlocks: 5 })
    stops.push(() => following.stop(), node.close)
    await until('the head', () => (following.view.at(-1)?.number ?? 0n) === 399n)
    assert.equal(following.view.filter(({ logs }) => logs === 2).length, 8)
    assert.ok(chain.rangesAsked.some((blocks) => blocks <= 60))
  })

  it('looks for a fork below the range before it jumps over it', async () => {
    const { chain, names, told } = await start('a b C', { finalityBlocks: 3 })
    await until('caught up', () => names() === 'a b C')
    chain.failing = true
    const grown = ['a', 'x', 'y', ...Array.from({ length: 20 }, (_, i) => `z${i}`)].join(' ')
    chain.become(grown)
    chain.failing = false
    await until('followed', () => names().endsWith('z19'))
    assert.deepEqual(
      told.filter((event) => event.type === 'rollback').map((event) => event.toNumber),
      [0n],
    )
  })

  it('passes no block for a head that was only claimed [RUN-81]', async () => {
    const { chain, names, logged } = await start('a b C', { finalityBlocks: 3 })
    await until('caught up', () => names() === 'a b C')
    chain.bogusHead = { number: 5_000, answers: 1 }
    await until('noticed', () => logged.includes('chain-behind'))
    chain.become('a b C D e')
    await until('followed', () => names() === 'a b C D e')
    assert.ok(!logged.includes('chain-starts-over'))
  })

  it('waits for a range of logs until a node answers that has its last block [RUN-81]', async () => {
    const names = Array.from({ length: 100 }, (_, i) => (i === 40 ? 'LOG' : `b${i}`)).join(' ')
    const chain = new FakeChain()
    chain.become(names)
    chain.servedTo = 30
    const node = await startScriptedNode((method, params) => chain.answer(method, params))
    const following = follow(node.reader, { finalityBlocks: 10 })
    stops.push(() => following.stop(), node.close)
    await until('noticed', () => following.logged.includes('chain-behind'))
    assert.deepEqual(following.told, [])
    chain.servedTo = Number.POSITIVE_INFINITY
    await until('the head', () => (following.view.at(-1)?.number ?? 0n) === 99n)
    assert.equal(following.view.find(({ number }) => number === 40n)?.logs, 2)
  })

  it('starts over when what it was told lies beyond the chain for long [RUN-81]', async () => {
    const { chain, names, logged, told } = await start('a b C', { finalityBlocks: 10 })
    await until('caught up', () => names() === 'a b C')
    for (const served of [5_000 - 10, 2_002]) chain.bogusBlocks.set(served, bogusBlock(served))
    chain.bogusHead = { number: 5_000, answers: 1 }
    await until('deceived', () =>
      told.some((event) => event.type === 'block' && event.block.number === 4_990n),
    )
    chain.bogusBlocks.clear()
    chain.become('a b C D e')
    await until('followed', () => names() === 'a b C D e')
    assert.ok(logged.includes('chain-starts-over'))
  })

  it('starts over when it resumes above the head for long, not while the head may still come [RUN-81]', async () => {
    const { chain, names, logged } = await start('a b C', { from: 60n })
    await until('looked', () => chain.headsAsked > 20)
    assert.deepEqual([names(), logged.length], ['', 0])
    await until('told from the deployment on', () => names() === 'a b C')
    assert.ok(logged.includes('chain-starts-over'))
    chain.become('a b C D')
    await until('followed', () => names() === 'a b C D')
  })

  it('survives a node that fails, and goes on where it was', async () => {
    const { chain, names, told, logged } = await start('a b')
    await until('caught up', () => names() === 'a b')
    chain.failing = true
    await until('noticed', () => logged.includes('chain-behind'))
    chain.become('a b C d')
    chain.failing = false
    await until('followed', () => names() === 'a b C d')
    assert.equal(told.length, 6)
  })

  it('ends with the handler’s error, and at once when told to stop', async () => {
    const chain = new FakeChain()
    chain.become('a b')
    const node = await startScriptedNode((method, params) => chain.answer(method, params))
    stops.push(node.close)
    const follower = createFollower({
      reader: node.reader,
      deployment: fakeDeployment,
      log: silentLog,
      pollMs: 60_000,
    })
    const handler = async () => {
      throw new RangeError('mine')
    }
    await assert.rejects(
      follower.follow({ from: 0n, signal: new AbortController().signal, handler }),
      RangeError,
    )
    const { stop, names } = follow(node.reader, { pollMs: 60_000, nameOf: (hash) => chain.nameOf(hash) })
    await until('caught up', () => names() === 'a b')
    await stop()
  })

  it('drops a log its contract cannot have emitted, and tells the rest', async () => {
    const chain = new FakeChain()
    chain.become('a B c')
    const node = await startScriptedNode((method, params) => {
      const answer = chain.answer(method, params) as { result: { logIndex: Hex; data: Hex }[] }
      if (method !== 'eth_getLogs') return answer
      return { result: answer.result.map((log) => (log.logIndex === '0x0' ? { ...log, data: '0x12' } : log)) }
    })
    const following = follow(node.reader, { nameOf: (hash) => chain.nameOf(hash) })
    stops.push(() => following.stop(), node.close)
    await until('the head', () => following.names() === 'a B c')
    assert.equal(following.view[1]?.logs, 1)
    assert.ok(following.logged.includes('log-dropped'))
  })
})

describe('a chain reader', () => {
  const stops: (() => unknown)[] = []
  after(() => Promise.all(stops.map((stop) => stop())))
  const failsWith = (reason: ChainError['reason']) => (error: unknown) => {
    assert.ok(error instanceof ChainError, String(error))
    assert.equal(error.reason, reason, error.message)
    return true
  }

  it('refuses a node of another chain', async () => {
    const node = await startScriptedNode(() => ({ result: null }))
    stops.push(node.close)
    const reader = createChainReader({ rpcUrl: node.url, expectedChainId: 1 })
    await assert.rejects(reader.connect(), failsWith('wrong-chain'))
    await assert.rejects(reader.block('latest'), failsWith('wrong-chain'))
    const { done } = follow(reader)
    await assert.rejects(done, failsWith('wrong-chain'))
  })

  it('says it cannot reach a node that is not there, hangs or refuses', async () => {
    const silent = await startScriptedNode(() => new Promise(() => {}))
    const refusing = await startScriptedNode(() => ({ error: { code: -32000, message: 'rate limited' } }))
    stops.push(silent.close, refusing.close)
    const options = { expectedChainId: CHAIN_ID, timeoutMs: 200, retriesMax: 0 }
    const nobody = createChainReader({ ...options, rpcUrl: 'http://127.0.0.1:1' })
    await assert.rejects(nobody.block('latest'), failsWith('unreachable'))
    const hanging = createChainReader({ ...options, rpcUrl: silent.url })
    await assert.rejects(hanging.block('latest'), failsWith('unreachable'))
    await assert.rejects(refusing.reader.block('latest'), failsWith('unreachable'))
  })

  it('takes no answer that is not what was asked for', async () => {
    let result: unknown
    const node = await startScriptedNode(() => ({ result }))
    stops.push(node.close)
    const { reader } = node
    const hash = keccak256('0x01')
    const header = { number: '0x5', hash, parentHash: hash, timestamp: '0x1' }
    for (result of [
      1,
      'block',
      {},
      { ...header, number: 'five' },
      { ...header, hash: '0x12' },
      { ...header, number: '0x6' },
    ]) {
      await assert.rejects(reader.block(5n), failsWith('malformed'), JSON.stringify(result))
    }
    result = header
    assert.equal((await reader.block(5n))?.baseFeePerGas, 0n)
    await assert.rejects(reader.block(keccak256('0x02')), failsWith('malformed'))
    const log = {
      address: fakeDeployment.market,
      topics: [],
      data: '0x',
      blockNumber: '0x5',
      blockHash: hash,
      transactionHash: hash,
      logIndex: '0x0',
    }
    const filter = { addresses: [fakeDeployment.market] }
    result = [log]
    assert.equal((await reader.logsInRange(5n, 5n, filter)).length, 1)
    await assert.rejects(reader.logsInRange(6n, 9n, filter), failsWith('malformed'))
    await assert.rejects(reader.logsOfBlock(keccak256('0x02'), filter), failsWith('malformed'))
    // A genuine log of another function must not pass for the one that was asked about.
    const [kind, id, other] = [keccak256('0x0a'), keccak256('0x0b'), keccak256('0x0c')]
    result = [{ ...log, topics: [kind, id] }]
    const asked = (...topics: LogFilter['topics'] & object) =>
      reader.logsInRange(5n, 5n, { ...filter, topics })
    assert.equal((await asked(kind, id)).length, 1)
    assert.equal((await asked([other, kind])).length, 1)
    assert.equal((await asked(null, id)).length, 1)
    for (const topics of [[kind, other], [other], [[other]], [kind, id, null]]) {
      await assert.rejects(asked(...topics), failsWith('malformed'), JSON.stringify(topics))
    }
    await assert.rejects(
      reader.logsInRange(5n, 5n, { addresses: [fakeDeployment.nodeRegistry] }),
      failsWith('malformed'),
    )
    result = [{ ...log, data: `0x${'00'.repeat(300_000)}` }]
    await assert.rejects(reader.logsInRange(5n, 5n, filter), failsWith('malformed'))
  })

  it('takes no answer above its size', async () => {
    const node = await startScriptedNode(() => ({ result: 'x'.repeat(200_000) }))
    stops.push(node.close)
    const options = { rpcUrl: node.url, expectedChainId: CHAIN_ID, responseBytesMax: 100_000, retriesMax: 0 }
    await assert.rejects(createChainReader(options).block('latest'), failsWith('malformed'))
  })
})

describe('a chain follower over a real chain', { timeout: 60_000 }, () => {
  let chain: TestChain
  let deployment: Deployment
  before(async () => {
    chain = await startChain()
    deployment = await deploy(chain)
  })
  after(() => chain.close())

  it('tells what is sent, through a connection that breaks and a fork', async () => {
    const proxy = await startProxy(chain.url)
    const reader = createChainReader({
      rpcUrl: proxy.url,
      expectedChainId: CHAIN_ID,
      timeoutMs: 500,
      retriesMax: 0,
    })
    const following = follow(reader, { deployment, from: deployment.fromBlock })
    const options = { reader: chain.reader, log: silentLog, pollMs: 20, privateKey: fromHex(FUNDED_KEY) }
    const sender = createSender({ ...options, store: new MemoryStore() })
    const post = (round: bigint) =>
      sender.send({
        id: `round-${round}`,
        ...createCalls(deployment).postRound(round, signRound(beaconSecret, round)),
      })
    const rounds = () =>
      following.told.flatMap((event) =>
        event.type === 'log' && event.log.type === 'roundPosted' ? [event.log.round] : [],
      )

    await post(1n)
    await until('the first round', () => rounds().length === 1)
    proxy.cut()
    await until('noticed', () => following.logged.includes('chain-behind'))
    await post(2n)
    proxy.restore()
    await until('the second round', () => rounds().length === 2)

    const fork = await chain.rpc('evm_snapshot')
    await post(3n)
    await until('the third round', () => rounds().length === 3)
    await chain.rpc('evm_revert', fork)
    await post(4n)
    await until('the fork', () => rounds().length === 4)
    assert.deepEqual(rounds(), [1n, 2n, 3n, 4n])
    const kinds = following.told.map((event) => event.type)
    assert.ok(kinds.lastIndexOf('rollback') > 0 && kinds.lastIndexOf('rollback') < kinds.lastIndexOf('log'))
    assert.ok(following.view.every(({ number }, i) => number === deployment.fromBlock + BigInt(i)))
    await following.stop()
    await sender.close()
    proxy.close()
  })
})
