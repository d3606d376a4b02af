/**
 * A chain with the adapter on it, a funded subscription and consumers compiled against the published client.
 * @module
 */
import assert from 'node:assert/strict'
import { artifacts } from 'hardhat'
import { type Abi, getContract, type Hex, parseAbi, parseEventLogs } from 'viem'
import { functionsAdapterAbi } from '../../../src/protocol/abi/functions-adapter.ts'
import type { Address } from '../../../src/protocol/types.ts'
import { createWorld, type World } from './world.ts'

export const CLIENT_MODE = {
  accept: 0,
  revert: 1,
  returnMegabytes: 2,
  revertWithMegabytes: 3,
  burnGas: 4,
  reenter: 5,
  askAgain: 6,
} as const

export const FUNDS = 10n ** 18n
export const SPENDING_MAX = 5n * 10n ** 16n
/** Enough for any transaction here, and below EIP-7825's cap. */
const GAS = 16_000_000n

/** Of `FunctionsClientExample`, which its authors publish. */
const exampleAbi = parseAbi([
  'function sendRequest(string source, bytes secrets, string[] args, uint64 subscriptionId, bytes32 jobId)',
  'function s_lastRequestId() view returns (bytes32)',
  'function s_lastResponse() view returns (bytes32)',
  'function s_lastResponseLength() view returns (uint32)',
  'function s_lastError() view returns (bytes32)',
  'function s_lastErrorLength() view returns (uint32)',
  'event RequestSent(bytes32 indexed id)',
  'event RequestFulfilled(bytes32 indexed id)',
])

const hostileAbi = parseAbi([
  'function ask(bytes data, uint64 subscriptionId, uint32 callbackGasLimit, bytes32 donId) returns (bytes32)',
  'function set(uint8 mode, address target, bytes payload)',
  'function call(address to, bytes data) payable',
  'function answers() view returns (uint256)',
  'function lastRequest() view returns (bytes32)',
  'function lastResponse() view returns (bytes)',
  'function lastError() view returns (bytes)',
  'function reentered() view returns (bool)',
  'function reenterError() view returns (bytes)',
])

export async function deployAdapter(world: World) {
  const { address } = await world.viem.deployContract('FunctionsAdapter', [
    world.deployment.market,
    SPENDING_MAX,
  ])
  const client = { public: world.publicClient, wallet: world.accounts.requester }
  return getContract({ abi: functionsAdapterAbi, address, client })
}

/** Deploys a contract of an npm package, which hardhat's types do not know by name. */
async function deployExample(world: World, router: Address) {
  const { abi, bytecode } = await artifacts.readArtifact('FunctionsClientExample')
  const sent = world.accounts.deployer.deployContract({
    abi: abi as Abi,
    bytecode: bytecode as Hex,
    args: [router],
  })
  const { contractAddress } = await world.receiptOf(sent)
  assert(contractAddress)
  const client = { public: world.publicClient, wallet: world.accounts.deployer }
  return getContract({ abi: exampleAbi, address: contractAddress, client })
}

export async function createFunctionsWorld() {
  const world = await createWorld()
  await world.sealNodes(7)
  const donId = await world.deployFunction({ outputBytesMax: 32_768 })
  const adapter = await deployAdapter(world)
  const example = await deployExample(world, adapter.address)
  const { address } = await world.viem.deployContract('HostileFunctionsClient', [adapter.address])
  const wallet = world.accounts.deployer
  const hostile = getContract({ abi: hostileAbi, address, client: { public: world.publicClient, wallet } })

  /** The requester's, funded, with both consumers. */
  async function subscribe(funds = FUNDS): Promise<bigint> {
    await adapter.write.createSubscriptionWithConsumer([example.address])
    const id = await adapter.read.getSubscriptionCount()
    await adapter.write.addConsumer([id, hostile.address])
    if (funds > 0n) await adapter.write.fundSubscription([id], { value: funds })
    return id
  }

  async function ask(subscription: bigint, callbackGasLimit = 200_000) {
    const asked = await world.submitted(
      hostile.write.ask(['0x61', subscription, callbackGasLimit, donId], { gas: GAS }),
    )
    return asked
  }

  type Asked = Pick<Awaited<ReturnType<typeof ask>>, 'requestId' | 'request'>

  /** Settles with a certificate of the committee drawn. */
  async function answer({ requestId, request }: Asked, output: Hex, exit = 0) {
    await world.openWindow(request)
    const settled = await world.fulfill(request, await world.certify(requestId, request, { output, exit }))
    const [log] = parseEventLogs({
      abi: functionsAdapterAbi,
      logs: settled.receipt.logs,
      eventName: 'RequestAnswered',
    })
    return { ...settled, callbackOk: log?.args.callbackOk }
  }

  const balanceOf = async (subscription: bigint) =>
    (await adapter.read.getSubscription([subscription])).balance

  return { world, market: world.market, donId, adapter, example, hostile, subscribe, ask, answer, balanceOf }
}

export type FunctionsWorld = Awaited<ReturnType<typeof createFunctionsWorld>>
