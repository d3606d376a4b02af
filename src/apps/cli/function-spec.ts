/**
 * A function's specification from the options of `function deploy`, within the bounds the registry holds it to: what is
 * outside them is refused here, by the option's name, and not by a transaction.
 * @module
 */
import { observationsFit } from '../../core/consensus/aggregate/terms.ts'
import { committeeSizeMax } from '../../core/consensus/quorum.ts'
import { capabilitiesOf, parsePermission } from '../../core/permissions/permission.ts'
import { tagHash } from '../../crypto/hash.ts'
import { InvalidInputError } from '../../protocol/errors.ts'
import {
  CHALLENGE_STEP_SECONDS,
  CHALLENGE_WINDOW_SECONDS_MAX,
  CHALLENGED_COMMITTEE_SIZE_MAX,
  COMMITTEE_SIZE_MIN,
  FEE_STEP_WEI,
  FEE_WEI_MAX,
  FUEL_LIMIT_MAX,
  FUEL_PRICE_WEI_MAX,
  FUEL_STEP,
  MEMORY_BYTES_MAX,
  MEMORY_BYTES_MIN,
  OUTPUT_BYTES_MAX,
  WINDOW_SECONDS_MAX,
} from '../../protocol/limits.ts'
import {
  CONSENSUS,
  type FunctionSpec,
  type Hex,
  RUNTIME_PROFILES,
  type RuntimeProfile,
} from '../../protocol/types.ts'
import { agreementFrom, type Mode } from './agreement-manifest.ts'
import { listOption, parseEther, requiredText, wholeNumber } from './arguments.ts'
import type { Options } from './command.ts'
import { ether } from './output.ts'

/** Of options that were given neither by flag nor by a manifest; the help of `function deploy` names them. */
export const DEPLOY_DEFAULTS: Readonly<Record<string, string | readonly string[]>> = {
  committee: '5',
  window: '30',
  fee: '0.0001',
  royalty: '0',
  challengeWindow: '0',
  runtime: 'deterministic-1',
  fuel: '1000000000',
  fuelPrice: '1000',
  memory: '67108864',
  output: '1024',
  entry: '_start',
  verifier: 'ecdsa',
  consensus: 'exact',
  agreement: '',
  permission: [],
}

/** How a committee's signatures are put together, and what the router knows it by. */
const VERIFIER_SELECTORS: ReadonlyMap<string, Hex> = new Map([
  ['ecdsa', tagHash('dikast.ecdsa-quorum.v1').slice(0, 10) as Hex],
  ['bls', tagHash('dikast.bls-quorum.v1').slice(0, 10) as Hex],
])
const ZERO_HASH: Hex = `0x${'00'.repeat(32)}`
/** Of a function that every node may run. */
export const NO_CAPABILITIES = ZERO_HASH

/** What is wanted of the function but its module. Throws `InvalidInputError` naming the option. */
export function termsFrom(options: Options): Omit<FunctionSpec, 'moduleHash'> {
  const { mode, text, agreement } = agreementFrom(options)
  const committeeSize = committeeFrom(options, mode)
  const outputBytesMax = wholeNumber('--output', requiredText(options, 'output'), 1, OUTPUT_BYTES_MAX)
  if (agreement.mode === 'aggregate' && !observationsFit({ ...agreement, outputBytesMax }, committeeSize))
    throw new InvalidInputError('--output', 'what this committee may observe does not fit a proposal', {
      fix: 'give less --output, or a smaller --committee',
    })
  const permissions = permissionsFrom(options, mode)
  const number = (name: string, min: number, max: number): number =>
    wholeNumber(`--${name}`, requiredText(options, name), min, max)
  return {
    kind: 'wasm',
    entry: requiredText(options, 'entry'),
    runtime: runtimeFrom(requiredText(options, 'runtime')),
    capabilities: capabilitiesOf(permissions),
    permissions,
    consensus: CONSENSUS.indexOf(mode),
    agreement: text,
    committeeSize,
    fuelLimit: fuelLimitFrom(requiredText(options, 'fuel')),
    memoryBytesMax: BigInt(number('memory', MEMORY_BYTES_MIN, MEMORY_BYTES_MAX)),
    outputBytesMax,
    windowSeconds: number('window', 1, WINDOW_SECONDS_MAX),
    flatFeePerSeat: feeFrom('--fee', requiredText(options, 'fee')),
    fuelPrice: BigInt(
      wholeNumber('--fuel-price', requiredText(options, 'fuelPrice'), 0, Number(FUEL_PRICE_WEI_MAX)),
    ),
    royalty: feeFrom('--royalty', requiredText(options, 'royalty')),
    verifierSelector: verifierFrom(requiredText(options, 'verifier')),
    verificationKeyHash: ZERO_HASH,
    challengeWindow: challengeWindowFrom(options),
  }
}

/** What is exact reaches nothing outside: its nodes must give the same bytes, and what is outside does not. */
function permissionsFrom(options: Options, mode: Mode): readonly string[] {
  const permissions = listOption(options, 'permission')
  if (mode === 'exact' && permissions.length > 0)
    throw new InvalidInputError('--permission', 'an exact function reaches nothing outside', {
      fix: 'take it out, or let nodes agree by --consensus pbft or aggregate',
    })
  for (const permission of permissions) parsePermission(permission)
  return permissions
}

function committeeFrom(options: Options, mode: Mode): number {
  const given = requiredText(options, 'committee')
  return wholeNumber('--committee', given, COMMITTEE_SIZE_MIN, committeeSizeMax(mode))
}

/** A committee that may be challenged has a larger one behind it, so it is smaller itself. */
function challengeWindowFrom(options: Options): number {
  const given = requiredText(options, 'challengeWindow')
  const seconds = wholeNumber('--challenge-window', given, 0, CHALLENGE_WINDOW_SECONDS_MAX)
  if (seconds % CHALLENGE_STEP_SECONDS !== 0)
    throw new InvalidInputError('--challenge-window', `${seconds} seconds are no whole quarters of an hour`, {
      fix: `give ${Math.ceil(seconds / CHALLENGE_STEP_SECONDS) * CHALLENGE_STEP_SECONDS}`,
    })
  if (seconds !== 0)
    wholeNumber(
      '--committee with a challenge window',
      requiredText(options, 'committee'),
      COMMITTEE_SIZE_MIN,
      CHALLENGED_COMMITTEE_SIZE_MAX,
    )
  return seconds
}

function verifierFrom(text: string): Hex {
  const selector = VERIFIER_SELECTORS.get(text)
  if (selector === undefined)
    throw new InvalidInputError('--verifier', `«${text.slice(0, 40)}» is no kind of certificate`, {
      fix: `name one of ${[...VERIFIER_SELECTORS.keys()].join(', ')}`,
    })
  return selector
}

function runtimeFrom(text: string): RuntimeProfile {
  const profile = RUNTIME_PROFILES.find((candidate) => candidate === text)
  if (profile === undefined)
    throw new InvalidInputError('--runtime', `«${text.slice(0, 40)}» is no runtime profile`, {
      fix: `name one of ${RUNTIME_PROFILES.join(', ')}`,
    })
  return profile
}

function fuelLimitFrom(text: string): bigint {
  const limit = BigInt(wholeNumber('--fuel', text, Number(FUEL_STEP), Number(FUEL_LIMIT_MAX)))
  if (limit % FUEL_STEP !== 0n)
    throw new InvalidInputError('--fuel', `${limit} units are no whole number of millions`, {
      fix: `give ${(limit / FUEL_STEP + 1n) * FUEL_STEP}`,
    })
  return limit
}

export function feeFrom(name: string, text: string): bigint {
  const wei = parseEther(name, text)
  if (wei % FEE_STEP_WEI !== 0n)
    throw new InvalidInputError(name, 'is no whole number of gwei', {
      fix: 'give at most 9 digits after the point',
    })
  if (wei > FEE_WEI_MAX)
    throw new InvalidInputError(name, `is above ${ether(FEE_WEI_MAX)}, the most the registry holds`, {
      fix: `give ${ether(FEE_WEI_MAX)} or less`,
    })
  return wei
}
