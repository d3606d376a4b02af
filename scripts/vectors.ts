/**
 * Writes the vectors both languages are held to. `--check` fails when the files differ from what the code gives.
 * Run: node scripts/vectors.ts [--check]
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { encodeCertificate } from '../src/core/certificate.ts'
import { quorumOf } from '../src/core/consensus/quorum.ts'
import { encodeSnapshot, encodeSnapshotParts, snapshotOf } from '../src/core/snapshot.ts'
import { selectCommittee } from '../src/core/sortition.ts'
import { toBytesBE, toHex } from '../src/crypto/bytes.ts'
import {
  attestationDigest,
  moduleReceiptDigest,
  nodeBindingDigest,
  reportDigest,
  requestIdOf,
} from '../src/crypto/eip712.ts'
import { functionIdOf } from '../src/crypto/function-id.ts'
import { keccakHex, tagHash } from '../src/crypto/hash.ts'
import { merkleRoot } from '../src/crypto/merkle.ts'
import { committeeSeed, guestSeed } from '../src/crypto/seeds.ts'
import { addressOfPrivateKey, expandSignature, signDigest } from '../src/crypto/signature.ts'
import {
  CONSENSUS,
  type FunctionSpec,
  type Hex,
  type Request,
  type SnapshotMember,
} from '../src/protocol/types.ts'
import { committeeVectors } from './committee-vectors.ts'
import { standingVectors } from './standing-vectors.ts'

/** A word that depends only on its label: vectors need arbitrary but fixed bytes. */
const word = (label: string): Hex => tagHash(`vector:${label}`)
const address = (label: string): Hex => `0x${word(label).slice(-40)}`
const key = (label: string): Uint8Array => Uint8Array.from(Buffer.from(word(label).slice(2), 'hex'))

function members(label: string, weights: readonly bigint[]): SnapshotMember[] {
  return weights.map((weight, i) => ({
    attestor: address(`${label}:${i}`),
    number: 7 * i + 1,
    weight,
  }))
}

function sortition(): unknown {
  const sets: [string, readonly bigint[], readonly number[]][] = [
    ['one node', [5n], [1]],
    [
      'seven nodes of different stakes',
      [1n, 2n, 3n, 5n, 8n, 13n, 21n].map((w) => w * 10n ** 9n),
      [1, 4, 5, 7],
    ],
    ['equal stakes', Array.from({ length: 16 }, () => 32_000_000_000n), [4, 7, 16]],
    ['one node with 99 % of the stake', [99_000n, ...Array.from({ length: 10 }, () => 100n)], [1, 4, 11]],
    ['one node with nearly all of it', [10n ** 18n, ...Array.from({ length: 6 }, () => 1n)], [4, 7]],
    [
      'a hundred nodes',
      Array.from({ length: 100 }, (_, i) => BigInt(1 + ((i * 7919) % 1000)) * 10n ** 9n),
      [5, 21, 64],
    ],
    [
      'a thousand nodes, in two parts',
      Array.from({ length: 1000 }, (_, i) => BigInt(1 + ((i * 104_729) % 100_000))),
      [5, 21],
    ],
    ['a full head', Array.from({ length: 704 }, (_, i) => BigInt(1 + ((i * 104_729) % 100_000))), [21]],
  ]
  return sets.flatMap(([name, weights, sizes]) => {
    const list = members(name, weights)
    const parts = encodeSnapshotParts(list)
    const places = parts.map((_, i) => address(`${name}: part ${i}`))
    const snapshot = {
      head: toHex(encodeSnapshot(list, places)),
      parts: parts.map((part, i) => ({ address: places[i], code: toHex(part) })),
    }
    return sizes.map((size, i) => {
      const seed = word(`${name}:${i}`)
      return { name, seed, size, ...snapshot, committee: selectCommittee(seed, snapshotOf(list), size) }
    })
  })
}

const domain = { chainId: 31_337, contract: address('market') }
const registry = { chainId: 31_337, contract: address('registry') }

const request: Request = {
  requester: address('requester'),
  functionId: word('function'),
  nonce: 7n,
  epoch: 3,
  snapshot: address('snapshot'),
  consensus: 'exact',
  committeeSize: 5,
  verifier: address('verifier'),
  functionOwner: address('owner'),
  deadline: 1_800_000_030n,
  callbackTarget: address('requester'),
  callbackGas: 200_000,
  outputBytesMax: 1024,
  challengeWindow: 0,
  flatFeePerSeat: 10n ** 14n,
  fuelPrice: 1_000n,
  fuelLimit: 1_000_000_000n,
  royalty: 5n * 10n ** 13n,
  protocolFee: 25n * 10n ** 12n,
  maxFeePerGas: 3n * 10n ** 9n,
  input: '0x7b2270616972223a224554482f555344227d',
  attempts: [
    { round: 1000n, opensAt: 1_800_000_000n, closesAt: 1_800_000_015n },
    { round: 1005n, opensAt: 1_800_000_015n, closesAt: 1_800_000_030n },
  ],
}

const spec: FunctionSpec = {
  kind: 'wasm',
  moduleHash: word('module'),
  entry: '_start',
  runtime: 'deterministic-1',
  capabilities: `0x${'00'.repeat(32)}`,
  permissions: [],
  consensus: 0,
  agreement: 'grace=300',
  committeeSize: 5,
  fuelLimit: 1_000_000_000n,
  memoryBytesMax: 16_777_216n,
  outputBytesMax: 1024,
  windowSeconds: 15,
  flatFeePerSeat: 10n ** 14n,
  fuelPrice: 1_000n,
  royalty: 5n * 10n ** 13n,
  verifierSelector: tagHash('dikast.ecdsa-quorum.v1').slice(0, 10) as Hex,
  verificationKeyHash: `0x${'00'.repeat(32)}`,
  challengeWindow: 5400,
}

function formats(): unknown {
  const requestId = requestIdOf(domain, request)
  const output = toHex(toBytesBE(301_242_000_000n, 32))
  const report = {
    requestId,
    outputHash: keccakHex(Buffer.from(output.slice(2), 'hex')),
    exit: 0,
    fuelUsed: 123_456n,
    evidenceHash: `0x${'00'.repeat(32)}` as Hex,
  }
  const root = merkleRoot([reportDigest(report)])
  const attestation = { functionId: request.functionId, epoch: 3, round: 1000n, attempt: 0, view: 0, root }
  const digest = attestationDigest(domain, attestation)
  const keys = [0, 1, 2, 3, 4].map((i) => key(`attestor:${i}`))
  const signatures = keys.map((k) => signDigest(k, digest))
  const binding = { operator: address('operator'), peerId: word('peer'), capabilities: spec.capabilities }
  const receipt = { moduleHash: spec.moduleHash, bytes: 12_345n, storedAt: 1_800_000_000n }
  const draw = {
    chainId: 31_337,
    market: domain.contract,
    functionId: request.functionId,
    epoch: 3,
    round: 1000n,
    attempt: 0,
  }
  const leaves = [1, 2, 3, 4, 5, 6, 7].map((i) => word(`leaf:${i}`))
  return {
    domains: { market: domain, registry },
    request: { value: request, requestId },
    report: { value: report, digest: reportDigest(report), output },
    attestation: { value: attestation, digest },
    merkle: leaves.map((_, i) => ({
      leaves: leaves.slice(0, i + 1),
      root: merkleRoot(leaves.slice(0, i + 1)),
    })),
    signatures: keys.map((k, i) => ({
      privateKey: toHex(k),
      address: addressOfPrivateKey(k),
      compact: signatures[i],
      expanded: expandSignature(signatures[i] ?? '0x'),
    })),
    certificate: {
      committee: keys.map(addressOfPrivateKey),
      quorum: 4,
      seats: [0, 2, 3, 4],
      bytes: encodeCertificate([0, 2, 3, 4].map((seat) => ({ seat, signature: signatures[seat] ?? '0x' }))),
    },
    binding: { value: binding, digest: nodeBindingDigest(registry, binding) },
    receipt: { value: receipt, digest: moduleReceiptDigest(domain, receipt) },
    function: { owner: request.functionOwner, spec, functionId: functionIdOf(request.functionOwner, spec) },
    seed: {
      value: { ...draw, randomness: word('randomness') },
      seed: committeeSeed({ ...draw, randomness: word('randomness') }),
    },
    guestSeed: {
      requestId,
      randomness: word('randomness'),
      seed: toHex(guestSeed(requestId, word('randomness'))),
    },
    quorums: CONSENSUS.flatMap((consensus, index) =>
      [1, 4, 5, 6, 7, 10, 16, 21, 31, 64, 128, 256].map((n) => ({
        consensus: index,
        n,
        quorum: quorumOf(consensus, n),
      })),
    ),
  }
}

const files = {
  'sortition.json': sortition(),
  'formats.json': formats(),
  'committee-proof.json': committeeVectors(),
  'standing-committees.json': standingVectors(),
}
let stale = false
for (const [name, value] of Object.entries(files)) {
  const path = new URL(`../test/vectors/${name}`, import.meta.url)
  const text = `${JSON.stringify(value, (_, v: unknown) => (typeof v === 'bigint' ? v.toString() : v), 1)}\n`
  if (!process.argv.includes('--check')) writeFileSync(path, text)
  else if (readFileSync(path, 'utf8') !== text) stale = true
}
if (stale) {
  process.stderr.write('vectors differ from the code: run `node scripts/vectors.ts` and review the change\n')
  process.exitCode = 1
}
