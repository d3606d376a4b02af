/** Functions that are circuits: what may be deployed, and what may be asked of them. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { keccak256, stringToHex, zeroAddress } from 'viem'
import { encodeVerificationKey } from '../../src/crypto/groth16-key.ts'
import { FIELD_ORDER } from '../../src/crypto/groth16-points.ts'
import { trapdoor } from '../crypto/trapdoor.ts'
import { circuitSpec, deployCircuit, proofSystemOf, registerKey, words } from './support/circuits.ts'
import {
  createWorld,
  type FunctionSpecArgs,
  given,
  revertArgsOf,
  revertOf,
  WINDOW_SECONDS,
  ZERO_HASH,
} from './support/world.ts'

const circuit = trapdoor({ outputs: 1, inputs: 2 })
const INPUT = words(3n, 4n)

const built = given(async () => {
  const world = await createWorld()
  await world.sealNodes(7)
  await registerKey(world, circuit.key)
  return { world, market: world.market }
})

/** The field a specification is refused for. */
async function refusedFor(overrides: Partial<FunctionSpecArgs>): Promise<unknown> {
  const { world } = built()
  const { name, args } = await revertArgsOf(
    world.deployFunction({ ...circuitSpec(world, circuit.key), ...overrides }),
  )
  return name === 'InvalidSpec' ? args[0] : name
}

describe('a circuit', () => {
  it('[ZKP-8] has the contract of its key for a verifier, and one seat', async () => {
    const { world } = built()
    const functionId = await world.deployFunction(circuitSpec(world, circuit.key))
    const terms = await world.functions.read.terms([functionId])
    const keyHash = keccak256(encodeVerificationKey(circuit.key))
    assert.equal(terms.verifier, await proofSystemOf(world).read.keyVerifier([keyHash]))
    assert.notEqual(terms.verifier, zeroAddress)
    assert.equal(terms.committeeSize, 1)
    assert.equal(terms.consensus, 4)
    assert.equal(terms.fuelPrice, 0n)
  })

  it('[ZKP-8] is of mode Zk, and a module is not', async () => {
    const ecdsa = built().world.deployment.ecdsaQuorumSelector
    assert.equal(await refusedFor({ consensus: 0 }), 'kind')
    assert.equal(await refusedFor({ kind: 0 }), 'kind')
    const module = { verifierSelector: ecdsa, committeeSize: 4, verificationKeyHash: ZERO_HASH }
    assert.equal(await refusedFor({ ...module, kind: 0 }), 'kind')
    assert.equal(await refusedFor({ ...module, kind: 1, consensus: 1 }), 'kind')
  })

  it('[ZKP-8] is refused with what only a committee has, naming the field', async () => {
    for (const [field, overrides] of Object.entries({
      committeeSize: { committeeSize: 4 },
      fuelPrice: { fuelPrice: 1n },
      capabilities: { capabilities: `0x${'00'.repeat(31)}01` as const },
      permissions: { permissions: ['https://example.org'] },
      challengeWindow: { challengeWindow: 900 },
      outputBytesMax: { outputBytesMax: 64 },
      verificationKeyHash: { verificationKeyHash: keccak256('0x01') },
      verifierSelector: { verifierSelector: built().world.deployment.ecdsaQuorumSelector },
    }))
      assert.equal(await refusedFor(overrides), field)
    assert.equal(await refusedFor({ committeeSize: 0 }), 'committeeSize')
    assert.equal(await refusedFor({ verificationKeyHash: ZERO_HASH }), 'verificationKeyHash')
    assert.equal(await refusedFor({ verifierSelector: '0x01020304' }), 'UnknownSelector')
    assert.equal(await refusedFor({}), 'no revert')
  })

  it('[ZKP-8] lends its proofs to no module: what checks proofs checks no certificate', async () => {
    const { world } = built()
    const call = world.deployFunction({ verifierSelector: world.deployment.groth16Selector })
    assert.deepEqual(await revertArgsOf(call), { name: 'InvalidSpec', args: ['verifierSelector'] })
  })
})

describe('a request of a circuit', () => {
  it('[ZKP-4] has as many words for an input as the key has inputs, each below the field’s order', async () => {
    const { world, market } = built()
    const functionId = await world.deployFunction(circuitSpec(world, circuit.key))
    await market.read.quote([world.paramsOf(functionId, { input: words(0n, FIELD_ORDER - 1n) })])
    for (const [input, name] of [
      [words(1n), 'PublicInputsMismatch'],
      [words(1n, 2n, 3n), 'PublicInputsMismatch'],
      [stringToHex('a question'), 'PublicInputsMismatch'],
      ['0x', 'PublicInputsMismatch'],
      [words(FIELD_ORDER, 1n), 'PublicInputTooLarge'],
      [words(1n, 2n ** 256n - 1n), 'PublicInputTooLarge'],
    ] as const) {
      const params = world.paramsOf(functionId, { input })
      assert.equal(await revertOf(market.read.quote([params])), name)
      const sent = market.write.request([params], { value: 10n ** 18n, gas: 1_000_000n })
      assert.equal(await revertOf(sent), name)
    }
  })

  it('[ZKP-8] has one node drawn for each attempt, never more', async () => {
    const { world, market } = built()
    const functionId = await world.deployFunction(circuitSpec(world, circuit.key))
    const { request } = await world.request(functionId, { input: INPUT })
    assert.equal(request.committeeSize, 1)
    const params = world.paramsOf(functionId, { input: INPUT, committeeSize: 2 })
    const refused = { name: 'CommitteeTooLarge', args: [2n, 1n] }
    assert.deepEqual(await revertArgsOf(market.read.quote([params])), refused)
    const challenged = world.paramsOf(functionId, { input: INPUT, challengeWindow: 900 })
    assert.equal(await revertOf(market.read.quote([challenged])), 'InvalidChallengeWindow')
  })

  it('[TIME-4] is due a window after its last attempt closes', async () => {
    const { world } = built()
    const functionId = await world.deployFunction(circuitSpec(world, circuit.key))
    for (const attempts of [1, 3]) {
      const { request } = await world.request(functionId, { input: INPUT, attempts })
      const closesAt = request.attempts.at(-1)?.closesAt ?? 0n
      assert.equal(request.deadline, closesAt + BigInt(WINDOW_SECONDS))
    }
    const wasm = await world.request(await world.deployFunction())
    assert.equal(wasm.request.deadline, wasm.request.attempts.at(-1)?.closesAt)
  })

  it('[ZKP-12] holds what a proof is reimbursed and each of its public inputs, and may be topped up to more', async () => {
    const { world, market } = built()
    const functionId = await world.deployFunction(circuitSpec(world, circuit.key))
    const fees = world.deployment.config.market
    const maxFeePerGas = 10n ** 10n
    const gas = BigInt(fees.gasBase + fees.gasPerProof + (fees.gasPerByte + 210) * 96 + 50_000)
    const params = world.paramsOf(functionId, { input: INPUT, callbackGas: 50_000, maxFeePerGas })
    const flat = 10n ** 14n
    const others = fees.selectionFee + flat + 5n * 10n ** 13n + (flat * BigInt(fees.protocolFeeBps)) / 10_000n
    assert.equal(await market.read.quote([params]), others + gas * maxFeePerGas)
    assert.deepEqual(await market.read.proofGasConstants(), [BigInt(fees.gasPerProof), 210n])
    const { request } = await world.request(functionId, { input: INPUT, callbackGas: 50_000, maxFeePerGas })
    const account = world.accounts.requester.account
    const raise = gas * maxFeePerGas
    const short = market.write.topUp([request, 2n * maxFeePerGas], { account, value: raise - 1n })
    assert.equal(await revertOf(short), 'PaymentTooSmall')
    await market.write.topUp([request, 2n * maxFeePerGas], { account, value: raise })
  })

  it('[ZKP-8] of 80 public inputs is asked and settled like one of two', async () => {
    const { world } = built()
    const wide = trapdoor({ outputs: 1, inputs: 79 })
    const functionId = await deployCircuit(world, wide.key)
    const input = words(...Array.from({ length: 79 }, (_, i) => BigInt(i)))
    const { request } = await world.request(functionId, { input })
    assert.equal(request.input, input)
  })
})
