/**
 * The code that creates each contract, as this version's source compiles to: what a deployment is compared with.
 *
 * A checkout has it where the compiler puts it; the package ships it in one file, which `scripts/creation-code.ts` writes
 * from there. The compiler is pinned and its output names no path of a machine, so that anybody gets the same bytes.
 * @module
 */
import { existsSync, readFileSync } from 'node:fs'
import type { Abi } from 'viem'
import { InvalidInputError } from '../../protocol/errors.ts'
import type { Hex } from '../../protocol/types.ts'
import { packageFile } from './package-root.ts'

/** By their paths under `contracts/`. */
export const DEPLOYED_CONTRACTS = [
  'NodeRegistry',
  'BeaconRegistry',
  'VerifierRouter',
  'verifiers/EcdsaQuorumVerifier',
  'BlsKeyRegistry',
  'verifiers/BlsQuorumVerifier',
  'verifiers/Groth16Verifier',
  'FunctionRegistry',
  'ChallengeCourt',
  'Bounties',
  'MarketExtension',
  'ComputeMarket',
  'Slasher',
  'admin/DikastTimelock',
  'PoseidonTables',
  'SchnorrKeyRegistry',
  'StandingCommittees',
  'periphery/RecurringRequests',
  'periphery/SignedRequests',
  'periphery/ResultStore',
  'adapters/FunctionsAdapter',
  'adapters/SubscriptionAccount',
] as const

export type DeployedContract = (typeof DEPLOYED_CONTRACTS)[number]

type AbiConstructor = Extract<Abi[number], { readonly type: 'constructor' }>

export interface CreationCode {
  /** Undefined when the constructor takes nothing. */
  readonly constructorAbi?: AbiConstructor
  readonly bytecode: Hex
}

export type CreationCodes = Readonly<Record<DeployedContract, CreationCode>>

/** In the package; the rest of `dist/` is its programs. */
export const CREATION_CODE_FILE = 'dist/creation-code.json'

/** Throws `InvalidInputError` in a checkout whose contracts are not compiled. */
export function readCreationCodes(): CreationCodes {
  const fromSource = existsSync(packageFile('src/apps/cli/creation-code.ts'))
  return fromSource ? compiledCreationCodes() : shippedCreationCodes()
}

function shippedCreationCodes(): CreationCodes {
  return JSON.parse(readFileSync(packageFile(CREATION_CODE_FILE), 'utf8')) as CreationCodes // written by our build
}

export function compiledCreationCodes(): CreationCodes {
  const codes = DEPLOYED_CONTRACTS.map((contract) => [contract, compiled(contract)] as const)
  return Object.fromEntries(codes) as CreationCodes // one for each contract
}

function compiled(contract: DeployedContract): CreationCode {
  const { abi, bytecode } = readArtifactFile(contract)
  const constructorAbi = abi.find((item): item is AbiConstructor => item.type === 'constructor')
  return { ...(constructorAbi && { constructorAbi }), bytecode }
}

export interface CompiledArtifact {
  readonly abi: Abi
  readonly bytecode: Hex
  readonly buildInfoId: string
}

export function readArtifactFile(contract: DeployedContract): CompiledArtifact {
  const name = contract.slice(contract.lastIndexOf('/') + 1)
  try {
    const text = readFileSync(packageFile(`artifacts/contracts/${contract}.sol/${name}.json`), 'utf8')
    return JSON.parse(text) as CompiledArtifact // written by our compiler
  } catch (cause) {
    throw new InvalidInputError('artifacts', `${contract} is not compiled`, {
      cause,
      fix: 'run `npm run build:contracts` first',
    })
  }
}
