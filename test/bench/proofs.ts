/**
 * What proofs cost: checked alone, and as settlements with every payment, in steady state. Proofs are snarkjs's, of a circuit with one
 * output and one input (test/vectors/groth16); of one account's requests, as one dApp makes them.
 *
 * Alone: `node test/bench/proofs.ts`, on a small snapshot.
 * @module
 */
import assert from 'node:assert/strict'
import { encodeFunctionData, type Hex, keccak256, parseEventLogs, toHex } from 'viem'
import { encodeBatchItems } from '../../src/core/batch-items.ts'
import { concat, toBytesBE } from '../../src/crypto/bytes.ts'
import { publicInputCount, type VerificationKey } from '../../src/crypto/groth16-key.ts'
import { proofVerifierAbi } from '../../src/protocol/abi/proof-verifier.ts'
import { deployCircuit, registerKey, words } from '../contracts/support/circuits.ts'
import { createWorld, type MarketRequest, type World, ZERO_HASH } from '../contracts/support/world.ts'
import { proven } from '../crypto/groth16-vectors.ts'
import { trapdoor } from '../crypto/trapdoor.ts'

export interface ProofFigure {
  readonly name: string
  readonly bar: number | null
  readonly steady: bigint
  readonly firstTime?: bigint
}

export interface Claim {
  readonly publicInputs: readonly bigint[]
  readonly proof: Uint8Array
}

/** More than any of these takes. */
const GAS = 16_000_000n
const BATCHES = [4, 64] as const
const RESULT = { exit: 0, fuelUsed: 0n, evidenceHash: ZERO_HASH }

/** Gas of a transaction that checks proofs under a key and nothing else: the same for every circuit of this shape. */
export async function verifyGas(
  world: World,
  key: VerificationKey,
  claims: readonly Claim[],
): Promise<bigint> {
  const to = await registerKey(world, key)
  const count = publicInputCount(key) - (key.isBound ? 1 : 0)
  const inputs = claims.flatMap(({ publicInputs }) => publicInputs.slice(0, count))
  const data = encodeFunctionData({
    abi: proofVerifierAbi,
    functionName: 'verify',
    args: [
      toHex(concat(...inputs.map((value) => toBytesBE(value, 32)))),
      claims.map(({ publicInputs }) => publicInputs[count] ?? 0n),
      toHex(concat(...claims.map(({ proof }) => proof))),
    ],
  })
  return await world.gasOf(world.accounts.deployer.sendTransaction({ to, data, gas: GAS }))
}

interface Asked {
  readonly requestId: Hex
  readonly request: MarketRequest
  readonly output: Hex
  readonly proof: Uint8Array
}

/** Requests whose proofs the vectors hold, of one committee. */
async function ask(world: World, functionId: Hex, count: number, from = 0): Promise<readonly Asked[]> {
  const now = await world.startRound()
  const asked: Asked[] = []
  for (let i = 0; i < count; i++) {
    const { publicInputs, proof } = proven('cube', (from + i) % 64)
    const [output = 0n, input = 0n] = publicInputs
    if (i > 0) await world.networkHelpers.time.setNextBlockTimestamp(now)
    const { requestId, request } = await world.request(
      functionId,
      { input: words(input), attempts: 1 },
      10n ** 15n,
    )
    asked.push({ requestId, request, output: words(output), proof })
  }
  const [first] = asked
  assert(first)
  for (const { request } of asked)
    assert.equal(request.attempts[0]?.round, first.request.attempts[0]?.round, 'drawn by different rounds')
  await world.openWindow(first.request)
  return asked
}

async function settleOne(world: World, { request, output, proof }: Asked): Promise<bigint> {
  const fulfillment = { attempt: 0, view_: 0, ...RESULT, output, certificate: toHex(proof) }
  const { account } = world.accounts.submitter
  return await world.gasOf(world.market.write.fulfillWithProof([request, fulfillment], { account, gas: GAS }))
}

async function settleAll(world: World, asked: readonly Asked[]): Promise<bigint> {
  const [first] = asked
  assert(first)
  const items = encodeBatchItems(asked.map(({ request, output }) => ({ ...request, ...RESULT, output })))
  const args = [first.request, items, toHex(concat(...asked.map(({ proof }) => proof))), 0] as const
  const { account } = world.accounts.submitter
  const { logs, gasUsed } = await world.receiptOf(
    world.market.write.fulfillProofs(args, { account, gas: GAS }),
  )
  const settled = parseEventLogs({ abi: world.market.abi, logs, eventName: 'RequestFulfilledInBatch' })
  assert.equal(settled.length, asked.length)
  return gasUsed
}

export async function measureProofs(world: World): Promise<readonly ProofFigure[]> {
  const { key } = proven('cube')
  const functionId = await deployCircuit(world, key, { moduleHash: keccak256('0x0c') })
  const figures: ProofFigure[] = []
  // The first settlement credits its node for the first time; the second is the steady state.
  const [one, two] = await ask(world, functionId, 2)
  assert(one && two)
  const firstTime = await settleOne(world, one)
  figures.push({ name: 'groth16-fulfil-1', bar: 300_000, steady: await settleOne(world, two), firstTime })
  for (const count of BATCHES) {
    const bar = count === 4 ? 140_000 : 80_000
    const asked = await ask(world, functionId, count + 1)
    const [before, ...batch] = asked
    assert(before)
    await settleOne(world, before)
    const steady = (await settleAll(world, batch)) / BigInt(count)
    figures.push({ name: `groth16-fulfil-batch-${count}-each`, bar, steady })
  }
  for (const count of BATCHES) {
    const claims = Array.from({ length: count }, (_, i) => proven('cube', i))
    const steady = (await verifyGas(world, key, claims)) / BigInt(count)
    figures.push({ name: `groth16-verify-batch-${count}-each`, bar: count === 4 ? 100_000 : 56_000, steady })
  }
  figures.push({ name: 'groth16-verify-1', bar: null, steady: await verifyGas(world, key, [proven('cube')]) })
  // Of three public inputs, as a committee's proof has them.
  const three = trapdoor({ outputs: 1, inputs: 2 })
  const claim = { publicInputs: [1n, 2n, 3n], proof: three.prove([1n, 2n, 3n]) }
  figures.push({
    name: 'groth16-verify-3-inputs',
    bar: null,
    steady: await verifyGas(world, three.key, [claim]),
  })
  const wide = proven('sum')
  figures.push({
    name: 'groth16-verify-80-inputs',
    bar: null,
    steady: await verifyGas(world, wide.key, [wide]),
  })
  return figures
}

/** A wide snapshot takes minutes to register. */
async function main(): Promise<void> {
  const world = await createWorld()
  await world.sealNodes(7)
  for (const { name, steady, bar, firstTime } of await measureProofs(world))
    process.stdout.write(`${name.padEnd(30)}${steady}  bar ${bar ?? '-'}  first time ${firstTime ?? '-'}\n`)
  process.exit()
}

if (process.argv[1] === import.meta.filename) await main()
