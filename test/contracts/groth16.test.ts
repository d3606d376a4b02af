/** The verifier of proofs alone: keys it takes, proofs it takes, one by one and many at once. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { bn254 } from '@noble/curves/bn254.js'
import { network } from 'hardhat'
import {
  type Address,
  decodeFunctionResult,
  encodeFunctionData,
  getContract,
  type Hex,
  keccak256,
  parseEventLogs,
  zeroAddress,
} from 'viem'
import { concat, fromBytesBE, fromHex, toBytesBE, toHex } from '../../src/crypto/bytes.ts'
import { decodeProof, encodeProof } from '../../src/crypto/groth16.ts'
import {
  encodeVerificationKey,
  publicInputCount,
  type VerificationKey,
} from '../../src/crypto/groth16-key.ts'
import { COORDINATE_ORDER, FIELD_ORDER } from '../../src/crypto/groth16-points.ts'
import { proofSystemAbi } from '../../src/protocol/abi/proof-system.ts'
import { proofVerifierAbi } from '../../src/protocol/abi/proof-verifier.ts'
import { proven, vectors } from '../crypto/groth16-vectors.ts'
import { trapdoor } from '../crypto/trapdoor.ts'
import { revertArgsOf, revertOf } from './support/world.ts'

const { G1, G2 } = bn254

const { viem } = await network.create({ network: 'default', override: { hardfork: 'osaka' } })
const publicClient = await viem.getPublicClient()
const [wallet] = await viem.getWalletClients()
assert(wallet)
const client = { public: publicClient, wallet }
const system = getContract({
  abi: proofSystemAbi,
  address: (await viem.deployContract('Groth16Verifier')).address,
  client,
})
const verifierAt = (address: Address) => getContract({ abi: proofVerifierAbi, address, client })

interface Claim {
  readonly publicInputs: readonly bigint[]
  readonly proof: Uint8Array
}

/** The contract that checks proofs under a key, which it registers. */
async function verifierOf(key: VerificationKey) {
  const bytes = toHex(encodeVerificationKey(key))
  await system.write.register([bytes])
  const address = await system.read.keyVerifier([keccak256(bytes)])
  return verifierAt(address)
}

/** As the market composes them: of a bound key the last public input stands apart. */
function argumentsOf(key: VerificationKey, claims: readonly Claim[]): readonly [Hex, readonly bigint[], Hex] {
  const words = publicInputCount(key) - (key.isBound ? 1 : 0)
  const inputs = claims.flatMap(({ publicInputs }) => publicInputs.slice(0, words))
  return [
    toHex(concat(...inputs.map((value) => toBytesBE(value, 32)))),
    claims.map(({ publicInputs }) => (key.isBound ? (publicInputs[words] ?? 0n) : 0n)),
    toHex(concat(...claims.map(({ proof }) => proof))),
  ]
}

async function verdictOf(key: VerificationKey, ...claims: readonly Claim[]): Promise<string> {
  const verifier = await verifierOf(key)
  return await revertOf(verifier.read.verify(argumentsOf(key, claims)))
}

const HOLDS = 'no revert'

function withWord(bytes: Uint8Array, index: number, value: bigint, from = 0): Uint8Array {
  const changed = Uint8Array.from(bytes)
  changed.set(toBytesBE(value, 32), from + 32 * index)
  return changed
}
const wordAt = (bytes: Uint8Array, index: number, from = 0): bigint =>
  fromBytesBE(bytes.subarray(from + 32 * index, from + 32 * index + 32))

/** A point of the twist outside the subgroup: x = (1, 0) is one's. */
function outsideSubgroup(): Uint8Array {
  const { Fp2 } = bn254.fields
  const b = Fp2.mul(Fp2.fromBigTuple([3n, 0n]), Fp2.inv(Fp2.fromBigTuple([9n, 1n])))
  for (let i = 1n; i < 100n; i++) {
    const x = Fp2.fromBigTuple([i, 0n])
    const square = Fp2.add(Fp2.mul(Fp2.sqr(x), x), b)
    if (!Fp2.eql(Fp2.pow(square, (Fp2.ORDER - 1n) / 2n), Fp2.ONE)) continue
    const y = Fp2.sqrt(square)
    if (G2.Point.fromAffine({ x, y }).isTorsionFree()) continue
    return concat(...[x.c1, x.c0, y.c1, y.c0].map((word) => toBytesBE(word, 32)))
  }
  return assert.fail('no such point')
}

describe('a verification key', () => {
  for (const [name, vector] of Object.entries(vectors)) {
    it(`of circuit ${name} is registered once, by anyone, under the hash of its bytes [ZKP-1]`, async () => {
      const hash = await system.write.register([vector.bytes])
      const { logs } = await publicClient.waitForTransactionReceipt({ hash })
      const [log] = parseEventLogs({ abi: system.abi, logs, eventName: 'KeyRegistered' })
      assert(log)
      const { keyHash, verifier, flags, outputs, inputs } = log.args
      assert.equal(keyHash, vector.hash)
      assert.equal(flags, vector.isBound ? 2 : 0)
      assert.deepEqual([outputs, inputs], [vector.outputs, vector.inputs])
      assert.equal(await system.read.keyVerifier([vector.hash]), verifier)
      const again = await system.write.register([vector.bytes])
      assert.deepEqual((await publicClient.waitForTransactionReceipt({ hash: again })).logs, [])
      assert.equal(await system.read.keyVerifier([vector.hash]), verifier)
      const contract = verifierAt(verifier)
      const shape = await contract.read.shape()
      assert.deepEqual(shape, [BigInt(vector.outputs), BigInt(vector.inputs), vector.isBound, false])
      const code = await publicClient.getCode({ address: verifier })
      assert(code !== undefined)
      const length = (vector.bytes.length - 2) / 2
      assert(code.endsWith(`${vector.bytes.slice(2)}${length.toString(16).padStart(4, '0')}`))
    })
  }

  it('nobody registered has no contract', async () => {
    assert.equal(await system.read.keyVerifier([keccak256('0x01')]), zeroAddress)
  })

  it('is refused when anybody could forge proofs under it [ZKP-2]', async () => {
    const bytes = fromHex(vectors.cube.bytes)
    for (const delta of [G2.Point.BASE, G2.Point.BASE.negate()]) {
      const { x, y } = delta.toAffine()
      const point = concat(...[x.c1, x.c0, y.c1, y.c0].map((word) => toBytesBE(word, 32)))
      // With a gamma of its own: that of snarkjs's keys is the generator.
      const key = Uint8Array.from(bytes)
      key.set(bytes.subarray(69, 197), 197)
      key.set(point, 325)
      assert.deepEqual(await revertArgsOf(system.write.register([toHex(key)])), refused('delta'))
    }
    const { key } = trapdoor({ outputs: 1, inputs: 1 })
    const made = encodeVerificationKey(key)
    for (const gamma of [key.delta, key.delta.negate()]) {
      const { x, y } = gamma.toAffine()
      const changed = Uint8Array.from(made)
      changed.set(concat(...[x.c1, x.c0, y.c1, y.c0].map((word) => toBytesBE(word, 32))), 197)
      assert.deepEqual(await revertArgsOf(system.write.register([toHex(changed)])), refused('delta'))
    }
  })

  it('is refused with another length or unknown flags [ZKP-2]', async () => {
    const bytes = fromHex(vectors.factors.bytes)
    for (const other of [
      bytes.subarray(0, 452),
      bytes.subarray(1),
      concat(bytes, Uint8Array.of(0)),
      new Uint8Array(),
    ]) {
      assert.equal(await revertOf(system.write.register([toHex(other)])), 'InvalidKey')
    }
    for (const [at, value, field] of [
      [0, 4, 'flags'],
      [0, 0x82, 'flags'],
      [0, 0, 'length'],
      [1, 1, 'inputs'],
      [2, 2, 'length'],
      [4, 0, 'length'],
    ] as const) {
      const changed = Uint8Array.from(bytes)
      changed[at] = value
      assert.deepEqual(await revertArgsOf(system.write.register([toHex(changed)])), refused(field))
    }
  })

  it('is refused when a point is infinity, not canonical, off the curve or outside the subgroup [ZKP-2]', async () => {
    const bytes = fromHex(vectors.cube.bytes)
    const points: [string, number, number][] = [
      ['alpha', 5, 2],
      ['beta', 69, 4],
      ['gamma', 197, 4],
      ['delta', 325, 4],
      ['IC', 453, 2],
      ['IC', 581, 2],
    ]
    for (const [field, offset, words] of points) {
      const infinity = Uint8Array.from(bytes)
      infinity.fill(0, offset, offset + 32 * words)
      assert.deepEqual(await revertArgsOf(system.write.register([toHex(infinity)])), refused(field))
      for (let word = 0; word < words; word++) {
        const value = wordAt(bytes, word, offset)
        for (const other of [value ^ 1n, value + COORDINATE_ORDER]) {
          const changed = toHex(withWord(bytes, word, other, offset))
          assert.deepEqual(await revertArgsOf(system.write.register([changed])), refused(field))
        }
      }
    }
    for (const [field, offset] of [
      ['beta', 69],
      ['gamma', 197],
      ['delta', 325],
    ] as const) {
      const outside = Uint8Array.from(bytes)
      outside.set(outsideSubgroup(), offset)
      assert.deepEqual(await revertArgsOf(system.write.register([toHex(outside)])), refused(field))
    }
  })

  it('has at most 256 public inputs [ZKP-2]', async () => {
    const { key } = trapdoor({ outputs: 1, inputs: 255 })
    const verifier = await verifierOf(key)
    assert.deepEqual(await verifier.read.shape(), [1n, 255n, false, false])
    const bytes = encodeVerificationKey(key)
    const longer = concat(bytes, bytes.subarray(453, 517))
    longer.set([1, 0], 3)
    assert.deepEqual(await revertArgsOf(system.write.register([toHex(longer)])), refused('inputs'))
  })
})

describe('a proof', () => {
  it('of snarkjs holds [ZKP-3]', async () => {
    for (const name of ['cube', 'factors', 'sum'] as const) {
      const { key, ...claim } = proven(name)
      assert.equal(await verdictOf(key, claim), HOLDS)
    }
  })

  it('does not hold for another output, another input or another binding [ZKP-3]', async () => {
    const { key, publicInputs, proof } = proven('factors')
    for (const place of publicInputs.keys()) {
      const others = publicInputs.map((value, i) => (i === place ? value + 1n : value))
      assert.equal(await verdictOf(key, { publicInputs: others, proof }), 'InvalidProof')
    }
    assert.equal(await verdictOf(key, { ...proven('factors', 1), proof }), 'InvalidProof')
  })

  it('does not hold with a point negated or in another’s place, and holds when re-randomised [ZKP-7]', async () => {
    const { key, publicInputs, proof } = proven('cube')
    const points = decodeProof(proof)
    assert(typeof points === 'object')
    const { a, b, c } = points
    for (const other of [
      { a: a.negate(), b, c },
      { a, b: b.negate(), c },
      { a, b, c: c.negate() },
      { a: c, b, c: a },
    ]) {
      assert.equal(await verdictOf(key, { publicInputs, proof: encodeProof(other) }), 'InvalidProof')
    }
    const k = 0xdecafn
    const other = encodeProof({ a: a.multiply(k), b: b.multiply(G1.Point.Fn.inv(k)), c })
    assert.equal(await verdictOf(key, { publicInputs, proof: other }), HOLDS)
  })

  it('does not hold for inputs at or above the field’s order, which stand for others [ZKP-3]', async () => {
    const { key, publicInputs, proof } = proven('factors')
    const verifier = await verifierOf(key)
    for (const place of publicInputs.keys()) {
      const above = publicInputs.map((value, i) => (i === place ? value + FIELD_ORDER : value))
      const args = argumentsOf(key, [{ publicInputs: above, proof }])
      const index = BigInt(place === 2 ? 0 : place)
      const refusal = { name: 'PublicInputTooLarge', args: [index, above[place]] }
      assert.deepEqual(await revertArgsOf(verifier.read.verify(args)), refusal)
    }
  })

  it('with a point off the curve, at infinity, in another encoding or outside the subgroup is none [ZKP-3]', async () => {
    const { key, publicInputs, proof } = proven('cube')
    const others: Uint8Array[] = []
    for (let word = 0; word < 8; word++) {
      others.push(withWord(proof, word, wordAt(proof, word) ^ 1n))
      others.push(withWord(proof, word, wordAt(proof, word) + COORDINATE_ORDER))
    }
    for (const [from, to] of [
      [0, 64],
      [64, 192],
      [192, 256],
    ] as const) {
      others.push(Uint8Array.from(proof).fill(0, from, to))
    }
    const outside = Uint8Array.from(proof)
    outside.set(outsideSubgroup(), 64)
    others.push(outside)
    for (const other of others) {
      assert.equal(await verdictOf(key, { publicInputs, proof: other }), 'InvalidProof')
    }
  })

  it('with infinity in it does not hold even where the equation does [ZKP-3]', async () => {
    const { key, prove, fixedBy } = trapdoor({ outputs: 1, inputs: 1 })
    const publicInputs = [1n, 2n]
    const { Fn } = G1.Point
    // A at infinity, or B, and C = -(alpha beta + L gamma) / delta; or C, and a b = alpha beta + L gamma.
    const withoutA = prove(publicInputs, { a: 0n, b: 5n })
    const withoutB = prove(publicInputs, { a: 5n, b: 0n })
    const withoutC = prove(publicInputs, { a: 5n, b: Fn.mul(fixedBy(publicInputs), Fn.inv(5n)) })
    for (const [proof, from, to] of [
      [withoutA, 0, 64],
      [withoutB, 64, 192],
      [withoutC, 192, 256],
    ] as const) {
      assert.deepEqual(proof.subarray(from, to), new Uint8Array(to - from))
      assert.equal(await verdictOf(key, { publicInputs, proof }), 'InvalidProof')
    }
    // Among others A is multiplied, and infinity is what that gives.
    const valid = { publicInputs, proof: prove(publicInputs) }
    assert.equal(await verdictOf(key, valid, { publicInputs, proof: withoutA }), 'InvalidProof')
    // A written as (0, p), which a negation turns into infinity.
    const proof = withWord(withoutA, 1, COORDINATE_ORDER)
    assert.equal(await verdictOf(key, { publicInputs, proof }), 'InvalidProof')
  })

  it('of another length, or with more or fewer inputs, is refused by name [ZKP-3]', async () => {
    const { key, publicInputs, proof } = proven('cube')
    const verifier = await verifierOf(key)
    const [inputs, bindings] = argumentsOf(key, [{ publicInputs, proof }])
    for (const other of [proof.subarray(1), concat(proof, Uint8Array.of(0)), new Uint8Array(0)]) {
      const call = verifier.read.verify([inputs, bindings, toHex(other)])
      assert.deepEqual(await revertArgsOf(call), { name: 'MalformedProof', args: [BigInt(other.length)] })
    }
    const none = verifier.read.verify(['0x', [], '0x'])
    assert.deepEqual(await revertArgsOf(none), { name: 'MalformedProof', args: [0n] })
    for (const other of ['0x', `${inputs}00`, `${inputs}${'00'.repeat(32)}`] as const) {
      const call = verifier.read.verify([other, bindings, toHex(proof)])
      const length = BigInt((other.length - 2) / 2)
      assert.deepEqual(await revertArgsOf(call), { name: 'PublicInputsMismatch', args: [length, 64n] })
    }
  })

  it('holds when its inputs sum to infinity, alone and among others', async () => {
    const { key, prove } = trapdoor({ outputs: 1, inputs: 1, cancels: true })
    const claim = { publicInputs: [1n, 0n], proof: prove([1n, 0n]) }
    assert.equal(await verdictOf(key, claim), HOLDS)
    assert.equal(await verdictOf(key, claim, claim), HOLDS)
    assert.equal(await verdictOf(key, { ...claim, publicInputs: [2n, 0n] }), 'InvalidProof')
  })
})

describe('a request’s input', () => {
  it('has the words of the key, each below the field’s order [ZKP-4]', async () => {
    const { key } = trapdoor({ outputs: 1, inputs: 2 })
    const verifier = await verifierOf(key)
    const inputOf = (...values: bigint[]) => toHex(concat(...values.map((value) => toBytesBE(value, 32))))
    await verifier.read.checkInput([inputOf(0n, FIELD_ORDER - 1n)])
    for (const [input, name] of [
      [inputOf(1n), 'PublicInputsMismatch'],
      [inputOf(1n, 2n, 3n), 'PublicInputsMismatch'],
      [`${inputOf(1n, 2n)}00`, 'PublicInputsMismatch'],
      ['0x', 'PublicInputsMismatch'],
      [inputOf(1n, FIELD_ORDER), 'PublicInputTooLarge'],
      [inputOf(2n ** 256n - 1n, 0n), 'PublicInputTooLarge'],
    ] as const) {
      assert.equal(await revertOf(verifier.read.checkInput([input])), name)
    }
  })
})

describe('many proofs of one key', () => {
  const many = (count: number, from = 0) =>
    Array.from({ length: count }, (_, i) => {
      const { publicInputs, proof } = proven('cube', from + i)
      return { publicInputs, proof }
    })
  const { key } = proven('cube')

  it('hold together when each does [ZKP-6]', async () => {
    for (const count of [2, 3, 8]) assert.equal(await verdictOf(key, ...many(count)), HOLDS)
    const [one] = many(1)
    assert(one)
    assert.equal(await verdictOf(key, one, one, one), HOLDS)
  })

  it('hold together under a key with a binding [ZKP-6]', async () => {
    const bound = [proven('factors', 0), proven('factors', 1)]
    assert.equal(await verdictOf(proven('factors').key, ...bound), HOLDS)
    const [first, second] = bound
    assert(first && second)
    const exchanged = [
      { ...first, publicInputs: [...first.publicInputs.slice(0, 2), second.publicInputs[2] ?? 0n] },
      { ...second, publicInputs: [...second.publicInputs.slice(0, 2), first.publicInputs[2] ?? 0n] },
    ]
    assert.equal(await verdictOf(proven('factors').key, ...exchanged), 'InvalidProof')
  })

  it('do not hold together when one does not, wherever it stands, and each is told [ZKP-6]', async () => {
    const verifier = await verifierOf(key)
    for (let bad = 0; bad < 4; bad++) {
      const claims = many(4).map((claim, i) =>
        i === bad
          ? { ...claim, publicInputs: [(claim.publicInputs[0] ?? 0n) + 1n, ...claim.publicInputs.slice(1)] }
          : claim,
      )
      assert.equal(await verdictOf(key, ...claims), 'InvalidProof')
      const each = await verifier.read.verifyEach(argumentsOf(key, claims))
      assert.deepEqual(
        each,
        claims.map((_, i) => i !== bad),
      )
    }
  })

  it('do not hold when their errors cancel each other out, or their outputs are exchanged [ZKP-6]', async () => {
    const [one, two] = many(2)
    assert(one && two)
    const exchanged = [
      { ...one, publicInputs: [two.publicInputs[0] ?? 0n, one.publicInputs[1] ?? 0n] },
      { ...two, publicInputs: [one.publicInputs[0] ?? 0n, two.publicInputs[1] ?? 0n] },
    ]
    // Without powers the sums over both would be the same.
    assert.equal(await verdictOf(key, ...exchanged), 'InvalidProof')
    // Nor when C of one takes up what the other's lacks.
    const [p, q] = [decodeProof(one.proof), decodeProof(two.proof)]
    assert(typeof p === 'object' && typeof q === 'object')
    const shifted = [
      { ...one, proof: encodeProof({ ...p, c: p.c.add(G1.Point.BASE) }) },
      { ...two, proof: encodeProof({ ...q, c: q.c.subtract(G1.Point.BASE) }) },
    ]
    assert.equal(await verdictOf(key, ...shifted), 'InvalidProof')
  })

  it('are told apart one by one, also when one is no point, which costs all the gas its check has [ZKP-6]', async () => {
    const verifier = await verifierOf(key)
    const claims = many(6).map((claim, i) => {
      if (i === 1) return { ...claim, proof: new Uint8Array(256).fill(0xff) }
      if (i === 4) return { ...claim, publicInputs: [FIELD_ORDER, claim.publicInputs[1] ?? 0n] }
      return claim
    })
    const call = { abi: proofVerifierAbi, functionName: 'verifyEach' } as const
    const data = encodeFunctionData({ ...call, args: argumentsOf(key, claims) })
    const answer = await publicClient.call({ to: verifier.address, data, gas: 6_000_000n })
    const each = decodeFunctionResult({ ...call, data: answer.data ?? '0x' })
    assert.deepEqual(each, [true, false, true, true, false, true])
  })
})

function refused(field: string) {
  return { name: 'InvalidKey', args: [field] }
}
