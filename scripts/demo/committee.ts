/**
 * The demo's standing committee: four nodes that stand for an epoch observe a price, and the median of what they signed is proved.
 */
import { mkdirSync } from 'node:fs'
import { copyFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Abi, createWalletClient, type Hex, http, parseEther } from 'viem'
import { createMemoryStore } from '../../src/adapters/store/memory.ts'
import { registerSchnorrKey } from '../../src/apps/cli/operator.ts'
import { ether } from '../../src/apps/cli/output.ts'
import { openSender } from '../../src/apps/shared/chain-access.ts'
import { toHex } from '../../src/crypto/bytes.ts'
import { silentLog } from '../../src/ports/log.ts'
import { committeeFeedAbi } from '../../src/protocol/abi/committee-feed.ts'
import { compileCircuit } from '../circuits.ts'
import { developmentKey } from '../development-key.ts'
import { deployCircuit } from './circuit.ts'
import { nodeOf } from './lookahead.ts'
import { type Asked, deployFunction } from './story.ts'
import { type DemoNode, privateKeyOf, type Say, type World } from './world.ts'

const SIZE = 4
const QUORUM = 3
const POST_TRIES_MAX = 5
const SOURCE = `circuits/main/committee-feed-${SIZE}.circom`
/** What every member is given: it fits what a circuit's agreement has room for. */
const INPUT = '{"pair":"ETH/USD","sources":[{"name":"a","price":"3012.4"}]}'
/** In units of 1e-8, as the function writes it. */
export const OBSERVED_PRICE = 301_240_000_000n
const SEAT_PAY = parseEther('0.0001')

export interface Feed {
  readonly address: Hex
  readonly functionId: Hex
}

/** Every operator registers its node's key: it counts from the next epoch. */
export async function registerKeys({ chain, nodes }: World): Promise<void> {
  await Promise.all(
    nodes.map(async ({ keys, operator }) => {
      const privateKey = Buffer.from(privateKeyOf(operator).slice(2), 'hex')
      const sender = openSender(chain, { privateKey, store: createMemoryStore(), log: silentLog })
      await registerSchnorrKey({ chain, sender, address: sender.address, close: () => sender.close() }, keys)
      await sender.close()
    }),
  )
}

/** The function that is observed, the circuit that proves its median, and the contract that asks. */
export async function deployFeed(world: World, say: Say): Promise<Feed> {
  const folder = join(world.folder, 'committee')
  mkdirSync(folder, { recursive: true })
  const observed = await deployFunction(world, 'price-observed', [
    '--consensus',
    'aggregate',
    '--agreement',
    'kind=median;type=uint128',
  ])
  const compiled = await compileCircuit(SOURCE)
  const key = await developmentKey(await readFile(compiled.r1cs))
  const module = join(folder, `committee-feed-${SIZE}.wasm`)
  await copyFile(compiled.wasm, module)
  const input = toHex(new TextEncoder().encode(INPUT))
  const functionId = await deployCircuit(
    world,
    `price-committee-${SIZE}`,
    { module, r1cs: compiled.r1cs, key },
    ['--observe', observed.functionId, '--observe-input', input],
  )
  say(`circuit     committee-feed-${SIZE}: the median of what ${SIZE} members sign that they observe`)

  const artifact = join(
    world.root,
    'artifacts',
    'contracts',
    'periphery',
    'CommitteeFeed.sol',
    'CommitteeFeed.json',
  )
  const { abi, bytecode } = JSON.parse(await readFile(artifact, 'utf8')) as { abi: Abi; bytecode: Hex }
  const wallet = createWalletClient({ account: world.developer, transport: http(world.chain.network.rpcUrl) })
  const { market, standingCommittees, nodeRegistry } = world.chain.network.deployment
  if (standingCommittees === undefined) throw new Error('the network has no standing committees')
  const config = {
    functionId,
    size: SIZE,
    quorum: QUORUM,
    periodSeconds: 1,
    epochAgeMax: 6,
    callbackGas: 200_000,
    attempts: 3,
    maxFeePerGas: 10n ** 10n,
    seatPay: SEAT_PAY,
  }
  const args = [market, standingCommittees, nodeRegistry, config]
  const hash = await wallet.deployContract({ abi, bytecode, args, chain: null })
  const { contractAddress } = await world.client.waitForTransactionReceipt({ hash })
  if (contractAddress == null) throw new Error('the feed was not created')
  const funded = await wallet.sendTransaction({ to: contractAddress, value: parseEther('0.2'), chain: null })
  await world.client.waitForTransactionReceipt({ hash: funded })
  say(`dApp        CommitteeFeed at ${contractAddress}`)
  return { address: contractAddress, functionId }
}

/** Posts the newest epoch's root, and has the chain compute it so that it counts at once. */
export async function postCommittee(world: World, say: Say): Promise<void> {
  const committee = async (
    command: string,
  ): Promise<{ readonly epoch: number; readonly wasRight?: boolean }> => {
    let told = { code: 1 as number | null, out: '', err: '' }
    // An epoch may end meanwhile: then it is the next one's turn.
    for (let tries = 0; told.code !== 0 && tries < POST_TRIES_MAX; tries++)
      told = await world.cli(['committee', command, '--size', String(SIZE), '--json'], world.developer)
    if (told.code !== 0) throw new Error(`dikast committee ${command}: ${told.out}${told.err}`)
    return JSON.parse(told.out) as { epoch: number; wasRight?: boolean }
  }
  const { epoch } = await committee('post')
  say(`committee   epoch ${epoch}: the root of its keys is posted, with a bond`)
  const { wasRight } = await committee('check')
  if (wasRight !== true) throw new Error('the root of honest keys was found wrong')
  say('            the chain computed it: right, and it counts at once')
}

/** Asks what counts now: it takes no value, the feed has funds of its own. */
export async function askFeed(world: World, feed: Feed, say: Say): Promise<Asked> {
  const wallet = createWalletClient({ account: world.developer, transport: http(world.chain.network.rpcUrl) })
  const hash = await wallet.writeContract({
    address: feed.address,
    abi: committeeFeedAbi,
    functionName: 'ask',
    chain: null,
  })
  const receipt = await world.client.waitForTransactionReceipt({ hash })
  const requestId = await world.chain.audits.requestIn(hash, receipt.blockNumber)
  const submitted = requestId === undefined ? undefined : await world.chain.audits.submitted(requestId)
  if (requestId === undefined || submitted === undefined) throw new Error('the feed asked for nothing')
  say(
    `request     ${requestId.slice(0, 18)}… by the feed, ${ether(submitted.escrow)} escrowed of what it holds`,
  )
  return { ...submitted, requestId }
}

export interface FeedAnswer {
  readonly value: bigint
  readonly members: readonly DemoNode[]
}

/** What the contract keeps, and whose observations it is made of. */
export async function answerOf(world: World, feed: Feed): Promise<FeedAnswer> {
  const { value, epoch, bitmap } = await world.client.readContract({
    address: feed.address,
    abi: committeeFeedAbi,
    functionName: 'latestAnswer',
  })
  const committee = await world.chain.standing?.committeeAt(epoch, SIZE)
  if (committee === undefined) throw new Error('the network has no standing committees')
  const members = committee.members.flatMap((attestor, slot) =>
    (bitmap >> slot) & 1 ? [nodeOf(world, attestor)] : [],
  )
  return { value, members }
}
