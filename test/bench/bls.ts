/**
 * Which group the keys belong in: gas of whole transactions that check one aggregate of 21, 64 and 128 signers drawn from
 * 1,024 nodes, and milliseconds of the JavaScript that makes and checks it. `node test/bench/bls.ts [--settlement]`. A decision in docs/adr cites it.
 *
 * - min-pk: keys in G1, 96 bytes, 256 to a blob; signatures in G2, 192 bytes.
 * - min-sig: keys in G2, 192 bytes, 128 to a blob; signatures in G1, 96 bytes.
 * @module
 */
import assert from 'node:assert/strict'
import { bls12_381 } from '@noble/curves/bls12-381.js'
import { network } from 'hardhat'
import { concat, encodeFunctionData, type Hex, keccak256, numberToHex, parseEventLogs } from 'viem'
import { encodeBlsCertificate } from '../../src/core/bls-certificate.ts'
import {
  BLS_SIGNATURE_TAG,
  blsKeyToPoint,
  blsPossessionDigest,
  blsPublicKey,
  blsSecretOf,
  blsSignatureToPoint,
  proveBlsPossession,
  signBls,
} from '../../src/crypto/bls.ts'
import { fromHex } from '../../src/crypto/bytes.ts'
import { attestationDigest, reportDigest } from '../../src/crypto/eip712.ts'
import { merkleRoot } from '../../src/crypto/merkle.ts'
import { blsKeyRegistryAbi } from '../../src/protocol/abi/bls-key-registry.ts'
import { createWorld, nodeKey } from '../contracts/support/world.ts'

const NODES = 1024
const SIGNERS = [21, 64, 128] as const
const REPEATS = 20
const BLOB_BYTES = 24_576
const COMMITTEE = 64
/** Of a seal, each within a transaction. */
const STEP_NODES = 512
const GAS = 16_000_000n
const MIN_SIG_TAG = 'BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_'

const { G1, G2, longSignatures, shortSignatures } = bls12_381
const MESSAGE = keccak256('0x01')
const coordinate = (value: bigint): Hex => numberToHex(value, { size: 48 })

type Point = { readonly x: bigint; readonly y: bigint }
type TwistPoint = { readonly x: { c0: bigint; c1: bigint }; readonly y: { c0: bigint; c1: bigint } }
const encodeG1 = ({ x, y }: Point): Hex => concat([x, y].map(coordinate))
const encodeG2 = ({ x, y }: TwistPoint): Hex => concat([x.c0, x.c1, y.c0, y.c1].map(coordinate))

/** Nodes 0, 1, …: the secret of node i is i + 1, so that keys are found by adding. */
function keysOf<T extends { add(other: T): T; toAffine(): unknown }>(base: T): readonly T[] {
  const keys: T[] = [base]
  for (let i = 1; i < NODES; i++) keys.push((keys[i - 1] as T).add(base))
  return keys
}

/** Distinct numbers spread over all nodes: what a draw by equal stakes gives. */
function drawn(count: number): readonly number[] {
  const numbers = new Set<number>()
  for (let i = 0; numbers.size < count; i++)
    numbers.add(Number(BigInt(keccak256(numberToHex(i))) % BigInt(NODES)))
  return [...numbers]
}

async function gas(): Promise<void> {
  const { viem } = await network.create()
  const harness = await viem.deployContract('BlsSchemes')
  const publicClient = await viem.getPublicClient()
  const write = harness.write as unknown as Record<string, (args: readonly unknown[]) => Promise<Hex>>
  const receiptOf = async (hash: Hex | undefined) => {
    assert(hash)
    const receipt = await publicClient.waitForTransactionReceipt({ hash })
    assert.equal(receipt.status, 'success')
    return receipt
  }
  const blobsOf = async (keys: readonly Hex[]): Promise<readonly Hex[]> => {
    const perBlob = BLOB_BYTES / ((keys[0] as Hex).length / 2 - 1)
    const blobs: Hex[] = []
    for (let at = 0; at < keys.length; at += perBlob) {
      const receipt = await receiptOf(await write.writeBlob?.([concat(keys.slice(at, at + perBlob))]))
      const [log] = parseEventLogs({ abi: harness.abi, logs: receipt.logs }) as unknown as [
        { args: { blob: Hex } },
      ]
      blobs.push(log.args.blob)
    }
    return blobs
  }
  const g1Blobs = await blobsOf(keysOf(G1.Point.BASE).map((key) => encodeG1(key.toAffine())))
  const g2Blobs = await blobsOf(keysOf(G2.Point.BASE).map((key) => encodeG2(key.toAffine())))
  for (const signers of SIGNERS) {
    const numbers = drawn(signers)
    const secret = numbers.reduce((sum, number) => sum + BigInt(number + 1), 0n)
    const packed = concat(numbers.map((number) => numberToHex(number, { size: 4 })))
    const onG2 = G2.hashToCurve(fromHex(MESSAGE), { DST: BLS_SIGNATURE_TAG })
    const onG1 = G1.hashToCurve(fromHex(MESSAGE), { DST: MIN_SIG_TAG })
    const minPk = encodeG2(onG2.multiply(secret).toAffine())
    const minSig = encodeG1(onG1.multiply(secret).toAffine())
    const pk = await receiptOf(await write.checkMinPk?.([g1Blobs, packed, minPk, MESSAGE]))
    const sig = await receiptOf(await write.checkMinSig?.([g2Blobs, packed, minSig, MESSAGE]))
    line(`gas, ${signers} of ${NODES}`, [`min-pk ${pk.gasUsed}`, `min-sig ${sig.gasUsed}`])
  }
}

/** The whole of it: a committee of 64 of 1,024, all of it signing, drawn, checked and paid; the second time is the steady state. */
async function settlement(): Promise<void> {
  const world = await createWorld({ nodes: { nodesMax: NODES } })
  const { chainId, bls } = world.deployment
  const registry = { address: bls.keyRegistry, abi: blsKeyRegistryAbi } as const
  for (let i = 0; i < NODES; i++) {
    const key = nodeKey(i)
    await world.register(key)
    const secret = blsSecretOf(key.privateKey)
    const publicKey = blsPublicKey(secret)
    const digest = blsPossessionDigest({
      chainId,
      registry: bls.keyRegistry,
      attestor: key.attestor,
      key: publicKey,
    })
    const proof = blsSignatureToPoint(proveBlsPossession(secret, digest))
    const args = [key.attestor, blsKeyToPoint(publicKey), proof] as const
    const used = await world.gasOf(
      world.accounts.operator.writeContract({ ...registry, functionName: 'register', args }),
    )
    if (i === 1) line('gas, key registered', [`${used}`])
  }
  await world.nextEpoch()
  for (let step = 0; step * STEP_NODES < NODES; step++)
    await world.gasOf(world.nodes.write.sealEpoch([BigInt(STEP_NODES)], { gas: GAS }))
  const functionId = await world.deployFunction({
    committeeSize: COMMITTEE,
    verifierSelector: world.deployment.blsQuorumSelector,
  })
  // What a settlement checks, draw included, without paying anybody.
  const harness = await world.viem.deployContract('VerifyHarness', [
    world.deployment.beaconRegistry,
    world.deployment.market,
    await world.market.read.domainSeparator(),
  ])
  for (const packed of [false, true]) {
    for (let group = 0; packed && group < NODES / 256; group++) {
      const args = [group] as const
      const used = await world.gasOf(
        world.accounts.stranger.writeContract({ ...registry, functionName: 'pack', args, gas: GAS }),
      )
      if (group === 0) line('gas, 256 keys packed', [`${used}`])
    }
    const asked = [0, 1].map(() => world.request(functionId, {}, 10n ** 15n))
    const requests = [await asked[0], await asked[1]]
    assert(requests[0])
    await world.openWindow(requests[0].request)
    const gas: bigint[] = []
    for (const each of requests) {
      assert(each)
      const { requestId, request } = each
      const seats = Array.from({ length: COMMITTEE }, (_, seat) => seat)
      const fulfillment = await world.certify(requestId, request, { seats })
      const committee = await world.committeeOf(request)
      const { exit, fuelUsed, output, evidenceHash } = fulfillment
      const report = { requestId, outputHash: keccak256(output), exit, fuelUsed, evidenceHash }
      const digest = attestationDigest(world.marketDomain, {
        functionId: request.functionId,
        epoch: request.epoch,
        round: request.attempts[0]?.round ?? 0n,
        attempt: 0,
        view: 0,
        root: merkleRoot([reportDigest(report)]),
      })
      const shares = committee.map((key, seat) => ({
        seat,
        signature: signBls(blsSecretOf(key.privateKey), digest),
      }))
      const certificate = encodeBlsCertificate(shares)
      const signed = { ...fulfillment, certificate }
      if (gas.length === 0) {
        const data = encodeFunctionData({ abi: harness.abi, functionName: 'verify', args: [request, signed] })
        const sent = world.accounts.deployer.sendTransaction({ to: harness.address, data })
        const state = packed ? 'packed' : 'not packed'
        line(`gas, checks of ${COMMITTEE}`, [state, `${await world.gasOf(sent)}`])
      }
      gas.push((await world.fulfill(request, signed)).gasUsed)
    }
    line(`gas, fulfil of ${COMMITTEE}`, [packed ? 'packed' : 'not packed', ...gas.map(String)])
  }
}

function speed(): void {
  const secret = fromHex(numberToHex(0x5eedn, { size: 32 }))
  const message = fromHex(MESSAGE)
  for (const [name, scheme] of [
    ['min-pk', longSignatures],
    ['min-sig', shortSignatures],
  ] as const) {
    const key = scheme.getPublicKey(secret)
    const sign = () => scheme.sign(scheme.hash(message) as never, secret)
    const signature = sign()
    const verify = () => scheme.verify(signature as never, scheme.hash(message) as never, key as never)
    line(`noble, ${name}, ms`, [`sign ${milliseconds(sign)}`, `verify ${milliseconds(verify)}`])
  }
}

function milliseconds(run: () => unknown): string {
  run()
  const start = performance.now()
  for (let i = 0; i < REPEATS; i++) run()
  return ((performance.now() - start) / REPEATS).toFixed(2)
}

function line(name: string, cells: readonly string[]): void {
  process.stdout.write(`${name.padEnd(24)}${cells.map((cell) => cell.padStart(18)).join('')}\n`)
}

if (!process.argv.includes('--settlement')) {
  await gas()
  speed()
}
await settlement()
// The chain in process keeps the event loop alive.
process.exit()
