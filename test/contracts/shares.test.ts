/** The pay of committees too large to credit each signer. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { concat, encodeFunctionData, type Hex, pad, parseEventLogs, size, slice, toHex } from 'viem'
import { encodeShareClaims, type ShareClaim } from '../../src/core/share-claims.ts'
import { merkleProof } from '../../src/crypto/merkle.ts'
import { computeMarketAbi } from '../../src/protocol/abi/compute-market.ts'
import { createWorld, FUEL_PRICE, FUEL_USED, given, nodeKey, revertOf } from './support/world.ts'

const SEATS = 24
const packed = (...claims: readonly ShareClaim[]): Hex => encodeShareClaims(claims)

const built = given(async () => {
  const world = await createWorld()
  await world.sealNodes(26)
  const functionId = await world.deployFunction({ committeeSize: SEATS })
  return { world, functionId, market: world.market }
})

const byOperator = () => ({ account: built().world.accounts.operator.account })

/** Settles a request, and says which attestors share in which settlement. */
async function settled() {
  const { world, functionId } = built()
  const { requestId, request } = await world.request(functionId)
  await world.openWindow(request)
  const { receipt, payment } = await world.fulfill(request, await world.certify(requestId, request))
  const [log] = parseEventLogs({ abi: computeMarketAbi, logs: receipt.logs, eventName: 'SharesRecorded' })
  assert(log)
  const committee = await world.committeeOf(request)
  const signers = committee.slice(0, Number(log.args.signers)).map(({ attestor }) => attestor)
  const leaves: readonly Hex[] = signers.map((attestor) => pad(attestor, { size: 32 }))
  const claimOf = (place: number) => ({
    settlement: log.args.settlement,
    place,
    proof: merkleProof(leaves, place),
  })
  return { signers, claimOf, payment, settlement: log.args.settlement }
}

describe("a large committee's pay", () => {
  it('[MKT-22] is one record, from which each signer is credited its share once', async () => {
    const { market } = built()
    const { signers, claimOf, payment } = await settled()
    assert.equal(payment.perSeat, 10n ** 14n + FUEL_PRICE * FUEL_USED)
    for (const [place, attestor] of signers.entries()) {
      assert.equal(await market.read.nodeCreditOf([attestor]), 0n)
      await market.write.claimShares([attestor, packed(claimOf(place))], byOperator())
      assert.equal(await market.read.nodeCreditOf([attestor]), payment.perSeat)
      const again = market.write.claimShares([attestor, packed(claimOf(place))], byOperator())
      assert.equal(await revertOf(again), 'ShareClaimed')
    }
  })

  it('[MKT-22] is claimed of many settlements at once, in ascending order', async () => {
    const { market } = built()
    const all = [await settled(), await settled(), await settled()]
    const attestor = all[0]?.signers.find((one) => all.every(({ signers }) => signers.includes(one)))
    assert(attestor)
    const claims = all.map(({ signers, claimOf }) => claimOf(signers.indexOf(attestor)))
    const backwards = market.write.claimShares([attestor, packed(...claims.toReversed())], byOperator())
    assert.equal(await revertOf(backwards), 'ShareClaimed')
    await market.write.claimShares([attestor, packed(...claims)], byOperator())
    assert.equal(await market.read.nodeCreditOf([attestor]), 3n * (all[0]?.payment.perSeat ?? 0n))
    assert.equal(await market.read.sharesClaimedBelow([attestor]), (all[2]?.settlement ?? 0n) + 1n)
  })

  it("[MKT-22] is nobody's who did not sign", async () => {
    const { market } = built()
    const { signers, claimOf } = await settled()
    const [first, second] = signers
    assert(first && second)
    const claim = claimOf(0)
    const refused = async (attestor: Hex, ...claims: (typeof claim)[]) =>
      await revertOf(market.write.claimShares([attestor, packed(...claims)], byOperator()))
    assert.equal(await refused(second, claim), 'NotASigner')
    assert.equal(await refused(nodeKey(77).attestor, claim), 'NotOperator')
    assert.equal(await refused(first, { ...claim, place: 1 }), 'NotASigner')
    assert.equal(await refused(first, { ...claim, proof: claim.proof.slice(1) }), 'NotASigner')
    assert.equal(await refused(first, { ...claim, settlement: 99n }), 'NotASigner')
    assert.equal(await refused(first, { ...claim, place: SEATS }), 'NotASigner')
    assert.equal(await refused(first, claim, claim), 'ShareClaimed')
  })

  it('[MKT-22] [FMT-11] is not claimed by what is cut short, or by bytes beside it', async () => {
    const { market } = built()
    const { signers, claimOf, payment } = await settled()
    const [attestor] = signers
    assert(attestor)
    const whole = packed(claimOf(0))
    const claim = async (claims: Hex) =>
      await revertOf(market.write.claimShares([attestor, claims], byOperator()))
    // Of a call whose bytes go on behind the claims, as the word that fills up their last.
    for (const bytes of [1, 9, 10, 42, size(whole) - 1])
      assert.equal(await claim(slice(whole, 0, bytes)), 'NotASigner')
    assert.equal(await claim(concat([whole, '0x00'])), 'ShareClaimed')
    const data = encodeFunctionData({
      abi: computeMarketAbi,
      functionName: 'claimShares',
      args: [attestor, whole],
    })
    const length = (bytes: number) => pad(toHex(bytes), { size: 32 }).slice(2)
    const short = data.replace(length(size(whole)), length(size(whole) - 1)) as Hex
    assert.notEqual(short, data)
    const { account } = byOperator()
    const to = market.address
    await assert.rejects(built().world.publicClient.call({ account, to, data: short }), /NotASigner/)
    assert.equal(await claim(whole), 'no revert')
    assert.equal(await market.read.nodeCreditOf([attestor]), payment.perSeat)
  })

  it('[MKT-22] of nothing is no record', async () => {
    const { world, market } = built()
    const attestors = Array.from({ length: SEATS }, (_, i) => pad(nodeKey(i).attestor, { size: 32 }))
    const receipt = await world.receiptOf(market.write.depositShares([attestors, 0n, 0n]))
    assert.deepEqual(receipt.logs, [])
    const paid = await world.receiptOf(
      market.write.depositShares([attestors, 1n, 0n], { value: BigInt(SEATS) }),
    )
    assert.equal(paid.logs.length, 1)
  })

  it('[MKT-22] is claimed by its operator alone: nobody passes over what a node is owed', async () => {
    const { market, world } = built()
    const { signers, claimOf, payment } = await settled()
    const [victim] = signers
    assert(victim)
    // A settlement of a stranger's own making, later than the one it is after.
    const dust = Array.from({ length: 22 }, () => pad(victim, { size: 32 }))
    const { account } = world.accounts.stranger
    await market.write.depositShares([dust, 1n, 0n], { account, value: 22n })
    const later = { settlement: claimOf(0).settlement + 1n, place: 0, proof: merkleProof(dust, 0) }
    const call = market.write.claimShares([victim, packed(later)], { account })
    assert.equal(await revertOf(call), 'NotOperator')
    await market.write.claimShares([victim, packed(claimOf(0), later)], byOperator())
    assert.equal(await market.read.nodeCreditOf([victim]), payment.perSeat + 1n)
  })

  it('[MKT-14] [MKT-22] stays in the balance until it is claimed', async () => {
    const { world, market } = built()
    const { signers, payment } = await settled()
    const { requester, submitter, functionOwner, treasury } = world.accounts
    let owed = (await market.read.pool()) + payment.perSeat * BigInt(signers.length)
    for (const { account } of [requester, submitter, functionOwner, treasury])
      owed += await market.read.creditOf([account.address])
    assert.equal(await world.publicClient.getBalance({ address: market.address }), owed)
  })
})
