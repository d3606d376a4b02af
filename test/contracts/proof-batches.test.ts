/** Many requests of one circuit, each with its proof, settled at once. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Hex, keccak256, parseEventLogs } from 'viem'
import { encodeBatchItems } from '../../src/core/batch-items.ts'
import { concat, fromHex, toHex } from '../../src/crypto/bytes.ts'
import { reportDigest } from '../../src/crypto/eip712.ts'
import { bindingOf } from '../../src/crypto/groth16.ts'
import { merkleRoot } from '../../src/crypto/merkle.ts'
import { computeMarketAbi } from '../../src/protocol/abi/compute-market.ts'
import { proofVerifierAbi } from '../../src/protocol/abi/proof-verifier.ts'
import type { Address } from '../../src/protocol/types.ts'
import { type Trapdoor, trapdoor } from '../crypto/trapdoor.ts'
import { deployCircuit, proofFor, words } from './support/circuits.ts'
import { CALLBACK_MODE, deployHostileConsumer } from './support/consumer.ts'
import { createWorld, given, type MarketRequest, revertArgsOf, revertOf, ZERO_HASH } from './support/world.ts'

const GAS = 16_000_000n
const free = trapdoor({ outputs: 1, inputs: 1 }, 'free')
const bound = trapdoor({ outputs: 1, inputs: 1, isBound: true }, 'bound')
const REPORT = { exit: 0, fuelUsed: 0n, evidenceHash: ZERO_HASH } as const

interface Asked {
  readonly requestId: Hex
  readonly request: MarketRequest
}

const built = given(async () => {
  const world = await createWorld()
  await world.sealNodes(7)
  const ids = {
    free: await deployCircuit(world, free.key),
    bound: await deployCircuit(world, bound.key, { moduleHash: keccak256('0x02') }),
  }
  /** Requests with inputs 1, 2, 3, ... that share one committee. */
  const ask = async (name: keyof typeof ids, count: number): Promise<readonly Asked[]> => {
    const start = await world.startRound()
    const asked: Asked[] = []
    for (let i = 1; i <= count; i++) {
      // All in one second, so that they are drawn by one round.
      if (i > 1) await world.networkHelpers.time.setNextBlockTimestamp(start)
      asked.push(await world.request(ids[name], { input: words(BigInt(i)) }, 10n ** 15n))
    }
    const [first] = asked
    assert(first)
    for (const { request } of asked) assert.deepEqual(request.attempts, first.request.attempts)
    await world.openWindow(first.request)
    return asked
  }
  return { world, market: world.market, ask }
})

async function proverOf({ request }: Asked): Promise<Address> {
  const [prover] = await built().world.committeeOf(request)
  assert(prover)
  return prover.attestor
}

const outputOf = (i: number) => words(100n + BigInt(i))

/** The arguments that settle all of them, of the first one's attempt 0. */
async function batchOf(circuit: Trapdoor, asked: readonly Asked[]) {
  const [first] = asked
  assert(first)
  const payee = await proverOf(first)
  const items = asked.map(({ request }, i) => ({ ...request, ...REPORT, output: outputOf(i) }))
  const proofs = asked.map(({ requestId, request }, i) =>
    fromHex(proofFor(circuit, requestId, request, { output: outputOf(i), payee }).certificate),
  )
  return { request: first.request, items, proofs, payee }
}

type BatchArguments = Pick<Awaited<ReturnType<typeof batchOf>>, 'request' | 'items' | 'proofs'>

function settle({ request, items, proofs }: BatchArguments, attempt = 0) {
  const { market, world } = built()
  const args = [request, encodeBatchItems(items), toHex(concat(...proofs)), attempt] as const
  return market.write.fulfillProofs(args, { account: world.accounts.submitter.account, gas: GAS })
}

async function logsOf(sent: Promise<Hex>) {
  const receipt = await built().world.receiptOf(sent)
  assert.equal(receipt.status, 'success')
  const logs = parseEventLogs({ abi: computeMarketAbi, logs: receipt.logs })
  return {
    gasUsed: receipt.gasUsed,
    certified: logs.filter((log) => log.eventName === 'BatchCertified').map(({ args }) => args),
    fulfilled: logs.filter((log) => log.eventName === 'RequestFulfilledInBatch').map(({ args }) => args),
  }
}

describe('a batch of proofs', () => {
  for (const [name, circuit] of [
    ['free', free],
    ['bound', bound],
  ] as const)
    it(`[ZKP-14] of a ${name} circuit settles every request of it, and pays the one node drawn for all`, async () => {
      const { world, market, ask } = built()
      const asked = await ask(name, 5)
      const batch = await batchOf(circuit, asked)
      const { certified, fulfilled, gasUsed } = await logsOf(settle(batch))
      const digests = asked.map(({ requestId }, i) =>
        reportDigest({ requestId, outputHash: keccak256(outputOf(i)), ...REPORT }),
      )
      const [log] = certified
      assert(log)
      assert.deepEqual(log.leaves, digests)
      assert.equal(log.root, merkleRoot(digests))
      assert.equal(log.certificate, toHex(concat(...batch.proofs)))
      assert.deepEqual(
        fulfilled.map(({ requestId }) => requestId),
        asked.map(({ requestId }) => requestId),
      )
      assert.equal(await market.read.nodeCreditOf([batch.payee]), 5n * batch.request.flatFeePerSeat)
      let reimbursed = 0n
      for (const [i, { payment, result }] of fulfilled.entries()) {
        assert.equal(result.output, outputOf(i))
        assert.equal(payment.perSeat, batch.request.flatFeePerSeat)
        assert.equal(payment.pool, 0n)
        reimbursed += payment.submitter
        assert.equal((await market.read.statusOf([asked[i]?.requestId ?? '0x']))[0], 2)
      }
      const { baseFeePerGas } = await world.publicClient.getBlock()
      assert(reimbursed > gasUsed * ((baseFeePerGas ?? 0n) + world.deployment.config.market.tipMax))
    })

  it('[ZKP-14] reimburses by the inputs that were proven, whatever the shared request brings for one', async () => {
    const { world, ask } = built()
    const [one] = await ask('free', 1)
    assert(one)
    const batch = await batchOf(free, [one])
    const fees = world.deployment.config.market
    const padded = { ...batch, request: { ...batch.request, input: `0x${'00'.repeat(20_000)}` as Hex } }
    const { fulfilled } = await logsOf(settle(padded))
    const { baseFeePerGas } = await world.publicClient.getBlock()
    const alone = BigInt(fees.gasBase + fees.gasPerProof + (fees.gasPerByte + 210) * 64)
    assert.equal(fulfilled[0]?.payment.submitter, alone * ((baseFeePerGas ?? 0n) + fees.tipMax))
  })

  it('[ZKP-14] reimburses for each no more than what it would bring alone', async () => {
    const { world, ask } = built()
    const [one] = await ask('free', 1)
    assert(one)
    const fees = world.deployment.config.market
    const { fulfilled } = await logsOf(settle(await batchOf(free, [one])))
    const { baseFeePerGas } = await world.publicClient.getBlock()
    const alone = BigInt(fees.gasBase + fees.gasPerProof + (fees.gasPerByte + 210) * 64)
    assert.equal(fulfilled[0]?.payment.submitter, alone * ((baseFeePerGas ?? 0n) + fees.tipMax))
  })

  it('[ZKP-14] with one that does not hold settles nothing, and its submitter can find out which for nothing', async () => {
    const { world, ask } = built()
    const asked = await ask('bound', 4)
    const batch = await batchOf(bound, asked)
    const [first, second] = batch.proofs
    assert(first && second)
    const proofs = [first, first, ...batch.proofs.slice(2)]
    assert.equal(await revertOf(settle({ ...batch, proofs })), 'InvalidProof')
    const each = await world.publicClient.readContract({
      address: batch.request.verifier,
      abi: proofVerifierAbi,
      functionName: 'verifyEach',
      args: [
        toHex(concat(...asked.flatMap(({ request }, i) => [fromHex(outputOf(i)), fromHex(request.input)]))),
        asked.map(({ requestId }) => bindingOf(requestId, batch.payee)),
        toHex(concat(...proofs)),
      ],
    })
    assert.deepEqual(each, [true, false, true, true])
    const rest = [0, 2, 3]
    const without = {
      ...batch,
      items: rest.flatMap((i) => batch.items[i] ?? []),
      proofs: rest.flatMap((i) => batch.proofs[i] ?? []),
    }
    assert.equal((await logsOf(settle(without))).fulfilled.length, 3)
    // And the one left is settled with its own.
    const last = { ...batch, items: batch.items.slice(1, 2), proofs: [second] }
    assert.equal((await logsOf(settle(last))).fulfilled.length, 1)
  })

  it('[ZKP-14] passes over what somebody settled before, and logs nothing of it', async () => {
    const { market, ask } = built()
    const asked = await ask('free', 4)
    const batch = await batchOf(free, asked)
    for (const place of [0, 2]) {
      const item = {
        ...batch,
        items: batch.items.slice(place, place + 1),
        proofs: batch.proofs.slice(place, place + 1),
      }
      await logsOf(settle(item))
    }
    // Not even looked at: its proof is no point.
    const junk = new Uint8Array(256).fill(0xff)
    const proofs = batch.proofs.map((proof, i) => (i === 2 ? junk : proof))
    const { certified, fulfilled } = await logsOf(settle({ ...batch, proofs }))
    const open = [asked[1], asked[3]].map((one) => one?.requestId)
    assert.deepEqual(
      fulfilled.map(({ requestId }) => requestId),
      open,
    )
    assert.equal(certified[0]?.leaves.length, 2)
    assert.equal(certified[0]?.certificate, toHex(concat(...[1, 3].map((i) => batch.proofs[i] ?? junk))))
    assert.equal(await market.read.nodeCreditOf([batch.payee]), 4n * batch.request.flatFeePerSeat)
    const again = settle(batch)
    assert.deepEqual(await revertArgsOf(again), { name: 'BatchMismatch', args: [4n] })
  })

  it('[ZKP-14] does not hold with outputs or proofs exchanged among its requests', async () => {
    const batch = await batchOf(free, await built().ask('free', 3))
    const [one, two, three] = batch.proofs
    assert(one && two && three)
    assert.equal(await revertOf(settle({ ...batch, proofs: [two, one, three] })), 'InvalidProof')
    const items = batch.items.map((item, i) => ({ ...item, output: outputOf([1, 0, 2][i] ?? 0) }))
    assert.equal(await revertOf(settle({ ...batch, items })), 'InvalidProof')
  })

  it('[ZKP-14] has one proof for each item, in its own output’s length, and no exit or fuel', async () => {
    const batch = await batchOf(free, await built().ask('free', 3))
    const withItem = (change: object) => ({
      ...batch,
      items: batch.items.map((item, i) => (i === 1 ? { ...item, ...change } : item)),
    })
    for (const [wrong, name] of [
      [{ ...batch, proofs: batch.proofs.slice(1) }, 'BatchMismatch'],
      [{ ...batch, proofs: [...batch.proofs, batch.proofs[0] ?? new Uint8Array()] }, 'BatchMismatch'],
      [{ ...batch, proofs: [...batch.proofs, Uint8Array.of(0)] }, 'ProofsMismatch'],
      [{ ...batch, items: [], proofs: [] }, 'BatchMismatch'],
      [withItem({ exit: 1 }), 'NotProven'],
      [withItem({ fuelUsed: 1n }), 'NotProven'],
      [withItem({ output: '0x' }), 'OutputMismatch'],
      // As many bytes in all, shifted from one to the other.
      [
        {
          ...batch,
          items: batch.items.map((item, i) => ({ ...item, output: i === 0 ? '0x' : outputOf(i) })),
        },
        'OutputMismatch',
      ],
      [withItem({ output: words(1n, 2n) }), 'OutputTooLarge'],
    ] as const)
      assert.equal(await revertOf(settle(wrong as BatchArguments)), name)
  })

  it('[ZKP-14] counts in its attempt’s window, for that attempt’s node', async () => {
    const { world, ask } = built()
    const batch = await batchOf(bound, await ask('bound', 2))
    await world.openWindow(batch.request, 1)
    assert.equal(await revertOf(settle(batch)), 'OutsideWindow')
    const [drawn] = await world.committeeOf(batch.request, 1)
    if (drawn?.attestor !== batch.payee) assert.equal(await revertOf(settle(batch, 1)), 'InvalidProof')
    assert.equal(await revertOf(settle(batch, 3)), 'UnknownAttempt')
  })

  it('[ZKP-14] calls back for each, with enough gas for all kept before the first', async () => {
    const { world, market } = built()
    const functionId = await deployCircuit(world, free.key, { moduleHash: keccak256('0x09') })
    const consumer = await deployHostileConsumer(world)
    const params = (i: bigint) => world.paramsOf(functionId, { input: words(i), callbackGas: 300_000 })
    const value = (await market.read.quote([params(1n)])) + 10n ** 16n
    const start = await world.startRound()
    const first = await world.submitted(consumer.write.ask([params(1n)], { value }))
    await world.networkHelpers.time.setNextBlockTimestamp(start)
    const second = await world.submitted(consumer.write.ask([params(2n)], { value }))
    await world.openWindow(first.request)
    await consumer.write.set([CALLBACK_MODE.accept, '0x'])
    const batch = await batchOf(free, [first, second])
    const args = [batch.request, encodeBatchItems(batch.items), toHex(concat(...batch.proofs)), 0] as const
    const call = market.write.fulfillProofs(args, { gas: 900_000n })
    assert.equal(await revertOf(call), 'NotEnoughGas')
    await logsOf(settle(batch))
    for (const { requestId } of [first, second]) assert.equal((await market.read.statusOf([requestId]))[0], 2)
  })
})
