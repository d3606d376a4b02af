import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import {
  KeystoreError,
  type KeystoreFailure,
  privateKeyFromEnvironment,
  readKeystore,
  writeKeystore,
} from '../../../src/adapters/keystore/keystore.ts'
import { DikastError, InvalidInputError } from '../../../src/protocol/errors.ts'

const scratch = mkdtempSync(join(tmpdir(), 'dikast-keystore-'))
after(() => rmSync(scratch, { recursive: true, force: true }))
let files = 0
const freshPath = () => join(scratch, `${++files}`, 'key.json')
const fileWith = (content: unknown) => {
  const path = join(scratch, `${++files}.json`)
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

const QUICK = { scryptN: 1024 }
const key = Uint8Array.from({ length: 32 }, (_, i) => i + 1)
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

function fails(reason: KeystoreFailure): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof KeystoreError, String(error))
    assert.deepEqual([error.code, error.reason], ['KEYSTORE', reason])
    return true
  }
}

/** The two test vectors of the Web3 Secret Storage Definition; both hold the same key under "testpassword". */
const VECTOR_KEY = '7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d'
const PBKDF2_VECTOR = {
  crypto: {
    cipher: 'aes-128-ctr',
    cipherparams: { iv: '6087dab2f9fdbbfaddc31a909735c1e6' },
    ciphertext: '5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46',
    kdf: 'pbkdf2',
    kdfparams: {
      c: 262144,
      dklen: 32,
      prf: 'hmac-sha256',
      salt: 'ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd',
    },
    mac: '517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2',
  },
  id: '3198bc9c-6672-5ab3-d995-4942343ae5b6',
  version: 3,
}
const SCRYPT_VECTOR = {
  crypto: {
    cipher: 'aes-128-ctr',
    cipherparams: { iv: '83dbcc02d8ccb40e466191a123791e0e' },
    ciphertext: 'd172bf743a674da9cdad04534d56926ef8358534d458fffccd4e6ad2fbde479c',
    kdf: 'scrypt',
    kdfparams: {
      dklen: 32,
      n: 262144,
      p: 8,
      r: 1,
      salt: 'ab0c7876052600dd703518d6fc3fe8984592145b591fc8fb5c6d43190334ba19',
    },
    mac: '2103ac29920d71da29f15d75b4a16dbe95cfd7ff8faea1056c33131d846e3097',
  },
  id: '3198bc9c-6672-5ab3-d995-4942343ae5b6',
  version: 3,
}

describe('a keystore', () => {
  it('gives back the key that was written, to the password it was written with', async () => {
    const path = freshPath()
    await writeKeystore(path, key, 'pässword', QUICK)
    assert.equal(hex(await readKeystore(path, 'pässword')), hex(key))
    await assert.rejects(readKeystore(path, 'password'), fails('wrong-password'))
    await assert.rejects(readKeystore(path, ''), fails('wrong-password'))
  })

  it('reads the vectors of the Web3 Secret Storage Definition', async () => {
    assert.equal(hex(await readKeystore(fileWith(PBKDF2_VECTOR), 'testpassword')), VECTOR_KEY)
    assert.equal(hex(await readKeystore(fileWith(SCRYPT_VECTOR), 'testpassword')), VECTOR_KEY)
  })

  it('is written with the parameters others read: scrypt, n = 2^18, r = 8, p = 1', async () => {
    const path = freshPath()
    await writeKeystore(path, key, 'x')
    const { crypto, version } = JSON.parse(readFileSync(path, 'utf8'))
    const { n, r, p, dklen } = crypto.kdfparams
    assert.deepEqual([version, crypto.kdf, n, r, p, dklen], [3, 'scrypt', 262_144, 8, 1, 32])
    assert.ok(!readFileSync(path, 'utf8').includes(hex(key)))
    assert.equal(hex(await readKeystore(path, 'x')), hex(key))
  })

  it('is readable by its user only', { skip: process.platform === 'win32' }, async () => {
    const path = freshPath()
    await writeKeystore(path, key, 'x', QUICK)
    assert.equal(statSync(path).mode & 0o777, 0o600)
  })

  it('is never overwritten, and leaves nothing else behind', async () => {
    const path = freshPath()
    await writeKeystore(path, key, 'x', QUICK)
    await assert.rejects(writeKeystore(path, new Uint8Array(32), 'x', QUICK), fails('exists'))
    assert.equal(hex(await readKeystore(path, 'x')), hex(key))
    assert.deepEqual(readdirSync(join(path, '..')), ['key.json'])
  })

  it('holds 32 bytes under a password', async () => {
    await assert.rejects(writeKeystore(freshPath(), key.subarray(1), 'x', QUICK), InvalidInputError)
    await assert.rejects(writeKeystore(freshPath(), key, '', QUICK), InvalidInputError)
  })

  it('is refused when it is missing or malformed', async () => {
    await assert.rejects(readKeystore(join(scratch, 'nowhere'), 'x'), fails('missing'))
    const { crypto } = SCRYPT_VECTOR
    const malformed: readonly unknown[] = [
      '',
      'not json',
      'null',
      '[]',
      '{}',
      ' '.repeat(20_000),
      { ...SCRYPT_VECTOR, version: 1 },
      { ...SCRYPT_VECTOR, crypto: { ...crypto, cipher: 'aes-128-cbc' } },
      { ...SCRYPT_VECTOR, crypto: { ...crypto, kdf: 'argon2' } },
      { ...SCRYPT_VECTOR, crypto: { ...crypto, ciphertext: 'zz' } },
      { ...SCRYPT_VECTOR, crypto: { ...crypto, mac: 'abc' } },
      { ...SCRYPT_VECTOR, crypto: { ...crypto, kdfparams: { ...crypto.kdfparams, n: 1000 } } },
      { ...SCRYPT_VECTOR, crypto: { ...crypto, kdfparams: { ...crypto.kdfparams, p: -1 } } },
      { ...SCRYPT_VECTOR, crypto: { ...crypto, kdfparams: { ...crypto.kdfparams, dklen: 8 } } },
    ]
    for (const content of malformed)
      await assert.rejects(readKeystore(fileWith(content), 'x'), fails('malformed'))
  })

  it('is refused when it would take too much memory or time, before either is taken', async () => {
    const { crypto } = SCRYPT_VECTOR
    const scrypt = (params: object) => ({
      ...SCRYPT_VECTOR,
      crypto: { ...crypto, kdfparams: { ...crypto.kdfparams, ...params } },
    })
    const rounds = { ...PBKDF2_VECTOR.crypto, kdfparams: { ...PBKDF2_VECTOR.crypto.kdfparams, c: 2 ** 31 } }
    const expensive = [
      scrypt({ n: 2 ** 30 }),
      scrypt({ r: 2 ** 20 }),
      scrypt({ p: 1000 }),
      { ...PBKDF2_VECTOR, crypto: rounds },
    ]
    for (const content of expensive)
      await assert.rejects(readKeystore(fileWith(content), 'x'), fails('too-expensive'))
  })
})

describe('a key from the environment', () => {
  const digits = hex(key)
  it('is 64 hexadecimal digits, with or without 0x', () => {
    assert.deepEqual(privateKeyFromEnvironment('KEY', { KEY: digits }), key)
    assert.deepEqual(privateKeyFromEnvironment('KEY', { KEY: `0x${digits.toUpperCase()}` }), key)
  })
  it('is undefined when it is not set', () => {
    assert.equal(privateKeyFromEnvironment('KEY', {}), undefined)
    assert.equal(privateKeyFromEnvironment('KEY', { KEY: '' }), undefined)
  })
  it('is refused otherwise, and never repeated in the error', () => {
    const secret = `${digits}00`
    assert.throws(
      () => privateKeyFromEnvironment('KEY', { KEY: secret }),
      (error) =>
        error instanceof DikastError && error.code === 'INVALID_INPUT' && !error.message.includes(digits),
    )
  })
})
