/**
 * What the demo does with its network: one request after another, each told as it happens.
 */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type Address,
  createWalletClient,
  decodeEventLog,
  encodeFunctionData,
  type Hex,
  http,
  type Log,
  parseAbi,
} from 'viem'
import type { FulfilledRequest, SubmittedRequest } from '../../src/adapters/chain/audit-reads.ts'
import { billOf, describeFuel, describeFuelTerms } from '../../src/apps/cli/fuel.ts'
import { ether } from '../../src/apps/cli/output.ts'
import { signedSeats } from '../../src/core/certificate.ts'
import { quorumOf } from '../../src/core/consensus/quorum.ts'
import { memberAt } from '../../src/core/snapshot.ts'
import { toHex } from '../../src/crypto/bytes.ts'
import { nodeOf } from './lookahead.ts'
import { type DemoNode, type Say, until, type World } from './world.ts'

const PRICE_FEED = parseAbi([
  'constructor(address market, bytes32 functionId)',
  'function update(bytes input) payable returns (bytes32)',
  'function quote(bytes input) view returns (uint256)',
  'function price() view returns (uint256)',
  'event PriceUpdated(bytes32 indexed requestId, uint256 price)',
  'event PriceRequested(bytes32 indexed requestId, uint64 update)',
])

const DEPLOY_TRIES_MAX = 10

export interface PriceFeed {
  readonly address: Address
  readonly functionId: Hex
  /** Who was given the module. */
  readonly holders: readonly DemoNode[]
}

export interface Asked extends SubmittedRequest {
  readonly requestId: Hex
}

interface DeployedWithReceipts {
  readonly functionId: Hex
  readonly bytes: number
  readonly receipts: readonly { readonly attestor: Hex }[]
  readonly spec: { readonly runtime: string; readonly fuelLimit: string; readonly fuelPrice: string }
}

/** The price feed's module as a function of its own, by the command line. */
export async function deployFunction(
  world: World,
  name: string,
  flags: readonly string[] = [],
): Promise<DeployedWithReceipts> {
  const module = join(world.root, 'examples', 'price-feed', 'build', 'price-feed.wasm')
  const args = [
    'function',
    'deploy',
    module,
    '--name',
    name,
    ...flags,
    '--committee',
    '5',
    '--window',
    '8',
    '--replicas',
    '3',
    '--fee',
    '0.0002',
    '--royalty',
    '0.00005',
    '--fuel',
    '10000000',
    '--fuel-price',
    '1000000',
    '--output',
    '32',
    '--json',
  ]
  // Peers that just started may not know one another yet; deploying again only pushes the module again.
  let deployed = await world.cli(args, world.developer)
  for (let tries = 1; deployed.code !== 0 && tries < DEPLOY_TRIES_MAX; tries++) {
    await sleep(1_000)
    deployed = await world.cli(args, world.developer)
  }
  if (deployed.code !== 0) throw new Error(`dikast function deploy: ${deployed.out}${deployed.err}`)
  return JSON.parse(deployed.out) as DeployedWithReceipts
}

/** Deploys the function and the contract that uses it. */
export async function deployPriceFeed(world: World, say: Say): Promise<PriceFeed> {
  const { functionId, bytes, receipts, spec } = await deployFunction(world, 'price-feed')
  const holders = receipts.map(({ attestor }) => nodeOf(world, attestor))
  say(
    `function    price-feed, ${bytes} bytes of WebAssembly, stored by ${holders.map(({ name }) => name).join(', ')} (signed receipts)`,
  )
  const terms = { fuelLimit: BigInt(spec.fuelLimit), fuelPrice: BigInt(spec.fuelPrice) }
  say(`fuel        ${spec.runtime}: ${describeFuelTerms(terms)}`)

  const artifact = join(
    world.root,
    'artifacts',
    'examples',
    'price-feed',
    'contracts',
    'PriceFeed.sol',
    'PriceFeed.json',
  )
  const { bytecode } = JSON.parse(await readFile(artifact, 'utf8')) as { bytecode: Hex }
  const wallet = createWalletClient({ account: world.developer, transport: http(world.chain.network.rpcUrl) })
  const args2 = [world.chain.network.deployment.market, functionId] as const
  const hash = await wallet.deployContract({ abi: PRICE_FEED, bytecode, args: args2, chain: null })
  const { contractAddress } = await world.client.waitForTransactionReceipt({ hash })
  if (contractAddress == null) throw new Error('the price feed was not created')
  say(`dApp        PriceFeed at ${contractAddress}`)
  return { address: contractAddress, functionId, holders }
}

/** The dApp asks for a price; returns as soon as the request is on chain, before its round exists. */
export async function ask(
  world: World,
  feed: PriceFeed,
  prices: readonly string[],
  say: Say,
): Promise<Asked> {
  const input = toHex(new TextEncoder().encode(pricesJson(prices)))
  const wallet = createWalletClient({ account: world.developer, transport: http(world.chain.network.rpcUrl) })
  const quote = await world.client.readContract({
    address: feed.address,
    abi: PRICE_FEED,
    functionName: 'quote',
    args: [input],
  })
  const value = (quote * 12n) / 10n // the base fee may rise until the transaction is mined; the rest comes back
  const data = encodeFunctionData({ abi: PRICE_FEED, functionName: 'update', args: [input] })
  const hash = await wallet.sendTransaction({ to: feed.address, data, value, chain: null })
  const receipt = await world.client.waitForTransactionReceipt({ hash })
  const requestId = await world.chain.audits.requestIn(hash, receipt.blockNumber)
  const submitted = requestId === undefined ? undefined : await world.chain.audits.submitted(requestId)
  if (requestId === undefined || submitted === undefined) throw new Error('the price feed asked for nothing')
  const { request, escrow } = submitted
  say(`request     ${requestId.slice(0, 18)}… by the dApp, ${ether(escrow)} escrowed, gas ${receipt.gasUsed}`)
  const [first] = request.attempts
  const block = await world.client.getBlock({ blockNumber: receipt.blockNumber })
  say(
    `round       beacon round ${first?.round} will draw its committee: nobody knows it for another ${(first?.opensAt ?? 0n) - block.timestamp} s`,
  )
  return { ...submitted, requestId }
}

/** An account asks through the command line. */
export async function askFromAccount(
  world: World,
  say: Say,
  { name = 'price-feed', attempts = 1 }: { readonly name?: string; readonly attempts?: number } = {},
): Promise<Asked> {
  const input = join(world.root, 'examples', 'price-feed', 'prices.json')
  const { code, out, err } = await world.cli(
    ['request', name, '--input', input, '--attempts', String(attempts), '--json'],
    world.developer,
  )
  if (code !== 0) throw new Error(`dikast request: ${out}${err}`)
  const { requestId } = JSON.parse(out) as { requestId: Hex }
  const submitted = await world.chain.audits.submitted(requestId)
  if (submitted === undefined) throw new Error('the command line asked for nothing')
  say(
    `request     ${requestId.slice(0, 18)}… from an account, ${ether(submitted.escrow)} escrowed, ${attempts === 1 ? 'one attempt' : `up to ${attempts} attempts`}`,
  )
  return { ...submitted, requestId }
}

export function pricesJson(prices: readonly string[]): string {
  return JSON.stringify({
    pair: 'ETH/USD',
    sources: prices.map((price, i) => ({ name: `exchange ${i + 1}`, price })),
  })
}

/** How a request ended well, and whose signatures its certificate holds. */
export interface Outcome extends FulfilledRequest {
  readonly signers: readonly DemoNode[]
}

/** Follows a request to its end and tells what the chain records as it does. Undefined when it expired. */
export async function tellOutcome(world: World, asked: Asked, say: Say): Promise<Outcome | undefined> {
  const { requestId, request, escrow } = asked
  const told = new Set<number>()
  const ended = async (): Promise<boolean> => {
    for (const [attempt, { round }] of request.attempts.entries()) {
      if (told.has(attempt) || (await world.chain.reads.randomness(round)) === undefined) continue
      told.add(attempt)
      await tellCommittee(world, asked, attempt, say)
    }
    return (await world.chain.reads.statusOf(requestId)).status !== 'open'
  }
  await until(`request ${requestId} ends`, ended, (Number(request.deadline) - Date.now() / 1000 + 30) * 1000)
  const fulfilled = await world.chain.audits.fulfilled(requestId)
  if (fulfilled !== undefined) return tellFulfilled(world, asked, fulfilled, say)
  const { refund = 0n, bounty = 0n } = (await world.chain.audits.expired(requestId)) ?? {}
  if (refund === 0n || refund + bounty !== escrow)
    throw new Error(`${refund} wei of an escrow of ${escrow} came back, and ${bounty} went to who expired it`)
  say(
    `expired     certified by nobody; ${ether(refund)} of its escrow credited back, ${ether(bounty)} to who expired it`,
  )
  return undefined
}

/** Follows a circuit's request to its proof. Throws when it expires. */
export async function tellProven(
  world: World,
  { requestId, request }: Asked,
  say: Say,
): Promise<{ readonly proof: number; readonly prover: string }> {
  const isOver = async () => (await world.chain.reads.statusOf(requestId)).status !== 'open'
  await until(`request ${requestId} ends`, isOver, (Number(request.deadline) - Date.now() / 1000 + 30) * 1000)
  const fulfilled = await world.chain.audits.fulfilled(requestId)
  if (fulfilled === undefined) throw new Error('nobody proved the circuit')
  const { fulfillment, payment, at } = fulfilled
  const [drawn] = await membersOf(world, { requestId, request, escrow: 0n, at }, fulfillment.attempt)
  const settled = await world.client.getTransactionReceipt({ hash: at.transactionHash })
  const prover = drawn?.node.name ?? 'nobody'
  say(`drawn       ${prover}, in attempt ${fulfillment.attempt}`)
  say(`fulfilled   by ${nameOf(world, fulfilled.submitter)}, gas ${settled.gasUsed}`)
  say(`paid        ${ether(payment.perSeat)} to ${prover}; ${ether(payment.refund)} back to the dApp`)
  return { proof: (fulfillment.certificate.length - 2) / 2, prover }
}

/** The members of an attempt's committee, with their weights in gwei. */
async function membersOf(
  world: World,
  { request }: Asked,
  attempt: number,
): Promise<readonly { readonly node: DemoNode; readonly weight: bigint }[]> {
  const snapshot = await world.chain.reads.snapshot(request.snapshot)
  return (await world.chain.audits.committeeOf(request, attempt)).map((index) => {
    const { attestor, weight } = memberAt(snapshot, index)
    return { node: nodeOf(world, attestor), weight }
  })
}

async function tellCommittee(world: World, asked: Asked, attempt: number, say: Say): Promise<void> {
  const { round } = asked.request.attempts[attempt] ?? { round: 0n }
  const hash = (await world.chain.reads.roundLog(round))?.at.transactionHash
  const posted = hash === undefined ? undefined : await world.client.getTransactionReceipt({ hash })
  if (attempt > 0)
    say(`again       attempt ${attempt} of ${asked.requestId.slice(0, 18)}…, with a committee of its own`)
  say(
    `beacon      round ${round} verified on chain by ${nameOf(world, posted?.from)}, gas ${posted?.gasUsed}`,
  )
  const members = await membersOf(world, asked, attempt)
  say(
    `committee   attempt ${attempt}: ${members.map(({ node, weight }) => `${node.name} (${weight / 10n ** 9n} ETH)`).join(', ')}`,
  )
}

async function tellFulfilled(
  world: World,
  asked: Asked,
  fulfilled: FulfilledRequest,
  say: Say,
): Promise<Outcome> {
  const { request, requestId } = asked
  const { fulfillment, payment, at, submitter } = fulfilled
  const members = await membersOf(world, asked, fulfillment.attempt)
  const signed = new Set(signedSeats(fulfillment.certificate, members.length))
  const quorum = quorumOf(request.consensus, members.length)
  const settled = await world.client.getTransactionReceipt({ hash: at.transactionHash })
  say(
    `signed      ${members.map(({ node }, seat) => `${node.name} ${signed.has(seat) ? '✓' : '✗'}`).join('  ')}   ${signed.size} of ${members.length}, quorum ${quorum}`,
  )
  const inView = request.consensus === 'exact' ? '' : `, ${request.consensus} in view ${fulfillment.view}`
  say(`fulfilled   by ${nameOf(world, submitter)}, gas ${settled.gasUsed}, exit ${fulfillment.exit}${inView}`)
  const bill = billOf(request, asked.escrow, fulfillment, payment)
  if (
    fulfillment.fuelUsed === 0n ||
    payment.perSeat !== request.flatFeePerSeat + request.fuelPrice * fulfillment.fuelUsed
  )
    throw new Error(`${payment.perSeat} wei a seat for ${fulfillment.fuelUsed} units of fuel`)
  say(`fuel        ${describeFuel(bill)}`)
  const price = priceIn(settled.logs, requestId)
  if (price === undefined) say(`result      ETH/USD is ${Number(BigInt(fulfillment.output)) / 1e8}`)
  else say(`callback    ETH/USD is ${Number(price) / 1e8}`)
  say(
    `paid        ${ether(payment.perSeat)} to each of ${[...signed].map((seat) => members[seat]?.node.name).join(', ')}; ${ether(payment.refund)} back to who asked`,
  )
  return { ...fulfilled, signers: members.flatMap(({ node }, seat) => (signed.has(seat) ? [node] : [])) }
}

/** Who had to fetch the module by its hash from a peer: it was pushed to a few nodes only. */
export async function tellFetched(
  { signers }: Outcome,
  holders: readonly DemoNode[],
  say: Say,
): Promise<void> {
  const fetched = signers.filter((node) => !holders.includes(node))
  for (const node of fetched) {
    const kept = await readdir(join(node.folder, 'modules'))
    if (kept.length === 0) throw new Error(`${node.name} signed without the module`)
  }
  say(`module      fetched by its hash from a peer by ${fetched.map(({ name }) => name).join(', ')}`)
}

function priceIn(logs: readonly Log[], requestId: Hex): bigint | undefined {
  for (const { topics, data } of logs) {
    try {
      const event = decodeEventLog({ abi: PRICE_FEED, topics, data })
      if (event.eventName === 'PriceUpdated' && event.args.requestId === requestId) return event.args.price
    } catch {
      // Another contract's event.
    }
  }
  return undefined
}

function nameOf(world: World, account: string | undefined): string {
  const node = world.nodes.find(({ keys }) => keys.attestor.toLowerCase() === account?.toLowerCase())
  return node === undefined ? 'the coordinator' : `${node.name}, standing in`
}

/** Runs the auditor's command and prints what it says. */
export async function verify(
  world: World,
  requestId: Hex,
  say: Say,
  flags: readonly string[] = [],
): Promise<void> {
  say(`$ ${['dikast verify', `${requestId.slice(0, 18)}…`, ...flags].join(' ')}`)
  const { code, out, err } = await world.cli(['verify', requestId, ...flags])
  for (const line of out.trimEnd().split('\n')) say(`  ${line}`)
  if (code !== 0) throw new Error(`dikast verify exited with ${code}: ${err}`)
}

/** What every node can claim now. */
export async function tellEarnings(world: World, say: Say): Promise<void> {
  const earned = await Promise.all(
    world.nodes.map(
      async ({ name, keys }) =>
        `${name} ${ether(await world.chain.audits.nodeCreditOf(keys.attestor)).replace(' ETH', '')}`,
    ),
  )
  say(`earned      ${earned.join(' · ')} ETH`)
}

/** Waits until a node answers and is connected, so that the story does not begin before its actors. */
export async function readyNodes(world: World): Promise<void> {
  const says = async (log: string, what: string): Promise<boolean> =>
    (await readFile(log, 'utf8')).includes(what)
  const nodes = world.nodes.map(
    ({ log }) =>
      () =>
        says(log, 'node started'),
  )
  const coordinator = () => says(join(world.folder, 'coordinator.log'), 'coordinator started')
  await until('every process has started', async () =>
    (await Promise.all([...nodes, coordinator].map((started) => started()))).every(Boolean),
  )
  await sleep(200)
}
