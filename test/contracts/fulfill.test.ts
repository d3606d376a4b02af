/** Settling a request: what is accepted, and who is paid what. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  bytesToBigInt,
  bytesToHex,
  concat,
  encodeFunctionData,
  type Hex,
  hexToBigInt,
  hexToBytes,
  numberToHex,
  slice,
  stringToHex,
} from 'viem'
import {
  createWorld,
  FUEL_LIMIT,
  FUEL_PRICE,
  FUEL_USED,
  given,
  type MarketFulfillment,
  nodeKey,
  revertOf,
  STAKE_MIN,
  type World,
  ZERO_HASH,
} from './support/world.ts'

const NODES = 7
const QUORUM = 4
const FLAT_FEE = 10n ** 14n
const PER_SEAT = FLAT_FEE + FUEL_PRICE * FUEL_USED
const ROYALTY = 5n * 10n ** 13n
const PROTOCOL_FEE = (5n * FLAT_FEE * 500n) / 10_000n
const SELECTION_FEE = 10n ** 13n
const TIP_MAX = 2n * 10n ** 9n
const GAS = { base: 100_000n, perSignature: 13_000n, perByte: 40n }
const SECP256K1_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
const Status = { open: 1, fulfilled: 2, expired: 4 } as const

const built = given(async () => {
  const world = await createWorld()
  await world.sealNodes(NODES, (i) => BigInt(i + 1) * STAKE_MIN)
  const functionId = await world.deployFunction()
  const asked = await world.request(functionId, { attempts: 2 }, 10n ** 15n)
  await world.openWindow(asked.request)
  return { world, ...asked, market: world.market }
})

/** Settles the request everything starts with; `change` spoils what was certified. */
function settle(fulfillment: MarketFulfillment, change: Partial<MarketFulfillment> = {}): Promise<Hex> {
  const { world, market, request } = built()
  const { account } = world.accounts.submitter
  return market.write.fulfill([request, { ...fulfillment, ...change }], { account })
}

function certified(options: Parameters<World['certify']>[2] = {}): Promise<MarketFulfillment> {
  const { world, requestId, request } = built()
  return world.certify(requestId, request, options)
}

describe('fulfilling a request', () => {
  it('[MKT-9] [FEE-1] [FEE-3] [FEE-4] [FEE-5] pays everyone, to the wei', async () => {
    const { world, market, request, requestId, escrow } = built()
    const fulfillment = await certified({ output: stringToHex('42') })
    const { payment, receipt } = await world.fulfill(request, fulfillment)
    const { baseFeePerGas } = await world.publicClient.getBlock({ blockNumber: receipt.blockNumber })
    const gas = GAS.base + GAS.perSignature * BigInt(QUORUM) + GAS.perByte * BigInt('a question42'.length)
    assert.deepEqual(payment, {
      perSeat: PER_SEAT,
      pool: PER_SEAT,
      submitter: gas * ((baseFeePerGas ?? 0n) + TIP_MAX),
      refund: escrow - 5n * PER_SEAT - ROYALTY - PROTOCOL_FEE - payment.submitter,
    })
    const { accounts } = world
    const credits = await Promise.all(
      [accounts.functionOwner, accounts.treasury, accounts.submitter, accounts.requester].map(({ account }) =>
        market.read.creditOf([account.address]),
      ),
    )
    assert.deepEqual(credits, [ROYALTY, PROTOCOL_FEE, payment.submitter, payment.refund])
    assert.equal(await market.read.pool(), SELECTION_FEE + PER_SEAT)
    const committee = await world.committeeOf(request)
    for (const [seat, { attestor }] of committee.entries()) {
      assert.equal(await market.read.nodeCreditOf([attestor]), seat < QUORUM ? PER_SEAT : 0n)
      assert.equal(await market.read.creditOf([attestor]), 0n)
    }
    assert.deepEqual(await market.read.statusOf([requestId]), [Status.fulfilled, 0n])
  })

  it('[MKT-14] leaves the balance the sum of what is owed', async () => {
    const { world, market, request } = built()
    await world.fulfill(request, await certified({ seats: [0, 1, 2, 3, 4] }))
    const { accounts } = world
    let owed = await market.read.pool()
    for (const { account } of [
      accounts.functionOwner,
      accounts.treasury,
      accounts.submitter,
      accounts.requester,
    ]) {
      owed += await market.read.creditOf([account.address])
    }
    for (let i = 0; i < NODES; i++) owed += await market.read.nodeCreditOf([nodeKey(i).attestor])
    assert.equal(await world.publicClient.getBalance({ address: market.address }), owed)
  })

  it("[FEE-4] [MKT-16] reimburses at most the requester's price", async () => {
    const { world, functionId } = built()
    const { request, requestId } = await world.request(functionId, { maxFeePerGas: 1n })
    await world.openWindow(request)
    const { payment } = await world.fulfill(request, await world.certify(requestId, request))
    assert.equal(
      payment.submitter,
      GAS.base + GAS.perSignature * 4n + GAS.perByte * BigInt('a questionan answer'.length),
    )
  })

  it('[FEE-2] leaves nothing to refund when everything cost the most it could', async () => {
    const { world } = built()
    const functionId = await world.deployFunction({ outputBytesMax: 3 })
    const { request, requestId } = await world.request(functionId, { maxFeePerGas: 1n })
    await world.openWindow(request)
    const fulfillment = await world.certify(requestId, request, {
      output: '0x010203',
      seats: [0, 1, 2, 3, 4],
      fuelUsed: FUEL_LIMIT,
    })
    const { payment } = await world.fulfill(request, fulfillment)
    assert.equal(payment.refund, 0n)
    assert.equal(payment.pool, 0n)
  })

  it('[FEE-1] [FEE-6] pays each seat for the fuel used: none, some, and for a trap all of it', async () => {
    const { world, functionId, request: first, requestId } = built()
    const perSeat = async (asked: typeof first, id: Hex, options: Parameters<World['certify']>[2]) => {
      const { payment } = await world.fulfill(asked, await world.certify(id, asked, options))
      return payment.perSeat
    }
    assert.equal(await perSeat(first, requestId, { fuelUsed: 0n }), FLAT_FEE)
    const cases = [
      [{ fuelUsed: 1n }, FLAT_FEE + 1_000_003n],
      [{ exit: 7, fuelUsed: 99_999_999n }, FLAT_FEE + 1_000_003n * 99_999_999n],
      // 0.0001 + 100,000,000 x 1,000,003 wei
      [{ exit: 0x110, output: '0x' }, 200_000_300_000_000n],
    ] as const
    for (const [options, wei] of cases) {
      const { request, requestId: id } = await world.request(functionId)
      await world.openWindow(request)
      assert.equal(await perSeat(request, id, options), wei)
    }
  })

  it('[MKT-7] [SEL-1] takes the committee that TypeScript draws', async () => {
    const { world, market, request } = built()
    const indices = await market.read.committeeOf([request, 0])
    const expected = await world.committeeOf(request)
    // Node i was registered i-th, so its index is i.
    assert.deepEqual(
      indices.map((index) => nodeKey(Number(index)).attestor),
      expected.map(({ attestor }) => attestor),
    )
  })

  it('[MKT-7] certifies an error of the function as well', async () => {
    const { world, market, request, requestId } = built()
    await world.fulfill(request, await certified({ exit: 0x102, output: '0x' }))
    assert.equal((await market.read.statusOf([requestId]))[0], Status.fulfilled)
  })

  it('[MKT-5] happens once', async () => {
    const { world, market, request } = built()
    const fulfillment = await certified()
    await settle(fulfillment)
    assert.equal(await revertOf(settle(fulfillment)), 'RequestNotOpen')
    await world.networkHelpers.time.increaseTo(request.deadline + 1n)
    assert.equal(await revertOf(market.write.expire([request])), 'RequestNotOpen')
  })

  it('[MKT-5] is for the request as it was emitted', async () => {
    const { world, market, request } = built()
    const fulfillment = await certified()
    const { account } = world.accounts.submitter
    const changes = [
      { requester: account.address },
      { committeeSize: 4 },
      { flatFeePerSeat: 1n },
      { functionOwner: account.address },
      { maxFeePerGas: 2n ** 60n },
      { input: '0x' as Hex },
      { deadline: request.deadline + 1n },
      { attempts: request.attempts.map((attempt) => ({ ...attempt, closesAt: attempt.closesAt + 1n })) },
      { verifier: world.deployment.beaconRegistry },
    ]
    for (const change of changes) {
      const call = market.write.fulfill([{ ...request, ...change }, fulfillment], { account })
      assert.equal(await revertOf(call), 'RequestNotOpen', Object.keys(change).join())
    }
    await settle(fulfillment)
  })

  it('[MKT-5] is for the request as it was emitted, to the bits no field uses', async () => {
    const { world, market, request } = built()
    const args = [request, await certified()] as const
    const data = hexToBytes(encodeFunctionData({ abi: market.abi, functionName: 'fulfill', args }))
    const call = (bytes: Uint8Array) =>
      world.publicClient.call({
        to: market.address,
        account: world.accounts.submitter.account,
        data: bytesToHex(bytes),
      })
    await call(data)
    const wordAt = (at: number) => Number(bytesToBigInt(data.subarray(at, at + 32)))
    const head = 4 + wordAt(4)
    const attempts = head + wordAt(head + 21 * 32) + 32
    const words = [
      ...Array.from({ length: 20 }, (_, i) => head + 32 * i),
      ...Array.from({ length: 6 }, (_, i) => attempts + 32 * i),
    ]
    for (const [i, at] of words.entries()) {
      const dirty = data.slice()
      dirty[at] = (dirty[at] ?? 0) ^ 0x80
      await assert.rejects(call(dirty), /RequestNotOpen/, `word ${i}`)
    }
  })
})

describe('a certificate', () => {
  it('[MKT-7] [QC-2] is over exactly this output, exit, fuel and attempt', async () => {
    const fulfillment = await certified()
    assert.equal(
      await revertOf(settle(fulfillment, { output: stringToHex('another') })),
      'InvalidAttestation',
    )
    assert.equal(await revertOf(settle(fulfillment, { exit: 1 })), 'InvalidAttestation')
    for (const fuelUsed of [0n, FUEL_USED + 1n])
      assert.equal(await revertOf(settle(fulfillment, { fuelUsed })), 'InvalidAttestation')
    await settle(fulfillment)
  })

  it("[MKT-7] is not another request's, though the committee is the same", async () => {
    const { world, market, functionId } = built()
    const pair = await Promise.all([0, 1].map(() => world.request(functionId)))
    const [one, two] = pair
    assert(one && two && one.request.attempts[0]?.round === two.request.attempts[0]?.round)
    await world.openWindow(one.request)
    const fulfillment = await world.certify(one.requestId, one.request)
    assert.equal(await revertOf(market.write.fulfill([two.request, fulfillment])), 'InvalidAttestation')
    await market.write.fulfill([one.request, fulfillment])
  })

  it('[QC-2] is refused below the quorum', async () => {
    assert.equal(await revertOf(settle(await certified({ seats: [0, 1, 2] }))), 'QuorumNotReached')
    assert.equal(await revertOf(settle(await certified({ seats: [] }))), 'QuorumNotReached')
    await settle(await certified({ seats: [1, 2, 3, 4] }))
  })

  it('[QC-2] is refused when a seat is signed for by anyone else', async () => {
    const { world, request } = built()
    const committee = await world.committeeOf(request)
    const outsider = Array.from({ length: NODES }, (_, i) => nodeKey(i)).find(
      ({ attestor }) => !committee.some((member) => member.attestor === attestor),
    )
    const other = committee[4]
    assert(outsider && other)
    for (const impostor of [outsider, other]) {
      const fulfillment = await certified({ keyOf: (seat, key) => (seat === 2 ? impostor : key) })
      assert.equal(await revertOf(settle(fulfillment)), 'InvalidAttestation')
    }
    // One member signing for every seat is one signer.
    const first = committee[0]
    assert(first)
    assert.equal(await revertOf(settle(await certified({ keyOf: () => first }))), 'InvalidAttestation')
  })

  it('[QC-2] has one encoding: bitmap, then the signatures in order, and nothing else', async () => {
    const fulfillment = await certified()
    const { certificate } = fulfillment
    const bitmap = hexToBigInt(slice(certificate, 0, 32))
    const signatures = slice(certificate, 32)
    const withBits = (bits: bigint) => concat([numberToHex(bits, { size: 32 }), signatures])
    const [s0, s1, rest] = [slice(certificate, 32, 96), slice(certificate, 96, 160), slice(certificate, 160)]
    const cases: readonly (readonly [Hex, string])[] = [
      ['0x', 'MalformedCertificate'],
      [slice(certificate, 0, 31), 'MalformedCertificate'],
      [`${certificate}00`, 'MalformedCertificate'],
      [slice(certificate, 0, 32 + 4 * 64 - 1), 'MalformedCertificate'],
      [concat([certificate, s0]), 'MalformedCertificate'],
      [withBits(bitmap | (1n << 4n)), 'MalformedCertificate'],
      [withBits(bitmap | (1n << 5n)), 'UnknownSigners'],
      [withBits(bitmap | (1n << 255n)), 'UnknownSigners'],
      [withBits((bitmap >> 1n) | (1n << 4n)), 'InvalidAttestation'],
      [concat([slice(certificate, 0, 32), s1, s0, rest]), 'InvalidAttestation'],
    ]
    for (const [bytes, error] of cases)
      assert.equal(await revertOf(settle(fulfillment, { certificate: bytes })), error)
  })

  it('[QC-2] is refused with a high s, and with a signature of zeros', async () => {
    const fulfillment = await certified()
    const { certificate } = fulfillment
    const vs = hexToBigInt(slice(certificate, 64, 96))
    const s = vs & (2n ** 255n - 1n)
    const mirrored = (((vs >> 255n) ^ 1n) << 255n) | ((SECP256K1_ORDER - s) & (2n ** 255n - 1n))
    const high = concat([
      slice(certificate, 0, 64),
      numberToHex(mirrored, { size: 32 }),
      slice(certificate, 96),
    ])
    const zeros = concat([slice(certificate, 0, 32), `0x${'00'.repeat(64)}`, slice(certificate, 96)])
    for (const bytes of [high, zeros]) {
      assert.equal(await revertOf(settle(fulfillment, { certificate: bytes })), 'InvalidAttestation')
    }
  })
})

describe('the bounds of a report', () => {
  it('[MKT-8] [QC-3] hold even when the committee signed', async () => {
    assert.equal(
      await revertOf(settle(await certified({ output: `0x${'00'.repeat(1025)}` }))),
      'OutputTooLarge',
    )
    assert.equal(await revertOf(settle(await certified({ fuelUsed: FUEL_LIMIT + 1n }))), 'FuelAboveLimit')
    assert.equal(await revertOf(settle(await certified({ view: 1 }))), 'ViewNotAllowed')
    const evidence = { evidenceHash: `0x${'11'.repeat(32)}` } as const
    assert.equal(await revertOf(settle(await certified(), evidence)), 'EvidenceNotAllowed')
    await settle(await certified({ output: `0x${'00'.repeat(1024)}` }), { evidenceHash: ZERO_HASH })
  })
})

it('[FEE-6] refuses a trap or a limit that did not cost all its fuel, though the committee signed', async () => {
  const { world, request } = built()
  for (const exit of [0x100, 0x110, 0xffff]) {
    for (const fuelUsed of [0n, FUEL_LIMIT - 1n])
      assert.equal(await revertOf(settle(await certified({ exit, fuelUsed }))), 'FuelBelowLimit')
    assert.equal(
      await revertOf(settle(await certified({ exit, fuelUsed: FUEL_LIMIT + 1n }))),
      'FuelAboveLimit',
    )
  }
  await world.fulfill(request, await certified({ exit: 0xff, fuelUsed: 0n }))
})

describe('an attempt', () => {
  it('[MKT-6] [TIME-3] counts from its first second up to, and not in, the one it closes in', async () => {
    const { world, functionId, market } = built()
    const { request, requestId } = await world.request(functionId, { attempts: 1 })
    const [window] = request.attempts
    assert(window)
    await world.postRound(window.round)
    const fulfillment = await world.certify(requestId, request)
    const at = async (time: bigint) => {
      await world.networkHelpers.time.setNextBlockTimestamp(time)
      return await revertOf(market.write.fulfill([request, fulfillment], { gas: 1_000_000n }))
    }
    assert.equal(await at(window.opensAt - 1n), 'OutsideWindow')
    const snapshot = await world.networkHelpers.takeSnapshot()
    assert.equal(await at(window.opensAt), 'no revert')
    await snapshot.restore()
    assert.equal(await at(window.closesAt - 1n), 'no revert')
    await snapshot.restore()
    assert.equal(await at(window.closesAt), 'OutsideWindow')
  })

  it('[MKT-6] needs its round posted', async () => {
    const { world, functionId, market } = built()
    const { request, requestId } = await world.request(functionId)
    const [window] = request.attempts
    assert(window)
    await world.networkHelpers.time.increaseTo(window.opensAt)
    const fulfillment = await world.certify(requestId, request)
    assert.equal(await revertOf(market.write.fulfill([request, fulfillment])), 'BeaconNotPosted')
    assert.equal(await revertOf(market.read.committeeOf([request, 0])), 'BeaconNotPosted')
  })

  it("[MKT-6] follows the one before it, with its own round's committee", async () => {
    const { world, market, request } = built()
    const first = await certified()
    await world.openWindow(request, 1)
    assert.equal(await revertOf(settle(first)), 'OutsideWindow')
    assert.equal(await revertOf(settle(first, { attempt: 1 })), 'InvalidAttestation')
    assert.equal(await revertOf(settle(first, { attempt: 2 })), 'UnknownAttempt')
    assert.equal(await revertOf(market.read.committeeOf([request, 2])), 'UnknownAttempt')
    await settle(await certified({ attempt: 1 }))
  })
})

it('[FUN-3] [MKT-13] goes on for open requests when the function is retired and the market paused', async () => {
  const { world, functionId, market } = built()
  await world.functions.write.retire([functionId], { account: world.accounts.functionOwner.account })
  await market.write.setPaused([true])
  await settle(await certified())
})

it('[REG-7] pays a node that left after it was drawn', async () => {
  const { world, market, request } = built()
  const [first] = await world.committeeOf(request)
  assert(first)
  const { stake } = await world.nodes.read.node([first.attestor])
  await world.nodes.write.unbond([first.attestor, stake], { account: world.accounts.operator.account })
  await settle(await certified())
  assert.equal(await market.read.nodeCreditOf([first.attestor]), PER_SEAT)
})
