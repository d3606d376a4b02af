/**
 * What users pay: gas of whole transactions, measured on a chain in process. `npm run gas [-- --json]`. The same contracts by
 * the rules of Prague stand beside; and, as ratios, Chainlink's published ones and OpenZeppelin's recovery in a loop.
 *
 * Steady state: every credit a settlement adds to was added to before; the first time stands beside it. All payments
 * are made (signers, pool, royalty, protocol, submitter, refund); the callback's own gas is not counted, it is the
 * consumer's. A request has one attempt unless its name says otherwise. Exits with 1 when a figure misses its bar.
 * @module
 */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { cpus } from 'node:os'
import { artifacts } from 'hardhat'
import { encodeFunctionData, type Hex, keccak256, pad, parseAbi, parseEventLogs, toHex } from 'viem'
import { encodeCertificate } from '../../src/core/certificate.ts'
import { encodeShareClaims } from '../../src/core/share-claims.ts'
import { merkleProof } from '../../src/crypto/merkle.ts'
import { expandSignature, signDigest } from '../../src/crypto/signature.ts'
import { SEAL_STEP_NODES, SNAPSHOT_PART_NODES } from '../../src/protocol/limits.ts'
import { CALLBACK_MODE, deployHostileConsumer } from '../contracts/support/consumer.ts'
import { createWorld, type MarketRequest, nodeKey, type World } from '../contracts/support/world.ts'
import { batchesOf32 } from './batches.ts'
import { measureFunctions, ratio } from './chainlink.ts'
import { measureDraws } from './draws.ts'
import { measureProofs } from './proofs.ts'
import { measureStanding } from './standing.ts'

const HARNESS = parseAbi([
  'function know(address[] signers)',
  'function verifySeats(address verifier, address head, uint256[] committee, bytes32 digest, bytes certificate)',
])

interface Figure {
  readonly name: string
  readonly value: number
  readonly unit: 'gas'
  readonly bar: number | null
  readonly better: 'lower'
  readonly firstTime?: number
  /** By Prague's rules: it knows no cap on a transaction's gas, and MODEXP costs less. */
  readonly prague?: number
}

type Hardfork = 'prague' | 'osaka'

/** EIP-7825: the most one transaction may use. */
const TRANSACTION_GAS_MAX = 16_700_000
const INPUT_64B = toHex(new Uint8Array(64).fill(0x61))
/** Of the set committees are drawn from. */
const NODES = 1_024
/** Of an EIP-2098 signature, at 16 gas a byte. */
const SIGNATURE_CALLDATA = 64n * 16n
const OUTPUT_32B = toHex(123_456_789_000n, { size: 32 })

/** More share a record. */
const CREDITED_AT_ONCE = 20

function figure(name: string, bar: number | null, steady: bigint, firstTime?: bigint): Figure {
  const common = { name, value: Number(steady), unit: 'gas', bar, better: 'lower' } as const
  return firstTime === undefined ? common : { ...common, firstTime: Number(firstTime) }
}

async function sealOf(count: number, hardfork: Hardfork): Promise<{ world: World; figure: Figure }> {
  const world = await createWorld({}, { hardfork })
  const { gasUsed } = await world.sealNodes(count)
  return { world, figure: figure(`seal-${count}`, TRANSACTION_GAS_MAX, gasUsed) }
}

/** The second of two requests through a consumer, which stores nothing. */
async function requestThroughConsumer(
  world: World,
  functionId: Hex,
  attempts: number,
): Promise<{ first: bigint; steady: bigint }> {
  const { deployer } = world.accounts
  const { abi, bytecode } = await artifacts.readArtifact('PlainConsumer')
  const args = [world.deployment.market, functionId, attempts]
  const sent = deployer.deployContract({ abi, bytecode: bytecode as Hex, args })
  const { contractAddress } = await world.receiptOf(sent)
  assert(contractAddress)
  const call = { address: contractAddress, abi, functionName: 'ask', args: [INPUT_64B], value: 10n ** 17n }
  const gas: bigint[] = []
  for (let i = 0; i < 2; i++) gas.push((await world.submitted(deployer.writeContract(call))).gasUsed)
  return { first: gas[0] ?? 0n, steady: gas[1] ?? 0n }
}

/** Draws tried for a committee that lies in all parts of the snapshot, as most do: it is the dearer one. */
const DRAWS_MAX = 20

/** Two requests that share one committee: the second settlement is the steady state. */
async function fulfillTwice(world: World, functionId: Hex): Promise<{ first: bigint; steady: bigint }> {
  let one: Awaited<ReturnType<World['request']>>
  let two: typeof one
  let draws = 0
  do {
    assert(draws++ < DRAWS_MAX, 'no committee lies in all parts of the snapshot')
    const asked = [0, 1].map(() => world.request(functionId, { input: INPUT_64B }, 10n ** 15n))
    const [first, second] = [await asked[0], await asked[1]]
    assert(first && second)
    ;[one, two] = [first, second]
    assert.equal(one.request.attempts[0]?.round, two.request.attempts[0]?.round, 'drawn by different rounds')
    await world.openWindow(one.request)
  } while (!(await liesInAllParts(world, one.request)))
  const gas: bigint[] = []
  for (const { requestId, request } of [one, two]) {
    const seats = Array.from({ length: request.committeeSize }, (_, seat) => seat)
    const fulfillment = await world.certify(requestId, request, { output: OUTPUT_32B, seats })
    gas.push((await world.fulfill(request, fulfillment)).gasUsed)
  }
  return { first: gas[0] ?? 0n, steady: gas[1] ?? 0n }
}

async function liesInAllParts(world: World, request: MarketRequest): Promise<boolean> {
  const indices = await world.market.read.committeeOf([request, 0])
  const parts = new Set(indices.map((index) => Math.floor(Number(index) / SNAPSHOT_PART_NODES)))
  return parts.size === Math.ceil(NODES / SNAPSHOT_PART_NODES)
}

/** The second of two expiries by one caller: its credit, and the requester's, are there already. */
async function expireGas(world: World, functionId: Hex): Promise<{ first: bigint; steady: bigint }> {
  const gas: bigint[] = []
  for (let i = 0; i < 2; i++) {
    const { request } = await world.request(functionId, { input: INPUT_64B })
    await world.networkHelpers.time.increaseTo(request.deadline + 1n)
    gas.push(await world.gasOf(world.market.write.expire([request])))
  }
  return { first: gas[0] ?? 0n, steady: gas[1] ?? 0n }
}

/** What a settlement checks, alone; and the marginal price of a signature. */
async function verifyGas(world: World, of5: Hex, of21: Hex) {
  const { market } = world
  const harness = await world.viem.deployContract('VerifyHarness', [
    world.deployment.beaconRegistry,
    market.address,
    await market.read.domainSeparator(),
  ])
  const askedOf = async (functionId: Hex) => {
    const asked = await world.request(functionId, { input: INPUT_64B, attempts: 1 })
    await world.openWindow(asked.request)
    return asked
  }
  const gasOf = async ({ requestId, request }: Awaited<ReturnType<typeof askedOf>>, seats: number) => {
    const all = Array.from({ length: seats }, (_, seat) => seat)
    const fulfillment = await world.certify(requestId, request, { output: OUTPUT_32B, seats: all })
    const data = encodeFunctionData({
      abi: harness.abi,
      functionName: 'verify',
      args: [request, fulfillment],
    })
    const sent = world.accounts.deployer.sendTransaction({ to: harness.address, data })
    return { gas: await world.gasOf(sent), request }
  }
  const five = await gasOf(await askedOf(of5), 5)
  const same = await askedOf(of21)
  const signatures = await gasOf(same, 21)
  const fewer = await gasOf(same, 15)
  const perSignature = (signatures.gas - fewer.gas) / 6n - SIGNATURE_CALLDATA
  const digest = keccak256('0x01')
  const keys = Array.from({ length: 5 }, (_, i) => nodeKey(i))
  const known = keys.map(({ attestor }) => attestor)
  await world.receiptOf(
    world.accounts.deployer.writeContract({
      address: harness.address,
      abi: HARNESS,
      functionName: 'know',
      args: [known],
    }),
  )
  const loose = keys.map(({ privateKey }) => expandSignature(signDigest(privateKey, digest)))
  const data = encodeFunctionData({
    abi: harness.abi,
    functionName: 'verifyWithOpenZeppelin',
    args: [digest, loose],
  })
  const openZeppelin = await world.gasOf(
    world.accounts.deployer.sendTransaction({ to: harness.address, data }),
  )
  const ours = await seatsGas(world, harness.address, five.request, digest)
  return { five: five.gas, twentyOne: signatures.gas, perSignature, ours, openZeppelin }
}

/** As many signatures of a committee, read from its snapshot: what OpenZeppelin's loop is compared with. */
async function seatsGas(world: World, harness: Hex, request: MarketRequest, digest: Hex): Promise<bigint> {
  const committee = await world.market.read.committeeOf([request, 0])
  const keys = await world.committeeOf(request)
  const certificate = encodeCertificate(
    keys.map(({ privateKey }, seat) => ({ seat, signature: signDigest(privateKey, digest) })),
  )
  const args = [request.verifier, request.snapshot, committee, digest, certificate] as const
  const data = encodeFunctionData({ abi: HARNESS, functionName: 'verifySeats', args })
  return await world.gasOf(world.accounts.deployer.sendTransaction({ to: harness, data }))
}

/** Gas of a claim among 20, of settlements of a committee that is paid through records. */
async function claimEach(world: World, functionId: Hex): Promise<{ first: bigint; steady: bigint }> {
  const shares: { readonly signers: readonly Hex[]; readonly settlement: bigint }[] = []
  for (let i = 0; i < 60; i++) {
    // Before the snapshot is too old to be drawn from.
    if (i % 20 === 0) {
      await world.nextEpoch()
      await sealAll(world)
    }
    const { requestId, request } = await world.request(functionId, { attempts: 1 }, 10n ** 15n)
    await world.openWindow(request)
    const fulfillment = await world.certify(requestId, request, { output: OUTPUT_32B })
    const { receipt } = await world.fulfill(request, fulfillment)
    const [log] = parseEventLogs({ abi: world.market.abi, logs: receipt.logs, eventName: 'SharesRecorded' })
    assert(log)
    const committee = await world.committeeOf(request)
    const signers = committee.slice(0, Number(log.args.signers)).map(({ attestor }) => attestor)
    shares.push({ signers, settlement: log.args.settlement })
  }
  const counts = new Map<Hex, number>()
  for (const { signers } of shares) for (const one of signers) counts.set(one, (counts.get(one) ?? 0) + 1)
  const [busiest] = [...counts].toSorted((a, b) => b[1] - a[1])[0] ?? []
  assert(busiest)
  const claims = shares
    .filter(({ signers }) => signers.includes(busiest))
    .map(({ signers, settlement }) => {
      const place = signers.indexOf(busiest)
      const leaves = signers.map((attestor) => pad(attestor, { size: 32 }))
      return { settlement, place, proof: merkleProof(leaves, place) }
    })
  assert(claims.length >= 25, `${claims.length} shares of one node`)
  const claim = async (some: typeof claims) =>
    await world.gasOf(
      world.market.write.claimShares([busiest, encodeShareClaims(some)], {
        account: world.accounts.operator.account,
      }),
    )
  const first = await claim(claims.slice(0, 5))
  return { first: first / 5n, steady: (await claim(claims.slice(5, 25))) / 20n }
}

/** A wei for each of the first nodes, so that whichever of them is drawn has been credited before. */
async function creditNodes(world: World, count: number): Promise<void> {
  for (let from = 0; from < count; from += CREDITED_AT_ONCE) {
    const nodes = Array.from({ length: Math.min(CREDITED_AT_ONCE, count - from) }, (_, i) =>
      nodeKey(from + i),
    )
    const attestors = nodes.map(({ attestor }) => pad(attestor, { size: 32 }))
    const value = BigInt(attestors.length)
    await world.gasOf(world.market.write.depositShares([attestors, 1n, 0n], { value }))
  }
}

/** What the worst callback costs beyond the gas it bought, compared with one that does next to nothing. */
async function callbackGrief(world: World, functionId: Hex): Promise<{ worst: bigint; name: string }> {
  const consumer = await deployHostileConsumer(world)
  const params = world.paramsOf(functionId, { callbackGas: 300_000, input: INPUT_64B, attempts: 1 })
  const value = (await world.market.read.quote([params])) + 10n ** 15n
  /** Gas of a fulfilment without what the callback itself used. */
  const overhead = async (mode: number, payload: Hex = '0x'): Promise<bigint> => {
    const asked = await world.submitted(consumer.write.ask([params], { value }))
    await world.openWindow(asked.request)
    await consumer.write.set([mode, payload])
    const fulfillment = await world.certify(asked.requestId, asked.request, { output: OUTPUT_32B })
    const { gasUsed, payment, receipt } = await world.fulfill(asked.request, fulfillment)
    const { baseFeePerGas } = await world.publicClient.getBlock({ blockNumber: receipt.blockNumber })
    const price = (baseFeePerGas ?? 0n) + 2n * 10n ** 9n
    const callback = payment.submitter / price - (100_000n + 13_000n * 4n + 40n * 96n)
    return gasUsed - callback
  }
  await overhead(CALLBACK_MODE.measure)
  const plain = await overhead(CALLBACK_MODE.measure)
  let worst = { worst: 0n, name: 'none' }
  const reentry = encodeFunctionData({
    abi: world.market.abi,
    functionName: 'claim',
    args: [consumer.address],
  })
  for (const [name, mode] of Object.entries(CALLBACK_MODE)) {
    if (name === 'requestAgain' || name === 'accept' || name === 'measure') continue
    const extra = (await overhead(mode, name === 'reenter' ? reentry : '0x')) - plain
    if (extra > worst.worst) worst = { worst: extra, name }
  }
  return worst
}

async function measure(hardfork: Hardfork): Promise<readonly Figure[]> {
  const seven = await sealOf(7, hardfork)
  const { world, figure: seal100 } = await sealOf(100, hardfork)
  const functionOf5 = await world.deployFunction()
  const functionOf21 = await world.deployFunction({ committeeSize: 21 })
  const request = await requestThroughConsumer(world, functionOf5, 1)
  const request3 = await requestThroughConsumer(world, functionOf5, 3)
  const eoa = (await world.request(functionOf5, { input: INPUT_64B })).gasUsed
  const expire = await expireGas(world, functionOf5)
  // Requests expired while their snapshot grew too old to be drawn from.
  await world.nextEpoch()
  await sealAll(world)
  await creditNodes(world, 100)
  const grief = await callbackGrief(world, functionOf5)
  const round = (await world.beacon.read.latestRound()) + 1n
  const beaconRound = (await world.postRound(round)).gasUsed
  const claims = await claimEach(world, await world.deployFunction({ committeeSize: 64 }))

  for (let i = 100; i < NODES; i++) await world.register(nodeKey(i))
  await world.nextEpoch()
  const sealed = await sealAll(world)
  const of5 = await fulfillTwice(world, functionOf5)
  const of21 = await fulfillTwice(world, functionOf21)
  const [batchFirst, batch] = await batchesOf32(world, functionOf5, INPUT_64B)
  const verify = await verifyGas(world, functionOf5, functionOf21)
  await world.nextEpoch()
  const step = { gas: BigInt(TRANSACTION_GAS_MAX) }
  const step704 = await world.gasOf(world.nodes.write.sealEpoch([BigInt(SEAL_STEP_NODES)], step))
  const draws = await measureDraws(world)
  await world.nextEpoch()
  await sealAll(world)
  const proofs = await measureProofs(world)
  const standing = await measureStanding(await createWorld({}, { hardfork }))
  process.stderr.write(`worst callback: ${grief.name}\n`)

  return [
    figure('request-64B', 95_000, request.steady, request.first),
    figure('request-64B-3-attempts', null, request3.steady),
    figure('request-64B-eoa', null, eoa),
    figure(`fulfil-5-of-${NODES}`, 150_000, of5.steady, of5.first),
    figure(`fulfil-5-of-${NODES}-verify`, 105_000, verify.five),
    figure(`fulfil-21-of-${NODES}`, null, of21.steady, of21.first),
    figure(`fulfil-21-of-${NODES}-verify`, null, verify.twentyOne),
    figure('ecdsa-per-signature', 3_800, verify.perSignature),
    figure('ecdsa-5-signatures', null, verify.ours),
    figure('openzeppelin-5-signatures', null, verify.openZeppelin),
    figure('fulfil-batch-32-each', 33_000, batch.gasUsed / 32n, batchFirst.gasUsed / 32n),
    figure('beacon-round', 175_000, beaconRound),
    figure('expire', 50_000, expire.steady, expire.first),
    figure('claim-each', 10_000, claims.steady, claims.first),
    figure('callback-grief-extra', 10_000, grief.worst),
    seven.figure,
    seal100,
    figure(`seal-${NODES}`, TRANSACTION_GAS_MAX, sealed),
    figure('seal-step-704', TRANSACTION_GAS_MAX, step704),
    ...[...proofs, ...standing].map(({ name, bar, steady, firstTime }) =>
      figure(name, bar, steady, firstTime),
    ),
    ...draws.map(({ name, gas }) => figure(name, name === 'draw-5-of-1024' ? 20_000 : null, gas)),
  ]
}

/** Gas of sealing, in one transaction. */
async function sealAll(world: World): Promise<bigint> {
  return await world.gasOf(world.nodes.write.sealEpoch({ gas: BigInt(TRANSACTION_GAS_MAX) }))
}

const missed = ({ value, bar }: Figure): boolean => bar !== null && value > bar

function table(figures: readonly Figure[]): string {
  const number = (value: number | null | undefined) => (value == null ? '' : value.toLocaleString('en-US'))
  const rows = [['', 'gas', 'bar', 'first time', 'prague', '']]
  for (const f of figures) {
    const verdict = f.bar === null ? '' : missed(f) ? 'MISSED' : 'ok'
    rows.push([f.name, number(f.value), number(f.bar), number(f.firstTime), number(f.prague), verdict])
  }
  const lines = rows.map(
    ([name, ...cells]) => `${name?.padEnd(30)}${cells.map((c) => c.padStart(13)).join('')}`,
  )
  return `${lines.join('\n')}\n`
}

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim()
  } catch {
    return 'unknown'
  }
}

const byPrague = new Map((await measure('prague')).map(({ name, value }) => [name, value]))
const figures = (await measure('osaka')).map((one) => ({ ...one, prague: byPrague.get(one.name) ?? 0 }))
const gasOf = (name: string) => BigInt(figures.find((one) => one.name === name)?.value ?? 0)
const ratios = [
  ...(await measureFunctions()),
  ratio('signatures-openzeppelin', gasOf('ecdsa-5-signatures'), gasOf('openzeppelin-5-signatures')),
]
if (process.argv.includes('--json')) {
  const machine = `${cpus()[0]?.model ?? 'unknown'} x ${cpus().length}`
  const plain = figures.map(({ firstTime: _, ...rest }) => rest)
  process.stdout.write(`${JSON.stringify({ figures: plain, ratios, machine, commit: commit() })}\n`)
} else {
  process.stdout.write(table(figures))
  for (const { name, ours, theirs, ratio: of } of ratios)
    process.stdout.write(`${name.padEnd(24)}${[ours, theirs, of].map((n) => `${n}`.padStart(13)).join('')}\n`)
}
if (figures.some(missed)) process.exitCode = 1
// The chain in process keeps the event loop alive.
process.exit()
