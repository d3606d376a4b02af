/**
 * The demo's circuit function: an auction whose winner is proved. No committee: one drawn node proves, the contract checks.
 */
import { mkdirSync } from 'node:fs'
import { copyFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createWalletClient, type Hex, http, parseAbi, parseEther } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { auctionKey, encryptBid } from '../../examples/circuit-auction/inputs.ts'
import { ether } from '../../src/apps/cli/output.ts'
import { tagHash } from '../../src/crypto/hash.ts'
import { compileCircuit } from '../circuits.ts'
import { developmentKey } from '../development-key.ts'
import type { Asked } from './story.ts'
import type { Say, World } from './world.ts'

const SOURCE = 'examples/circuit-auction/auction-open.circom'
const HOUSE = parseAbi([
  'constructor(address market, bytes32 functionId, uint256 reserve, uint256 key)',
  'function bid(uint256 point, uint256 box)',
  'function close(uint256 secret) payable returns (bytes32)',
  'function quote(uint256 secret) view returns (uint256)',
  'function winner() view returns (address)',
  'function price() view returns (uint256)',
])
const DEPLOY_TRIES_MAX = 10
/** Of the auction's key; the bids are read with it once it is revealed. */
const SECRET = BigInt(tagHash('demo auction')) >> 10n
const RESERVE = 100n
const BIDS = [
  { bidder: privateKeyToAccount(tagHash('demo bidder 0')), amount: 230n },
  { bidder: privateKeyToAccount(tagHash('demo bidder 1')), amount: 310n },
  { bidder: privateKeyToAccount(tagHash('demo bidder 2')), amount: 90n },
] as const

export interface Auction {
  readonly asked: Asked
  /** What the contract says once it was called back. */
  readonly settled: () => Promise<{ readonly winner: Hex; readonly price: bigint }>
  readonly expected: { readonly winner: Hex; readonly price: bigint }
}

/** Compiles, makes a key for development, deploys circuit and contract, bids, and closes the auction. */
export async function askForAuction(world: World, say: Say): Promise<Auction> {
  const folder = join(world.folder, 'circuit')
  mkdirSync(folder, { recursive: true })
  const compiled = await compileCircuit(SOURCE)
  const key = await developmentKey(await readFile(compiled.r1cs))
  const module = join(folder, 'auction-open.wasm')
  await copyFile(compiled.wasm, module)
  const functionId = await deployCircuit(world, 'auction-open', { module, r1cs: compiled.r1cs, key })
  say(`circuit     auction-open: the highest of eight encrypted bids, with a key for development`)

  const artifact = join(
    world.root,
    'artifacts/examples/circuit-auction/contracts/AuctionHouse.sol/AuctionHouse.json',
  )
  const { bytecode } = JSON.parse(await readFile(artifact, 'utf8')) as { bytecode: Hex }
  const transport = http(world.chain.network.rpcUrl)
  const seller = createWalletClient({ account: world.developer, transport })
  const auctionPublicKey = auctionKey(SECRET)
  const { market } = world.chain.network.deployment
  const created = await world.client.waitForTransactionReceipt({
    hash: await seller.deployContract({
      abi: HOUSE,
      bytecode,
      args: [market, functionId, RESERVE, auctionPublicKey],
      chain: null,
    }),
  })
  const address = created.contractAddress
  if (address == null) throw new Error('the auction house was not created')
  for (const [i, { bidder, amount }] of BIDS.entries()) {
    await world.client.waitForTransactionReceipt({
      hash: await seller.sendTransaction({ to: bidder.address, value: parseEther('0.05'), chain: null }),
    })
    const nonce = BigInt(tagHash(`demo nonce ${i}`)) >> 10n
    const bid = encryptBid(
      BigInt(address),
      auctionPublicKey,
      { bidder: BigInt(bidder.address), amount },
      nonce,
    )
    const wallet = createWalletClient({ account: bidder, transport })
    const hash = await wallet.writeContract({
      address,
      abi: HOUSE,
      functionName: 'bid',
      args: [bid.point, bid.box],
      chain: null,
    })
    await world.client.waitForTransactionReceipt({ hash })
  }
  say(`dApp        AuctionHouse at ${address}, with ${BIDS.length} bids that nobody can read`)
  const quote = await world.client.readContract({
    address,
    abi: HOUSE,
    functionName: 'quote',
    args: [SECRET],
  })
  const hash = await seller.writeContract({
    address,
    abi: HOUSE,
    functionName: 'close',
    args: [SECRET],
    value: (quote * 12n) / 10n,
    chain: null,
  })
  const receipt = await world.client.waitForTransactionReceipt({ hash })
  const requestId = await world.chain.audits.requestIn(hash, receipt.blockNumber)
  const submitted = requestId === undefined ? undefined : await world.chain.audits.submitted(requestId)
  if (requestId === undefined || submitted === undefined) throw new Error('the auction asked for nothing')
  say(
    `request     ${requestId.slice(0, 18)}… by the dApp, ${ether(submitted.escrow)} escrowed: its secret is revealed`,
  )
  // The highest bid wins, for the second price.
  const [best, second] = [...BIDS].sort((a, b) => Number(b.amount - a.amount))
  return {
    asked: { ...submitted, requestId },
    settled: async () => ({
      winner: await world.client.readContract({ address, abi: HOUSE, functionName: 'winner' }),
      price: await world.client.readContract({ address, abi: HOUSE, functionName: 'price' }),
    }),
    expected: { winner: best?.bidder.address ?? '0x', price: second?.amount ?? 0n },
  }
}

export interface CircuitFiles {
  readonly module: string
  readonly r1cs: string
  readonly key: string
}

/** Peers that just started may not know one another yet; deploying again only pushes the files again. */
export async function deployCircuit(
  world: World,
  name: string,
  { module, r1cs, key }: CircuitFiles,
  flags: readonly string[] = [],
): Promise<Hex> {
  const files = ['--constraints', r1cs, '--proving-key', key]
  const terms = ['--name', name, '--window', '20', '--replicas', '3', '--fee', '0.0002', ...flags]
  const args = ['function', 'deploy', module, ...files, ...terms, '--json']
  let deployed = await world.cli(args, world.developer)
  for (let tries = 1; deployed.code !== 0 && tries < DEPLOY_TRIES_MAX; tries++) {
    await sleep(1_000)
    deployed = await world.cli(args, world.developer)
  }
  if (deployed.code !== 0) throw new Error(`dikast function deploy: ${deployed.out}${deployed.err}`)
  return (JSON.parse(deployed.out) as { functionId: Hex }).functionId
}
