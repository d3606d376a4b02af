/**
 * What users pay: gas of whole transactions, measured on a chain in process. `npm run gas [-- --json]`.
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
import { type Hex, toHex } from 'viem'
import { SEAL_STEP_NODES } from '../../src/protocol/limits.ts'
import { createWorld, nodeKey, type World } from '../contracts/support/world.ts'
import { measureDraws } from './draws.ts'

interface Figure {
  readonly name: string
  readonly value: number
  readonly unit: 'gas'
  readonly bar: number | null
  readonly better: 'lower'
  readonly firstTime?: number
}

/** EIP-7825: the most one transaction may use. */
const TRANSACTION_GAS_MAX = 16_700_000
const INPUT_64B = toHex(new Uint8Array(64).fill(0x61))
const OUTPUT_32B = toHex(123_456_789_000n, { size: 32 })

function figure(name: string, bar: number | null, steady: bigint, firstTime?: bigint): Figure {
  const common = { name, value: Number(steady), unit: 'gas', bar, better: 'lower' } as const
  return firstTime === undefined ? common : { ...common, firstTime: Number(firstTime) }
}

async function sealOf(count: number): Promise<{ world: World; figure: Figure }> {
  const world = await createWorld()
  const { gasUsed } = await world.sealNodes(count)
  return { world, figure: figure(`seal-${count}`, TRANSACTION_GAS_MAX, gasUsed) }
}

/** The second of two requests through a consumer, which stores each one's id. */
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

/** Two requests that share one committee: the second settlement is the steady state. */
async function fulfillTwice(world: World, functionId: Hex): Promise<{ first: bigint; steady: bigint }> {
  const asked = [0, 1].map(() => world.request(functionId, { input: INPUT_64B }, 10n ** 15n))
  const [one, two] = [await asked[0], await asked[1]]
  assert(one && two)
  assert.equal(one.request.attempts[0]?.round, two.request.attempts[0]?.round, 'drawn by different rounds')
  await world.openWindow(one.request)
  const gas: bigint[] = []
  for (const { requestId, request } of [one, two]) {
    const fulfillment = await world.certify(requestId, request, { output: OUTPUT_32B })
    gas.push((await world.fulfill(request, fulfillment)).gasUsed)
  }
  return { first: gas[0] ?? 0n, steady: gas[1] ?? 0n }
}

async function expireGas(world: World, functionId: Hex): Promise<bigint> {
  const { request } = await world.request(functionId, { input: INPUT_64B })
  await world.networkHelpers.time.increaseTo(request.deadline + 1n)
  return await world.gasOf(world.market.write.expire([request]))
}

async function measure(): Promise<readonly Figure[]> {
  const seven = await sealOf(7)
  const { world, figure: seal100 } = await sealOf(100)
  const functionOf5 = await world.deployFunction()
  const functionOf21 = await world.deployFunction({ committeeSize: 21 })

  const request = await requestThroughConsumer(world, functionOf5, 1)
  const request3 = await requestThroughConsumer(world, functionOf5, 3)
  const eoa = (await world.request(functionOf5, { input: INPUT_64B })).gasUsed
  const of5 = await fulfillTwice(world, functionOf5)
  const of21 = await fulfillTwice(world, functionOf21)
  const round = (await world.beacon.read.latestRound()) + 1n
  const beaconRound = (await world.postRound(round)).gasUsed
  const expire = await expireGas(world, functionOf5)

  for (let i = 100; i < 1000; i++) await world.register(nodeKey(i))
  await world.nextEpoch()
  const seal1000 = await world.gasOf(world.nodes.write.sealEpoch({ gas: BigInt(TRANSACTION_GAS_MAX) }))
  await world.nextEpoch()
  const step = { gas: BigInt(TRANSACTION_GAS_MAX) }
  const step704 = await world.gasOf(world.nodes.write.sealEpoch([BigInt(SEAL_STEP_NODES)], step))
  const draws = await measureDraws(world)

  return [
    figure('request-64B', 110_000, request.steady, request.first),
    figure('request-64B-3-attempts', null, request3.steady),
    figure('request-64B-eoa', null, eoa),
    figure('fulfil-5', 175_000, of5.steady, of5.first),
    figure('fulfil-21', 300_000, of21.steady, of21.first),
    figure('beacon-round', 180_000, beaconRound),
    seven.figure,
    seal100,
    figure('seal-1000', TRANSACTION_GAS_MAX, seal1000),
    figure('seal-step-704', TRANSACTION_GAS_MAX, step704),
    ...draws.map(({ name, gas }) => figure(name, name === 'draw-5-of-1024' ? 20_000 : null, gas)),
    figure('expire', 50_000, expire),
  ]
}

function missed({ value, bar }: Figure): boolean {
  return bar !== null && value > bar
}

function table(figures: readonly Figure[]): string {
  const number = (value: number | null | undefined) => (value == null ? '' : value.toLocaleString('en-US'))
  const rows = [['', 'gas', 'bar', 'first time', '']]
  for (const f of figures) {
    const verdict = f.bar === null ? '' : missed(f) ? 'MISSED' : 'ok'
    rows.push([f.name, number(f.value), number(f.bar), number(f.firstTime), verdict])
  }
  const lines = rows.map(
    ([name, ...cells]) => `${name?.padEnd(24)}${cells.map((c) => c.padStart(13)).join('')}`,
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

const figures = await measure()
if (process.argv.includes('--json')) {
  const machine = `${cpus()[0]?.model ?? 'unknown'} x ${cpus().length}`
  const plain = figures.map(({ name, value, unit, bar, better }) => ({ name, value, unit, bar, better }))
  process.stdout.write(`${JSON.stringify({ figures: plain, machine, commit: commit() })}\n`)
} else {
  process.stdout.write(table(figures))
}
if (figures.some(missed)) process.exitCode = 1
// The chain in process keeps the event loop alive.
process.exit()
