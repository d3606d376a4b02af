/** Results that may be challenged, on a real chain in process: audited, challenged, made final, and paid for by their signers. */
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, beforeEach, describe, it } from 'node:test'
import { getContract, type Hex } from 'viem'
import { createSandbox } from '../../../src/adapters/sandbox/sandbox.ts'
import { EXIT } from '../../../src/apps/cli/exit.ts'
import { createOutput } from '../../../src/apps/cli/output.ts'
import { waitFor } from '../../../src/apps/cli/waiting.ts'
import { openChain } from '../../../src/apps/shared/chain-access.ts'
import { readNetworkFile } from '../../../src/apps/shared/network-file.ts'
import { fromHex, toHex } from '../../../src/crypto/bytes.ts'
import { sha256Hex } from '../../../src/crypto/hash.ts'
import { guestSeed } from '../../../src/crypto/seeds.ts'
import { slasherAbi } from '../../../src/protocol/abi/slasher.ts'
import { signRound } from '../../contracts/support/beacon.ts'
import {
  type Certified,
  certifyRequest,
  challengeCommittee,
  judge,
  openChallenge,
} from '../../contracts/support/challenge.ts'
import { createWorld, given, type MarketRequest, STAKE_MIN } from '../../contracts/support/world.ts'
import { failureIn, jsonOf, ROOT } from './support/run.ts'
import { served } from './support/served.ts'

const MODULE = join(ROOT, 'examples', 'price-feed', 'build', 'price-feed.wasm')
const PRICES = readFileSync(join(ROOT, 'examples', 'price-feed', 'prices.json'))
const SEATS = 4
/** Of the slasher here. */
const JUDGES_MIN = 12n
/** Who certified, and the larger committee. */
const NODES = 16
const WINDOW = 3_600
const FUEL_LIMIT = 10_000_000n
const GAS = 16_000_000n
/** An account no other file's commands send from: one process sends from an account (RUN-82), and files run side by side. */
const SENDER = 15

const built = given(async () => {
  const world = await createWorld()
  await world.sealNodes(NODES)
  const terms = {
    moduleHash: sha256Hex(new Uint8Array(readFileSync(MODULE))),
    committeeSize: SEATS,
    fuelLimit: FUEL_LIMIT,
  }
  const functionId = await world.deployFunction({ ...terms, challengeWindow: WINDOW })
  const settledAtOnce = await world.deployFunction(terms)
  const { address } = await world.viem.deployContract('Slasher', [
    world.deployment.nodeRegistry,
    world.accounts.deployer.account.address,
    JUDGES_MIN,
  ])
  const client = { public: world.publicClient, wallet: world.accounts.deployer }
  const slasher = getContract({ abi: slasherAbi, address, client })
  await slasher.write.addMarket([world.deployment.market])
  await world.nodes.write.addSlasher([address])
  const cli = await served(world)
  const file = JSON.parse(readFileSync(cli.networkFile, 'utf8')) as { deployment: object }
  const { challengeCourt } = world.deployment
  const deployment = { ...file.deployment, challengeCourt, slasher: address }
  writeFileSync(cli.networkFile, JSON.stringify({ ...file, deployment }))
  return { world, cli, functionId, settledAtOnce }
})
after(() => built().cli.close())

/** What the nodes' sandbox gives for a request: its seed and clock are its own. */
async function honest(requestId: Hex, request: MarketRequest) {
  const round = request.attempts[0]?.round ?? 0n
  const sandbox = createSandbox({ workers: 1 })
  try {
    const { world } = built()
    const spec = world.specOf()
    const result = await sandbox.run({
      moduleHash: sha256Hex(new Uint8Array(readFileSync(MODULE))),
      module: new Uint8Array(readFileSync(MODULE)),
      runtime: 'deterministic-1',
      fuelLimit: FUEL_LIMIT,
      entry: spec.entry,
      input: fromHex(request.input),
      seed: guestSeed(requestId, signRound(round).randomness),
      clockNs: (await world.beacon.read.timeOfRound([round])) * 1_000_000_000n,
      memoryBytesMax: Number(spec.memoryBytesMax),
      outputBytesMax: spec.outputBytesMax,
      wallClockMsMax: 60_000,
    })
    return { output: toHex(result.output), fuelUsed: result.fuelUsed }
  } finally {
    await sandbox.close()
  }
}

interface Held {
  readonly requestId: Hex
  readonly request: MarketRequest
  readonly certified: Certified
  /** What an honest node computes. */
  readonly right: { readonly output: Hex; readonly fuelUsed: bigint }
}

async function certify({ wrong = false } = {}): Promise<Held> {
  const { world, functionId } = built()
  const { requestId, request } = await world.request(functionId, { input: toHex(PRICES) })
  await world.openWindow(request)
  const right = await honest(requestId, request)
  const said = wrong ? { ...right, output: `${right.output.slice(0, -2)}ee` as Hex } : right
  const { certified } = await certifyRequest(world, requestId, request, said)
  return { requestId, request, certified, right }
}

const dikast = async (command: string, { requestId }: Held, ...more: string[]) =>
  await built().cli.dikast([command, requestId, ...more], SENDER)

interface Told {
  readonly verified: boolean
  readonly state: string
  readonly final: boolean
  readonly steps: readonly { readonly id: string; readonly verdict: string; readonly detail: string }[]
}

/** What verify says, and that it ends with this code. */
async function verify(held: Held, code: number, ...more: string[]): Promise<Told> {
  const ended = await dikast('verify', held, '--json', ...more)
  assert.equal(ended.code, code, ended.out)
  return jsonOf(ended) as Told
}

/** The steps that did not pass. */
const besides = ({ steps }: Told) =>
  Object.fromEntries(steps.flatMap(({ id, verdict }) => (verdict === 'passed' ? [] : [[id, verdict]])))

async function sent(command: string, held: Held, ...more: string[]) {
  const ended = await dikast(command, held, '--json', ...more)
  assert.equal(ended.code, EXIT.ok, `${ended.out}${ended.err}`)
  return jsonOf(ended) as Record<string, unknown>
}

async function challenged(held: Held) {
  const { window } = (await sent('challenge', held, '--module', MODULE, '--force')) as {
    window: { round: string; opensAt: string; closesAt: string }
  }
  return {
    round: BigInt(window.round),
    opensAt: BigInt(window.opensAt),
    closesAt: BigInt(window.closesAt),
    bond: 0n,
  }
}

/** The larger committee decides, for what honest nodes compute. */
async function decide(
  { requestId, request, certified, right }: Held,
  window: Awaited<ReturnType<typeof challenged>>,
) {
  const { world } = built()
  await openChallenge(world, window)
  const judged = await judge(world, requestId, request, certified, window.round, right)
  const account = world.accounts.operator.account
  await world.receiptOf(
    world.court.write.resolve([world.market.address, request, certified, judged], { account, gas: GAS }),
  )
}

async function elapse({ certified }: Held, seconds: number) {
  await built().world.networkHelpers.time.increaseTo(certified.certifiedAt + BigInt(seconds))
}

async function statusIn(held: Held) {
  const ended = await dikast('status', held, '--json')
  return jsonOf(ended) as { status: string; state: string; final: boolean; output?: Hex; until: string }
}

describe('a result nobody challenges', () => {
  let held: Held
  beforeEach(async () => {
    held = await certify()
  })

  it('[CHA-1] is neither verified nor wrong before it is final, and says until when', async () => {
    const told = await verify(held, EXIT.no)
    assert.deepEqual([told.verified, told.state, told.final], [false, 'certified', false])
    assert.deepEqual(besides(told), { finality: 'pending', payment: 'pending' })
    const { out } = await dikast('verify', held)
    assert.match(out, /^… finality +certified, not final yet: it may be challenged until \d{4}-.* UTC$/m)
    assert.match(out, /\nNOT verified: certified, not final yet: it may be challenged until/)
    const status = await statusIn(held)
    assert.deepEqual(
      [status.status, status.state, status.output],
      ['certified', 'certified', held.right.output],
    )
    assert.equal(BigInt(status.until), held.certified.certifiedAt + BigInt(WINDOW))
    const early = await dikast('finalize', held, '--json')
    assert.equal(early.code, EXIT.no)
    assert.equal(failureIn(early).code, 'NOT_NOW')
  })

  it('[CHA-1] is made final by anyone once its window passed, and then verified', async () => {
    await elapse(held, WINDOW)
    assert.match((await verify(held, EXIT.no)).steps.at(-2)?.detail ?? '', /anyone may finalize it/)
    const done = await sent('finalize', held)
    assert.deepEqual([done.state, done.final, done.output], ['unchallenged', true, held.right.output])
    const told = await verify(held, EXIT.ok, '--module', MODULE)
    assert.deepEqual([told.verified, told.state, besides(told)], [true, 'unchallenged', {}])
    assert.match((await dikast('verify', held)).out, /\nverified\n$/)
    const { status, state } = await statusIn(held)
    assert.deepEqual([status, state], ['fulfilled', 'unchallenged'])
    assert.match(failureIn(await dikast('finalize', held, '--json')).message, /nothing is left to do/)
  })

  it('is not challenged while this machine computes the same, unless it is forced', async () => {
    const ended = await dikast('challenge', held, '--module', MODULE, '--yes', '--json')
    assert.equal(ended.code, EXIT.ok, ended.out)
    const { outcome, sent: done, bond } = jsonOf(ended) as { outcome: string; sent: boolean; bond: string }
    assert.deepEqual([outcome, done], ['same', false])
    const { world } = built()
    const asked = [world.market.address, held.request, held.certified] as const
    assert.equal(BigInt(bond), await world.court.read.bondOf(asked))
    assert.equal((await verify(held, EXIT.no)).state, 'certified')
  })
})

describe('waiting for a result that may be challenged', () => {
  it('says when it is certified and until when that may be challenged, and ends when it is final', async () => {
    const held = await certify()
    const { world, cli } = built()
    const chain = await openChain(readNetworkFile(cli.networkFile), undefined)
    const out: string[] = []
    let say: (text: string) => void = assert.fail
    const certifiedSaid = new Promise<string>((resolve) => {
      say = resolve
    })
    const output = createOutput(
      { json: false },
      {
        out: { write: (text) => out.push(String(text)) },
        err: { write: (text) => say(String(text)) },
      },
    )
    const waiting = waitFor(chain, output, held.requestId)
    assert.match(await certifiedSaid, /certified, not final yet: it may be challenged until/)
    assert.deepEqual(out, [])
    await elapse(held, WINDOW)
    const account = world.accounts.deployer.account
    await world.receiptOf(
      world.market.write.finalize([held.request, held.certified, held.right.output], { account, gas: GAS }),
    )
    assert.equal(await waiting, EXIT.ok)
    assert.equal(out[0], 'final: nobody challenged it\n')
    assert.equal(out[1], `exit 0, output ${held.right.output}\n`)
  })
})

describe('a challenge of a right result', () => {
  it('[CHA-5] is heard, upheld and settled at once; each state is told', async () => {
    const held = await certify()
    const window = await challenged(held)
    const pending = await verify(held, EXIT.no)
    assert.equal(pending.state, 'challenged')
    assert.deepEqual(besides(pending), { challenge: 'pending', finality: 'pending', payment: 'pending' })
    assert.equal((await statusIn(held)).state, 'challenged')
    assert.match(failureIn(await dikast('challenge', held, '--json')).message, /a larger committee has until/)
    assert.match(failureIn(await dikast('finalize', held, '--json')).message, /challenged, not final yet/)
    await decide(held, window)
    assert.deepEqual(besides(await verify(held, EXIT.no)), { finality: 'pending', payment: 'pending' })
    await sent('finalize', held)
    const told = await verify(held, EXIT.ok, '--module', MODULE)
    assert.deepEqual([told.verified, told.state, besides(told)], [true, 'upheld', {}])
    assert.match((await dikast('slash', held, '--json')).out, /nobody is to blame/)
  })
})

describe('a challenge of a wrong result', () => {
  it('[CHA-6] [SLA-6] is sent when it is told to be, overturns it, and costs its signers half of their stakes', async () => {
    const held = await certify({ wrong: true })
    const shown = await dikast('challenge', held, '--module', MODULE)
    assert.equal(shown.code, EXIT.no, shown.err)
    assert.match(shown.out, /^this machine gives exit 0.*certified was exit 0/)
    assert.match(shown.out, /^bond {8}[\d.]+ ETH, for a committee of 12$/m)
    assert.match(shown.out, /\nnot challenged yet: say --yes to send the bond\n$/)
    assert.equal((await verify(held, EXIT.no)).state, 'certified')
    const done = (await sent('challenge', held, '--module', MODULE, '--yes')) as {
      outcome: string
      window: { round: string; opensAt: string; closesAt: string }
      bond: string
      back: string
      earned: string
    }
    assert.equal(done.outcome, 'different')
    const window = {
      round: BigInt(done.window.round),
      opensAt: BigInt(done.window.opensAt),
      closesAt: BigInt(done.window.closesAt),
      bond: BigInt(done.bond),
    }
    await decide(held, window)
    const { world } = built()
    const challenger = (await world.viem.getWalletClients())[SENDER]?.account.address ?? assert.fail()
    // What was told beforehand is what came of it: at least so much comes back, and exactly so much is earned.
    const back = await world.market.read.creditOf([challenger])
    assert.ok(back >= BigInt(done.back) && BigInt(done.back) > 0n, `${back}`)
    const account = world.accounts.deployer.account
    await world.receiptOf(
      world.market.write.finalize([held.request, held.certified, held.right.output], { account, gas: GAS }),
    )
    assert.equal((await world.market.read.creditOf([challenger])) - back, BigInt(done.earned))
    const told = await verify(held, EXIT.ok, '--module', MODULE)
    assert.deepEqual([told.verified, told.state, besides(told)], [true, 'overturned', {}])
    assert.match((await dikast('verify', held)).out, /\nverified: final: a challenge overturned/)
    assert.deepEqual((await statusIn(held)).output, held.right.output)
    assert.match((await dikast('status', held)).out, /^cost .*ETH for each seat to the challenger$/m)

    const { signers } = await sent('slash', held)
    const { firstKeys } = await challengeCommittee(world, held.request, held.certified, window.round)
    assert.deepEqual(
      signers,
      firstKeys.slice(0, 3).map(({ attestor }) => attestor.toLowerCase()),
    )
    for (const [seat, { attestor }] of firstKeys.entries()) {
      const { stake } = await world.nodes.read.node([attestor])
      assert.equal(stake, seat < 3 ? STAKE_MIN / 2n : STAKE_MIN, `seat ${seat}`)
    }
    const again = failureIn(await dikast('slash', held, '--json'))
    assert.deepEqual([again.code, /AlreadySlashed/.test(again.message)], ['REVERTED', true])
  })
})

describe('a challenge nobody decides', () => {
  it('[CHA-7] ends the request without a result, and half of the bond goes back', async () => {
    const held = await certify()
    const window = await challenged(held)
    const { world } = built()
    await world.networkHelpers.time.increaseTo(window.closesAt)
    const open = await verify(held, EXIT.no)
    assert.deepEqual([open.state, besides(open)], ['undecided', { finality: 'pending', payment: 'pending' }])
    const done = await sent('finalize', held)
    assert.deepEqual([done.state, done.final, done.output], ['undecided', true, undefined])
    assert.ok(done.closed && done.finalized)
    const told = await verify(held, EXIT.ok)
    assert.deepEqual([told.verified, told.state, besides(told)], [true, 'undecided', {}])
    const { out, code } = await dikast('status', held)
    assert.equal(code, EXIT.no)
    assert.match(out, /^status {6}expired\nresult {6}undecided: .* expired without a result$/m)
    assert.equal(await world.publicClient.getBalance({ address: world.court.address }), 0n)
    const again = await verify(held, EXIT.no, '--module', MODULE)
    assert.match(again.steps.at(-1)?.detail ?? '', /no result/)
  })
})

describe('what cannot be challenged', () => {
  const refusal = async (held: Held, ...more: string[]) =>
    failureIn(await dikast('challenge', held, '--json', '--module', MODULE, '--yes', ...more))

  it('is refused once its window has passed, with the reason', async () => {
    const held = await certify({ wrong: true })
    await elapse(held, WINDOW)
    const { code, message, fix } = await refusal(held)
    assert.deepEqual([code, fix], ['NOT_NOW', 'its challenge window has passed: the result stands'])
    assert.match(message, /it cannot be challenged: certified and unchallenged since/)
  })

  it('is refused before there is a certificate, and for a function without a window', async () => {
    const { world, functionId, settledAtOnce } = built()
    for (const [of, reason] of [
      [functionId, /no committee’s certificate is on the chain/],
      [settledAtOnce, /its function has no challenge window/],
    ] as const) {
      const asked = await world.request(of)
      const { code, message } = await refusal({ ...asked } as unknown as Held) // Its id is all that is used.
      assert.equal(code, 'NOT_NOW')
      assert.match(message, reason)
    }
  })

  it('is refused where the network file names no court', async () => {
    const held = await certify({ wrong: true })
    const { cli } = built()
    const file = JSON.parse(readFileSync(cli.networkFile, 'utf8')) as { deployment: { challengeCourt?: Hex } }
    const { challengeCourt: _, ...deployment } = file.deployment
    const other = join(cli.folder, 'courtless.json')
    writeFileSync(other, JSON.stringify({ ...file, deployment }))
    assert.match((await refusal(held, '--network', other)).message, /names no challengeCourt/)
  })

  it('is refused with the least that is missing when the account cannot pay the bond', async () => {
    const held = await certify({ wrong: true })
    const { cli } = built()
    const poor = await cli.dikast(
      ['challenge', held.requestId, '--module', MODULE, '--yes', '--json'],
      undefined,
      {
        DIKAST_KEY: `0x${'77'.repeat(32)}`,
      },
    )
    assert.equal(failureIn(poor).code, 'INSUFFICIENT_FUNDS')
    assert.equal((await verify(held, EXIT.no)).state, 'certified')
  })
})
