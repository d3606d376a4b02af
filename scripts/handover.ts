/**
 * Makes the timelock the owner of what it is to own; `npm run handover` (handover-network.ts) brings its own clients.
 *
 * Whoever deployed begins: each contract names the timelock as its next owner, and one operation that accepts them all is
 * announced in it. When the delay is over anybody executes that operation. Until then the deployer is the owner.
 * @module
 */
import {
  type Account,
  encodeFunctionData,
  type Hex,
  isAddressEqual,
  type PublicClient,
  parseAbi,
  type WalletClient,
  zeroHash,
} from 'viem'
import { ownableAbi } from '../src/apps/shared/ownership.ts'
import { tagHash } from '../src/crypto/hash.ts'
import { InvalidInputError } from '../src/protocol/errors.ts'
import type { Address, Deployment } from '../src/protocol/types.ts'

const RECEIPT_POLL_MS = 200
const RECEIPT_TIMEOUT_MS = 300_000
/** Tells this operation from another that accepts the same contracts. */
const SALT = tagHash('dikast.handover.v1')

const timelockAbi = parseAbi([
  'function getMinDelay() view returns (uint256)',
  'function getTimestamp(bytes32 id) view returns (uint256)',
  'function hasRole(bytes32 role, address account) view returns (bool)',
  'function PROPOSER_ROLE() view returns (bytes32)',
  'function hashOperationBatch(address[] targets, uint256[] values, bytes[] payloads, bytes32 predecessor, bytes32 salt) pure returns (bytes32)',
  'function scheduleBatch(address[] targets, uint256[] values, bytes[] payloads, bytes32 predecessor, bytes32 salt, uint256 delay)',
  'function executeBatch(address[] targets, uint256[] values, bytes[] payloads, bytes32 predecessor, bytes32 salt) payable',
])
/** OpenZeppelin's mark of an operation that was executed. */
const DONE = 1n

export interface Clients {
  readonly publicClient: PublicClient
  readonly walletClient: WalletClient
}

type Owned = Pick<Deployment, 'nodeRegistry' | 'verifierRouter' | 'market' | 'slasher' | 'timelock'>

export type HandoverStep =
  | { readonly state: 'done' }
  | {
      readonly state: 'announced' | 'waiting'
      readonly contracts: readonly Address[]
      readonly readyAt: bigint
    }
  | { readonly state: 'accepted'; readonly contracts: readonly Address[] }

/** Offers each contract to the timelock. Its owner sends this. */
export async function offerOwnership(
  clients: Clients,
  contracts: readonly Address[],
  timelock: Address,
): Promise<void> {
  for (const address of contracts)
    await sent(clients, { address, abi: ownableAbi, functionName: 'transferOwnership', args: [timelock] })
}

/** The next step of the handover: announces it, or executes what was announced. Safe to repeat. */
export async function stepHandover(clients: Clients, deployment: Owned): Promise<HandoverStep> {
  const { publicClient } = clients
  const { timelock } = deployment
  if (timelock === undefined)
    throw new InvalidInputError('network', 'names no timelock', {
      fix: 'take the network file of a deployment that has one: its field deployment.timelock',
    })
  const contracts = await offeredTo(publicClient, deployment, timelock)
  if (contracts.length === 0) return { state: 'done' }
  const read = { address: timelock, abi: timelockAbi } as const
  const accept = encodeFunctionData({ abi: ownableAbi, functionName: 'acceptOwnership' })
  const batch = [
    contracts,
    contracts.map(() => 0n),
    contracts.map((): Hex => accept),
    zeroHash,
    SALT,
  ] as const
  const id = await publicClient.readContract({ ...read, functionName: 'hashOperationBatch', args: batch })
  const readyAt = await publicClient.readContract({ ...read, functionName: 'getTimestamp', args: [id] })
  if (readyAt === 0n || readyAt === DONE) {
    await assertProposer(clients, timelock)
    const delay = await publicClient.readContract({ ...read, functionName: 'getMinDelay' })
    await sent(clients, { ...read, functionName: 'scheduleBatch', args: [...batch, delay] })
    const announced = await publicClient.readContract({ ...read, functionName: 'getTimestamp', args: [id] })
    return { state: 'announced', contracts, readyAt: announced }
  }
  const { timestamp } = await publicClient.getBlock()
  // The next block's time is what counts; it is later than this one's.
  if (timestamp < readyAt) return { state: 'waiting', contracts, readyAt }
  await sent(clients, { ...read, functionName: 'executeBatch', args: batch })
  return { state: 'accepted', contracts }
}

/** Whether the account may announce. */
export async function isProposer(clients: Clients, timelock: Address): Promise<boolean> {
  const read = { address: timelock, abi: timelockAbi } as const
  const role = await clients.publicClient.readContract({ ...read, functionName: 'PROPOSER_ROLE' })
  const args = [role, accountOf(clients).address] as const
  return await clients.publicClient.readContract({ ...read, functionName: 'hasRole', args })
}

async function assertProposer(clients: Clients, timelock: Address): Promise<void> {
  if (await isProposer(clients, timelock)) return
  throw new InvalidInputError('key', `${accountOf(clients).address} may announce nothing in ${timelock}`, {
    fix: 'use the key of a proposer: admin.proposers of the deployment’s configuration, or the deployer',
  })
}

/** In one order, so that the same contracts are the same operation. */
async function offeredTo(
  client: PublicClient,
  { nodeRegistry, verifierRouter, slasher, market }: Owned,
  timelock: Address,
): Promise<readonly Address[]> {
  const offered: Address[] = []
  for (const address of [nodeRegistry, verifierRouter, ...(slasher === undefined ? [] : [slasher]), market]) {
    const pending = await client.readContract({ address, abi: ownableAbi, functionName: 'pendingOwner' })
    if (isAddressEqual(pending, timelock)) offered.push(address)
  }
  return offered
}

function accountOf({ walletClient }: Clients): Account {
  const { account } = walletClient
  if (account === undefined) throw new TypeError('handover: the wallet client has no account')
  return account
}

async function sent(
  clients: Clients,
  call: Omit<Parameters<WalletClient['writeContract']>[0], 'account' | 'chain'>,
): Promise<void> {
  const account = accountOf(clients)
  // viem's conditional types do not resolve for a call that is still a parameter.
  const whole = { ...call, account, chain: null } as Parameters<WalletClient['writeContract']>[0]
  const hash = await clients.walletClient.writeContract(whole)
  const receipt = await clients.publicClient.waitForTransactionReceipt({
    hash,
    pollingInterval: RECEIPT_POLL_MS,
    timeout: RECEIPT_TIMEOUT_MS,
  })
  if (receipt.status !== 'success') throw new Error(`handover: transaction ${hash} reverted`)
}
