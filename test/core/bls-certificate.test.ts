import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  decodeBlsCertificate,
  encodeBlsCertificate,
  verifyBlsCertificate,
} from '../../src/core/bls-certificate.ts'
import { CertificateError, type CertificateProblem, signedSeats } from '../../src/core/certificate.ts'
import { blsPublicKey, blsSecretOf, signBls } from '../../src/crypto/bls.ts'
import { fromHex } from '../../src/crypto/bytes.ts'
import { tagHash } from '../../src/crypto/hash.ts'
import type { Hex } from '../../src/protocol/types.ts'

const secrets = [0, 1, 2, 3, 4].map((i) => blsSecretOf(fromHex(tagHash(`key ${i}`))))
const keys = secrets.map(blsPublicKey)
const digest = tagHash('digest')
const share = (seat: number, signed = digest) => ({
  seat,
  signature: signBls(secrets[seat] as Uint8Array, signed),
})
const certificate = encodeBlsCertificate([0, 2, 3, 4].map((seat) => share(seat)))

function refused(
  problem: CertificateProblem,
  change: Partial<Parameters<typeof verifyBlsCertificate>[0]>,
): void {
  assert.throws(
    () => verifyBlsCertificate({ certificate, keys, quorum: 4, digest, ...change }),
    (error) => error instanceof CertificateError && error.problem === problem,
  )
}

/** The certificate with another bitmap. */
const naming = (bitmap: bigint): Hex => `0x${bitmap.toString(16).padStart(64, '0')}${certificate.slice(66)}`

describe('a BLS certificate', () => {
  it('[QC-4] names its seats, is 224 bytes long, and is verified under their keys', () => {
    assert.equal(certificate.length, 2 + 2 * 224)
    assert.deepEqual(verifyBlsCertificate({ certificate, keys, quorum: 4, digest }), [0, 2, 3, 4])
    assert.deepEqual(signedSeats(certificate, 5), [0, 2, 3, 4])
    const reordered = encodeBlsCertificate([4, 0, 3, 2].map((seat) => share(seat)))
    assert.equal(reordered, certificate)
  })

  it('[QC-4] is refused below the quorum, for another digest, and with a share of another digest in it', () => {
    refused('quorum-not-reached', { quorum: 5 })
    refused('invalid-signature', { digest: tagHash('another') })
    const spoiled = encodeBlsCertificate([share(0), share(2), share(3), share(4, tagHash('another'))])
    refused('invalid-signature', { certificate: spoiled })
  })

  it('[QC-4] is refused under a bitmap of more, other or fewer seats, and with a seat counted twice', () => {
    refused('invalid-signature', { certificate: naming(0b11111n) })
    refused('invalid-signature', { certificate: naming(0b01111n) })
    refused('invalid-signature', { certificate: naming(0b01101n), quorum: 3 })
    refused('unknown-seat', { certificate: naming(0b111101n) })
    const twice = encodeBlsCertificate([share(0), share(2), share(3), share(4), share(4)])
    refused('invalid-signature', { certificate: twice })
  })

  it('[QC-4] is refused with a seat that has no key', () => {
    refused('unknown-seat', { keys: keys.with(3, undefined as unknown as Hex) })
  })

  it('[QC-4] is refused at another length and with an aggregate that is no point', () => {
    refused('malformed', { certificate: `${certificate}00` })
    refused('malformed', { certificate: certificate.slice(0, -2) as Hex })
    refused('malformed', { certificate: `${certificate.slice(0, -2)}00` as Hex })
    refused('malformed', { certificate: `${certificate.slice(0, 66)}${'00'.repeat(192)}` as Hex })
    assert.throws(() => decodeBlsCertificate('0x', 5), CertificateError)
  })
})
