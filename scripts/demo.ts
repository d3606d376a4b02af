/**
 * The whole of Dikast on one machine, on real parts: `npm run demo`.
 *
 *   --keep   leave the network running for `dikast` commands; Ctrl-C ends it
 *
 * A local chain, a drand-compatible beacon, seven staked nodes and a coordinator, each a process of its own. A dApp asks;
 * a committee is drawn, computes, signs; the chain checks, pays and calls back; an auditor verifies. Then with faults.
 */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { askForAuction } from './demo/circuit.ts'
import {
  answerOf,
  askFeed,
  deployFeed,
  OBSERVED_PRICE,
  postCommittee,
  registerKeys,
} from './demo/committee.ts'
import { committeeAhead } from './demo/lookahead.ts'
import { isListening, killTree, memoryOf, Processes } from './demo/processes.ts'
import {
  type Asked,
  ask,
  askFromAccount,
  deployFunction,
  deployPriceFeed,
  type Outcome,
  type PriceFeed,
  readyNodes,
  tellEarnings,
  tellFetched,
  tellOutcome,
  tellProven,
  verify,
} from './demo/story.ts'
import { type DemoNode, type Say, sealEpoch, startWorld, type World } from './demo/world.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const MEMORY_SAMPLE_MS = 1_000
const MEMORY_BYTES_MAX = 2.5 * 1024 ** 3
const TRIES_MAX = 12
const ROUND_MS = 1_000
const HONEST = ['3012.40', '3011.95', '3012.80', '3013.10', '3012.05']

const startedAt = performance.now()
const say: Say = (text) =>
  process.stdout.write(`${((performance.now() - startedAt) / 1000).toFixed(1).padStart(5)} s  ${text}\n`)
const title = (text: string): unknown =>
  process.stdout.write(`\n── ${text} ${'─'.repeat(Math.max(0, 90 - text.length))}\n`)

/** Every member honest. */
async function happyPath(world: World, feed: PriceFeed): Promise<void> {
  title('a request, answered and audited')
  const asked = await ask(world, feed, HONEST, say)
  await tellFetched(await expectFulfilled(world, asked), feed.holders, say)
  await tellEarnings(world, say)
  await verify(world, asked.requestId, say, ['--reexecute'])
}

/** The same function three more times, its nodes agreeing otherwise; with a liar among them where that is survived. */
async function otherModes(world: World): Promise<void> {
  title('the other ways to agree: pBFT, aggregate and Raft')
  const modes = [
    [
      'pbft',
      'timeout=1000',
      'one member proposes what it got, and the others run it again before they agree',
    ],
    ['aggregate', 'kind=median;type=uint256', 'the median of what every member signs that it saw'],
    ['raft', 'timeout=1000', 'its leader alone runs the function: it survives crashes, and no lie'],
  ] as const
  for (const [mode, agreement, meaning] of modes) {
    const name = `price-feed-${mode}`
    await deployFunction(world, name, ['--consensus', mode, '--agreement', agreement])
    say(`function    ${name}: ${meaning}`)
    const faulty = mode === 'raft' ? [] : [world.liar]
    tellLiar(world, mode === 'raft' ? 'honest' : 'lie')
    const asked = await askUntil('the liar is drawn', async () => {
      const drawn = await askFromAccount(world, say, { name, attempts: 3 })
      const committee = await committeeAhead(world, drawn.request, 0)
      return faulty.every((node) => committee.includes(node)) ? drawn : undefined
    })
    if (faulty.length > 0) say(`liar        ${world.liar.name} adds one to every price`)
    // It may sign what the others decided, as any member that comes late does: only its own result is kept out.
    await expectFulfilled(world, asked)
    await verify(world, asked.requestId, say, ['--reexecute'])
  }
  tellLiar(world, 'honest')
}

/** No committee: the winner of an auction is proved by one drawn node, and the proof checked by the chain. */
async function provenAuction(world: World): Promise<void> {
  title('a circuit function: proved, not signed')
  const { asked, settled, expected } = await askForAuction(world, say)
  const { proof, prover } = await tellProven(world, asked, say)
  const { winner, price } = await settled()
  if (winner.toLowerCase() !== expected.winner.toLowerCase() || price !== expected.price)
    throw new Error(`${winner} won for ${price}, not ${expected.winner} for ${expected.price}`)
  say(`callback    ${winner} won for ${price}: ${proof} bytes of proof by ${prover}, and no signature`)
  await verify(world, asked.requestId, say)
}

/** A committee that stands for an epoch: the median of what its members signed is proved, and nobody sees single values. */
async function standingCommittee(world: World): Promise<void> {
  title('a standing committee: the median of private observations, proved')
  const feed = await deployFeed(world, say)
  await postCommittee(world, say)
  tellLiar(world, 'lie')
  say(`liar        ${world.liar.name} adds one to every price it observes`)
  const asked = await askFeed(world, feed, say)
  const { proof, prover } = await tellProven(world, asked, say)
  const { value, members } = await answerOf(world, feed)
  if (value !== OBSERVED_PRICE) throw new Error(`the median of the observations is not ${value}`)
  say(
    `callback    ${value} by ${members.map(({ name }) => name).join(', ')}: ${proof} bytes of proof by ${prover}, no observation on chain`,
  )
  await verify(world, asked.requestId, say)
  tellLiar(world, 'honest')
}

/** One member dies before it can sign. */
async function oneKilled(world: World, feed: PriceFeed): Promise<void> {
  title('one member is killed')
  const asked = await ask(world, feed, HONEST, say)
  const committee = await committeeAhead(world, asked.request, 0)
  const victim = committee.find((node) => node !== world.liar)
  if (victim === undefined) throw new Error('a committee of five has a member besides one')
  await kill(victim)
  await expectFulfilled(world, asked, victim)
  await verify(world, asked.requestId, say)
  world.startNode(victim)
  say(`restarted   ${victim.name}`)
}

/** One member signs another result. */
async function oneLiar(world: World, feed: PriceFeed): Promise<void> {
  title('one member lies')
  tellLiar(world, 'lie')
  const asked = await askUntil('the liar is drawn', async () => {
    const drawn = await ask(world, feed, HONEST, say)
    return (await committeeAhead(world, drawn.request, 0)).includes(world.liar) ? drawn : undefined
  })
  say(`liar        ${world.liar.name} adds one to every price`)
  await expectFulfilled(world, asked, world.liar)
  await verify(world, asked.requestId, say)
}

/** Both at once: a committee of five with two faults certifies nothing; the next attempt's committee may act. */
async function bothFaults(world: World, feed: PriceFeed): Promise<void> {
  title('one killed and one lying in one committee')
  const { asked, victim } = await askUntil('a second committee can do better than the first', async () => {
    const drawn = await ask(world, feed, HONEST, say)
    const [first = [], second = []] = await Promise.all(
      [0, 1].map((attempt) => committeeAhead(world, drawn.request, attempt)),
    )
    const spared = second.includes(world.liar) ? second : []
    const unlucky = first.find((node) => node !== world.liar && !spared.includes(node))
    return first.includes(world.liar) && unlucky ? { asked: drawn, victim: unlucky } : undefined
  })
  await kill(victim)
  // Meanwhile one that may not try again.
  const [{ fulfillment }, alone] = await Promise.all([
    expectFulfilled(world, asked, world.liar, victim),
    askUntil('both are drawn', async () => {
      const drawn = await askFromAccount(world, say)
      const committee = await committeeAhead(world, drawn.request, 0)
      return [world.liar, victim].every((node) => committee.includes(node)) ? drawn : undefined
    }),
  ])
  if (fulfillment.attempt === 0) throw new Error('a later attempt was to fulfil it')
  say(
    '            the first committee certified nothing: three honest signatures are below the quorum of four',
  )
  await verify(world, asked.requestId, say)
  title('the same faults, and no further attempt')
  if ((await tellOutcome(world, alone, say)) !== undefined)
    throw new Error('a request nobody could certify was fulfilled')
}

/** Fulfilled with the median of honest prices, and with no signature of those named. */
async function expectFulfilled(world: World, asked: Asked, ...faulty: readonly DemoNode[]): Promise<Outcome> {
  const fulfilled = await tellOutcome(world, asked, say)
  if (fulfilled === undefined) throw new Error(`request ${asked.requestId} was not fulfilled`)
  const guilty = fulfilled.signers.filter((node) => faulty.includes(node))
  if (guilty.length > 0) throw new Error(`${guilty.map(({ name }) => name)} must not be in the certificate`)
  const price = BigInt(fulfilled.fulfillment.output)
  if (price !== 301_240_000_000n) throw new Error(`the median of the prices is not ${price}`)
  return fulfilled
}

/** Asks until future committees suit the scene; what does not suit is fulfilled as any other. */
async function askUntil<Suits>(what: string, ask: () => Promise<Suits | undefined>): Promise<Suits> {
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const suits = await ask()
    if (suits !== undefined) return suits
    say(`            not these: waiting for committees where ${what}`)
    await sleep(ROUND_MS) // requests of one round share their committees
  }
  throw new Error(`no committees in ${TRIES_MAX} tries where ${what}`)
}

async function kill(node: DemoNode): Promise<void> {
  if (node.process !== undefined) await killTree(node.process)
  say(`killed      ${node.name}`)
}

function tellLiar(world: World, mode: 'lie' | 'honest'): void {
  world.liar.process?.child.send(mode)
}

/** Samples the memory of every process of the demo, itself included. */
function watchMemory(processes: Processes): { readonly peak: () => number; readonly stop: () => void } {
  let peak = 0
  const sample = (): void => {
    peak = Math.max(peak, memoryOf([process.pid, ...processes.pids()]))
  }
  const timer = setInterval(sample, MEMORY_SAMPLE_MS)
  return { peak: () => peak, stop: () => clearInterval(timer) }
}

async function main(): Promise<void> {
  const values = readOptions()
  if (values === undefined) return
  mkdirSync(join(ROOT, '.dikast'), { recursive: true })
  const folder = mkdtempSync(join(ROOT, '.dikast', 'demo-'))
  const cache = join(ROOT, 'node_modules', '.cache', 'dikast-compile')
  const processes = new Processes({
    ...process.env,
    NODE_COMPILE_CACHE: cache,
    HARDHAT_DISABLE_TELEMETRY_PROMPT: 'true',
    NO_COLOR: '1',
  })
  const memory = watchMemory(processes)
  let world: World | undefined
  let failed = true
  let kept = false
  const interrupted = new Promise<void>((resolve) => {
    process.once('SIGINT', resolve)
    process.once('SIGTERM', resolve)
  })
  const story = async (): Promise<void> => {
    title('a network of seven nodes')
    world = await startWorld(ROOT, folder, processes, say)
    await readyNodes(world)
    await registerKeys(world)
    const feed = await deployPriceFeed(world, say)
    await sealEpoch(world, say)
    await happyPath(world, feed)
    if (values.keep) {
      kept = true
      return keep(world, interrupted)
    }
    await otherModes(world)
    await provenAuction(world)
    await standingCommittee(world)
    await oneKilled(world, feed)
    await oneLiar(world, feed)
    await bothFaults(world, feed)
  }
  try {
    failed = await Promise.race([story().then(() => false), interrupted.then(() => !kept)])
  } catch (error) {
    process.stderr.write(
      `\ndemo failed: ${error instanceof Error ? error.stack : String(error)}\nlogs of every process: ${folder}\n`,
    )
  } finally {
    memory.stop()
    title('the end')
    const killed = await processes.stopAll()
    const open = []
    for (const port of world?.ports ?? []) if (await isListening(port)) open.push(port)
    if (killed.length > 0 || open.length > 0) {
      failed = true
      process.stderr.write(`left behind: ${[...killed, ...open.map((port) => `port ${port}`)].join(', ')}\n`)
    }
    rmSync(join(ROOT, '.dikast', 'network.json'), { force: true })
    if (!failed) rmSync(folder, { recursive: true, force: true })
  }
  const peak = memory.peak()
  say(
    `memory      ${(peak / 1024 ** 3).toFixed(2)} GB at the peak, all processes together${peak === 0 ? ' (not measured on this system)' : ''}`,
  )
  if (peak > MEMORY_BYTES_MAX) throw new Error('more memory than promised')
  if (!failed) say('done        nothing left running')
  process.exitCode = failed ? 1 : 0
}

const USAGE = `Usage: npm run demo [-- --keep]

Runs a whole network of Dikast on this machine, with faults, and audits every result. Takes about three minutes.
  --keep   stop before the faults and leave the network running for \`dikast\` commands; Ctrl-C ends it
`

/** Undefined when there is nothing to run: the usage was printed. */
function readOptions(): { readonly keep: boolean } | undefined {
  const options = {
    keep: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  } as const
  try {
    const { keep, help } = parseArgs({ options }).values
    if (!help) return { keep }
    process.stdout.write(USAGE)
  } catch (error) {
    process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`)
    process.exitCode = 2
  }
  return undefined
}

async function keep(world: World, interrupted: Promise<void>): Promise<void> {
  const found = join(ROOT, '.dikast', 'network.json')
  copyFileSync(world.networkFile, found)
  if (!existsSync(found)) throw new Error(`${found} was not written`)
  title('the network stays up: try, in another terminal')
  process.stdout.write(`
  npx dikast function list
  npx dikast function show price-feed
  DIKAST_KEY=0xdbda1821b80551c9d65939329250298aa3472ba22feea921c0cf5d620ea67b97 \\
    npx dikast request price-feed --input examples/price-feed/prices.json --wait

  Its addresses are in .dikast/network.json, which every command finds by itself. The key is Hardhat's account 8.
  Ctrl-C ends it.
`)
  await interrupted
}

await main()
// A demo that was interrupted may still be waiting for what will never come.
process.exit()
