/** Requests that proofs settle: for whom, when, and what nobody gains by copying. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { bn254 } from '@noble/curves/bn254.js'
import { encodeAbiParameters, type Hex, keccak256, parseEventLogs, zeroAddress } from 'viem'
import { encodeCertificate } from '../../src/core/certificate.ts'
import { fromHex, toHex } from '../../src/crypto/bytes.ts'
import { decodeProof, encodeProof } from '../../src/crypto/groth16.ts'
import { FIELD_ORDER } from '../../src/crypto/groth16-points.ts'
import { computeMarketAbi } from '../../src/protocol/abi/compute-market.ts'
import type { Address } from '../../src/protocol/types.ts'
import { proven, vectors } from '../crypto/groth16-vectors.ts'
import { type Trapdoor, trapdoor } from '../crypto/trapdoor.ts'
import { deployCircuit, proofFor, words } from './support/circuits.ts'
import { CALLBACK_MODE, deployHostileConsumer } from './support/consumer.ts'
import {
  createWorld,
  given,
  type MarketFulfillment,
  type MarketRequest,
  revertArgsOf,
  revertOf,
} from './support/world.ts'

const GAS = 16_000_000n
const INPUT = words(3n, 4n)
const OUTPUT = words(25n)
const BLINDING = keccak256('0x05')
const Status = { open: 1, fulfilled: 2, callbackFailed: 3, expired: 4 } as const
const LEAD_SECONDS = 24n

const free = trapdoor({ outputs: 1, inputs: 2 }, 'free')
const bound = trapdoor({ outputs: 1, inputs: 2, isBound: true }, 'bound')

const built = given(async () => {
  const world = await createWorld()
  await world.sealNodes(7)
  return {
    world,
    market: world.market,
    functionId: await deployCircuit(world, free.key),
    boundId: await deployCircuit(world, bound.key, { moduleHash: keccak256('0x02') }),
  }
})

/** A request whose first window is open. */
async function ask(circuit: Trapdoor = free, input = INPUT) {
  const { world, functionId, boundId } = built()
  const asked = await world.request(circuit === free ? functionId : boundId, { input }, 10n ** 15n)
  await world.openWindow(asked.request)
  return asked
}

/** Two requests of one committee. */
async function askTwice(circuit: Trapdoor) {
  const { world, functionId, boundId } = built()
  const id = circuit === free ? functionId : boundId
  const start = await world.startRound()
  const first = await world.request(id, { input: INPUT }, 10n ** 15n)
  await world.networkHelpers.time.setNextBlockTimestamp(start)
  const second = await world.request(id, { input: INPUT }, 10n ** 15n)
  assert.deepEqual(first.request.attempts, second.request.attempts)
  await world.openWindow(first.request)
  return [first, second] as const
}

async function proverOf(request: MarketRequest, attempt = 0): Promise<Address> {
  const [prover] = await built().world.committeeOf(request, attempt)
  assert(prover)
  return prover.attestor
}

function fulfill(
  request: MarketRequest,
  fulfillment: MarketFulfillment,
  as = built().world.accounts.submitter,
) {
  return built().market.write.fulfillWithProof([request, fulfillment], { account: as.account, gas: GAS })
}

function fulfillOpenly(
  request: MarketRequest,
  fulfillment: MarketFulfillment,
  payee: Address,
  options: {
    readonly blinding?: Hex
    readonly as?: { readonly account: { readonly address: Address } }
  } = {},
) {
  const { market, world } = built()
  const { blinding = BLINDING, as = world.accounts.submitter } = options
  return market.write.fulfillOpenly([request, fulfillment, payee, blinding], {
    account: as.account as typeof world.accounts.submitter.account,
    gas: GAS,
  })
}

async function settled(sent: Promise<Hex>) {
  const receipt = await built().world.receiptOf(sent)
  assert.equal(receipt.status, 'success')
  const [log] = parseEventLogs({ abi: computeMarketAbi, logs: receipt.logs, eventName: 'RequestFulfilled' })
  assert(log, 'no RequestFulfilled')
  return { ...log.args, receipt }
}

/** Of an account or a node. */
const creditOf = async (account: Address) => await built().market.read.creditOf([account])
const nodeCreditOf = async (attestor: Address) => await built().market.read.nodeCreditOf([attestor])
const statusOf = async (requestId: Hex) => (await built().market.read.statusOf([requestId]))[0]

function commitmentOf(requestId: Hex, payee: Address, proof: Hex, blinding = BLINDING): Hex {
  const types = [{ type: 'bytes32' }, { type: 'address' }, { type: 'bytes32' }, { type: 'bytes32' }] as const
  return keccak256(encodeAbiParameters(types, [requestId, payee, keccak256(proof), blinding]))
}

async function commit(commitment: Hex) {
  await built().world.gasOf(built().market.write.commitProof([commitment]))
}

/** Moves to the first second of the phase in which anybody may prove. */
async function openPhase(request: MarketRequest): Promise<number> {
  const closesAt = request.attempts.at(-1)?.closesAt
  assert(closesAt)
  await built().world.networkHelpers.time.increaseTo(closesAt)
  return request.attempts.length
}

describe('a proof in an attempt’s window', () => {
  for (const [name, circuit] of [
    ['free', free],
    ['bound', bound],
  ] as const)
    it(`[ZKP-9] [ZKP-12] of a ${name} circuit pays the node drawn, and reimburses who submits`, async () => {
      const { world } = built()
      const [{ requestId, request, escrow }, second] = await askTwice(circuit)
      const prover = await proverOf(request)
      const fulfillment = proofFor(circuit, requestId, request, { output: OUTPUT, payee: prover })
      const {
        payment,
        submitter,
        fulfillment: logged,
        receipt,
      } = await settled(fulfill(request, fulfillment))
      assert.deepEqual(logged, fulfillment)
      assert.equal(submitter.toLowerCase(), world.accounts.submitter.account.address)
      assert.equal(payment.perSeat, request.flatFeePerSeat)
      assert.equal(payment.pool, 0n)
      assert.equal(await nodeCreditOf(prover), request.flatFeePerSeat)
      const fees = world.deployment.config.market
      const { baseFeePerGas } = await world.publicClient.getBlock({ blockNumber: receipt.blockNumber })
      const gas = BigInt(fees.gasBase + fees.gasPerProof + (fees.gasPerByte + 210) * 96)
      assert.equal(payment.submitter, gas * ((baseFeePerGas ?? 0n) + fees.tipMax))
      const { perSeat, refund, submitter: reimbursed } = payment
      assert.equal(perSeat + reimbursed + refund + request.royalty + request.protocolFee, escrow)
      assert.equal(await statusOf(requestId), Status.fulfilled)
      // In the steady state: everybody was credited before.
      const other = proofFor(circuit, second.requestId, second.request, { output: OUTPUT, payee: prover })
      const { gasUsed } = (await settled(fulfill(second.request, other))).receipt
      assert(gas > gasUsed, `${gasUsed} gas used, ${gas} reimbursed`)
    })

  it('[ZKP-9] by snarkjs settles a request of its circuit', async () => {
    const { world } = built()
    const { key, publicInputs, proof } = proven('cube')
    const functionId = await deployCircuit(world, key, { moduleHash: keccak256('0x03') })
    const [output = 0n, ...input] = publicInputs
    const { requestId, request } = await world.request(functionId, { input: words(...input) })
    await world.openWindow(request)
    const fulfillment = proofFor({ key, prove: () => proof }, requestId, request, { output: words(output) })
    assert.equal(fulfillment.certificate, vectors.cube.proofs[0]?.proof)
    await settled(fulfill(request, fulfillment))
  })

  it('[ZKP-9] pays the node drawn whoever copied it out of a pending transaction, as it was or re-randomised', async () => {
    const { world } = built()
    const { stranger } = world.accounts
    const { requestId, request } = await ask()
    const prover = await proverOf(request)
    const fulfillment = proofFor(free, requestId, request, { output: OUTPUT })
    const points = decodeProof(fromHex(fulfillment.certificate))
    assert(typeof points === 'object')
    const k = 0xbadn
    const { a, b, c } = points
    const other = encodeProof({ a: a.multiply(k), b: b.multiply(bn254.G1.Point.Fn.inv(k)), c })
    const { payment } = await settled(
      fulfill(request, { ...fulfillment, certificate: toHex(other) }, stranger),
    )
    assert.equal(await nodeCreditOf(prover), request.flatFeePerSeat)
    // What the transaction cost, and nothing of the seat's pay.
    assert.equal(await creditOf(stranger.account.address), payment.submitter)
  })

  it('[ZKP-9] of a bound circuit is of one request and one node: another’s is no proof', async () => {
    const { world } = built()
    const { requestId, request } = await ask(bound)
    const prover = await proverOf(request)
    const { stranger } = world.accounts
    const wrong = [
      proofFor(bound, requestId, request, { output: OUTPUT, payee: stranger.account.address }),
      proofFor(bound, keccak256('0x06'), request, { output: OUTPUT, payee: prover }),
    ]
    for (const one of wrong) assert.equal(await revertOf(fulfill(request, one)), 'InvalidProof')
    await settled(fulfill(request, proofFor(bound, requestId, request, { output: OUTPUT, payee: prover })))
  })

  it('[ZKP-9] of a free circuit is good for every request with its input, and for no other', async () => {
    const { requestId, request } = await ask()
    const second = await ask()
    const third = await ask(free, words(4n, 3n))
    const fulfillment = proofFor(free, requestId, request, { output: OUTPUT })
    await settled(fulfill(request, fulfillment))
    await settled(fulfill(second.request, fulfillment))
    assert.equal(await revertOf(fulfill(third.request, fulfillment)), 'InvalidProof')
  })

  it('[ZKP-9] settles a request once', async () => {
    const { requestId, request } = await ask()
    const fulfillment = proofFor(free, requestId, request, { output: OUTPUT })
    await settled(fulfill(request, fulfillment))
    assert.equal(await revertOf(fulfill(request, fulfillment)), 'RequestNotOpen')
  })

  it('[ZKP-4] is refused for another output, for another number of words, and for words that stand for others', async () => {
    const { requestId, request } = await ask()
    const fulfillment = proofFor(free, requestId, request, { output: OUTPUT })
    const outputs: [Hex, string][] = [
      [words(26n), 'InvalidProof'],
      [words(25n + FIELD_ORDER), 'PublicInputTooLarge'],
      [words(25n, 0n), 'OutputMismatch'],
      ['0x', 'OutputMismatch'],
      [words(25n).slice(0, -2) as Hex, 'OutputMismatch'],
    ]
    for (const [output, name] of outputs)
      assert.equal(await revertOf(fulfill(request, { ...fulfillment, output })), name)
    assert.equal(await revertOf(fulfill(request, { ...fulfillment, certificate: '0x' })), 'ProofsMismatch')
    const longer = { ...fulfillment, certificate: `${fulfillment.certificate}00` as Hex }
    assert.equal(await revertOf(fulfill(request, longer)), 'ProofsMismatch')
  })

  it('[ZKP-9] has no exit, fuel, evidence or view', async () => {
    const { requestId, request } = await ask()
    const fulfillment = proofFor(free, requestId, request, { output: OUTPUT })
    for (const [wrong, name] of [
      [{ exit: 1 }, 'NotProven'],
      [{ exit: 0x110, fuelUsed: request.fuelLimit }, 'NotProven'],
      [{ fuelUsed: 1n }, 'NotProven'],
      [{ evidenceHash: keccak256('0x01') }, 'NotProven'],
      [{ view_: 1 }, 'ViewNotAllowed'],
    ] as const)
      assert.equal(await revertOf(fulfill(request, { ...fulfillment, ...wrong })), name)
    await settled(fulfill(request, fulfillment))
  })

  it('[ZKP-9] counts in that window, for that attempt’s node', async () => {
    const { world, functionId } = built()
    const { requestId, request } = await world.request(functionId, { input: INPUT })
    const first = proofFor(free, requestId, request, { output: OUTPUT })
    assert.equal(await revertOf(fulfill(request, first)), 'OutsideWindow')
    await world.openWindow(request, 1)
    assert.equal(await revertOf(fulfill(request, first)), 'OutsideWindow')
    assert.equal(await revertOf(fulfill(request, { ...first, attempt: 3 })), 'UnknownAttempt')
    await settled(fulfill(request, { ...first, attempt: 1 }))
    assert.equal(await nodeCreditOf(await proverOf(request, 1)), request.flatFeePerSeat)
  })

  it('[ZKP-9] waits for its round, and settles also while new requests are paused', async () => {
    const { world, market, functionId } = built()
    const { requestId, request } = await world.request(functionId, { input: INPUT })
    const fulfillment = proofFor(free, requestId, request, { output: OUTPUT })
    await world.networkHelpers.time.increaseTo(request.attempts[0]?.opensAt ?? 0n)
    assert.equal(await revertOf(fulfill(request, fulfillment)), 'BeaconNotPosted')
    await world.openWindow(request)
    await market.write.setPaused([true])
    await settled(fulfill(request, fulfillment))
  })

  it('[ZKP-9] calls back with the output and exit 0, whatever the target does', async () => {
    const { world, market, functionId } = built()
    const consumer = await deployHostileConsumer(world)
    const params = world.paramsOf(functionId, { input: INPUT, callbackGas: 300_000 })
    const value = (await market.read.quote([params])) + 10n ** 16n
    for (const [mode, status] of [
      [CALLBACK_MODE.accept, Status.fulfilled],
      [CALLBACK_MODE.revert, Status.callbackFailed],
    ] as const) {
      const asked = await world.submitted(consumer.write.ask([params], { value }))
      await world.openWindow(asked.request)
      await consumer.write.set([mode, '0x'])
      const fulfillment = proofFor(free, asked.requestId, asked.request, { output: OUTPUT })
      await settled(fulfill(asked.request, fulfillment))
      assert.equal(await statusOf(asked.requestId), status)
    }
  })
})

describe('a certificate', () => {
  it('[ZKP-13] settles no request of a circuit, not even one of nobody, which is a quorum of none', async () => {
    const { world, market } = built()
    const { requestId, request } = await ask()
    const account = world.accounts.submitter.account
    const nobody = encodeCertificate([])
    const [prover] = await world.committeeOf(request)
    assert(prover)
    const signed = await world.certify(requestId, request, { seats: [0], output: OUTPUT, fuelUsed: 0n })
    for (const certificate of [nobody, '0x', signed.certificate, `0x${'00'.repeat(32)}`] as const) {
      const call = market.write.fulfill([request, { ...signed, certificate }], { account, gas: GAS })
      assert.equal(await revertOf(call), 'ProofExpected')
      const leaves = [keccak256('0x01')]
      const batch = { attempt: 0, view_: 0, leaves, certificate }
      const call2 = market.write.fulfillBatch([request, '0x', batch], { account, gas: GAS })
      assert.notEqual(await revertOf(call2), 'no revert')
    }
  })

  it('[ZKP-13] is what settles a module: no proof does', async () => {
    const { world, market } = built()
    const functionId = await world.deployFunction()
    const { requestId, request } = await world.request(functionId)
    await world.openWindow(request)
    const fulfillment = proofFor(free, requestId, { ...request, input: INPUT }, { output: OUTPUT })
    assert.equal(await revertOf(fulfill(request, fulfillment)), 'CertificateExpected')
    const stranger = world.accounts.stranger.account.address
    assert.equal(await revertOf(fulfillOpenly(request, fulfillment, stranger)), 'CertificateExpected')
    const batch = market.write.fulfillProofs([request, '0x', fulfillment.certificate, 0], { gas: GAS })
    assert.equal(await revertOf(batch), 'CertificateExpected')
  })
})

describe('a proof after the last window', () => {
  it('[ZKP-10] of a bound circuit pays whom it names, node or not, whoever submits it', async () => {
    const { world } = built()
    const { stranger, treasury } = world.accounts
    const { requestId, request } = await ask(bound)
    const attempt = await openPhase(request)
    const payee = treasury.account.address
    const fulfillment = proofFor(bound, requestId, request, { output: OUTPUT, payee, attempt })
    const thief = stranger.account.address
    assert.equal(await revertOf(fulfillOpenly(request, fulfillment, thief, { as: stranger })), 'InvalidProof')
    const before = await creditOf(payee)
    const { receipt, payment } = await settled(fulfillOpenly(request, fulfillment, payee, { as: stranger }))
    const [log] = parseEventLogs({ abi: computeMarketAbi, logs: receipt.logs, eventName: 'ProvenOpenly' })
    assert.equal(log?.args.payee.toLowerCase(), payee)
    assert.equal(log.args.requestId, requestId)
    assert.equal((await creditOf(payee)) - before, request.flatFeePerSeat + request.protocolFee)
    assert.equal(await creditOf(thief), payment.submitter)
  })

  it('[ZKP-10] pays nobody at the zero address, and what nobody owns stays as it was', async () => {
    const { world } = built()
    const pool = await world.market.read.pool()
    for (const circuit of [bound, free]) {
      const { requestId, request } = await ask(circuit)
      const attempt = await openPhase(request)
      const fulfillment = proofFor(circuit, requestId, request, {
        output: OUTPUT,
        payee: zeroAddress,
        attempt,
      })
      assert.equal(await revertOf(fulfillOpenly(request, fulfillment, zeroAddress)), 'PayeeMissing')
    }
    assert.ok((await world.market.read.pool()) - pool < 10n ** 18n)
  })

  it('[ZKP-11] of a free circuit pays who committed to it, shown in a later block and a lead later', async () => {
    const { world } = built()
    const { stranger } = world.accounts
    const { requestId, request } = await ask()
    const payee = stranger.account.address
    const attempt = request.attempts.length
    const fulfillment = proofFor(free, requestId, request, { output: OUTPUT, attempt })
    const commitment = commitmentOf(requestId, payee, fulfillment.certificate)
    await openPhase(request)
    const call = () => fulfillOpenly(request, fulfillment, payee)
    assert.deepEqual(await revertArgsOf(call()), { name: 'NotCommitted', args: [commitment] })
    await commit(commitment)
    const { timestamp } = await world.publicClient.getBlock()
    const revealsAt = timestamp + LEAD_SECONDS
    await world.networkHelpers.time.setNextBlockTimestamp(revealsAt - 1n)
    assert.equal(await revertOf(call()), 'RevealedTooEarly')
    await world.networkHelpers.time.increaseTo(revealsAt)
    await settled(call())
    assert.equal(await creditOf(payee), request.flatFeePerSeat)
  })

  it('[ZKP-11] is worth nothing to who copies it when it is shown: the copy must be committed to first', async () => {
    const { world } = built()
    const { stranger, treasury } = world.accounts
    const { requestId, request } = await ask()
    const author = treasury.account.address
    const thief = stranger.account.address
    const attempt = request.attempts.length
    const fulfillment = proofFor(free, requestId, request, { output: OUTPUT, attempt })
    await commit(commitmentOf(requestId, author, fulfillment.certificate))
    await openPhase(request)
    await world.networkHelpers.time.increase(Number(LEAD_SECONDS))
    // The thief sees the pending proof, names himself, and has committed to nothing.
    const theft = () => fulfillOpenly(request, fulfillment, thief, { as: stranger })
    assert.equal(await revertOf(theft()), 'NotCommitted')
    // He commits at once; the author's transaction is mined long before that may be shown.
    await commit(commitmentOf(requestId, thief, fulfillment.certificate))
    assert.equal(await revertOf(theft()), 'RevealedTooEarly')
    const { payment } = await settled(fulfillOpenly(request, fulfillment, author, { as: stranger }))
    assert.equal(await creditOf(thief), payment.submitter)
    assert.equal(await revertOf(theft()), 'RequestNotOpen')
  })

  it('[ZKP-11] is committed to for one request, one payee and one blinding', async () => {
    const { world } = built()
    const { stranger, treasury } = world.accounts
    const { requestId, request } = await ask()
    const other = await ask()
    const payee = treasury.account.address
    const attempt = request.attempts.length
    const fulfillment = proofFor(free, requestId, request, { output: OUTPUT, attempt })
    await commit(commitmentOf(requestId, payee, fulfillment.certificate))
    await openPhase(other.request)
    await world.networkHelpers.time.increase(Number(LEAD_SECONDS))
    const blinding = keccak256('0x07')
    for (const call of [
      () => fulfillOpenly(request, fulfillment, stranger.account.address),
      () => fulfillOpenly(request, fulfillment, payee, { blinding }),
      () => fulfillOpenly(other.request, fulfillment, payee),
    ])
      assert.equal(await revertOf(call()), 'NotCommitted')
    await settled(fulfillOpenly(request, fulfillment, payee))
  })

  it('[ZKP-11] committed to again, by anybody, counts from the first time', async () => {
    const { world, market } = built()
    const { stranger, treasury } = world.accounts
    const { requestId, request } = await ask()
    const payee = treasury.account.address
    const attempt = request.attempts.length
    const fulfillment = proofFor(free, requestId, request, { output: OUTPUT, attempt })
    const commitment = commitmentOf(requestId, payee, fulfillment.certificate)
    await commit(commitment)
    await openPhase(request)
    await world.networkHelpers.time.increase(Number(LEAD_SECONDS))
    const again = await world.receiptOf(market.write.commitProof([commitment], { account: stranger.account }))
    assert.deepEqual(again.logs, [])
    await settled(fulfillOpenly(request, fulfillment, payee))
  })

  it('[ZKP-10] counts from the last window’s end to the deadline, and in no attempt', async () => {
    const { world } = built()
    const { requestId, request } = await ask(bound)
    const payee = world.accounts.stranger.account.address
    const attempt = request.attempts.length
    const fulfillment = proofFor(bound, requestId, request, { output: OUTPUT, payee, attempt })
    const call = (of = fulfillment) => fulfillOpenly(request, of, payee)
    assert.equal(await revertOf(call()), 'OutsideWindow')
    const closesAt = request.attempts.at(-1)?.closesAt ?? 0n
    await world.networkHelpers.time.setNextBlockTimestamp(closesAt - 1n)
    assert.equal(await revertOf(call()), 'OutsideWindow')
    await openPhase(request)
    assert.equal(await revertOf(call({ ...fulfillment, attempt: 0 })), 'UnknownAttempt')
    assert.equal(await revertOf(call({ ...fulfillment, attempt: 255 })), 'UnknownAttempt')
    const drawn = { ...fulfillment, attempt: attempt - 1 }
    assert.equal(await revertOf(fulfill(request, drawn)), 'OutsideWindow')
    await world.networkHelpers.time.setNextBlockTimestamp(request.deadline)
    assert.equal(await revertOf(call()), 'OutsideWindow')
  })

  it('[ZKP-10] settles in the phase’s first second and in its last', async () => {
    const { world } = built()
    const payee = world.accounts.stranger.account.address
    for (const isLast of [false, true]) {
      const { requestId, request } = await ask(bound)
      const attempt = request.attempts.length
      const fulfillment = proofFor(bound, requestId, request, { output: OUTPUT, payee, attempt })
      const closesAt = request.attempts.at(-1)?.closesAt ?? 0n
      await world.networkHelpers.time.setNextBlockTimestamp(isLast ? request.deadline - 1n : closesAt)
      await settled(fulfillOpenly(request, fulfillment, payee))
      await world.nextEpoch()
      await world.nodes.write.sealEpoch({ gas: GAS })
    }
  })

  it('[ZKP-10] never comes: the request expires after the deadline, and its escrow goes back', async () => {
    const { world, market } = built()
    const { requestId, request } = await ask()
    await openPhase(request)
    assert.equal(await revertOf(market.write.expire([request])), 'NotExpired')
    await world.networkHelpers.time.increaseTo(request.deadline + 1n)
    const before = await creditOf(request.requester)
    await market.write.expire([request])
    assert.equal(await statusOf(requestId), Status.expired)
    assert((await creditOf(request.requester)) > before)
    const fulfillment = proofFor(free, requestId, request, { output: OUTPUT })
    assert.equal(await revertOf(fulfill(request, fulfillment)), 'RequestNotOpen')
  })
})
