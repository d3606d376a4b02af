/**
 * iden3's rapidsnark, where an operator has installed it: `rapidsnark key.zkey witness.wtns proof.json public.json`. A process for
 * each proof, one at a time; keys and witnesses are files in a folder of our own that others cannot read.
 *
 * What is written there is removed when the proof ends, and keys when the prover is closed. It is held to the bounds of the
 * others: a key is read by us first.
 * @module
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { access, constants, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, isAbsolute, join, resolve } from 'node:path'
import { type Proof, type ProofJob, type ProofOptions, type Prover, ProverError } from '../../ports/prover.ts'
import { DikastError } from '../../protocol/errors.ts'
import type { Hash } from '../../protocol/types.ts'
import { decodeSnarkjsProof, encodeSnarkjsProof, witnessFile } from './snarkjs-format.ts'
import { checkWitness } from './witness.ts'
import { malformed, readZkey } from './zkey.ts'

export interface RapidsnarkOptions {
  /** An absolute path, or a name on PATH. */
  readonly binary: string
  readonly keyFileBytesMax?: number
  readonly proofMsMax?: number
}

const KEY_FILE_BYTES_MAX = 2 * 1024 * 1024 * 1024
/** Some ten million constraints. */
const PROOF_MS_MAX = 600_000
const LAST_WORDS_CHARACTERS_MAX = 1_000
/** Decimal numbers of 1,024 public signals. */
const RESULT_BYTES_MAX = 128 * 1024

/** No program of that name can be started here. */
export class RapidsnarkMissingError extends DikastError {
  readonly code = 'RAPIDSNARK_MISSING'

  constructor(binary: string) {
    super(`${binary} is no program that can be started`, {
      fix: 'install rapidsnark, and name its program with --rapidsnark; or prove with --prover kernel',
    })
  }
}

/** A prover whose program is there. Throws `RapidsnarkMissingError`. */
export async function openRapidsnark(options: RapidsnarkOptions): Promise<RapidsnarkProver> {
  const { binary } = options
  const isPath = binary.includes('/') || isAbsolute(binary)
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '')
  for (const candidate of isPath ? [resolve(binary)] : folders.map((folder) => join(folder, binary)))
    if (await isProgram(candidate)) return new RapidsnarkProver({ ...options, binary: candidate })
  throw new RapidsnarkMissingError(binary)
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK)
    return (await stat(path)).isFile()
  } catch {
    return false
  }
}

interface KeyFile {
  readonly path: string
  readonly wires: number
  readonly bytes: number
}

export class RapidsnarkProver implements Prover {
  readonly #options: RapidsnarkOptions
  readonly #folder: Promise<string>
  readonly #keys = new Map<Hash, KeyFile>()
  #last: Promise<unknown> = Promise.resolve()
  readonly #closing = new AbortController()

  constructor(options: RapidsnarkOptions) {
    this.#options = options
    this.#folder = mkdtemp(join(tmpdir(), 'dikast-rapidsnark-'))
  }

  prove(job: ProofJob, options: ProofOptions = {}): Promise<Proof> {
    const proof = this.#last.then(() => this.#prove(job, options))
    this.#last = proof.catch(() => {})
    return proof
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#last
    await rm(await this.#folder, { recursive: true, force: true })
  }

  async #prove(
    { provingKey, witness }: ProofJob,
    { signal, onProgress = () => {} }: ProofOptions,
  ): Promise<Proof> {
    this.#refuseOver(signal)
    if (typeof witness === 'function') onProgress('witness')
    const values = typeof witness === 'function' ? await witness() : witness
    const key = await this.#keyFile(provingKey.hash, () => {
      onProgress('key')
      return provingKey.read()
    })
    checkWitness(values, key.wires)
    this.#refuseOver(signal)
    onProgress('quotient')
    const folder = await mkdtemp(join(await this.#folder, 'proof-'))
    try {
      const [input, proof, signals] = ['witness.wtns', 'proof.json', 'public.json'].map((name) =>
        join(folder, name),
      ) as [string, string, string]
      await writeFile(input, witnessFile(values), { mode: 0o600 })
      await this.#run([key.path, input, proof, signals], signal)
      const made = decodeSnarkjsProof(await readJson(proof), await readJson(signals))
      onProgress('done')
      return { proof: encodeSnarkjsProof(made.proof), publicSignals: made.publicSignals }
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }

  #refuseOver(signal: AbortSignal | undefined): void {
    if (this.#closing.signal.aborted) throw new ProverError('closed', 'this prover was closed')
    if (signal?.aborted === true)
      throw new ProverError('cancelled', 'whoever asked gave up', { cause: signal.reason })
  }

  async #keyFile(hash: Hash, read: () => Promise<Uint8Array>): Promise<KeyFile> {
    const known = this.#keys.get(hash)
    if (known !== undefined) {
      this.#keys.delete(hash)
      this.#keys.set(hash, known)
      return known
    }
    const file = await read()
    if (`0x${createHash('sha256').update(file).digest('hex')}` !== hash)
      throw malformed('has another SHA-256')
    const { wires } = readZkey(file)
    const bytesMax = this.#options.keyFileBytesMax ?? KEY_FILE_BYTES_MAX
    if (file.length > bytesMax)
      throw new ProverError('out-of-memory', `the key has ${file.length} bytes, of ${bytesMax}`)
    const key = { path: join(await this.#folder, `${hash}.zkey`), wires, bytes: file.length }
    await writeFile(key.path, file, { mode: 0o600 })
    this.#keys.set(hash, key)
    let total = [...this.#keys.values()].reduce((sum, { bytes }) => sum + bytes, 0)
    for (const [oldest, { path, bytes }] of this.#keys) {
      if (total <= bytesMax) break
      this.#keys.delete(oldest)
      await rm(path)
      total -= bytes
    }
    return key
  }

  async #run(args: readonly string[], signal: AbortSignal | undefined): Promise<void> {
    const signals = [this.#closing.signal, ...(signal === undefined ? [] : [signal])]
    const msMax = this.#options.proofMsMax ?? PROOF_MS_MAX
    const child = spawn(this.#options.binary, args, {
      env: {},
      stdio: ['ignore', 'ignore', 'pipe'],
      signal: AbortSignal.any(signals),
      killSignal: 'SIGKILL',
    })
    // Not spawn's own, which outlives a program that never started.
    const deadline = setTimeout(() => child.kill('SIGKILL'), msMax)
    let lastWords = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      lastWords = (lastWords + text).slice(-LAST_WORDS_CHARACTERS_MAX)
    })
    await new Promise<void>((resolve, reject) => {
      child.on('error', (cause) => {
        clearTimeout(deadline)
        if (signals.every(({ aborted }) => !aborted))
          reject(
            new ProverError('died', `${this.#options.binary} does not start`, {
              cause,
              fix: 'install rapidsnark',
            }),
          )
      })
      child.on('close', (code, killed) => {
        clearTimeout(deadline)
        try {
          this.#refuseOver(signal)
          if (code === 0) resolve()
          else
            reject(
              new ProverError(
                'died',
                `${this.#options.binary} ended with ${killed ?? code}. ${lastWords.trim()}`,
              ),
            )
        } catch (error) {
          reject(error)
        }
      })
    })
  }
}

async function readJson(path: string): Promise<unknown> {
  const { size } = await stat(path)
  if (size > RESULT_BYTES_MAX) throw new ProverError('died', `wrote ${size} bytes`)
  try {
    return JSON.parse(await readFile(path, 'utf8')) as unknown
  } catch (cause) {
    throw new ProverError('died', 'wrote no JSON', { cause })
  }
}
