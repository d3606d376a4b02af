/** A rollup's charge for data, which the market's adapter tells. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { artifacts } from 'hardhat'
import { type Hex, keccak256, parseEventLogs, size, stringToHex } from 'viem'
import { encodeBatchItems } from '../../src/core/batch-items.ts'
import { reportDigest } from '../../src/crypto/eip712.ts'
import { merkleRoot } from '../../src/crypto/merkle.ts'
import { computeMarketAbi } from '../../src/protocol/abi/compute-market.ts'
import { certifyRequest } from './support/challenge.ts'
import { CALLBACK_MODE, deployHostileConsumer } from './support/consumer.ts'
import { createWorld, FUEL_USED, given, type World, ZERO_HASH } from './support/world.ts'

const GAS = 16_000_000n
const ADAPTER = `0x${'da7a'.repeat(10)}` as const
const WEI_PER_BYTE = 10n ** 11n
const OUTPUT_BYTES_MAX = 1024n
const CHALLENGE_WINDOW = 900
const INPUT = stringToHex('a question')
const OUTPUT = stringToHex('an answer')
const BYTES = BigInt(size(INPUT) + size(OUTPUT))

const built = given(async () => {
  const world = await createWorld({ market: { dataFee: ADAPTER } })
  const { deployedBytecode } = await artifacts.readArtifact('DataFees')
  await world.networkHelpers.setCode(ADAPTER, deployedBytecode)
  const fees = await world.viem.getContractAt('DataFees', ADAPTER)
  await world.sealNodes(12)
  const functionId = await world.deployFunction({ outputBytesMax: Number(OUTPUT_BYTES_MAX) })
  const challengeable = await world.deployFunction({ challengeWindow: CHALLENGE_WINDOW, committeeSize: 4 })
  const charge = async (weiPerByte: bigint, gas = 0n) => await fees.write.set?.([weiPerByte, gas])
  const retire = async () => await fees.write.retire?.([])
  return { world, functionId, challengeable, market: world.market, charge, retire }
})

async function priceAt(world: World, blockNumber: bigint): Promise<bigint> {
  const { baseFeePerGas } = await world.publicClient.getBlock({ blockNumber })
  return (baseFeePerGas ?? 0n) + 2n * 10n ** 9n
}

describe("a rollup's data fee", () => {
  it('[FEE-4] is told by the adapter the market names', async () => {
    const { market } = built()
    assert.equal((await market.read.dataFee()).toLowerCase(), ADAPTER)
  })

  it('[FEE-2] [FEE-4] is twice in the least escrow, and once more for who makes a challengeable result final', async () => {
    const { world, functionId, challengeable, market, charge } = built()
    const quote = async (id: Hex) => await market.read.quote([world.paramsOf(id)])
    const [before, beforeChallengeable] = [await quote(functionId), await quote(challengeable)]
    await charge(WEI_PER_BYTE)
    const fee = (BigInt(size(INPUT)) + OUTPUT_BYTES_MAX) * WEI_PER_BYTE
    assert.equal((await quote(functionId)) - before, 2n * fee)
    assert.equal((await quote(challengeable)) - beforeChallengeable, 4n * fee)
  })

  it('[FEE-4] [FEE-5] is paid to the submitter beside its gas, as it stands when it settles', async () => {
    const { world, functionId, charge } = built()
    await charge(WEI_PER_BYTE)
    const { requestId, request, escrow } = await world.request(functionId)
    await charge(WEI_PER_BYTE / 2n)
    await world.openWindow(request)
    const { payment, receipt } = await world.fulfill(request, await world.certify(requestId, request))
    const gas = 100_000n + 4n * 13_000n + 40n * BYTES
    const due = gas * (await priceAt(world, receipt.blockNumber)) + (BYTES * WEI_PER_BYTE) / 2n
    assert.equal(payment.submitter, due)
    const others = 5n * payment.perSeat + request.royalty + request.protocolFee
    assert.equal(payment.refund, escrow - others - due)
  })

  it('[FEE-4] [FEE-5] takes what the escrow has left and no more: seats, royalty and protocol are paid in full', async () => {
    const { world, functionId, market, charge } = built()
    const { requestId, request, escrow } = await world.request(functionId)
    await charge(10n ** 18n)
    await world.openWindow(request)
    const { payment } = await world.fulfill(request, await world.certify(requestId, request))
    assert.equal(payment.refund, 0n)
    const others = 5n * payment.perSeat + request.royalty + request.protocolFee
    assert.equal(payment.submitter, escrow - others)
    const { functionOwner } = world.accounts
    assert.equal(await market.read.creditOf([functionOwner.account.address]), request.royalty)
  })

  it('[FEE-4] is bounded, whatever its adapter answers: nothing overflows, and what is asked is not free', async () => {
    const { world, functionId, challengeable, market, charge } = built()
    const { requestId, request, escrow } = await world.request(functionId)
    const bytes = BigInt(size(INPUT)) + OUTPUT_BYTES_MAX
    for (const fee of [2n ** 256n - 1n, 2n ** 255n, 2n ** 254n, 2n ** 96n]) {
      // A price whose product with the bytes comes near to what would overflow.
      for (const price of [fee, fee / bytes + 1n]) {
        await charge(price)
        for (const id of [functionId, challengeable])
          assert((await market.read.quote([world.paramsOf(id)])) > escrow, `${price}`)
      }
    }
    await charge(2n ** 256n - 1n)
    await world.openWindow(request)
    const { payment } = await world.fulfill(request, await world.certify(requestId, request))
    const others = 5n * payment.perSeat + request.royalty + request.protocolFee
    assert.deepEqual([payment.submitter, payment.refund], [escrow - others, 0n])
  })

  it('[FEE-4] counts as nothing when its adapter fails or burns its gas: requests are settled all the same', async () => {
    const { world, functionId, challengeable, market, charge, retire } = built()
    await charge(WEI_PER_BYTE)
    const open = [await world.request(functionId), await world.request(functionId)] as const
    const contested = await world.request(challengeable)
    await world.openWindow(contested.request)
    const { certified } = await certifyRequest(world, contested.requestId, contested.request)
    await charge(WEI_PER_BYTE, 1_000_000n)
    const gas = 100_000n + 4n * 13_000n + 40n * BYTES
    const settled = async ({ requestId, request }: (typeof open)[number]) => {
      await world.openWindow(request)
      const { payment, receipt } = await world.fulfill(request, await world.certify(requestId, request))
      assert.equal(payment.submitter, gas * (await priceAt(world, receipt.blockNumber)))
    }
    await settled(open[0])
    await retire()
    await settled(open[1])
    await world.networkHelpers.time.increase(CHALLENGE_WINDOW)
    const { account } = world.accounts.stranger
    const final = market.write.finalize([contested.request, certified, OUTPUT], { account, gas: GAS })
    assert.equal((await world.receiptOf(final)).status, 'success')
  })

  it('[MKT-10] is asked for before a callback: what that costs is not taken from what follows', async () => {
    const { world, functionId, market, charge } = built()
    const consumer = await deployHostileConsumer(world)
    const params = world.paramsOf(functionId, { callbackGas: 500_000 })
    const value = (await market.read.quote([params])) + 10n ** 16n
    const { requestId, request } = await world.submitted(consumer.write.ask([params], { value }))
    await charge(WEI_PER_BYTE, 150_000n)
    await world.openWindow(request)
    const fulfillment = await world.certify(requestId, request)
    const { account } = world.accounts.submitter
    await consumer.write.set([CALLBACK_MODE.accept, '0x'])
    const gas = await market.estimateGas.fulfill([request, fulfillment], { account })
    await consumer.write.set([CALLBACK_MODE.burnGas, '0x'])
    const sent = market.write.fulfill([request, fulfillment], { account, gas })
    assert.equal((await world.receiptOf(sent)).status, 'success')
  })

  it('[FEE-9] is asked for once in a batch, and each request pays for its bytes', async () => {
    const { world, functionId, market, charge } = built()
    const { timestamp } = await world.publicClient.getBlock()
    await world.networkHelpers.time.setNextBlockTimestamp(timestamp + 3n)
    const inputs = [stringToHex('short'), stringToHex('much longer '.repeat(40))]
    const asked = []
    for (const input of inputs) asked.push(await world.request(functionId, { input }, 10n ** 16n))
    await charge(WEI_PER_BYTE)
    const [first] = asked
    assert(first)
    await world.openWindow(first.request)
    const result = { exit: 0, fuelUsed: FUEL_USED, evidenceHash: ZERO_HASH, output: OUTPUT }
    const leaves = asked.map(({ requestId }) =>
      reportDigest({ requestId, ...result, outputHash: keccak256(OUTPUT) }),
    )
    const certificate = await world.certificateOver(first.request, merkleRoot(leaves))
    const items = encodeBatchItems(asked.map(({ request }) => ({ ...request, ...result })))
    const batch = { attempt: 0, view_: 0, leaves: leaves.map(() => ZERO_HASH), certificate } as const
    const { account } = world.accounts.submitter
    const receipt = await world.receiptOf(
      market.write.fulfillBatch([first.request, items, batch], { account, gas: GAS }),
    )
    const logs = parseEventLogs({
      abi: computeMarketAbi,
      logs: receipt.logs,
      eventName: 'RequestFulfilledInBatch',
    })
    const price = await priceAt(world, receipt.blockNumber)
    const gas = (100_000n + 4n * 13_000n) / 2n + 28_000n
    const forData = logs.map(({ args }, i) => {
      const bytes = BigInt(size(inputs[i] ?? '0x') + size(OUTPUT))
      return args.payment.submitter - (gas + 40n * bytes) * price
    })
    const head =
      BigInt(size(items)) - inputs.reduce((sum, input) => sum + BigInt(size(input) + size(OUTPUT)), 0n)
    assert.deepEqual(
      forData,
      inputs.map((input) => (head / 2n + BigInt(size(input) + size(OUTPUT))) * WEI_PER_BYTE),
    )
  })

  it('[FEE-4] [CHA-1] is paid for the certificate as it stands when it is submitted', async () => {
    const { world, challengeable, charge } = built()
    await charge(WEI_PER_BYTE)
    const { requestId, request } = await world.request(challengeable)
    await world.openWindow(request)
    const { certified, receipt } = await certifyRequest(world, requestId, request)
    const gas = 100_000n + 13_000n * 3n + 40n * BYTES
    const owed = gas * (await priceAt(world, receipt.blockNumber))
    assert.equal(certified.reimbursement, owed + BYTES * WEI_PER_BYTE)
  })

  it('[FEE-2] [CHA-1] leaves who makes a result final its part, whatever it has become', async () => {
    const { world, challengeable, market, charge } = built()
    await charge(WEI_PER_BYTE)
    const surplus = 10n ** 15n
    const { requestId, request, escrow } = await world.request(challengeable, {}, surplus)
    const free = await world.market.read.quote([world.paramsOf(challengeable)])
    await charge(0n)
    const least = await world.market.read.quote([world.paramsOf(challengeable)])
    await charge(10n ** 18n)
    await world.openWindow(request)
    const { certified, receipt } = await certifyRequest(world, requestId, request)
    const gas = 100_000n + 13_000n * 3n + 40n * BYTES
    const owed = gas * (await priceAt(world, receipt.blockNumber))
    // What is in the escrow for data, twice for each of two, and what the requester added: half of it.
    assert.equal(certified.reimbursement, owed + (free - least + surplus) / 2n)
    await charge(WEI_PER_BYTE)
    await world.networkHelpers.time.increase(CHALLENGE_WINDOW)
    const { account } = world.accounts.stranger
    const final = await world.receiptOf(
      market.write.finalize([request, certified, OUTPUT], { account, gas: GAS }),
    )
    const [log] = parseEventLogs({ abi: computeMarketAbi, logs: final.logs, eventName: 'RequestFinalized' })
    assert(log)
    const due = gas * (await priceAt(world, final.blockNumber)) + BYTES * WEI_PER_BYTE
    assert.equal(log.args.payment.submitter, due)
    assert(log.args.payment.refund < escrow - certified.reimbursement)
  })
})
