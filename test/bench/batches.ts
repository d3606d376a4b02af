/**
 * Two batches of 32 requests by as many consumers, which were all credited before the second: the steady state.
 * @module
 */
import assert from 'node:assert/strict'
import { artifacts } from 'hardhat'
import { type Hex, keccak256, parseEventLogs, type TransactionReceipt, toHex } from 'viem'
import { encodeBatchItems } from '../../src/core/batch-items.ts'
import { reportDigest } from '../../src/crypto/eip712.ts'
import { merkleRoot } from '../../src/crypto/merkle.ts'
import { FUEL_USED, type MarketRequest, type World, ZERO_HASH } from '../contracts/support/world.ts'

const REQUESTS = 32
const OUTPUT = toHex(123_456_789_000n, { size: 32 })
const RESULT = { exit: 0, fuelUsed: FUEL_USED, evidenceHash: ZERO_HASH }
/** More than a batch takes. */
const GAS = 16_000_000n

interface Asked {
  readonly requestId: Hex
  readonly request: MarketRequest
}

export async function batchesOf32(
  world: World,
  functionId: Hex,
  input: Hex,
): Promise<readonly [TransactionReceipt, TransactionReceipt]> {
  const { deployer } = world.accounts
  const { abi, bytecode } = await artifacts.readArtifact('PlainConsumer')
  const consumers: Hex[] = []
  for (let i = 0; i < REQUESTS; i++) {
    const args = [world.deployment.market, functionId, 1]
    const deployed = deployer.deployContract({ abi, bytecode: bytecode as Hex, args })
    const { contractAddress } = await world.receiptOf(deployed)
    assert(contractAddress)
    consumers.push(contractAddress)
  }
  // All in one round: one committee, so that each of its nodes was credited before the second batch.
  const now = await world.startRound()
  const asked: Asked[] = []
  for (const address of [...consumers, ...consumers]) {
    const call = { address, abi, functionName: 'ask', args: [input], value: 10n ** 17n } as const
    // However long that takes.
    await world.networkHelpers.time.setNextBlockTimestamp(now)
    asked.push(await world.submitted(deployer.writeContract(call)))
  }
  const [first] = asked
  assert(first)
  for (const { request } of asked)
    assert.equal(request.attempts[0]?.round, first.request.attempts[0]?.round, 'drawn by different rounds')
  await world.openWindow(first.request)
  return [await settle(world, asked.slice(0, REQUESTS)), await settle(world, asked.slice(REQUESTS))]
}

async function settle(world: World, asked: readonly Asked[]): Promise<TransactionReceipt> {
  const [first] = asked
  assert(first)
  const report = { outputHash: keccak256(OUTPUT), ...RESULT }
  const root = merkleRoot(asked.map(({ requestId }) => reportDigest({ requestId, ...report })))
  const certificate = await world.certificateOver(first.request, root)
  const items = encodeBatchItems(asked.map(({ request }) => ({ ...request, ...RESULT, output: OUTPUT })))
  const batch = { attempt: 0, view_: 0, leaves: asked.map(() => ZERO_HASH), certificate }
  const { account } = world.accounts.submitter
  const sent = world.market.write.fulfillBatch([first.request, items, batch], { account, gas: GAS })
  const receipt = await world.receiptOf(sent)
  const { logs } = receipt
  const settled = parseEventLogs({ abi: world.market.abi, logs, eventName: 'RequestFulfilledInBatch' })
  assert.equal(settled.length, asked.length)
  return receipt
}
