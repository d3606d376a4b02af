/** Equivocation: who signs two reports of one request is slashed, and nobody else ever is. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { getContract, type Hex, keccak256, parseEventLogs, stringToHex } from 'viem'
import { attestationDigest, reportDigest } from '../../src/crypto/eip712.ts'
import { merkleProof, merkleRoot } from '../../src/crypto/merkle.ts'
import { signDigest } from '../../src/crypto/signature.ts'
import { slasherAbi } from '../../src/protocol/abi/slasher.ts'
import {
  createWorld,
  FUEL_USED,
  given,
  type MarketRequest,
  type NodeKey,
  nodeKey,
  revertOf,
  STAKE_MIN,
  ZERO_HASH,
} from './support/world.ts'

const built = given(async () => {
  const world = await createWorld()
  await world.sealNodes(5)
  const functionId = await world.deployFunction()
  const { address } = await world.viem.deployContract('Slasher', [
    world.deployment.nodeRegistry,
    world.accounts.deployer.account.address,
    63n,
  ])
  const client = { public: world.publicClient, wallet: world.accounts.deployer }
  const slasher = getContract({ abi: slasherAbi, address, client })
  await slasher.write.addMarket([world.deployment.market])
  await world.nodes.write.addSlasher([address])
  const asked = await world.request(functionId)
  await world.openWindow(asked.request)
  return { world, functionId, slasher, asked, market: world.deployment.market }
})

interface Report {
  readonly requestId: Hex
  readonly outputHash: Hex
  readonly exit: number
  readonly fuelUsed: bigint
  readonly evidenceHash: Hex
}

const reportOf = (requestId: Hex, output: string): Report => ({
  requestId,
  outputHash: keccak256(stringToHex(output)),
  exit: 0,
  fuelUsed: FUEL_USED,
  evidenceHash: ZERO_HASH,
})

interface SigningOptions {
  readonly attempt?: number
  readonly view?: number
  /** The reports signed together; the one shown is the first of them. */
  readonly beside?: readonly Report[]
  readonly domain?: { readonly chainId: number; readonly contract: Hex }
}

/** A report as `key` signed it. */
function signed(key: NodeKey, request: MarketRequest, report: Report, options: SigningOptions = {}) {
  const { attempt = 0, view = 0, beside = [], domain = built().world.marketDomain } = options
  const leaves = [report, ...beside].map((each) => reportDigest(each))
  const { functionId, epoch } = request
  const round = request.attempts[attempt]?.round ?? 0n
  const root = merkleRoot(leaves)
  const digest = attestationDigest(domain, { functionId, epoch, round, attempt, view, root })
  const signature = signDigest(key.privateKey, digest)
  return {
    functionId,
    epoch,
    round,
    attempt,
    view_: view,
    report,
    index: 0n,
    count: BigInt(leaves.length),
    proof: merkleProof(leaves, 0),
    r: signature.slice(0, 66) as Hex,
    yParityAndS: `0x${signature.slice(66)}` as Hex,
  }
}

async function stakeOf(attestor: Hex): Promise<bigint> {
  const { stake, unbonding } = await built().world.nodes.read.node([attestor])
  return stake + unbonding
}

describe('reporting an equivocation', () => {
  const key = nodeKey(2)

  it('[SLA-1] slashes a node that signed two reports of one request, once', async () => {
    const { world, slasher, asked, market } = built()
    const { account } = world.accounts.stranger
    const one = signed(key, asked.request, reportOf(asked.requestId, 'yes'))
    const other = signed(key, asked.request, reportOf(asked.requestId, 'no'))
    const receipt = await world.receiptOf(slasher.write.reportEquivocation([market, one, other], { account }))
    const [log] = parseEventLogs({ abi: slasherAbi, logs: receipt.logs, eventName: 'Equivocated' })
    assert.equal(log?.args.attestor, key.attestor)
    assert.equal(await stakeOf(key.attestor), STAKE_MIN / 2n)
    assert.equal(await world.nodes.read.rewardOf([account.address]), STAKE_MIN / 20n)
    assert.equal(await slasher.read.wasSlashed([market, key.attestor, asked.requestId, 0, 0]), true)
    for (const again of [
      [one, other],
      [other, one],
      [one, signed(key, asked.request, reportOf(asked.requestId, 'perhaps'))],
    ] as const)
      assert.equal(await revertOf(slasher.write.reportEquivocation([market, ...again])), 'AlreadySlashed')
    assert.equal(await stakeOf(key.attestor), STAKE_MIN / 2n)
  })

  it('[SLA-1] finds it in a tree of many reports, also when one signature holds both', async () => {
    const { slasher, asked, market } = built()
    const [yes, no] = [reportOf(asked.requestId, 'yes'), reportOf(asked.requestId, 'no')]
    const others = [1, 2, 3].map((i) => reportOf(keccak256(stringToHex(`${i}`)), 'other'))
    const together = signed(key, asked.request, yes, { beside: [...others, no] })
    const leaves = [yes, ...others, no].map((each) => reportDigest(each))
    const second = { ...together, report: no, index: 4n, proof: merkleProof(leaves, 4) }
    await slasher.write.reportEquivocation([market, together, second])
    assert.equal(await stakeOf(key.attestor), STAKE_MIN / 2n)
  })

  it('[SLA-2] is none for honest work: one report twice, other requests, attempts, views', async () => {
    const { world, slasher, functionId, asked, market } = built()
    const { requestId, request } = asked
    const other = await world.request(functionId)
    const yes = reportOf(requestId, 'yes')
    const one = signed(key, request, yes)
    const refusals = [
      [signed(key, request, yes, { beside: [reportOf(other.requestId, 'no')] }), 'SameReport'],
      [signed(key, other.request, reportOf(other.requestId, 'no')), 'NotOneRequest'],
      [signed(key, request, reportOf(requestId, 'no'), { attempt: 1 }), 'NotOneRequest'],
      [signed(key, request, reportOf(requestId, 'no'), { view: 1 }), 'NotOneRequest'],
    ] as const
    for (const [second, refusal] of refusals)
      assert.equal(await revertOf(slasher.write.reportEquivocation([market, one, second])), refusal)
    assert.equal(await stakeOf(key.attestor), STAKE_MIN)
  })

  it('[SLA-3] cannot be invented: another signer, chain, market, tree or attestation', async () => {
    const { world, slasher, asked, market } = built()
    const { requestId, request } = asked
    const { chainId, contract } = world.marketDomain
    const one = signed(key, request, reportOf(requestId, 'yes'))
    const no = reportOf(requestId, 'no')
    const own = signed(key, request, no)
    const forgeries = [
      signed(nodeKey(3), request, no),
      signed(key, request, no, { domain: { chainId: chainId + 1, contract } }),
      signed(key, request, no, { domain: { chainId, contract: world.deployment.nodeRegistry } }),
      { ...own, report: { ...no, exit: 1 } },
      { ...own, round: own.round + 1n },
      { ...own, epoch: own.epoch + 1 },
      { ...own, index: 1n, count: 2n },
      { ...own, proof: [ZERO_HASH] },
    ]
    for (const forged of forgeries) {
      const error = await revertOf(slasher.write.reportEquivocation([market, one, forged]))
      assert(['NotOneSigner', 'ECDSAInvalidSignature', 'SameReport'].includes(error), error)
    }
    const stranger = world.deployment.functionRegistry
    assert.equal(await revertOf(slasher.write.reportEquivocation([stranger, one, own])), 'UnknownMarket')
    assert.equal(await stakeOf(key.attestor), STAKE_MIN)
  })

  it('[SLA-4] of committees slashes who signed both certificates, and no other', async () => {
    const { world, slasher, asked, market } = built()
    const { requestId, request } = asked
    const certified = async (output: string, seats: readonly number[]) => {
      const report = reportOf(requestId, output)
      const certificate = await world.certificateOver(request, merkleRoot([reportDigest(report)]), { seats })
      return { report, index: 0n, count: 1n, proof: [], certificate }
    }
    const yes = await certified('yes', [0, 1, 2, 3])
    const no = await certified('no', [2, 3, 4])
    const apart = await certified('no', [4])
    const args = [market, request, 0, 0] as const
    assert.equal(await revertOf(slasher.write.reportCertificates([...args, yes, apart])), 'NoSignerOfBoth')
    assert.equal(await revertOf(slasher.write.reportCertificates([...args, yes, yes])), 'SameReport')
    // Both of one request, and not of the one shown.
    const elsewhere = (output: string) => ({ ...yes, report: reportOf(keccak256('0x01'), output) })
    const foreign = slasher.write.reportCertificates([...args, elsewhere('yes'), elsewhere('no')])
    assert.equal(await revertOf(foreign), 'NotOneRequest')
    await slasher.write.reportCertificates([...args, yes, no])
    const committee = await world.committeeOf(request)
    for (const [seat, { attestor }] of committee.entries())
      assert.equal(await stakeOf(attestor), seat === 2 || seat === 3 ? STAKE_MIN / 2n : STAKE_MIN, `${seat}`)
    assert.equal(await revertOf(slasher.write.reportCertificates([...args, yes, no])), 'AlreadySlashed')
  })

  it('[SLA-3] cannot be invented with a request that was never made, whose verifier passes anything', async () => {
    const { world, slasher, asked, market } = built()
    const { address: verifier } = await world.viem.deployContract('PassingVerifier', [31n])
    const request = { ...asked.request, verifier }
    const requestId = await world.market.read.requestIdOf([request])
    const certified = (output: string) => ({
      report: reportOf(requestId, output),
      index: 0n,
      count: 1n,
      proof: [],
      certificate: '0x' as const,
    })
    const report = slasher.write.reportCertificates([
      market,
      request,
      0,
      0,
      certified('yes'),
      certified('no'),
    ])
    assert.equal(await revertOf(report), 'NotOneRequest')
    for (let i = 0; i < 5; i++) assert.equal(await stakeOf(nodeKey(i).attestor), STAKE_MIN)
  })

  it('[SLA-5] is believed for markets its owner added, which stay', async () => {
    const { world, slasher, market } = built()
    const { account } = world.accounts.stranger
    assert.equal(await slasher.read.isMarket([market]), true)
    assert.equal(await revertOf(slasher.write.addMarket([market], { account })), 'OwnableUnauthorizedAccount')
    assert.equal(await revertOf(slasher.write.addMarket([account.address])), 'InvalidMarket')
  })

  it('[SLA-2] is none for whoever captures a committee or leaves signers out: silence and dissent cost no stake', async () => {
    const { world, asked } = built()
    const fulfillment = await world.certify(asked.requestId, asked.request, { seats: [0, 1, 2, 3] })
    await world.fulfill(asked.request, fulfillment)
    for (const { attestor } of await world.committeeOf(asked.request)) {
      assert.equal(await stakeOf(attestor), STAKE_MIN)
      assert.equal((await world.nodes.read.node([attestor])).jailedUntil, 0)
    }
  })
})
