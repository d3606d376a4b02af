/** The market is two contracts and one account: what holds them together. */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { artifacts } from 'hardhat'
import {
  type Abi,
  concat,
  encodeFunctionData,
  getContract,
  type Hex,
  keccak256,
  parseEventLogs,
  stringToHex,
  toFunctionSelector,
  toHex,
} from 'viem'
import { encodeBatchItems } from '../../src/core/batch-items.ts'
import { reportDigest } from '../../src/crypto/eip712.ts'
import { merkleRoot } from '../../src/crypto/merkle.ts'
import { computeMarketAbi } from '../../src/protocol/abi/compute-market.ts'
import { CALLBACK_MODE, deployHostileConsumer } from './support/consumer.ts'
import { createWorld, FUEL_USED, given, type MarketRequest, revertOf, ZERO_HASH } from './support/world.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const CALLBACK_GAS = 300_000
const OUTPUT = stringToHex('an answer')
/** ReentrancyGuardReentrantCall() */
const REENTRANT = '0x3ee5aeb5'
const Status = { fulfilled: 2, callbackFailed: 3 } as const

const built = given(async () => {
  const world = await createWorld()
  await world.sealNodes(7)
  const functionId = await world.deployFunction()
  const consumer = await deployHostileConsumer(world)
  const { publicClient, accounts, deployment } = world
  const extension = getContract({
    abi: computeMarketAbi,
    address: deployment.marketExtension,
    client: { public: publicClient, wallet: accounts.deployer },
  })
  return { world, functionId, consumer, extension, market: world.market }
})

/** Asks with a callback, and opens the first window. */
async function ask() {
  const { world, functionId, consumer, market } = built()
  const params = world.paramsOf(functionId, { callbackGas: CALLBACK_GAS })
  const value = (await market.read.quote([params])) + 10n ** 16n
  const asked = await world.submitted(consumer.write.ask([params], { value }))
  await world.openWindow(asked.request)
  return asked
}

/** A batch of one. */
async function batchOf(requestId: Hex, request: MarketRequest) {
  const result = { exit: 0, fuelUsed: FUEL_USED, evidenceHash: ZERO_HASH }
  const leaf = reportDigest({ requestId, outputHash: keccak256(OUTPUT), ...result })
  const certificate = await built().world.certificateOver(request, merkleRoot([leaf]))
  const items = encodeBatchItems([{ ...request, ...result, output: OUTPUT }])
  return [request, items, { attempt: 0, view_: 0, leaves: [ZERO_HASH], certificate }] as const
}

interface Variable {
  readonly label: string
  readonly slot: string
  readonly offset: number
  readonly type: string
}

interface Layout {
  readonly storage: readonly Variable[]
  readonly types: Readonly<
    Record<
      string,
      {
        readonly label: string
        readonly numberOfBytes: string
        readonly key?: string
        readonly value?: string
        readonly base?: string
        readonly members?: readonly Variable[]
      }
    >
  >
}

/** As the compiler lays their storage out. */
function layoutsOf(names: readonly string[]): readonly Layout[] {
  const solc = createRequire(import.meta.url)('solc') as {
    compile(input: string, callbacks: { import(path: string): { contents: string } }): string
  }
  const contents = (path: string) => readFileSync(join(ROOT, path), 'utf8')
  const sources = Object.fromEntries(
    globSync('contracts/**/*.sol', { cwd: ROOT }).map((path) => [path, { content: contents(path) }]),
  )
  const settings = { evmVersion: 'osaka', outputSelection: { '*': { '*': ['storageLayout'] } } }
  const output = JSON.parse(
    solc.compile(JSON.stringify({ language: 'Solidity', sources, settings }), {
      import: (path) => ({ contents: contents(`node_modules/${path}`) }),
    }),
  ) as { readonly contracts: Readonly<Record<string, Record<string, { readonly storageLayout: Layout }>>> }
  return names.map((name) => {
    const layout = output.contracts[`contracts/${name}.sol`]?.[name]?.storageLayout
    assert(layout, name)
    return layout
  })
}

/** A variable's place and all its type is made of, without the numbers that differ between compilations. */
function placed({ types }: Layout, { label, slot, offset, type }: Variable): object {
  const made = (of: string | undefined): unknown => {
    if (of === undefined) return undefined
    const { label: name, numberOfBytes, key, value, base, members } = types[of] ?? assert.fail(of)
    const within = members?.map((member) => placed({ types, storage: [] }, member))
    return { name, numberOfBytes, key: made(key), value: made(value), base: made(base), within }
  }
  return { label, slot, offset, type: made(type) }
}

const functionsOf = (abi: Abi) =>
  abi.flatMap((item) =>
    item.type === 'function'
      ? [
          {
            name: item.name,
            selector: toFunctionSelector(item),
            isPayable: item.stateMutability === 'payable',
          },
        ]
      : [],
  )

async function functionsOfArtifact(name: string) {
  return functionsOf((await artifacts.readArtifact(name)).abi as Abi)
}

describe('the market and its extension', () => {
  it('[MKT-24] have each function once between them, and the extension none beside', async () => {
    const [market, extension] = [
      await functionsOfArtifact('ComputeMarket'),
      await functionsOfArtifact('MarketExtension'),
    ]
    const count = (selector: Hex) =>
      [...market, ...extension].filter((one) => one.selector === selector).length
    const promised = functionsOf(computeMarketAbi as Abi)
    assert.deepEqual(
      promised.filter(({ selector }) => count(selector) !== 1).map(({ name }) => name),
      [],
    )
    // OpenZeppelin's, the same in both; what the market's own answers is never the extension's.
    const beside = extension.filter(({ selector }) => !promised.some((one) => one.selector === selector))
    assert.deepEqual(
      beside.map(({ name }) => name),
      ['eip712Domain'],
    )
  })

  it('[MKT-24] keep what both use in the same slots, and what the market alone uses behind', () => {
    const [market, extension] = layoutsOf(['ComputeMarket', 'MarketExtension'])
    assert(market && extension && extension.storage.length >= 10)
    const shared = extension.storage.map((variable) => placed(extension, variable))
    const all = market.storage.map((variable) => placed(market, variable))
    assert.deepEqual(all.slice(0, shared.length), shared)
    assert.deepEqual(
      market.storage.slice(shared.length).map(({ label }) => label),
      ['_owner', '_pendingOwner', '_callbackAllowed'],
    )
  })

  it('[MKT-24] name a request alike, and take the same signatures', async () => {
    const { world, functionId, market, extension } = built()
    const { requestId, request } = await world.request(functionId)
    const { account } = world.accounts.requester
    const topped = await world.receiptOf(market.write.topUp([request, 0n], { account, value: 7n }))
    const [log] = parseEventLogs({ abi: computeMarketAbi, logs: topped.logs, eventName: 'RequestToppedUp' })
    assert.equal(log?.args.requestId, requestId)
    assert.equal(log.address.toLowerCase(), world.deployment.market)
    assert.equal((await market.read.statusOf([requestId]))[1], log.args.escrow)
    await world.openWindow(request)
    await world.receiptOf(market.write.fulfillBatch(await batchOf(requestId, request)))
    assert.equal((await market.read.statusOf([requestId]))[0], Status.fulfilled)
    assert.equal(await market.read.configHash(), await extension.read.configHash())
  })
})

describe('an extension called by itself', () => {
  it('[MKT-24] keeps no ether, whatever it is called with', async () => {
    const { world, functionId, extension, market } = built()
    const { publicClient, accounts, deployment } = world
    const { request } = await world.request(functionId)
    const { account } = accounts.requester
    const call = extension.write.topUp([request, 0n], { account, value: 10n ** 18n })
    assert.equal(await revertOf(call), 'RequestNotOpen')
    const functions = await functionsOfArtifact('MarketExtension')
    assert.deepEqual(
      functions.filter(({ isPayable }) => isPayable).map(({ name }) => name),
      ['topUp'],
    )
    const zeros = toHex(new Uint8Array(32 * 40))
    for (const data of ['0x' as Hex, ...functions.map(({ selector }) => concat([selector, zeros]))])
      await assert.rejects(accounts.stranger.sendTransaction({ to: extension.address, data, value: 1n }))
    assert.equal(await publicClient.getBalance({ address: deployment.marketExtension }), 0n)
    // Nor does the market, of whom nothing says whose it is.
    const held = await publicClient.getBalance({ address: market.address })
    for (const data of ['0x', '0xdeadbeef', concat([toFunctionSelector('pool()'), zeros])] as const)
      await assert.rejects(accounts.stranger.sendTransaction({ to: market.address, data, value: 1n }))
    assert.equal(await publicClient.getBalance({ address: market.address }), held)
  })

  it('[MKT-24] settles nothing of the market', async () => {
    const { world, functionId, extension, market } = built()
    const { requestId, request } = await world.request(functionId)
    await world.openWindow(request)
    const batch = await batchOf(requestId, request)
    const refused = await revertOf(extension.write.fulfillBatch(batch))
    assert.equal(refused, 'BatchMismatch')
    assert.equal(await extension.read.pool(), 0n)
    assert((await market.read.pool()) > 0n)
    await world.receiptOf(market.write.fulfillBatch(batch))
  })
})

describe('a callback that re-enters', () => {
  const certified = {
    escrow: 0n,
    reimbursement: 0n,
    maxFeePerGas: 0n,
    certifiedAt: 0n,
    submitter: `0x${'00'.repeat(20)}`,
    attempt: 0,
    exit: 0,
    fuelUsed: 0n,
    outputHash: ZERO_HASH,
    signers: 0n,
  } as const
  const result = { round: 0n, fulfilledAt: 0n, exit: 0, output: '0x' } as const

  /** Every guarded way into either half, with what it would take. */
  async function ways() {
    const { world, consumer } = built()
    const other = await ask()
    const fulfillment = await world.certify(other.requestId, other.request)
    const calls = [
      { functionName: 'fulfill', args: [other.request, fulfillment] },
      { functionName: 'expire', args: [other.request] },
      { functionName: 'claim', args: [consumer.address] },
      { functionName: 'claimNode', args: [consumer.address, consumer.address] },
      { functionName: 'fulfillBatch', args: await batchOf(other.requestId, other.request) },
      { functionName: 'finalize', args: [other.request, certified, '0x'] },
      { functionName: 'retryCallback', args: [other.request, result, BigInt(CALLBACK_GAS)] },
    ] as const
    return calls.map((call) => ({
      name: call.functionName,
      data: encodeFunctionData({ abi: computeMarketAbi, ...call }),
    }))
  }

  /** From one half's callback into all of both. */
  async function refusesAll(settle: () => Promise<void>) {
    const { world, consumer } = built()
    for (const { name, data } of await ways()) {
      const snapshot = await world.networkHelpers.takeSnapshot()
      await consumer.write.set([CALLBACK_MODE.reenter, data])
      await settle()
      assert.equal(await consumer.read.lastOutput(), OUTPUT, name)
      assert.equal(await consumer.read.reentered(), false, name)
      assert.equal(await consumer.read.reenterError(), REENTRANT, name)
      await snapshot.restore()
    }
  }

  it('[MKT-10] [MKT-24] from the market’s half is kept out of both', async () => {
    const { world } = built()
    const { requestId, request } = await ask()
    const fulfillment = await world.certify(requestId, request)
    await refusesAll(async () => void (await world.fulfill(request, fulfillment)))
  })

  it('[MKT-10] [MKT-24] from the extension’s half is kept out of both, in a batch', async () => {
    const { world, market } = built()
    const { requestId, request } = await ask()
    const batch = await batchOf(requestId, request)
    await refusesAll(async () => void (await world.receiptOf(market.write.fulfillBatch(batch))))
  })

  it('[MKT-10] [MKT-24] from the extension’s half is kept out of both, tried again', async () => {
    const { world, consumer, market } = built()
    const { requestId, request } = await ask()
    await consumer.write.set([CALLBACK_MODE.revert, '0x'])
    const { receipt } = await world.fulfill(request, await world.certify(requestId, request))
    assert.equal((await market.read.statusOf([requestId]))[0], Status.callbackFailed)
    const { timestamp } = await world.publicClient.getBlock({ blockNumber: receipt.blockNumber })
    const brought = {
      round: request.attempts[0]?.round ?? 0n,
      fulfilledAt: timestamp,
      exit: 0,
      output: OUTPUT,
    }
    await refusesAll(async () => {
      await world.receiptOf(market.write.retryCallback([request, brought, BigInt(CALLBACK_GAS)]))
      assert.equal((await market.read.statusOf([requestId]))[0], Status.fulfilled)
    })
  })
})
