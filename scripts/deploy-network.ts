/**
 * `npm run deploy`: deploys the contracts and writes the network file the command line reads; `--help` says how.
 * @module
 */
import { readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import {
  BaseError,
  createPublicClient,
  createWalletClient,
  type Hex,
  http,
  InsufficientFundsError,
  type PublicClient,
  type WalletClient,
} from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { z } from 'zod'
import { EXIT } from '../src/apps/cli/exit.ts'
import { accountKey } from '../src/apps/cli/keys.ts'
import { createOutput } from '../src/apps/cli/output.ts'
import { makeFolder } from '../src/apps/shared/folder.ts'
import { formatNetworkFile, type NetworkFile } from '../src/apps/shared/network-file.ts'
import { toHex } from '../src/crypto/bytes.ts'
import { ChainError } from '../src/ports/chain.ts'
import { InvalidInputError } from '../src/protocol/errors.ts'
import {
  type DeployConfigInput,
  type DeploymentRecord,
  deployAll,
  deployConfigSchema,
  formatDeployment,
} from './deploy.ts'

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
  const { chainId, nodeRegistry, beaconRegistry, functionRegistry, verifierRouter, market, bls, fromBlock } =
    record
  return {
    rpcUrl,
    deployment: {
      chainId,
      nodeRegistry,
      beaconRegistry,
      functionRegistry,
      verifierRouter,
      market,
      bls,
      periphery: record.periphery,
      fromBlock,
    },
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

Deploys the contracts and registers the verifiers. DIKAST_KEY is the account that pays and owns what is deployed; without
it the chain's first unlocked account pays, as on a local chain. Run \`npm run build:contracts\` first.

  --rpc <url>            the chain's JSON-RPC (default: http://127.0.0.1:8545)
  --network-file <file>  write the network file here, for the dikast command, nodes and coordinators
  --beacon-url <url>     a drand server for that file, up to 8 (default: drand's own, for quicknet)
  --config <file>        JSON with other figures than the usual: see deployConfigSchema in scripts/deploy.ts
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

/** Undefined when none is given: then an unlocked account of the chain's node pays. */
async function keyFor(keystore: string | undefined): Promise<Hex | undefined> {
  if (keystore === undefined && !process.env.DIKAST_KEY) return undefined
  return toHex(await accountKey({ keystore }))
}

async function walletFor(rpc: string, key: Hex | undefined): Promise<WalletClient> {
  const transport = http(rpc)
  if (key !== undefined) return createWalletClient({ account: privateKeyToAccount(key), transport })
  const unlocked = await createWalletClient({ transport })
    .getAddresses()
    .catch(() => [])
  if (unlocked[0] === undefined) {
    throw new InvalidInputError('key', 'no account to pay with: the chain has none unlocked', {
      fix: 'set DIKAST_KEY, or name an encrypted key file with --keystore',
    })
  }
  return createWalletClient({ account: unlocked[0], transport })
}

async function clientFor(rpc: string): Promise<PublicClient> {
  if (!URL.canParse(rpc) || !/^https?:$/.test(new URL(rpc).protocol)) {
    throw new InvalidInputError('--rpc', 'is not an http or https URL', {
      fix: 'give the JSON-RPC’s URL, such as http://127.0.0.1:8545',
    })
  }
  const client = createPublicClient({ transport: http(rpc) })
  try {
    await client.getChainId()
  } catch (cause) {
    // The host alone: a path or a user often holds the key of a paid service.
    throw new ChainError('unreachable', `${new URL(rpc).host} does not answer as a JSON-RPC node`, {
      cause,
      fix: 'check that the node runs and --rpc is right',
    })
  }
  return client
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
      fix: 'deployConfigSchema in scripts/deploy.ts lists the fields',
    })
  }
}

/** What the chain or viem refuses, in one line; viem's own words go on for many. */
function deployFailure(cause: unknown): unknown {
  if (!(cause instanceof BaseError)) return cause
  const poor = cause.walk((error) => error instanceof InsufficientFundsError) !== null
  return new ChainError('malformed', `the deployment stopped: ${cause.shortMessage}`, {
    cause,
    fix: poor
      ? 'send the account some ether'
      : 'what was deployed so far is of no use: mend the cause, and deploy again',
  })
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
      ] as const
      for (const name of names) output.line(`${name.padEnd(18)}${record[name]}`)
      output.line(`${'chain'.padEnd(18)}${record.chainId}, from block ${record.fromBlock}`)
      if (path !== undefined) output.line(`${'network file'.padEnd(18)}${path}; coordinators are to be added`)
    })
    return EXIT.ok
  } catch (error) {
    return output.fail(error)
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await main(process.argv.slice(2))
