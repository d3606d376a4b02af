/**
 * Encrypted key files: Web3 Secret Storage version 3, as geth and others write and read them.
 *
 * The key is derived here with the file's own scrypt or PBKDF2 parameters, bounded, since a file may come from anyone;
 * `ox` does the cipher and the checksum. Keys come from such files or from the environment, never from a flag, which
 * other users of the machine can read.
 * @module
 */
import { type BinaryLike, pbkdf2, randomBytes, randomUUID, type ScryptOptions, scrypt } from 'node:crypto'
import { link, mkdir, open, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { scryptAsync } from '@noble/hashes/scrypt.js'
import * as Keystore from 'ox/Keystore'
import { z } from 'zod'
import { DikastError, InvalidInputError } from '../../protocol/errors.ts'

export type KeystoreFailure =
  /** No such file. */
  | 'missing'
  /** `writeKeystore` never overwrites. */
  | 'exists'
  /** Not a version 3 keystore holding 32 bytes. */
  | 'malformed'
  /** Asks for more memory or time than any honest keystore. */
  | 'too-expensive'
  /** Or the file is damaged: the checksum cannot tell. */
  | 'wrong-password'

export class KeystoreError extends DikastError {
  readonly code = 'KEYSTORE'
  readonly reason: KeystoreFailure
  readonly path: string

  constructor(
    reason: KeystoreFailure,
    path: string,
    options: { readonly fix?: string; readonly cause?: unknown } = {},
  ) {
    super(`keystore ${path}: ${reason}`, options)
    this.reason = reason
    this.path = path
  }
}

const KEY_BYTES = 32
const FILE_BYTES_MAX = 16_384
/** scrypt takes 128·n·r bytes; the common n = 2^18, r = 8 takes 256 MiB. */
const SCRYPT_BYTES_MAX = 512 * 1024 * 1024
const SCRYPT_PARALLEL_MAX = 16
const PBKDF2_ROUNDS_MAX = 10_000_000
/** What is written: about a second of one core. */
const SCRYPT = { n: 262_144, r: 8, p: 1, dklen: 32 } as const

const hex = (bytesMax: number) =>
  z
    .string()
    .regex(/^([0-9a-fA-F]{2})+$/)
    .max(2 * bytesMax)
const positive = z.number().int().positive()
const shape = z.object({
  version: z.literal(3),
  id: z.string().max(100),
  crypto: z.intersection(
    z.object({
      cipher: z.literal('aes-128-ctr'),
      cipherparams: z.object({ iv: hex(16) }),
      ciphertext: hex(64),
      mac: hex(32),
    }),
    z.discriminatedUnion('kdf', [
      z.object({
        kdf: z.literal('scrypt'),
        kdfparams: z.object({ n: positive, r: positive, p: positive, dklen: z.literal(32), salt: hex(64) }),
      }),
      z.object({
        kdf: z.literal('pbkdf2'),
        kdfparams: z.object({
          c: positive,
          prf: z.literal('hmac-sha256'),
          dklen: z.literal(32),
          salt: hex(64),
        }),
      }),
    ]),
  ),
})
type File = z.infer<typeof shape>

/** The 32-byte key in a file. Throws `KeystoreError`. */
export async function readKeystore(path: string, password: string): Promise<Uint8Array> {
  const file = decode(path, await readBounded(path))
  const derived = await derive(path, file, password)
  let key: Uint8Array
  try {
    key = Keystore.decrypt(file as Keystore.Keystore, toHex(derived), { as: 'Bytes' })
  } catch (error) {
    throw new KeystoreError('wrong-password', path, {
      cause: error,
      fix: 'Check the password; a damaged file looks the same.',
    })
  }
  if (key.length !== KEY_BYTES) throw new KeystoreError('malformed', path)
  return key
}

/** Encrypts a 32-byte key into a new file only its user can read. Throws `KeystoreError` when there is one already. */
export async function writeKeystore(
  path: string,
  key: Uint8Array,
  password: string,
  options: { readonly scryptN?: number } = {},
): Promise<void> {
  if (key.length !== KEY_BYTES) throw new InvalidInputError('key', `not ${KEY_BYTES} bytes`)
  if (password === '') throw new InvalidInputError('password', 'is empty', { fix: 'Choose a password.' })
  const kdfparams = { ...SCRYPT, n: options.scryptN ?? SCRYPT.n, salt: randomBytes(32).toString('hex') }
  const derived = await runScrypt(password, Buffer.from(kdfparams.salt, 'hex'), kdfparams)
  const iv = new Uint8Array(randomBytes(16))
  const file = Keystore.encrypt(Uint8Array.from(key), toHex(derived), { kdf: 'scrypt', kdfparams, iv })
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const temporary = join(dirname(path), `.new-${randomUUID()}`)
  try {
    await writeFile(temporary, `${JSON.stringify(file)}\n`, { mode: 0o600, flag: 'wx', flush: true })
    // Unlike a rename, a link never replaces what is there.
    await link(temporary, path)
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error
    throw new KeystoreError('exists', path, {
      cause: error,
      fix: 'Name another file: keys are never overwritten.',
    })
  } finally {
    await rm(temporary, { force: true })
  }
}

/** A 32-byte key from an environment variable, or undefined when it is not set. The value is never repeated. */
export function privateKeyFromEnvironment(
  name: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Uint8Array | undefined {
  const value = environment[name]
  if (value === undefined || value === '') return undefined
  const digits = /^(?:0x)?([0-9a-fA-F]{64})$/.exec(value)?.[1]
  if (digits === undefined) throw new InvalidInputError(name, 'is not 64 hexadecimal digits')
  return Uint8Array.from(Buffer.from(digits, 'hex'))
}

async function readBounded(path: string): Promise<string> {
  const file = await open(path).catch((error: unknown) => {
    throw hasCode(error, 'ENOENT') ? new KeystoreError('missing', path, { cause: error }) : error
  })
  try {
    const buffer = Buffer.alloc(FILE_BYTES_MAX + 1)
    const { bytesRead } = await file.read(buffer, 0, buffer.length, 0)
    if (bytesRead > FILE_BYTES_MAX) throw new KeystoreError('malformed', path)
    return buffer.toString('utf8', 0, bytesRead)
  } finally {
    await file.close()
  }
}

function decode(path: string, text: string): File {
  try {
    const parsed: unknown = JSON.parse(text)
    return shape.parse(lowerCrypto(parsed))
  } catch (error) {
    // The error may quote the file: kept as the cause, out of the message.
    throw new KeystoreError('malformed', path, { cause: error })
  }
}

/** Some old tools wrote `Crypto`. */
function lowerCrypto(parsed: unknown): unknown {
  if (typeof parsed !== 'object' || parsed === null || !('Crypto' in parsed)) return parsed
  return { ...parsed, crypto: parsed.Crypto }
}

async function derive(path: string, file: File, password: string): Promise<Uint8Array> {
  const { crypto } = file
  const salt = Buffer.from(crypto.kdfparams.salt, 'hex')
  if (crypto.kdf === 'pbkdf2') {
    const { c } = crypto.kdfparams
    if (c > PBKDF2_ROUNDS_MAX) throw new KeystoreError('too-expensive', path)
    return promisify(pbkdf2)(password, salt, c, KEY_BYTES, 'sha256')
  }
  const { n, r, p } = crypto.kdfparams
  if (n < 2 || (n & (n - 1)) !== 0 || n > 2 ** 30) throw new KeystoreError('malformed', path)
  if (128 * n * r > SCRYPT_BYTES_MAX || p > SCRYPT_PARALLEL_MAX)
    throw new KeystoreError('too-expensive', path)
  return runScrypt(password, salt, { n, r, p })
}

interface ScryptParameters {
  readonly n: number
  readonly r: number
  readonly p: number
}

function runScrypt(password: string, salt: Uint8Array, { n, r, p }: ScryptParameters): Promise<Uint8Array> {
  // OpenSSL keeps to RFC 7914's n < 2^(128 r / 8); keystores with r = 1 do not.
  if (n >= 2 ** (16 * r)) return scryptAsync(password, salt, { N: n, r, p, dkLen: KEY_BYTES })
  const native = promisify<BinaryLike, BinaryLike, number, ScryptOptions, Buffer>(scrypt)
  return native(password, salt, KEY_BYTES, { N: n, r, p, maxmem: 128 * (n + p + 2) * r + 1024 })
}

const toHex = (bytes: Uint8Array): `0x${string}` => `0x${Buffer.from(bytes).toString('hex')}`

const hasCode = (error: unknown, code: string) =>
  error instanceof Error && 'code' in error && error.code === code
