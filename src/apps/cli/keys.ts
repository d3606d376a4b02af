/**
 * Keys and passwords: from the environment or an encrypted file, never from a flag.
 * @module
 */
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { readKeystore } from '../../adapters/keystore/keystore.ts'
import { fromHex, toHex } from '../../crypto/bytes.ts'
import { InvalidInputError } from '../../protocol/errors.ts'
import { makeFolder } from '../shared/folder.ts'
import { textOption } from './arguments.ts'
import type { Options } from './command.ts'

/** A 32-byte key from an environment variable, or undefined when it is not set. */
export function keyFromEnvironment(name: string): Uint8Array | undefined {
  const value = process.env[name]
  if (value === undefined || value === '') return undefined
  if (!/^(0x)?[0-9a-fA-F]{64}$/.test(value)) {
    // The value itself is secret: never echo it.
    throw new InvalidInputError(name, 'is not 64 hexadecimal digits', {
      fix: 'give a private key of 32 bytes in hexadecimal, 0x first',
    })
  }
  return fromHex(value.startsWith('0x') ? value : `0x${value}`, name, 32)
}

/** The key of the account that pays: --keystore, or DIKAST_KEY. */
export async function accountKey(options: Options): Promise<Uint8Array> {
  const keystore = textOption(options, 'keystore')
  if (keystore !== undefined) return readKeystore(keystore, await password(`password of ${keystore}: `))
  const key = keyFromEnvironment('DIKAST_KEY')
  if (key !== undefined) return assertScalar('DIKAST_KEY', key)
  throw new InvalidInputError('key', 'no account to pay with', {
    fix: 'set DIKAST_KEY, or name an encrypted key file with --keystore',
  })
}

/** Throws unless the bytes are a private key of secp256k1; some 2^128 in 2^256 are not. */
export function assertScalar(name: string, key: Uint8Array): Uint8Array {
  if (!secp256k1.utils.isValidSecretKey(key)) {
    throw new InvalidInputError(name, 'is not a private key of secp256k1', {
      fix: 'give the key of an Ethereum account',
    })
  }
  return key
}

/** DIKAST_PASSWORD, or what is typed at the terminal without being shown. */
export async function password(
  prompt: string,
  options: { readonly confirm?: boolean } = {},
): Promise<string> {
  const given = process.env.DIKAST_PASSWORD
  if (given !== undefined) return given
  if (!process.stdin.isTTY) {
    throw new InvalidInputError('password', 'there is no terminal to ask at', { fix: 'set DIKAST_PASSWORD' })
  }
  const typed = await ask(prompt)
  if (options.confirm === true && typed !== (await ask('again: '))) {
    throw new InvalidInputError('password', 'the two differ', { fix: 'try again' })
  }
  return typed
}

async function ask(prompt: string): Promise<string> {
  process.stderr.write(prompt)
  const hidden = new Writable({ write: (_chunk, _encoding, done) => done() })
  const terminal = createInterface({ input: process.stdin, output: hidden, terminal: true })
  try {
    const typed = terminal.question('')
    const left = new Promise<never>((_resolve, reject) => {
      // Ctrl-C and Ctrl-D end the line without an answer; the question would wait for ever.
      terminal.once('close', () =>
        reject(
          new InvalidInputError('password', 'was not given', { fix: 'type it, or set DIKAST_PASSWORD' }),
        ),
      )
    })
    return await Promise.race([typed, left])
  } finally {
    terminal.close()
    process.stderr.write('\n')
  }
}

/** A coordinator's libp2p key guards nothing but its peer id: kept beside its store, readable by its user only. */
export function persistentNetworkKey(folder: string): Uint8Array {
  const fromEnvironment = keyFromEnvironment('DIKAST_NETWORK_KEY')
  if (fromEnvironment !== undefined) return fromEnvironment
  const file = join(folder, 'network.key')
  if (existsSync(file)) {
    const held = readFileSync(file, 'utf8').trim()
    if (!/^0x[0-9a-fA-F]{64}$/.test(held)) {
      throw new InvalidInputError('--data', `${file} does not hold a key`, {
        fix: 'remove it: another is made, with another peer id',
      })
    }
    return fromHex(held, file, 32)
  }
  makeFolder(folder)
  const key = new Uint8Array(randomBytes(32))
  writeFileSync(file, `${toHex(key)}\n`, { mode: 0o600 })
  return key
}
