/**
 * A function's manifest, `dikast.toml`: how it is built, and the terms it is deployed under. Blockless's `bls.toml` is read
 * where there is no other.
 *
 * Every key but those of `[build]` is the flag of `function deploy` with the same name.
 * @module
 */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { parse, TomlError } from 'smol-toml'
import { z } from 'zod'
import { CAPABILITIES } from '../../core/permissions/capability.ts'
import { parsePermission } from '../../core/permissions/permission.ts'
import { DikastError, InvalidInputError, LimitExceededError } from '../../protocol/errors.ts'
import {
  CHALLENGE_STEP_SECONDS,
  CHALLENGE_WINDOW_SECONDS_MAX,
  COMMITTEE_SIZE_MAX,
  COMMITTEE_SIZE_MIN,
  FUEL_LIMIT_MAX,
  FUEL_PRICE_WEI_MAX,
  FUEL_STEP,
  MEMORY_BYTES_MAX,
  MEMORY_BYTES_MIN,
  OUTPUT_BYTES_MAX,
  PERMISSION_BYTES_MAX,
  PERMISSIONS_MAX,
  WINDOW_SECONDS_MAX,
} from '../../protocol/limits.ts'
import { RUNTIME_PROFILES } from '../../protocol/types.ts'
import { agreementFromTable, agreementSchema, type Mode, modeSchema } from './agreement-manifest.ts'

export const MANIFEST_FILE = 'dikast.toml'
const BLOCKLESS_FILE = 'bls.toml'
const FILE_BYTES_MAX = 65_536
const TEXT_LENGTH_MAX = 4_096
const FIX = 'docs/functions.md lists the keys and has an example'

export interface Manifest {
  /** Its own path, for messages. */
  readonly file: string
  /** Where commands run and paths begin. */
  readonly folder: string
  readonly name: string
  readonly build: { readonly command: string; readonly artifact: string }
  readonly entry: string
  readonly runtime: (typeof RUNTIME_PROFILES)[number]
  readonly verifier: 'ecdsa' | 'bls'
  readonly fuel: number
  readonly memory: number
  readonly output: number
  readonly committee: number
  readonly window: number
  readonly challengeWindow: number
  readonly fee: string
  readonly royalty: string
  readonly fuelPrice: number
  readonly permissions: readonly string[]
  readonly consensus: Mode
  /** The line nodes read (AGR-1). */
  readonly agreement: string
}

const whole = (min: number, max: number) =>
  z.int(`is no whole number`).min(min, `is below ${min}`).max(max, `is above ${max}`)
const text = z.string().min(1, 'is empty').max(TEXT_LENGTH_MAX, `is longer than ${TEXT_LENGTH_MAX}`)
const ether = z
  .string('is no text: write the amount in quotes')
  .regex(/^\d{1,9}(\.\d{1,9})?$/, 'is no amount of ether with at most 9 decimals')
/** Below its folder, so that a manifest tells one thing wherever it lies. */
const inside = text.refine(
  (path) => !isAbsolute(path) && !path.split(/[/\\]/).includes('..'),
  'is not a path below the folder of the manifest',
)
const permissions = z
  .array(
    z
      .string()
      .max(PERMISSION_BYTES_MAX)
      .superRefine((permission, context) => {
        try {
          parsePermission(permission)
        } catch (error) {
          if (!(error instanceof DikastError)) throw error
          context.addIssue({ code: 'custom', message: error.message })
        }
      }),
  )
  .max(PERMISSIONS_MAX, `holds more than ${PERMISSIONS_MAX}`)
const name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{1,30}[a-z0-9]$/, 'is not 3 to 32 of a-z, 0-9 and -, with no - at an end')

const schema = z.strictObject({
  name,
  entry: text.max(256).default('_start'),
  verifier: z.enum(['ecdsa', 'bls'], 'is neither ecdsa nor bls').default('ecdsa'),
  runtime: z.enum(RUNTIME_PROFILES, `is none of ${RUNTIME_PROFILES.join(', ')}`).default('deterministic-1'),
  fuel: whole(Number(FUEL_STEP), Number(FUEL_LIMIT_MAX))
    .multipleOf(Number(FUEL_STEP), 'is no whole number of millions')
    .default(1_000_000_000),
  memory: whole(MEMORY_BYTES_MIN, MEMORY_BYTES_MAX).default(67_108_864),
  output: whole(1, OUTPUT_BYTES_MAX).default(1_024),
  committee: whole(COMMITTEE_SIZE_MIN, COMMITTEE_SIZE_MAX).default(5),
  window: whole(1, WINDOW_SECONDS_MAX).default(30),
  'challenge-window': whole(0, CHALLENGE_WINDOW_SECONDS_MAX)
    .multipleOf(CHALLENGE_STEP_SECONDS, 'is no whole number of quarters of an hour')
    .default(0),
  fee: ether.default('0.0001'),
  royalty: ether.default('0'),
  'fuel-price': whole(0, Number(FUEL_PRICE_WEI_MAX)).default(1_000),
  permissions: permissions.default([]),
  capabilities: z
    .array(z.enum(CAPABILITIES, `is none of ${CAPABILITIES.join(', ')}`))
    .max(CAPABILITIES.length)
    .optional(),
  consensus: modeSchema.default('exact'),
  agreement: agreementSchema.default({}),
  build: z.strictObject({ command: text, artifact: inside }),
})

/** Other keys are theirs to define. */
const blocklessBuild = z.looseObject({ dir: inside.default('build'), entry: inside, command: text })
const blocklessSchema = z.looseObject({
  name,
  deployment: z
    .looseObject({
      nodes: whole(1, COMMITTEE_SIZE_MAX).optional(),
      permissions: permissions.default([]),
    })
    .default({ permissions: [] }),
  build: blocklessBuild.optional(),
  build_release: blocklessBuild.optional(),
})

/** The manifest of a folder; undefined when it has none. Throws `InvalidInputError` naming file, key and a way out. */
export function findManifest(folder: string): Manifest | undefined {
  const own = join(folder, MANIFEST_FILE)
  if (existsSync(own)) return ownManifest(own, folder)
  const theirs = join(folder, BLOCKLESS_FILE)
  return existsSync(theirs) ? blocklessManifest(theirs, folder) : undefined
}

/** Throws `InvalidInputError` when there is none. */
export function readManifest(folder: string): Manifest {
  const found = findManifest(folder)
  if (found === undefined)
    throw new InvalidInputError('manifest', `there is no ${MANIFEST_FILE} in ${folder}`, {
      fix: 'name the folder of a function, or make one with `dikast function init`',
    })
  return found
}

function ownManifest(file: string, folder: string): Manifest {
  const {
    'fuel-price': fuelPrice,
    'challenge-window': challengeWindow,
    capabilities,
    agreement: table,
    ...rest
  } = decode(file, schema)
  const agreement = agreementFromTable(file, rest.consensus, table)
  const needed = new Set<string>(rest.permissions.map((permission) => parsePermission(permission).capability))
  const undeclared = [...needed].find((capability) => capabilities?.includes(capability as never) === false)
  if (undeclared !== undefined)
    throw new InvalidInputError(file, `capabilities: ${undeclared} is missing, and a permission needs it`, {
      fix: 'add it, or leave the key out: permissions say it already',
    })
  const idle = capabilities?.find((capability) => !needed.has(capability))
  if (idle !== undefined)
    throw new InvalidInputError(file, `capabilities: ${idle} is there without a permission for it`, {
      fix: `take it out, or add the permission`,
    })
  return { file, folder, ...rest, fuelPrice, challengeWindow, agreement }
}

function blocklessManifest(file: string, folder: string): Manifest {
  const { name: title, deployment, build, build_release: release } = decode(file, blocklessSchema)
  const chosen = release ?? build
  if (chosen === undefined)
    throw new InvalidInputError(file, 'build_release: is missing, and so is build', { fix: FIX })
  const { nodes } = deployment
  if (nodes !== undefined && nodes < COMMITTEE_SIZE_MIN)
    throw new InvalidInputError(
      file,
      `deployment.nodes: is below ${COMMITTEE_SIZE_MIN}, the least committee`,
      {
        fix: `raise it to ${COMMITTEE_SIZE_MIN} or leave it out`,
      },
    )
  const defaults = schema.parse({
    name: title,
    ...(nodes === undefined ? {} : { committee: nodes }),
    permissions: deployment.permissions,
    build: { command: chosen.command, artifact: join(chosen.dir, chosen.entry) },
  })
  const { 'fuel-price': fuelPrice, 'challenge-window': challengeWindow, capabilities: _, ...rest } = defaults
  return { file, folder, ...rest, fuelPrice, challengeWindow, agreement: '' }
}

function decode<T extends z.ZodType>(file: string, form: T): z.output<T> {
  const parsed = form.safeParse(readToml(file))
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  // The path of an unknown key is its parent's.
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : []
  const key = [...(issue?.path ?? []), ...unknown].join('.')
  const problem = unknown.length > 0 ? 'is no key of a manifest' : (issue?.message ?? 'is malformed')
  throw new InvalidInputError(file, `${key || 'the whole'}: ${isMissing(issue) ? 'is missing' : problem}`, {
    fix: FIX,
  })
}

function isMissing(issue: z.core.$ZodIssue | undefined): boolean {
  return issue?.code === 'invalid_type' && issue.message.endsWith('received undefined')
}

/** Any TOML file of ours. Throws `InvalidInputError` with line and column. */
export function readToml(file: string): unknown {
  let content: string
  try {
    const { size } = statSync(file)
    if (size > FILE_BYTES_MAX) throw new LimitExceededError(`${file} bytes`, size, FILE_BYTES_MAX)
    content = readFileSync(file, 'utf8')
  } catch (cause) {
    if (cause instanceof LimitExceededError) throw cause
    throw new InvalidInputError(file, 'cannot be read', {
      cause,
      fix: 'check that it is a file and yours to read',
    })
  }
  try {
    return parse(content)
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause
    const [what = ''] = cause.message.split('\n')
    throw new InvalidInputError(file, `line ${cause.line}, column ${cause.column}: ${what}`, {
      cause,
      fix: 'write it as TOML, https://toml.io',
    })
  }
}

/** As `function deploy` would be told them by flags. */
export function deployOptionsOf(manifest: Manifest): Readonly<Record<string, string | readonly string[]>> {
  return {
    name: manifest.name,
    entry: manifest.entry,
    runtime: manifest.runtime,
    verifier: manifest.verifier,
    fuel: String(manifest.fuel),
    memory: String(manifest.memory),
    output: String(manifest.output),
    committee: String(manifest.committee),
    window: String(manifest.window),
    challengeWindow: String(manifest.challengeWindow),
    fee: manifest.fee,
    royalty: manifest.royalty,
    fuelPrice: String(manifest.fuelPrice),
    consensus: manifest.consensus,
    agreement: manifest.agreement,
    permission: manifest.permissions,
  }
}
