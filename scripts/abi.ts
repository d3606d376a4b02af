/**
 * Writes `src/protocol/abi/*.ts` from the compiled interfaces: the shapes TypeScript codes against.
 *
 * Functions and events come from the interface; errors also from whatever its contract calls, because they surface
 * through it. The output depends on nothing but the sources. `--check` writes nothing and fails when a file is stale.
 * @module
 */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

interface AbiItem {
  readonly type: string
  readonly name?: string
  readonly inputs?: readonly { readonly type: string }[]
}

interface Source {
  /** The file and, in camel case with `Abi` behind it, the constant. */
  readonly name: string
  readonly interface: string
  /** Artifacts whose errors surface through this contract. */
  readonly errorsFrom: readonly string[]
}

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..')
const OUTPUT = join(ROOT, 'src', 'protocol', 'abi')

const SOURCES: readonly Source[] = [
  {
    name: 'node-registry',
    interface: 'interfaces/INodeRegistry',
    errorsFrom: ['NodeRegistry'],
  },
  {
    name: 'beacon-registry',
    interface: 'interfaces/IBeaconRegistry',
    errorsFrom: ['BeaconRegistry'],
  },
  {
    name: 'function-registry',
    interface: 'interfaces/IFunctionRegistry',
    errorsFrom: ['FunctionRegistry', 'interfaces/IVerifierRouter'],
  },
  {
    name: 'challenge-court',
    interface: 'interfaces/IChallengeCourt',
    errorsFrom: ['ChallengeCourt', 'interfaces/IComputeMarket', 'interfaces/IVerifier'],
  },
  {
    name: 'bounties',
    interface: 'interfaces/IBounties',
    errorsFrom: ['Bounties', 'NodeRegistry', 'BeaconRegistry'],
  },
  {
    name: 'slasher',
    interface: 'interfaces/ISlasher',
    errorsFrom: ['Slasher'],
  },
  {
    name: 'verifier-router',
    interface: 'interfaces/IVerifierRouter',
    errorsFrom: ['VerifierRouter'],
  },
  {
    name: 'compute-market',
    interface: 'interfaces/IComputeMarket',
    errorsFrom: [
      'ComputeMarket',
      'MarketExtension',
      'interfaces/IVerifier',
      'interfaces/INodeRegistry',
      'verifiers/EcdsaQuorumVerifier',
      'verifiers/BlsQuorumVerifier',
      'interfaces/IBlsKeyRegistry',
      'interfaces/IProofVerifier',
    ],
  },
  {
    name: 'proof-system',
    interface: 'interfaces/IProofSystem',
    errorsFrom: ['verifiers/Groth16Verifier'],
  },
  {
    name: 'proof-verifier',
    interface: 'interfaces/IProofVerifier',
    errorsFrom: ['verifiers/Groth16Verifier'],
  },
  {
    name: 'verifier',
    interface: 'interfaces/IVerifier',
    errorsFrom: [
      'verifiers/EcdsaQuorumVerifier',
      'verifiers/BlsQuorumVerifier',
      'interfaces/IBlsKeyRegistry',
    ],
  },
  { name: 'bls-key-registry', interface: 'interfaces/IBlsKeyRegistry', errorsFrom: ['BlsKeyRegistry'] },
  { name: 'poseidon-tables', interface: 'interfaces/IPoseidonTables', errorsFrom: [] },
  { name: 'schnorr-key-registry', interface: 'interfaces/ISchnorrKeyRegistry', errorsFrom: [] },
  { name: 'standing-committees', interface: 'interfaces/IStandingCommittees', errorsFrom: [] },
  {
    name: 'committee-feed',
    interface: 'interfaces/ICommitteeFeed',
    errorsFrom: [
      'periphery/CommitteeFeed',
      'interfaces/IStandingCommittees',
      'ComputeMarket',
      'MarketExtension',
    ],
  },
  {
    name: 'functions-adapter',
    interface: 'interfaces/IFunctionsAdapter',
    errorsFrom: ['adapters/FunctionsAdapter'],
  },
  {
    name: 'recurring-requests',
    interface: 'interfaces/IRecurringRequests',
    errorsFrom: ['periphery/RecurringRequests', 'ComputeMarket', 'MarketExtension'],
  },
  {
    name: 'signed-requests',
    interface: 'interfaces/ISignedRequests',
    errorsFrom: ['periphery/SignedRequests', 'ComputeMarket', 'MarketExtension'],
  },
  {
    name: 'result-store',
    interface: 'interfaces/IResultStore',
    errorsFrom: ['periphery/ResultStore', 'ComputeMarket', 'MarketExtension'],
  },
  { name: 'dikast-callback', interface: 'interfaces/IDikastCallback', errorsFrom: [] },
]

async function abiOf(contract: string): Promise<readonly AbiItem[]> {
  const name = contract.slice(contract.lastIndexOf('/') + 1)
  const file = join(ROOT, 'artifacts', 'contracts', `${contract}.sol`, `${name}.json`)
  return (
    JSON.parse(await readFile(file, 'utf8')) as {
      readonly abi: readonly AbiItem[]
    }
  ).abi
}

/** An error of the same name and arguments is the same four bytes, wherever it is declared. */
function signature(item: AbiItem): string {
  return `${item.name}(${(item.inputs ?? []).map((input) => input.type).join(',')})`
}

async function collect(source: Source): Promise<readonly AbiItem[]> {
  const own = await abiOf(source.interface)
  const errors = new Map<string, AbiItem>()
  for (const contract of [source.interface, ...source.errorsFrom]) {
    for (const item of await abiOf(contract)) if (item.type === 'error') errors.set(signature(item), item)
  }
  const bySignature = [...errors].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, item]) => item)
  return [...own.filter((item) => item.type !== 'error'), ...bySignature]
}

function render(source: Source, abi: readonly AbiItem[]): string {
  const constant = `${source.name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())}Abi`
  const header = `// Generated from contracts/${source.interface}.sol by scripts/abi.ts. Do not edit.`
  return `${header}\nexport const ${constant} = ${JSON.stringify(abi, null, 2)} as const\n`
}

async function main(check: boolean): Promise<void> {
  const wanted = new Map<string, string>()
  for (const source of SOURCES) wanted.set(`${source.name}.ts`, render(source, await collect(source)))
  await mkdir(OUTPUT, { recursive: true })
  const stale: string[] = []
  for (const [file, text] of wanted) {
    const path = join(OUTPUT, file)
    const current = await readFile(path, 'utf8').catch(() => undefined)
    if (current === text) continue
    stale.push(file)
    if (!check) await writeFile(path, text)
  }
  const unknown = (await readdir(OUTPUT)).filter((file) => !wanted.has(file))
  const problems = [...(check ? stale : []), ...unknown]
  if (problems.length > 0) {
    process.stderr.write(`src/protocol/abi is stale: ${problems.join(', ')}. Run: npm run build:contracts\n`)
    process.exitCode = 1
  }
}

await main(process.argv.includes('--check'))
