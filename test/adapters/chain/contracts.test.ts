import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import fc from 'fast-check'
import { bytesToHex, encodeErrorResult, keccak256, stringToHex } from 'viem'
import { createAuditReads } from '../../../src/adapters/chain/audit-reads.ts'
import { createCalls } from '../../../src/adapters/chain/calls.ts'
import { decodeLog, emitters } from '../../../src/adapters/chain/decode.ts'
import { createReads, type RequestLogs } from '../../../src/adapters/chain/reads.ts'
import { decodeRevert, describeRevert } from '../../../src/adapters/chain/revert.ts'
import { createSender } from '../../../src/adapters/chain/sender.ts'
import type { RawLog } from '../../../src/adapters/chain/wire.ts'
import { encodeCertificate } from '../../../src/core/certificate.ts'
import { capabilitySet } from '../../../src/core/permissions/capability.ts'
import { memberAt } from '../../../src/core/snapshot.ts'
import { selectCommittee } from '../../../src/core/sortition.ts'
import { fromHex, sameHex } from '../../../src/crypto/bytes.ts'
import { randomnessOf, signRound, timeOfRound } from '../../../src/crypto/drand.ts'
import { attestationDigest, nodeBindingDigest, reportDigest } from '../../../src/crypto/eip712.ts'
import { functionIdOf } from '../../../src/crypto/function-id.ts'
import { merkleRoot } from '../../../src/crypto/merkle.ts'
import { committeeSeed } from '../../../src/crypto/seeds.ts'
import { addressOfPrivateKey, expandSignature, signDigest } from '../../../src/crypto/signature.ts'
import { ChainError, type TransactionSender } from '../../../src/ports/chain.ts'
import { silentLog } from '../../../src/ports/log.ts'
import type { Call } from '../../../src/ports/market.ts'
import { computeMarketAbi } from '../../../src/protocol/abi/compute-market.ts'
import type {
  Deployment,
  Fulfillment,
  FunctionId,
  FunctionSpec,
  Hex,
  Request,
} from '../../../src/protocol/types.ts'
import {
  beaconSecret,
  CHAIN_ID,
  deploy,
  FUNDED_KEY,
  MemoryStore,
  startChain,
  type TestChain,
} from './support.ts'

const ZERO_HASH: Hex = `0x${'00'.repeat(32)}`
const beaconInfo = { genesisTime: 1_000_000_000, periodSeconds: 3 }
const keys = [1, 2, 3, 4, 5].map((n) => new Uint8Array(32).fill(n))

describe('the contracts, read and called', { timeout: 60_000 }, () => {
  let chain: TestChain
  let deployment: Deployment & { readonly ecdsaQuorumSelector: Hex }
  let sender: TransactionSender
  let spec: FunctionSpec
  let functionId: FunctionId
  let request: Request
  let logs: RequestLogs
  let fulfillment: Fulfillment
  let sent = 0

  const calls = () => createCalls(deployment)
  const reads = () => createReads(chain.reader, deployment)
  const send = async (call: Call & { readonly value?: bigint }) => {
    const outcome = await sender.send({ id: `test-${sent++}`, ...call })
    assert.equal(outcome.type, 'mined', outcome.type === 'reverted' ? outcome.detail : '')
    return outcome.type === 'mined' ? outcome.blockNumber : 0n
  }
  const setTime = async (time: bigint) => {
    await chain.rpc('evm_setNextBlockTimestamp', Number(time))
    await chain.rpc('hardhat_mine', '0x1')
  }
  const now = async () => (await chain.reader.block('latest'))?.time ?? 0n

  before(async () => {
    chain = await startChain()
    deployment = await deploy(chain)
    const options = { reader: chain.reader, store: new MemoryStore(), log: silentLog, pollMs: 20 }
    sender = createSender({ ...options, privateKey: fromHex(FUNDED_KEY) })
    spec = {
      kind: 'wasm',
      moduleHash: keccak256('0x00'),
      entry: '_start',
      runtime: 'deterministic-1',
      capabilities: ZERO_HASH,
      permissions: [],
      consensus: 0,
      agreement: '',
      committeeSize: 4,
      fuelLimit: 100_000_000n,
      memoryBytesMax: 1n << 20n,
      outputBytesMax: 1_000,
      windowSeconds: 60,
      flatFeePerSeat: 10n ** 15n,
      fuelPrice: 1_000_003n,
      royalty: 10n ** 14n,
      verifierSelector: deployment.ecdsaQuorumSelector,
      verificationKeyHash: ZERO_HASH,
      challengeWindow: 0,
    }
    functionId = functionIdOf(sender.address, spec)
    await prepare()
    await askAndFulfil()
  })
  after(async () => {
    await sender.close()
    await chain.close()
  })

  /** Five nodes, a sealed epoch, a function with a name. */
  async function prepare() {
    assert.equal(await reads().latestSnapshot(), undefined)
    assert.equal(await reads().latestSealedEpoch(), undefined)
    const domain = { chainId: CHAIN_ID, contract: deployment.nodeRegistry }
    for (const [i, key] of keys.entries()) {
      const node = {
        operator: sender.address,
        peerId: keccak256(stringToHex(`peer ${i}`)),
        capabilities: ZERO_HASH,
      }
      const bindingSignature = expandSignature(signDigest(key, nodeBindingDigest(domain, node)))
      await send(
        calls().register(
          { ...node, attestor: addressOfPrivateKey(key), bindingSignature },
          10n ** 18n * BigInt(i + 1),
        ),
      )
    }
    await setTime((await now()) + 60n)
    await send(calls().sealEpoch())
    await send(calls().deploy(spec, ['https://example.org/module.wasm', 'ipfs://module']))
    await send(calls().publish('adder', functionId))
  }

  async function askAndFulfil() {
    const params = {
      functionId,
      committeeSize: 0,
      attempts: 2,
      callbackGas: 0,
      maxFeePerGas: 10n ** 10n,
      challengeWindow: 0,
      input: '0x0102' as Hex,
    }
    const value = await reads().quote(params)
    const block = await send(calls().request(params, value))
    const raw = await chain.reader.logsInRange(block, block, { addresses: [deployment.market] })
    const submitted = decodeLog(raw[0] as RawLog, deployment)
    assert.ok(submitted?.type === 'requestSubmitted')
    assert.deepEqual(await reads().statusOf(submitted.requestId), {
      status: 'open',
      escrow: submitted.escrow,
    })
    request = submitted.request
    const [first] = request.attempts
    assert.ok(first !== undefined)
    await setTime(timeOfRound(beaconInfo, first.round))
    assert.equal(await reads().randomness(first.round), undefined)
    await send(calls().postRound(first.round, signRound(beaconSecret, first.round)))
    const randomness = await reads().randomness(first.round)
    assert.equal(randomness, randomnessOf(signRound(beaconSecret, first.round)))
    assert.ok(randomness !== undefined)

    const snapshot = await reads().snapshot(request.snapshot)
    const { epoch } = request
    const seed = committeeSeed({
      chainId: CHAIN_ID,
      market: deployment.market,
      functionId,
      epoch,
      round: first.round,
      attempt: 0,
      randomness,
    })
    const committee = selectCommittee(seed, snapshot, request.committeeSize)
    const output: Hex = '0xabcd'
    const report = {
      requestId: submitted.requestId,
      outputHash: keccak256(output),
      exit: 0,
      fuelUsed: 12_345_679n,
      evidenceHash: ZERO_HASH,
    }
    const root = merkleRoot([reportDigest(report)])
    const digest = attestationDigest(
      { chainId: CHAIN_ID, contract: deployment.market },
      { functionId, epoch, round: first.round, attempt: 0, view: 0, root },
    )
    const signatures = committee.map((index, seat) => {
      const { attestor } = memberAt(snapshot, index)
      const key = keys.find((candidate) => sameHex(addressOfPrivateKey(candidate), attestor))
      return { seat, signature: signDigest(key as Uint8Array, digest) }
    })
    const certificate = encodeCertificate(signatures)
    fulfillment = {
      attempt: 0,
      view: 0,
      exit: 0,
      fuelUsed: 12_345_679n,
      evidenceHash: ZERO_HASH,
      output,
      certificate,
    }
    await send(calls().fulfill(request, fulfillment))
    logs = await reads().requestLogs(submitted.requestId)
  }

  it('tells of the snapshots of capability sets: none, half done, done [REG-11]', async () => {
    const http = capabilitySet(['http'])
    assert.equal(await reads().sealedEpochOf(http), undefined)
    const all = await reads().latestSnapshot()
    assert.equal(all?.count, keys.length)
    await send(calls().sealCapabilities(http, 2))
    assert.deepEqual(await reads().sealProgress(http), { epoch: all?.epoch, next: 2 })
    assert.equal(await reads().sealedEpochOf(http), undefined)
    const block = await send(calls().sealCapabilities(http, 99))
    assert.equal(await reads().sealedEpochOf(http), all?.epoch)
    const [raw] = await chain.reader.logsInRange(block, block, { addresses: [deployment.nodeRegistry] })
    const log = decodeLog(raw as RawLog, deployment)
    assert.ok(log?.type === 'capabilitiesSealed')
    // Of the five nodes none grants it.
    assert.deepEqual([log.capabilities, log.epoch, log.count], [http, all?.epoch, 0])
  })

  it('tell a request and its fulfilment as they were made', async () => {
    assert.deepEqual(logs.submitted?.log.request, request)
    assert.deepEqual(logs.fulfilled?.log.fulfillment, fulfillment)
    assert.equal(logs.expired, undefined)
    const { payment } = logs.fulfilled?.log ?? assert.fail('no fulfilment')
    assert.equal(payment.perSeat, 10n ** 15n + 1_000_003n * 12_345_679n)
    const spent = payment.perSeat * 4n + payment.pool + payment.submitter + payment.refund
    assert.equal(spent + request.royalty + request.protocolFee, logs.submitted?.log.escrow)
    const id = logs.submitted?.log.requestId as Hex
    assert.deepEqual(await reads().statusOf(id), { status: 'fulfilled', escrow: 0n })
    assert.deepEqual(await reads().statusOf(ZERO_HASH), { status: 'none', escrow: 0n })
  })

  it('tell the past at a block of the past', async () => {
    const { submitted, fulfilled } = logs
    assert.ok(submitted !== undefined && fulfilled !== undefined)
    const id = submitted.log.requestId
    assert.equal((await reads().statusOf(id, submitted.at.blockNumber - 1n)).status, 'none')
    assert.equal((await reads().statusOf(id, submitted.at.blockNumber)).status, 'open')
    assert.equal(
      await reads().randomness(request.attempts[0]?.round ?? 0n, submitted.at.blockNumber),
      undefined,
    )
  })

  it('give a function by its id, its terms and its name', async () => {
    const deployed = await reads().functionById(functionId)
    assert.deepEqual(deployed?.spec, spec)
    assert.deepEqual(deployed?.uris, ['https://example.org/module.wasm', 'ipfs://module'])
    assert.ok(sameHex(deployed?.owner ?? '', sender.address))
    assert.equal(await reads().functionById(ZERO_HASH), undefined)
    const terms = await reads().terms(functionId)
    assert.equal(terms?.state, 'active')
    assert.equal(terms?.consensus, 'exact')
    assert.equal(terms?.flatFeePerSeat, spec.flatFeePerSeat)
    assert.equal(await reads().resolve('adder'), functionId)
    assert.equal(await reads().resolve('no-such-name'), undefined)
    assert.ok(sameHex((await reads().verifierOf(spec.verifierSelector)) ?? '', request.verifier))
    assert.equal(await reads().verifierOf('0x00000001'), undefined)
  })

  it('give nodes, epochs and snapshots', async () => {
    const attestor = addressOfPrivateKey(keys[2] as Uint8Array)
    const node = await reads().node(attestor)
    assert.equal(node?.stake, 3n * 10n ** 18n)
    assert.equal(node?.peerId, keccak256(stringToHex('peer 2')))
    assert.equal(await reads().node(sender.address), undefined)
    assert.equal(await reads().nodeCount(), 5n)
    const latest = await reads().latestSnapshot()
    assert.deepEqual(latest, await reads().snapshotOf(request.epoch))
    assert.equal(await reads().latestSealedEpoch(), request.epoch)
    assert.ok(sameHex(latest?.blob ?? '', request.snapshot))
    assert.equal(await reads().snapshotOf(99), undefined)
    const snapshot = await reads().snapshot(request.snapshot)
    assert.deepEqual(
      snapshot.members.map(({ weight }) => weight),
      [1n, 2n, 3n, 4n, 5n].map((n) => n * 10n ** 9n),
    )
    const { genesis, epochSeconds } = await reads().epochClock()
    assert.equal(epochSeconds, 60n)
    assert.equal(await reads().epochStart(7), genesis + 420n)
    assert.ok((await reads().currentEpoch()) >= 1)
  })

  it('give beacon rounds, their times and their logs', async () => {
    const { round } = request.attempts[0] ?? assert.fail('no attempt')
    assert.equal(await reads().roundAfter(timeOfRound(beaconInfo, round)), round + 1n)
    assert.equal(await reads().latestRound(), round)
    const posted = await reads().roundLog(round)
    assert.equal(posted?.log.randomness, randomnessOf(signRound(beaconSecret, round)))
    assert.equal(await reads().roundLog(1n), undefined)
  })

  it('tell the stakes an epoch was sealed from: of the nodes that were live', async () => {
    const audits = createAuditReads(chain.reader, deployment)
    const head = async () => (await chain.reader.block('latest'))?.number ?? 0n
    const sealed = request.epoch
    assert.equal((await audits.stakesAt(sealed, await head())).size, keys.length)
    const [attestor] = keys.map(addressOfPrivateKey)
    assert(attestor)
    const { liveUntil = 0, renewEpochs = 0 } = (await reads().liveness(attestor)) ?? {}
    assert.equal((await audits.stakesAt(liveUntil - 1, await head())).size, keys.length)
    await setTime(await reads().epochStart(liveUntil + 3))
    await send(calls().renew(attestor))
    assert.equal((await reads().liveness(attestor))?.liveUntil, liveUntil + 4 + renewEpochs)
    const sizes = [liveUntil, liveUntil + 3].map(async (e) => (await audits.stakesAt(e, await head())).size)
    assert.deepEqual(await Promise.all(sizes), [0, 0])
    const after = await audits.stakesAt(liveUntil + 4, await head())
    assert.deepEqual(
      [...after].map(([node, stake]) => [node.toLowerCase(), stake]),
      [[attestor.toLowerCase(), 10n ** 18n]],
    )
    assert.equal((await audits.stakesAt(sealed, await head())).size, keys.length)
  })

  it('pay what was earned to whom it belongs', async () => {
    assert.ok((await reads().creditOf(sender.address)) > 0n)
    await send(calls().claim(sender.address))
    assert.equal(await reads().creditOf(sender.address), 0n)
    const attestor = addressOfPrivateKey(fromHex(bytesToHex(keys[4] as Uint8Array)))
    await send(calls().bond(attestor, 10n ** 18n))
    await send(calls().unbond(attestor, 10n ** 18n))
    const outcome = await sender.send({ id: 'early', ...calls().withdraw(attestor, 1, sender.address) })
    assert.equal(outcome.type, 'reverted')
  })

  it('pause, retire and refuse with typed errors', async () => {
    await send(calls().pauseFunction(functionId))
    assert.equal((await reads().terms(functionId))?.state, 'paused')
    const params = {
      functionId,
      committeeSize: 0,
      attempts: 0,
      callbackGas: 0,
      maxFeePerGas: 1n,
      challengeWindow: 0,
      input: '0x' as Hex,
    }
    await assert.rejects(reads().quote(params), /FunctionNotActive/)
    await send(calls().unpauseFunction(functionId))
    await send(calls().retireFunction(functionId))
    assert.equal((await reads().terms(functionId))?.state, 'retired')
    const again = await sender.send({ id: 'again', ...calls().fulfill(request, fulfillment) })
    assert.equal(again.type === 'reverted' && again.error, 'RequestNotOpen')
    const expired = await sender.send({ id: 'expire', ...calls().expire(request) })
    assert.equal(expired.type, 'reverted')
  })

  it('are missed where they are not', async () => {
    const elsewhere = createReads(chain.reader, { ...deployment, nodeRegistry: `0x${'01'.repeat(20)}` })
    const missing = (error: unknown) => error instanceof ChainError && error.reason === 'missing'
    await assert.rejects(elsewhere.nodeCount(), missing)
    await assert.rejects(elsewhere.snapshot(`0x${'01'.repeat(20)}`), missing)
    const malformed = (error: unknown) => error instanceof ChainError && error.reason === 'malformed'
    await assert.rejects(elsewhere.snapshot(deployment.market), malformed)
  })

  it('drop an event that is not what the contract emits', async () => {
    const all = await chain.reader.logsInRange(0n, (await chain.reader.block('latest'))?.number ?? 0n, {
      addresses: emitters(deployment),
    })
    const decoded = all.map((log) => decodeLog(log, deployment)?.type)
    const told = [
      'requestSubmitted',
      'requestFulfilled',
      'roundPosted',
      'capabilitiesSealed',
      'epochSealed',
      'nodeRegistered',
      'stakeChanged',
      'functionDeployed',
    ]
    assert.deepEqual(new Set(decoded.filter((type) => type !== undefined)), new Set(told))
    for (const log of all) {
      // The same event of another contract is not ours.
      assert.equal(decodeLog({ ...log, address: `0x${'02'.repeat(20)}` }, deployment), undefined)
    }
    const malformed = (error: unknown) => error instanceof ChainError && error.reason === 'malformed'
    const submitted = all[decoded.indexOf('requestSubmitted')] as RawLog
    const tampered =
      `${submitted.data.slice(0, 200)}${submitted.data[200] === '0' ? '1' : '0'}${submitted.data.slice(201)}` as Hex
    assert.throws(() => decodeLog({ ...submitted, data: tampered }, deployment), malformed)
    assert.throws(() => decodeLog({ ...submitted, topics: [] }, deployment), malformed)
    fc.assert(
      fc.property(fc.constantFrom(...all), fc.nat(), fc.uint8Array({ maxLength: 64 }), (log, cut, junk) => {
        const data =
          `${log.data.slice(0, 2 + 2 * (cut % (log.data.length / 2)))}${bytesToHex(junk).slice(2)}` as Hex
        try {
          decodeLog({ ...log, data }, deployment)
        } catch (error) {
          assert.ok(malformed(error), String(error))
        }
      }),
      { numRuns: 300 },
    )
  })
})

describe('a revert', () => {
  it('is named with its arguments, whichever contract declares it', () => {
    const data = encodeErrorResult({ abi: computeMarketAbi, errorName: 'OutsideWindow', args: [3n, 4n, 5n] })
    assert.deepEqual(decodeRevert(data), {
      name: 'OutsideWindow',
      args: { time: 3n, opensAt: 4n, closesAt: 5n },
    })
    assert.equal(describeRevert(data), 'OutsideWindow(time: 3, opensAt: 4, closesAt: 5)')
  })

  it("is Solidity's own, too", () => {
    const error =
      `0x08c379a0${'20'.padStart(64, '0')}${'2'.padStart(64, '0')}${'6f6b'.padEnd(64, '0')}` as Hex
    assert.equal(decodeRevert(error)?.name, 'Error')
    assert.equal(decodeRevert(`0x4e487b71${'11'.padStart(64, '0')}`)?.name, 'Panic')
  })

  it('is undefined when it is empty, unknown, malformed or endless', () => {
    for (const data of [
      '0x',
      '0x12',
      '0xdeadbeef',
      '0x08c379a0',
      `0x08c379a0${'ff'.repeat(10_000)}`,
    ] as Hex[]) {
      assert.equal(decodeRevert(data), undefined)
      assert.ok(describeRevert(data).length < 100)
    }
  })
})
