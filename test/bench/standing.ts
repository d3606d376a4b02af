/**
 * What standing committees cost: the proof of thirty checked alone, a key registered, a root posted, and computed on chain.
 *
 * Alone: `node test/bench/standing.ts`.
 * @module
 */
import { fromHex } from '../../src/crypto/bytes.ts'
import { decodeVerificationKey } from '../../src/crypto/groth16-key.ts'
import { BOND, deployStanding, postStandingRound, registerSchnorr } from '../contracts/support/standing.ts'
import { createWorld, nodeKey, type World } from '../contracts/support/world.ts'
import thirty from '../vectors/committee-proof-30.json' with { type: 'json' }
import { type ProofFigure, verifyGas } from './proofs.ts'

const GAS = 16_000_000n
const SIZE = 30

/** In a world of thirty nodes, each of which has a key. */
export async function measureStanding(world: World): Promise<readonly ProofFigure[]> {
  for (let i = 0; i < SIZE; i++) await world.register(nodeKey(i))
  const key = decodeVerificationKey(fromHex(thirty.bytes))
  const claim = { publicInputs: thirty.publicInputs.map(BigInt), proof: fromHex(thirty.proof) }
  const verified = await verifyGas(world, key, [claim])
  const standing = await deployStanding(world)
  const registered: bigint[] = []
  for (let i = 0; i < SIZE; i++) registered.push(await registerSchnorr(world, standing.keys, i))
  const { committees } = standing
  const gas: { readonly post: bigint; readonly check: bigint }[] = []
  // The second of two epochs is the steady state.
  for (let i = 0; i < 2; i++) {
    await world.nextEpoch()
    const epoch = await world.nodes.read.currentEpoch()
    await world.gasOf(world.nodes.write.sealEpoch({ gas: GAS }))
    await postStandingRound(world, committees, epoch)
    const root = await committees.read.computeKeyRoot([epoch, SIZE])
    const post = await world.gasOf(committees.write.post([epoch, SIZE, root], { value: BOND, gas: GAS }))
    gas.push({ post, check: await world.gasOf(committees.write.check([epoch, SIZE], { gas: GAS })) })
  }
  const [first, steady] = gas
  return [
    { name: 'committee-proof-30-verify', bar: 300_000, steady: verified },
    { name: 'schnorr-register', bar: null, steady: registered.at(-1) ?? 0n },
    { name: 'committee-post', bar: null, steady: steady?.post ?? 0n, firstTime: first?.post ?? 0n },
    { name: 'committee-check-30', bar: null, steady: steady?.check ?? 0n, firstTime: first?.check ?? 0n },
  ]
}

async function main(): Promise<void> {
  const world = await createWorld()
  for (const { name, steady, bar, firstTime } of await measureStanding(world))
    process.stdout.write(`${name.padEnd(30)}${steady}  bar ${bar ?? '-'}  first time ${firstTime ?? '-'}\n`)
  process.exit()
}

if (process.argv[1] === import.meta.filename) await main()
