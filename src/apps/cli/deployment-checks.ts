/**
 * Every check of a deployment against this source and its network file; none is left out when another fails.
 *
 * Code is compared as in deployment-code.ts. What contracts keep in storage is read: owners, the timelock's delay and roles,
 * slashers, believed markets, verifiers. Lists that contracts cannot be asked for are read from their logs, which must begin
 * with their creation, or what came before could be hidden. All of it is what one JSON-RPC says.
 * @module
 */

import { type Abi, decodeEventLog, parseAbi } from 'viem'
import type { ChainReader } from '../../adapters/chain/client.ts'
import { contractReader, type Read } from '../../adapters/chain/reads.ts'
import { scanLogs } from '../../adapters/chain/scan.ts'
import { sameHex } from '../../crypto/bytes.ts'
import { GROTH16_SELECTOR } from '../../crypto/groth16-key.ts'
import { keccakHex, tagHash } from '../../crypto/hash.ts'
import { ChainError } from '../../ports/chain.ts'
import { computeMarketAbi } from '../../protocol/abi/compute-market.ts'
import { nodeRegistryAbi } from '../../protocol/abi/node-registry.ts'
import { slasherAbi } from '../../protocol/abi/slasher.ts'
import { verifierRouterAbi } from '../../protocol/abi/verifier-router.ts'
import type { Address, Deployment, Hex } from '../../protocol/types.ts'
import {
  BLS_QUORUM_SELECTOR,
  configOf,
  type DeployConfig,
  ECDSA_QUORUM_SELECTOR,
} from '../shared/deploy-config.ts'
import type { NetworkFile } from '../shared/network-file.ts'
import { ownableAbi } from '../shared/ownership.ts'
import type { CreationCodes } from './creation-code.ts'
import { assertOverrides, compareCode, expectedContracts } from './deployment-code.ts'

/** Of one contract with an owner; thousands of operations, and still read in seconds. */
const LOGS_MAX = 20_000
const ZERO: Address = '0x0000000000000000000000000000000000000000'
const PROPOSER = tagHash('PROPOSER_ROLE')
const CANCELLER = tagHash('CANCELLER_ROLE')
const EXECUTOR = tagHash('EXECUTOR_ROLE')
const ADMIN: Hex = `0x${'00'.repeat(32)}`

const creationAbi = parseAbi([
  'event OwnershipTransferred(address indexed previousOwner, address indexed newOwner)',
])
const timelockAbi = parseAbi([
  'event RoleGranted(bytes32 indexed role, address indexed account, address indexed sender)',
  'event RoleRevoked(bytes32 indexed role, address indexed account, address indexed sender)',
  'function getMinDelay() view returns (uint256)',
])

export interface DeploymentCheck {
  readonly name: string
  /** Unchecked: the file does not say what it should be, or this source does not know it. */
  readonly verdict: 'passed' | 'failed' | 'unchecked'
  readonly detail: string
}

/** Throws `ChainError` when the node cannot be asked, and `InvalidInputError` when the file's parameters are none. */
export async function checkDeployment(
  reader: ChainReader,
  network: NetworkFile,
  codes: CreationCodes,
): Promise<readonly DeploymentCheck[]> {
  await assertOverrides(reader)
  const config = configOf(network)
  const run: Run = { reader, read: contractReader(reader), network, config, checks: [] }
  run.checks.push({ name: 'chain', verdict: 'passed', detail: `${reader.chainId}` })
  await checkCode(run, codes)
  await checkVerifiers(run)
  await checkOwners(run)
  await checkTimelock(run)
  await checkSlashers(run)
  await checkMarkets(run)
  return run.checks
}

interface Run {
  readonly reader: ChainReader
  readonly read: Read
  readonly network: NetworkFile
  readonly config: DeployConfig | undefined
  readonly checks: DeploymentCheck[]
}

class Unchecked extends Error {}

/** `judge` resolves to what was found right, and throws what is wrong. */
async function check({ checks }: Run, name: string, judge: () => Promise<string>): Promise<void> {
  try {
    checks.push({ name, verdict: 'passed', detail: await judge() })
  } catch (error) {
    if (error instanceof ChainError && error.reason === 'unreachable') throw error
    const detail = error instanceof Error ? error.message : String(error)
    checks.push({ name, verdict: error instanceof Unchecked ? 'unchecked' : 'failed', detail })
  }
}

async function checkCode(run: Run, codes: CreationCodes): Promise<void> {
  const { network, config, reader } = run
  const { publicKey, genesisTime, periodSeconds } = network.beacon
  const beacon = { publicKey, genesis: BigInt(genesisTime), periodSeconds: BigInt(periodSeconds) }
  const ecdsaVerifier = await verifierOf(run, ECDSA_QUORUM_SELECTOR)
  const groth16Verifier = await verifierOf(run, GROTH16_SELECTOR)
  const named = { ecdsaVerifier, groth16Verifier, marketExtension: await checkExtension(run) }
  for (const expected of expectedContracts(network.deployment, config, beacon, named)) {
    const { contract, address, args } = expected
    await check(run, `code of ${contract}`, async () => {
      if (args === undefined) throw new Unchecked(`${address}: the network file does not tell its parameters`)
      const bytes = await compareCode(reader, codes, expected)
      const hash = keccakHex(Buffer.from(codes[contract].bytecode.slice(2), 'hex'))
      return `${bytes} bytes at ${address}, as creation code ${hash} makes them with these parameters`
    })
  }
}

async function checkVerifiers(run: Run): Promise<void> {
  const { verifierRouter, bls } = run.network.deployment
  await check(run, 'ECDSA verifier', async () => {
    const verifier = await verifierOf(run, ECDSA_QUORUM_SELECTOR)
    if (verifier === undefined) throw new Error(`the router has none for ${ECDSA_QUORUM_SELECTOR}`)
    return `${ECDSA_QUORUM_SELECTOR} is ${verifier}`
  })
  await check(run, 'BLS verifier', async () => {
    const verifier = await verifierOf(run, BLS_QUORUM_SELECTOR)
    if (bls === undefined)
      throw new Unchecked(`the network file names none, the router ${verifier ?? 'none'}`)
    if (verifier === undefined || !sameHex(verifier, bls.verifier))
      throw new Error(`the router has ${verifier ?? 'none'} for it, the file names ${bls.verifier}`)
    return `${BLS_QUORUM_SELECTOR} is ${verifier}`
  })
  await check(run, 'proof verifier', async () => {
    const verifier = await verifierOf(run, GROTH16_SELECTOR)
    if (verifier === undefined) throw new Unchecked('the router has none: no circuit can be deployed')
    return `${GROTH16_SELECTOR} is ${verifier}`
  })
  await check(run, 'other verifiers', async () => {
    const added = (await logsSinceCreation(run, verifierRouter)).flatMap((raw) => {
      const log = decoded(verifierRouterAbi, raw)
      return log?.eventName === 'VerifierAdded' ? [log.args as { selector: Hex; verifier: Address }] : []
    })
    const known = [ECDSA_QUORUM_SELECTOR, BLS_QUORUM_SELECTOR, GROTH16_SELECTOR]
    const others = added.filter(({ selector }) => !known.some((one) => sameHex(one, selector)))
    if (others.length === 0) return 'none'
    const told = others.map(({ selector, verifier }) => `${selector} is ${verifier}`).join(', ')
    throw new Unchecked(`${told}: not of this source; functions that choose one are checked by it alone`)
  })
}

async function verifierOf({ read, network }: Run, selector: Hex): Promise<Address | undefined> {
  const { verifierRouter } = network.deployment
  const found = await read.call(verifierRouterAbi, verifierRouter, 'verifierOf', [selector])
  return 'ok' in found ? found.ok : undefined
}

/** The market must name one; whether it is of this source is told by its code. */
async function checkExtension(run: Run): Promise<Address | undefined> {
  const named: Address[] = []
  await check(run, 'extension of the market', async () => {
    const extension = await run.read.value(computeMarketAbi, run.network.deployment.market, 'extension', [])
    named.push(extension)
    return extension
  })
  return named[0]
}

async function checkOwners(run: Run): Promise<void> {
  const { nodeRegistry, verifierRouter, market, slasher, timelock } = run.network.deployment
  const owned: readonly (readonly [string, Address, Address | undefined])[] = [
    ['NodeRegistry', nodeRegistry, timelock],
    ['VerifierRouter', verifierRouter, timelock],
    ...(slasher === undefined ? [] : [['Slasher', slasher, timelock] as const]),
    ['ComputeMarket', market, run.config === undefined ? undefined : (run.config.market.owner ?? timelock)],
  ]
  for (const [name, address, wanted] of owned)
    await check(run, `owner of ${name}`, async () => {
      const owner = await run.read.value(ownableAbi, address, 'owner', [])
      const pending = await run.read.value(ownableAbi, address, 'pendingOwner', [])
      const next = sameHex(pending, ZERO) ? '' : `, and ${pending} once it accepts`
      if (wanted === undefined)
        throw new Unchecked(`${owner}${next}: the network file does not say who it should be`)
      if (sameHex(owner, wanted) && next === '') return owner
      const handover = sameHex(pending, wanted) ? ' (`npm run handover` ends what was begun)' : ''
      throw new Error(`${owner}${next}; it should be ${wanted}${handover}`)
    })
}

async function checkTimelock(run: Run): Promise<void> {
  const { timelock } = run.network.deployment
  if (timelock === undefined) return
  const wanted = run.config?.admin
  await check(run, 'delay of the timelock', async () => {
    const delay = await run.read.value(timelockAbi, timelock, 'getMinDelay', [])
    if (wanted?.delaySeconds === undefined)
      throw new Unchecked(`${delay} seconds: the network file does not say what it should be`)
    if (delay !== BigInt(wanted.delaySeconds))
      throw new Error(`${delay} seconds; it should be ${wanted.delaySeconds}`)
    return `${delay} seconds`
  })
  const roles = new Map<Hex, Set<string>>()
  await check(run, 'administrators of the timelock', async () => {
    for (const raw of await logsOf(run, timelock)) {
      const log = decoded(timelockAbi, raw)
      if (log === undefined) continue
      const { role, account } = log.args as { role: Hex; account: Address }
      const holders = roles.get(role) ?? new Set()
      if (log.eventName === 'RoleGranted') holders.add(account.toLowerCase())
      else holders.delete(account.toLowerCase())
      roles.set(role, holders)
    }
    // Its constructor makes it its own administrator first of all: a list without that is not whole.
    return same('they are', roles.get(ADMIN), [timelock])
  })
  const proposers = wanted?.proposers
  for (const [name, role, expected] of [
    ['proposers', PROPOSER, proposers],
    ['cancellers', CANCELLER, proposers],
    ['executors', EXECUTOR, [ZERO]],
  ] as const)
    await check(run, `${name} of the timelock`, async () => {
      const holders = roles.get(role) ?? new Set()
      if (expected === undefined)
        throw new Unchecked(`${list([...holders])}: the network file does not say who they should be`)
      return same('they are', holders, expected)
    })
}

async function checkSlashers(run: Run): Promise<void> {
  const { nodeRegistry, slasher, otherSlashers = [] } = run.network.deployment
  await check(run, 'slashers', async () => {
    const slashers = await run.read.value(nodeRegistryAbi, nodeRegistry, 'slashers', [])
    if (slasher === undefined && slashers.length > 0)
      throw new Unchecked(`${list(slashers)}: the network file names none`)
    return same('the registry lets slash', new Set(slashers), [
      ...(slasher === undefined ? [] : [slasher]),
      ...otherSlashers,
    ])
  })
}

async function checkMarkets(run: Run): Promise<void> {
  const { slasher, market, otherMarkets = [] } = run.network.deployment
  if (slasher === undefined) return
  await check(run, 'markets the slasher believes', async () => {
    const markets = (await logsSinceCreation(run, slasher)).flatMap((raw) => {
      const log = decoded(slasherAbi, raw)
      return log?.eventName === 'MarketAdded' ? [(log.args as { market: Address }).market] : []
    })
    return same('they are', new Set(markets), [market, ...otherMarkets])
  })
}

/** Throws when two lists differ, whatever their order. */
function same(what: string, found: Iterable<string> | undefined, wanted: readonly Address[]): string {
  const plain = (addresses: Iterable<string>) =>
    [...new Set([...addresses].map((one) => one.toLowerCase()))].sort()
  const [have, want] = [plain(found ?? []), plain(wanted)]
  if (have.join() === want.join()) return list(have)
  throw new Error(`${what} ${list(have)}; it should be ${list(want)}`)
}

function list(addresses: readonly string[]): string {
  return addresses.length === 0 ? 'none' : addresses.map((one) => (one === ZERO ? 'anybody' : one)).join(', ')
}

type Raw = Awaited<ReturnType<ChainReader['logsInRange']>>[number]

/** Of a contract with an owner: its constructor logs the first. */
async function logsSinceCreation(run: Run, address: Address): Promise<readonly Raw[]> {
  const logs = await logsOf(run, address)
  const first = logs[0] && decoded(creationAbi, logs[0])
  if (first !== undefined && sameHex((first.args as { previousOwner: Address }).previousOwner, ZERO))
    return logs
  throw new Error(
    `the logs of ${address} do not begin with its creation: fromBlock is later, or the node lacks them`,
  )
}

async function logsOf({ reader, network }: Run, address: Address): Promise<readonly Raw[]> {
  const head = await reader.block('latest')
  if (head === undefined) throw new ChainError('missing', 'no head block')
  const found: Raw[] = []
  for await (const { logs } of scanLogs(reader, network.deployment.fromBlock, head.number, {
    addresses: [address],
  })) {
    found.push(...logs)
    if (found.length > LOGS_MAX) throw new ChainError('malformed', `more than ${LOGS_MAX} logs of ${address}`)
  }
  return found
}

/** Undefined when it is of no event of these. */
function decoded(
  abi: Abi,
  { topics, data }: Raw,
): { readonly eventName: string; readonly args: unknown } | undefined {
  try {
    const { eventName, args } = decodeEventLog({ abi, topics: topics as [Hex, ...Hex[]], data })
    return eventName === undefined ? undefined : { eventName, args }
  } catch {
    return undefined
  }
}

/** The contracts of a deployment that this source knows and the file does not name. */
export function absentContracts(deployment: Deployment): readonly string[] {
  return (
    [
      'bls',
      'challengeCourt',
      'bounties',
      'periphery',
      'standingCommittees',
      'slasher',
      'timelock',
      'functionsAdapter',
    ] as const
  ).filter((name) => deployment[name] === undefined)
}
