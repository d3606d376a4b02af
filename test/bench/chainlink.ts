/**
 * One request and its answer, through our adapter and through the router and coordinator Chainlink publishes:
 * `node test/bench/chainlink.ts [--json]`.
 *
 * Both sides: the same consumer (`FunctionsClientExample`), source and arguments; 4 signatures of 5 nodes; gas of whole
 * transactions, in the steady state; the same compiler, on a chain in process. Ours draws its five from 100
 * nodes, checks that draw, and pays every signer, the function's owner, the protocol, the submitter and the requester on
 * the way. Theirs is router v1.0.0 and coordinator v1.3.0, with their own test configuration: a fixed list of five, two
 * price feeds, and one fee pool they split later. A batch of theirs, or of ours, is not measured here.
 * @module
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  type Abi,
  concat,
  decodeEventLog,
  encodeAbiParameters,
  encodeEventTopics,
  type Hex,
  keccak256,
  numberToHex,
  pad,
  stringToHex,
} from 'viem'
import { privateKeyToAccount, sign } from 'viem/accounts'
import type { Address } from '../../src/protocol/types.ts'
import { deployAdapter } from '../contracts/support/functions-adapter.ts'
import { createWorld, type World } from '../contracts/support/world.ts'

const require = createRequire(import.meta.url)
const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const PACKAGE = '@chainlink/contracts/src/v0.8'
const FILES = {
  FunctionsRouter: `${PACKAGE}/functions/v1_0_0/FunctionsRouter.sol`,
  FunctionsCoordinator: `${PACKAGE}/functions/v1_3_0/FunctionsCoordinator.sol`,
  TermsOfServiceAllowList: `${PACKAGE}/functions/v1_3_0/accessControl/TermsOfServiceAllowList.sol`,
  FunctionsClientExample: `${PACKAGE}/functions/v1_0_0/example/FunctionsClientExample.sol`,
  MockV3Aggregator: `${PACKAGE}/shared/mocks/MockV3Aggregator.sol`,
  MockLinkToken: `${PACKAGE}/functions/tests/v1_X/testhelpers/MockLinkToken.sol`,
} as const
/**
 * As hardhat.config.ts has them, but for `runs`: with a million, as both projects set it, today's compiler makes more of the
 * router than EIP-170 lets be deployed, with and without its intermediate representation. This is the power of ten that fits.
 */
const SETTINGS = { evmVersion: 'osaka', viaIR: true, optimizer: { enabled: true, runs: 10_000 } }

const NODES = 100
const ORACLES = 5
const FAULTY = 1
const QUORUM = 4
const SOURCE = 'return Functions.encodeUint256(args.length)'
const ARGS = ['a', 'b'] as const
const RESPONSE = numberToHex(2n, { size: 32 })
const ZERO = pad('0x')
const DON_ID = stringToHex('don', { size: 32 })
/** With too little theirs does not revert but answers nobody, so that an estimate is too low. */
const TRANSMIT_GAS = 2_000_000n
const DAY_SECONDS = 86_400
const JUELS_PER_LINK = 10n ** 18n

type Name = keyof typeof FILES
interface Compiled {
  readonly abi: Abi
  readonly bytecode: Hex
}
interface Contract {
  readonly abi: Abi
  readonly address: Address
}
interface Side {
  readonly request: bigint
  readonly fulfil: bigint
}

/** Files as their authors publish them, by the compiler the project is built with. */
function compile(): ReadonlyMap<Name, Compiled> {
  const solc = require('solc') as {
    compile(input: string, callbacks: { import(path: string): { contents: string } }): string
  }
  const contentsOf = (path: string) =>
    readFileSync(join(ROOT, 'node_modules', path.replace('contracts@4.8.3/', 'contracts-4.8.3/')), 'utf8')
  const input = {
    language: 'Solidity',
    sources: Object.fromEntries(Object.values(FILES).map((path) => [path, { content: contentsOf(path) }])),
    settings: { ...SETTINGS, outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object'] } } },
  }
  const output = JSON.parse(
    solc.compile(JSON.stringify(input), { import: (path) => ({ contents: contentsOf(path) }) }),
  ) as {
    readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[]
    readonly contracts: Record<
      string,
      Record<string, { readonly abi: Abi; readonly evm: { readonly bytecode: { readonly object: string } } }>
    >
  }
  const errors = (output.errors ?? []).filter(({ severity }) => severity === 'error')
  assert.equal(errors.length, 0, errors.map(({ formattedMessage }) => formattedMessage).join('\n'))
  return new Map(
    Object.entries(FILES).map(([name, path]) => {
      const built = output.contracts[path]?.[name]
      assert(built, name)
      return [name as Name, { abi: built.abi, bytecode: `0x${built.evm.bytecode.object}` }]
    }),
  )
}

async function measureTheirs(world: World, compiled: ReadonlyMap<Name, Compiled>): Promise<Side> {
  const { deployer, operator } = world.accounts
  const deploy = deployerOf(world, compiled)
  const link = await deploy('MockLinkToken', [])
  const router = await deploy('FunctionsRouter', [link.address, ROUTER_CONFIG])
  const toNative = await deploy('MockV3Aggregator', [18, 6_000_000_000_000_000n])
  const toUsd = await deploy('MockV3Aggregator', [8, 1_500_000_000n])
  const feeds = [toNative.address, toUsd.address]
  const coordinator = await deploy('FunctionsCoordinator', [router.address, COORDINATOR_CONFIG, ...feeds])
  const allowList = await deploy('TermsOfServiceAllowList', [
    { enabled: false, signerPublicKey: deployer.account.address },
    [],
    [],
    ...(constructorInputs(compiled, 'TermsOfServiceAllowList') === 4 ? [deployer.account.address] : []),
  ])
  const call = async (contract: Contract, functionName: string, args: readonly unknown[]) =>
    await world.receiptOf(deployer.writeContract({ ...contract, functionName, args } as never))

  await call(router, 'proposeContractsUpdate', [
    [DON_ID, ZERO],
    [coordinator.address, allowList.address],
  ])
  await call(router, 'updateContracts', [])
  const keys = Array.from({ length: ORACLES }, (_, i) => keccak256(numberToHex(i)))
  const signers = keys.map((key) => privateKeyToAccount(key).address)
  const transmitters = [
    operator.account.address,
    ...keys.slice(1).map((key) => privateKeyToAccount(keccak256(key)).address),
  ]
  await call(coordinator, 'setConfig', [signers, transmitters, FAULTY, '0x', 1n, '0x'])
  const consumer = await deploy('FunctionsClientExample', [router.address])
  await call(router, 'createSubscriptionWithConsumer', [consumer.address])
  const funding = [router.address, 1_000n * JUELS_PER_LINK, numberToHex(1n, { size: 32 })]
  await call(link, 'transferAndCall', funding)

  return await steady(async () => {
    const asked = await call(consumer, 'sendRequest', [SOURCE, '0x', ARGS, 1n, DON_ID])
    assert.equal(asked.status, 'success')
    const [topic] = encodeEventTopics({ abi: coordinator.abi, eventName: 'OracleRequest' })
    const log = asked.logs.find(({ topics }) => topics[0] === topic)
    assert(log, 'no OracleRequest')
    const event = decodeEventLog({ abi: coordinator.abi, data: log.data, topics: log.topics })
    const { requestId, commitment } = event.args as unknown as { requestId: Hex; commitment: unknown }
    const type = eventInput(coordinator.abi, 'OracleRequest', 'commitment')
    const metadata = encodeAbiParameters([type], [commitment])
    const lists = [{ type: 'bytes32[]' }, ...Array.from({ length: 4 }, () => ({ type: 'bytes[]' }))]
    const report = encodeAbiParameters(lists, [[requestId], [RESPONSE], ['0x'], [metadata], ['0x']])
    const context = [ZERO, numberToHex(0x101, { size: 32 }), ZERO] as const
    const digest = keccak256(concat([keccak256(report), ...context]))
    const signatures = await Promise.all(
      keys.slice(0, QUORUM).map((privateKey) => sign({ hash: digest, privateKey })),
    )
    const parities = concat(signatures.map(({ yParity = 0 }) => numberToHex(yParity, { size: 1 })))
    const args = [
      context,
      report,
      signatures.map(({ r }) => r),
      signatures.map(({ s }) => s),
      pad(parities, { dir: 'right' }),
    ]
    const answered = await world.receiptOf(
      operator.writeContract({ ...coordinator, functionName: 'transmit', args, gas: TRANSMIT_GAS } as never),
    )
    assert.equal(answered.status, 'success')
    await checkAnswer(world, consumer, requestId)
    return { request: asked.gasUsed, fulfil: answered.gasUsed }
  })
}

async function measureOurs(world: World, compiled: ReadonlyMap<Name, Compiled>): Promise<Side> {
  const { deployer } = world.accounts
  await world.sealNodes(NODES)
  const donId = await world.deployFunction({ outputBytesMax: 256 })
  const adapter = await deployAdapter(world)
  const consumer = await deployerOf(world, compiled)('FunctionsClientExample', [adapter.address])
  await adapter.write.createSubscriptionWithConsumer([consumer.address])
  await adapter.write.fundSubscription([1n], { value: 10n ** 18n })
  const ask = async () => {
    const args = [SOURCE, '0x', ARGS, 1n, donId]
    return await world.submitted(
      deployer.writeContract({ ...consumer, functionName: 'sendRequest', args } as never),
    )
  }
  // Of one committee, so that all of it was credited before the second.
  let last: Side = { request: 0n, fulfil: 0n }
  const [first, second] = [await ask(), await ask()]
  assert.equal(first.request.attempts[0]?.round, second.request.attempts[0]?.round)
  await world.openWindow(first.request)
  for (const { requestId, request, gasUsed } of [first, second]) {
    const { gasUsed: fulfil } = await world.fulfill(
      request,
      await world.certify(requestId, request, { output: RESPONSE }),
    )
    last = { request: gasUsed, fulfil }
  }
  // The example keeps what is of its last request only: the callback of the first reverts, that of the second does not.
  await checkAnswer(world, consumer, second.requestId)
  return last
}

/** The last of three: slots that are filled for the first time are then filled. */
async function steady(flow: () => Promise<Side>): Promise<Side> {
  await flow()
  await flow()
  return await flow()
}

async function checkAnswer(world: World, { abi, address }: Contract, requestId: Hex): Promise<void> {
  const read = (functionName: string) => world.publicClient.readContract({ abi, address, functionName })
  assert.equal(await read('s_lastRequestId'), requestId)
  assert.equal(await read('s_lastResponse'), RESPONSE)
}

function deployerOf(world: World, compiled: ReadonlyMap<Name, Compiled>) {
  return async (name: Name, args: readonly unknown[]): Promise<Contract> => {
    const { abi, bytecode } = compiled.get(name) ?? {}
    assert(abi && bytecode)
    const sent = world.accounts.deployer.deployContract({ abi, bytecode, args } as never)
    const { contractAddress } = await world.receiptOf(sent)
    assert(contractAddress, name)
    return { abi, address: contractAddress }
  }
}

function constructorInputs(compiled: ReadonlyMap<Name, Compiled>, name: Name): number {
  const item = compiled.get(name)?.abi.find(({ type }) => type === 'constructor')
  return item?.type === 'constructor' ? item.inputs.length : 0
}

function eventInput(abi: Abi, event: string, input: string) {
  const item = abi.find((one) => one.type === 'event' && one.name === event)
  assert(item?.type === 'event')
  const found = item.inputs.find(({ name }) => name === input)
  assert(found)
  return found
}

/** Of their own tests. */
const ROUTER_CONFIG = {
  maxConsumersPerSubscription: 3,
  adminFee: 0n,
  handleOracleFulfillmentSelector: '0x0ca76175',
  gasForCallExactCheck: 5_000,
  maxCallbackGasLimits: [300_000, 500_000, 1_000_000],
  subscriptionDepositMinimumRequests: 1,
  subscriptionDepositJuels: 11n * JUELS_PER_LINK,
}
const COORDINATOR_CONFIG = {
  feedStalenessSeconds: DAY_SECONDS,
  gasOverheadAfterCallback: 93_942,
  gasOverheadBeforeCallback: 105_000,
  requestTimeoutSeconds: 300,
  donFeeCentsUsd: 100,
  operationFeeCentsUsd: 100,
  maxSupportedRequestDataVersion: 1,
  fulfillmentGasPriceOverEstimationBP: 5_000,
  fallbackNativePerUnitLink: 5_000_000_000_000_000n,
  fallbackUsdPerUnitLink: 1_400_000_000n,
  fallbackUsdPerUnitLinkDecimals: 8,
  minimumEstimateGasPriceWei: 1_000_000_000,
  transmitTxSizeBytes: 1_764,
}

export interface Ratio {
  readonly name: string
  readonly ours: number
  readonly theirs: number
  readonly ratio: number
}

export function ratio(name: string, ours: bigint, theirs: bigint): Ratio {
  const thousandths = Number((1000n * ours) / theirs)
  return { name, ours: Number(ours), theirs: Number(theirs), ratio: thousandths / 1000 }
}

export async function measureFunctions(): Promise<readonly Ratio[]> {
  const compiled = compile()
  const world = await createWorld()
  const theirs = await measureTheirs(world, compiled)
  const ours = await measureOurs(world, compiled)
  const total = ({ request, fulfil }: Side) => request + fulfil
  return [
    ratio('functions-request', ours.request, theirs.request),
    ratio('functions-fulfil', ours.fulfil, theirs.fulfil),
    ratio('functions-both', total(ours), total(theirs)),
  ]
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const rows = await measureFunctions()
  if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify({ figures: rows })}\n`)
  else for (const row of rows) process.stdout.write(`${Object.values(row).join('\t')}\n`)
  // The chain in process keeps the event loop alive.
  process.exit()
}
