/**
 * The files of a key's ceremony: its transcript, and what it names by digests. All of them come from others.
 * @module
 */
import { createHash, randomUUID } from 'node:crypto'
import { createReadStream, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { contributionsOf } from '../../adapters/prover/contributions.ts'
import { R1CS_BYTES_MAX } from '../../adapters/prover/r1cs.ts'
import { verificationKeyOf } from '../../adapters/prover/verification-key.ts'
import { ZKEY_BYTES_MAX } from '../../adapters/prover/zkey.ts'
import {
  type CeremonyTranscript,
  formatTime,
  formatTranscript,
  newestKey,
  parseTranscript,
  TRANSCRIPT_BYTES_MAX,
} from '../../core/circuit/ceremony.ts'
import { type KeyContribution, stepsProblem } from '../../core/circuit/ceremony-checks.ts'
import { knownPowers } from '../../core/circuit/known-powers.ts'
import { hasBinding, publicInputsOf, readManifest } from '../../core/circuit/manifest.ts'
import type { VerificationKey } from '../../crypto/groth16-key.ts'
import { sha256Hex } from '../../crypto/hash.ts'
import { DikastError, InvalidInputError, LimitExceededError } from '../../protocol/errors.ts'
import type { Hash, Hex } from '../../protocol/types.ts'
import { textOption } from './arguments.ts'
import { NotNowError } from './challenges.ts'
import type { Options } from './command.ts'

const TRANSCRIPT_FILE = 'ceremony.json'
/** As nodes take modules. */
const MODULE_BYTES_MAX = 16 * 1024 * 1024

export interface FileDigests {
  readonly sha256: Hash
  /** BLAKE2b-512, which powers of tau are published with. */
  readonly blake2b: Hex
}

/** Of a file that need not fit in memory. Throws `InvalidInputError` when it cannot be read. */
export async function digestsOf(option: string, file: string): Promise<FileDigests> {
  const [sha256, blake2b] = [createHash('sha256'), createHash('blake2b512')]
  try {
    for await (const chunk of createReadStream(file)) {
      sha256.update(chunk as Buffer)
      blake2b.update(chunk as Buffer)
    }
  } catch (cause) {
    throw unreadable(option, file, cause)
  }
  return { sha256: `0x${sha256.digest('hex')}`, blake2b: `0x${blake2b.digest('hex')}` }
}

/** Who says that powers of tau of these digests are they. Throws `InvalidInputError` when nobody does, or they are others. */
export function pinOf(file: string, found: FileDigests, pin: string | undefined): string {
  if (pin === undefined) {
    const power = knownPowers(found.blake2b)
    if (power !== undefined) return `the perpetual powers of tau for 2^${power}`
    throw new InvalidInputError('--ptau', `${file} is none of the public powers of tau this version knows`, {
      fix: 'give --ptau-hash, the SHA-256 or BLAKE2b-512 that whoever made the file published; a file that one person made is for trying this out',
    })
  }
  if (![found.sha256, found.blake2b].includes(parsePin(pin)))
    throw new InvalidInputError('--ptau', `${file} has another digest than --ptau-hash says`, {
      fix: 'download the file again, and take the digest from whoever made it',
    })
  return '--ptau-hash'
}

/** Throws `InvalidInputError` for what is no digest of powers of tau. */
export function parsePin(pin: string): Hex {
  const digits = pin.toLowerCase().replace(/^0x/, '')
  if (!/^(?:[0-9a-f]{64}|[0-9a-f]{128})$/.test(digits))
    throw new InvalidInputError('--ptau-hash', 'is neither 64 nor 128 hexadecimal digits', {
      fix: 'give the SHA-256 or the BLAKE2b-512 of the file',
    })
  return `0x${digits}`
}

export interface ContributedKey {
  readonly bytes: Uint8Array
  readonly contributions: readonly KeyContribution[]
}

/** A proving key with whoever contributed to it. Throws `InvalidInputError` for a file that is none. */
export function openProvingKey(option: string, file: string): ContributedKey {
  const bytes = readProvingKey(option, file)
  try {
    return { bytes, contributions: contributionsOf(bytes) }
  } catch (cause) {
    if (!(cause instanceof DikastError)) throw cause
    throw new InvalidInputError(option, `${file} is no whole proving key: ${cause.message}`, {
      cause,
      fix: 'name the .zkey that `dikast circuit setup` or a step of a ceremony made',
    })
  }
}

export function readProvingKey(option: string, file: string): Uint8Array {
  return readBounded(option, file, ZKEY_BYTES_MAX)
}

export function readConstraints(option: string, file: string): Uint8Array {
  return readBounded(option, file, R1CS_BYTES_MAX)
}

/** What a proof under the key is about is told by the circuit's module alone. */
export interface CircuitShape {
  readonly moduleHash: Hash
  readonly outputs: number
  /** Elements of them, the binding among them. */
  readonly publicInputs: number
  readonly isBound: boolean
}

/** Throws `InvalidInputError` for what is no circuit's module. */
export function readShape(option: string, file: string): CircuitShape {
  return shapeOf(option, file, readModule(option, file))
}

export function readModule(option: string, file: string): Uint8Array {
  return readBounded(option, file, MODULE_BYTES_MAX)
}

/** Of a file that was read. Throws `InvalidInputError` for what is no circuit's module. */
export function shapeOf(option: string, file: string, module: Uint8Array): CircuitShape {
  try {
    const manifest = readManifest(module)
    return {
      moduleHash: sha256Hex(module),
      outputs: manifest.outputs,
      publicInputs: publicInputsOf(manifest),
      isBound: hasBinding(manifest),
    }
  } catch (cause) {
    if (!(cause instanceof DikastError)) throw cause
    throw new InvalidInputError(option, `${file}: ${cause.message}`, {
      cause,
      fix: 'name the .wasm that `dikast circuit compile` wrote',
    })
  }
}

/** The key as a ceremony's function has it on chain. */
export function ceremonyKeyOf(zkey: Uint8Array, { outputs, isBound }: CircuitShape): VerificationKey {
  return verificationKeyOf(zkey, { isCeremony: true, isBound, outputs })
}

export interface TranscriptFile {
  readonly file: string
  readonly transcript: CeremonyTranscript
}

/** --transcript, or the one beside a file of the ceremony. */
export function transcriptFile(options: Options, beside: string): string {
  return textOption(options, 'transcript') ?? join(dirname(beside), TRANSCRIPT_FILE)
}

/** Throws `InvalidInputError` and `LimitExceededError`. */
export function readTranscript(option: string, file: string): CeremonyTranscript {
  return parseTranscript(readTranscriptText(option, file))
}

/** Throws `InvalidInputError` when it cannot be read. */
export function readTranscriptText(option: string, file: string): string {
  return new TextDecoder().decode(readBounded(option, file, TRANSCRIPT_BYTES_MAX))
}

/** The transcript, which must have come to this key and not be over. */
export function openTranscript(options: Options, zkey: string, digest: Hash): TranscriptFile {
  const file = transcriptFile(options, zkey)
  const transcript = readTranscript('--transcript', file)
  if (transcript.end !== undefined)
    throw new InvalidInputError('--transcript', `${file} is of a ceremony that is over`, {
      fix: 'check it with `dikast circuit verify-setup`',
    })
  if (newestKey(transcript) !== digest)
    throw new InvalidInputError(
      'key',
      `${zkey} is not the newest of ${file}: that has sha256 ${newestKey(transcript)}`,
      {
        fix: 'take key and transcript from whoever had them last',
      },
    )
  return { file, transcript }
}

/**
 * For whoever adds a step to it now. Throws `InvalidInputError` when its steps are out of order already, and `NotNowError` when
 * this step would be: nobody could put that right afterwards, and every check of the key would fail (CER-6).
 */
export function assertSteps(transcript: CeremonyTranscript, now: number): void {
  const problem = stepsProblem(transcript)
  if (problem !== undefined)
    throw new InvalidInputError('--transcript', problem, {
      fix: 'have that step and those behind it made again, from the key before them, by a clock that is right',
    })
  const { time } = transcript.contributions.at(-1) ?? transcript.start
  if (now < time)
    throw new NotNowError(
      `the step before was made at ${formatTime(time)}, and by this machine’s clock it is ${formatTime(now)}: one of two clocks is wrong`,
      { fix: `set this machine’s clock; if it is right, wait until ${formatTime(time)}` },
    )
}

/** Whole or not at all. */
export function writeTranscript(file: string, transcript: CeremonyTranscript): void {
  // A name nobody can have put a file or a link at before.
  const fresh = `${file}.${randomUUID()}.partial`
  writeFileSync(fresh, formatTranscript(transcript))
  renameSync(fresh, file)
}

/** As circuits are named here: `sum` of `build/sum.r1cs`. */
export function circuitName(file: string): string {
  return basename(file).replace(/\.[^.]*$/, '')
}

function readBounded(option: string, file: string, bytesMax: number): Uint8Array {
  try {
    const { size } = statSync(file)
    if (size > bytesMax) throw new LimitExceededError(`bytes of ${option}`, size, bytesMax)
    return new Uint8Array(readFileSync(file))
  } catch (cause) {
    if (cause instanceof LimitExceededError) throw cause
    throw unreadable(option, file, cause)
  }
}

function unreadable(option: string, file: string, cause: unknown): InvalidInputError {
  return new InvalidInputError(option, `${file} cannot be read`, { cause, fix: 'check the path' })
}
