/**
 * `npm run deploy`: deploys the contracts and writes the network file the command line reads; `--help` says how.
 * @module
 */
import { readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { Hex } from 'viem'
import { z } from 'zod'
import { EXIT } from '../src/apps/cli/exit.ts'
import { createOutput } from '../src/apps/cli/output.ts'
import { type DeployConfigInput, deployConfigSchema } from '../src/apps/shared/deploy-config.ts'
import { makeFolder } from '../src/apps/shared/folder.ts'
import { formatNetworkFile, type NetworkFile } from '../src/apps/shared/network-file.ts'
import { InvalidInputError } from '../src/protocol/errors.ts'
import { clientFor, deployFailure, keyFor, walletFor } from './clients.ts'
import { type DeploymentRecord, deployAll, formatDeployment } from './deploy.ts'

/** The chain hash of drand's quicknet: its servers serve several chains, and this one under its hash. */
const QUICKNET_HASH = '0x52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971'
const QUICKNET_URLS = ['https://api.drand.sh', 'https://drand.cloudflare.com']

/** The network file of a deployment, complete but for coordinators, which come later. */
export function networkFileOf(
  record: DeploymentRecord,
  rpcUrl: string,
  beaconUrls: readonly string[],
): NetworkFile {
  const { publicKey, genesis, periodSeconds } = record.beacon
  const quicknet = isQuicknet(publicKey)
  const { beacon: _, ...parameters } = record.config
  return {
    rpcUrl,
    deployment: {
      chainId: record.chainId,
      nodeRegistry: record.nodeRegistry,
      beaconRegistry: record.beaconRegistry,
      functionRegistry: record.functionRegistry,
      verifierRouter: record.verifierRouter,
      market: record.market,
      challengeCourt: record.challengeCourt,
      bounties: record.bounties,
      bls: record.bls,
      poseidonTables: record.poseidonTables,
      schnorrKeys: record.schnorrKeys,
      standingCommittees: record.standingCommittees,
      slasher: record.slasher,
      timelock: record.timelock,
      functionsAdapter: record.functionsAdapter,
      periphery: record.periphery,
      fromBlock: record.fromBlock,
    },
    parameters,
    beacon: {
      urls: beaconUrls.length === 0 ? QUICKNET_URLS : [...beaconUrls],
      publicKey,
      genesisTime: Number(genesis),
      periodSeconds: Number(periodSeconds),
      ...(quicknet ? { chainHash: QUICKNET_HASH } : {}),
    },
    coordinators: [],
  }
}

function isQuicknet(publicKey: Hex): boolean {
  return publicKey === deployConfigSchema.parse({}).beacon.publicKey
}

/** The network file's bound. */
const BEACON_URLS_MAX = 8

function assertBeaconUrls(publicKey: Hex, urls: readonly string[]): void {
  const bad = urls.find((url) => !URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
  const fix = 'name a server of the beacon, such as https://drand.example.org'
  if (bad !== undefined) throw new InvalidInputError('--beacon-url', `${bad} is not a URL`, { fix })
  if (urls.length > BEACON_URLS_MAX)
    throw new InvalidInputError('--beacon-url', `is given more than ${BEACON_URLS_MAX} times`, { fix })
  if (urls.length === 0 && !isQuicknet(publicKey))
    throw new InvalidInputError(
      '--beacon-url',
      'is missing: the configuration’s beacon is another than quicknet',
      { fix },
    )
}

const USAGE = `Usage: npm run deploy -- [--rpc <url>] [--network-file <file>] [--beacon-url <url>...] [--config <file>]
                        [--out <file>] [--keystore <file>] [--json]

Deploys the contracts, registers the verifiers and the slasher, and offers all of it to the timelock; \`npm run handover\`
ends that when the delay is over. DIKAST_KEY is the account that pays, and owns what is deployed until then; without it the
chain's first unlocked account pays, as on a local chain. Run \`npm run build:contracts\` first.

  --rpc <url>            the chain's JSON-RPC (default: http://127.0.0.1:8545)
  --network-file <file>  write the network file here, for the dikast command, nodes and coordinators
  --beacon-url <url>     a drand server for that file, up to 8 (default: drand's own, for quicknet)
  --config <file>        JSON with other figures than the usual: see deployConfigSchema in src/apps/shared/deploy-config.ts
  --out <file>           write the whole record of the deployment here
  --keystore <file>      key file of the account that pays, instead of DIKAST_KEY
  --json                 print that record

Example:
  DIKAST_KEY=0x… npm run deploy -- --rpc https://rpc.example.org --network-file .dikast/network.json
`

const OPTIONS = {
  rpc: { type: 'string', default: 'http://127.0.0.1:8545' },
  'network-file': { type: 'string' },
  'beacon-url': { type: 'string', multiple: true, default: [] as string[] },
  config: { type: 'string' },
  out: { type: 'string' },
  keystore: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: OPTIONS }).values
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause)
    throw new InvalidInputError('command line', problem, { cause, fix: '--help shows the usage' })
  }
}

async function readConfig(file: string | undefined): Promise<DeployConfigInput> {
  if (file === undefined) return {}
  try {
    const config: unknown = JSON.parse(await readFile(file, 'utf8'))
    deployConfigSchema.parse(config)
    return config as DeployConfigInput // just checked
  } catch (cause) {
    const [issue] = cause instanceof z.ZodError ? cause.issues : []
    const problem =
      issue === undefined ? 'is not JSON that can be read' : `${issue.path.join('.')}: ${issue.message}`
    throw new InvalidInputError('--config', `${file}: ${problem}`, {
      cause,
      fix: 'deployConfigSchema in src/apps/shared/deploy-config.ts lists the fields',
    })
  }
}

async function main(argv: readonly string[]): Promise<number> {
  const output = createOutput({ json: argv.includes('--json') })
  try {
    const values = parse(argv)
    if (values.help) {
      process.stdout.write(USAGE)
      return EXIT.ok
    }
    const config = await readConfig(values.config)
    const beaconUrls = values['beacon-url']
    const path = values['network-file']
    const { beacon } = deployConfigSchema.parse(config)
    // Before anything is paid for: a file the command line would refuse is of no use afterwards.
    if (path !== undefined) assertBeaconUrls(beacon.publicKey, beaconUrls)
    const key = await keyFor(values.keystore)
    const publicClient = await clientFor(values.rpc)
    const walletClient = await walletFor(values.rpc, key)
    const record = await deployAll({ walletClient, publicClient, config }).catch((cause: unknown) => {
      throw deployFailure(cause)
    })
    if (values.out !== undefined) await writeFile(values.out, formatDeployment(record))
    if (path !== undefined) {
      makeFolder(dirname(path))
      await writeFile(path, formatNetworkFile(networkFileOf(record, values.rpc, beaconUrls)))
    }
    output.result(record, () => {
      const names = [
        'market',
        'nodeRegistry',
        'beaconRegistry',
        'functionRegistry',
        'verifierRouter',
        'challengeCourt',
        'bounties',
        'standingCommittees',
        'schnorrKeys',
        'slasher',
        'timelock',
        'functionsAdapter',
      ] as const
      for (const name of names) output.line(`${name.padEnd(18)}${record[name]}`)
      output.line(`${'chain'.padEnd(18)}${record.chainId}, from block ${record.fromBlock}`)
      output.line(
        `${'owner'.padEnd(18)}the deployer, until \`npm run handover\`: in ${record.config.admin.delaySeconds} seconds`,
      )
      if (path !== undefined) output.line(`${'network file'.padEnd(18)}${path}; coordinators are to be added`)
    })
    return EXIT.ok
  } catch (error) {
    return output.fail(error)
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await main(process.argv.slice(2))
