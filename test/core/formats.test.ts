import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { decodeCertificate, encodeCertificate, verifyCertificate } from '../../src/core/certificate.ts'
import { committeeSizeMax, faultsTolerated, quorumOf } from '../../src/core/consensus/quorum.ts'
import { fromHex, sameHex } from '../../src/crypto/bytes.ts'
import { merkleRoot } from '../../src/crypto/merkle.ts'
import {
  addressOfPrivateKey,
  expandSignature,
  recoverSigner,
  signDigest,
} from '../../src/crypto/signature.ts'
import { type Address, CONSENSUS, type Digest, type Hex } from '../../src/protocol/types.ts'

interface Vectors {
  readonly attestation: { readonly digest: Digest }
  readonly merkle: readonly { readonly leaves: readonly Digest[]; readonly root: Digest }[]
  readonly signatures: readonly {
    readonly privateKey: Hex
    readonly address: Address
    readonly compact: Hex
    readonly expanded: Hex
  }[]
  readonly certificate: {
    readonly committee: readonly Address[]
    readonly quorum: number
    readonly seats: readonly number[]
    readonly bytes: Hex
  }
  readonly quorums: readonly { readonly consensus: number; readonly n: number; readonly quorum: number }[]
}

const vectors = JSON.parse(
  readFileSync(new URL('../vectors/formats.json', import.meta.url), 'utf8'),
) as Vectors
const { committee, quorum, bytes, seats } = vectors.certificate
const digest = vectors.attestation.digest

describe('signatures', () => {
  it('sign, expand and recover as in the vectors [QC-2]', () => {
    for (const { privateKey, address, compact, expanded } of vectors.signatures) {
      assert.equal(signDigest(fromHex(privateKey), digest), compact)
      assert.equal(expandSignature(compact), expanded)
      assert.equal(addressOfPrivateKey(fromHex(privateKey)), address)
      assert.equal(recoverSigner(digest, compact), address)
    }
  })

  it('are refused with a high s, a wrong length or no point', () => {
    const [{ compact } = { compact: '0x' as Hex }] = vectors.signatures
    // The parity bit leaves room for s below 2^255 only: nearly every high s cannot even be written.
    const high = `${compact.slice(0, 66)}7f${'ff'.repeat(31)}` as Hex
    assert.equal(recoverSigner(digest, high), undefined)
    assert.equal(recoverSigner(digest, compact.slice(0, -2) as Hex), undefined)
    assert.equal(recoverSigner(digest, `0x${'ff'.repeat(64)}`), undefined)
    assert.equal(recoverSigner(digest, `0x${'00'.repeat(64)}`), undefined)
  })
})

describe('Merkle roots', () => {
  it('have the shape of RFC 6962, one leaf included [FMT-5]', () => {
    for (const { leaves, root } of vectors.merkle) assert.equal(merkleRoot(leaves), root)
    assert.throws(() => merkleRoot([]), { code: 'INVALID_INPUT' })
  })
})

describe('a quorum', () => {
  it('is as in the vectors for every mode and size [QC-1]', () => {
    for (const { consensus, n, quorum: expected } of vectors.quorums) {
      assert.equal(quorumOf(CONSENSUS[consensus] ?? 'exact', n), expected)
    }
  })

  it('makes any two quorums share an honest member, and is reachable without the faulty ones [QC-1]', () => {
    for (let n = 4; n <= 256; n++) {
      const q = quorumOf('exact', n)
      const f = faultsTolerated(n)
      assert.ok(2 * q - n > f, `n = ${n}`)
      assert.ok(q <= n - f, `n = ${n}`)
    }
  })

  it('is of at most 64 seats, but of an exact function of as many as a certificate names [AGR-2]', () => {
    for (const consensus of CONSENSUS)
      assert.equal(committeeSizeMax(consensus), consensus === 'exact' ? 256 : 64, consensus)
  })
})

describe('a certificate', () => {
  const verify = (certificate: Hex, needed = quorum) =>
    verifyCertificate({ certificate, committee, quorum: needed, digest })

  it('names the seats that signed [QC-2]', () => {
    assert.deepEqual(verify(bytes), seats)
  })

  const signatures = decodeCertificate(bytes, committee.length)
  const bad: readonly [string, string, Hex, number?][] = [
    ['too few signatures', 'quorum-not-reached', encodeCertificate(signatures.slice(0, 3))],
    ['a byte after the last signature', 'malformed', `${bytes}00`],
    ['a byte missing', 'malformed', bytes.slice(0, -2) as Hex],
    ['no bitmap', 'malformed', '0x00'],
    [
      'a seat outside the committee',
      'unknown-seat',
      `0x${0b101101n.toString(16).padStart(64, '0')}${bytes.slice(66)}`,
    ],
    [
      'a seat that did not sign',
      'invalid-signature',
      `0x${0b11110n.toString(16).padStart(64, '0')}${bytes.slice(66)}`,
    ],
    [
      'two signatures swapped',
      'invalid-signature',
      `${bytes.slice(0, 66)}${bytes.slice(194, 322)}${bytes.slice(66, 194)}${bytes.slice(322)}` as Hex,
    ],
    [
      'one signature repeated',
      'invalid-signature',
      `${bytes.slice(0, 66)}${bytes.slice(66, 194)}${bytes.slice(66, 194)}${bytes.slice(322)}` as Hex,
    ],
  ]
  for (const [name, problem, certificate] of bad) {
    it(`is refused with ${name} [QC-2]`, () => {
      assert.throws(() => verify(certificate), { code: 'CERTIFICATE', problem })
    })
  }

  it('is refused for another digest', () => {
    const other = `0x${'11'.repeat(32)}` as Digest
    assert.throws(() => verifyCertificate({ certificate: bytes, committee, quorum, digest: other }), {
      problem: 'invalid-signature',
    })
    assert.ok(committee.every((address) => !sameHex(address, other)))
  })
})
