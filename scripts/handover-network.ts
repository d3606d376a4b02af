/**
 * `npm run handover`: goes on with handing the contracts to the timelock; `--help` says how.
 * @module
 */
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { EXIT } from '../src/apps/cli/exit.ts'
import { createOutput } from '../src/apps/cli/output.ts'
import { readNetworkFile } from '../src/apps/shared/network-file.ts'
import { InvalidInputError } from '../src/protocol/errors.ts'
import type { Address } from '../src/protocol/types.ts'
import { clientFor, deployFailure, keyFor, walletFor } from './clients.ts'
import { type HandoverStep, stepHandover } from './handover.ts'

const USAGE = `Usage: npm run handover -- [--network-file <file>] [--rpc <url>] [--keystore <file>] [--json]

Makes the timelock the owner of the contracts that were offered to it. \`npm run deploy\` offers them, and announces the
handover where the deployer is a proposer of the timelock; otherwise a proposer runs this once to announce it. Run it again when
the delay is over, from any account: then it executes what was announced. It says what is left, and ends with 1 while it
must be waited for.

  --network-file <file>  of the deployment (default: DIKAST_NETWORK, or the nearest .dikast/network.json)
  --rpc <url>            the chain's JSON-RPC, instead of the network file's
  --keystore <file>      key file of the account that pays, instead of DIKAST_KEY
  --json                 print one JSON value

Example:
  DIKAST_KEY=0x… npm run handover -- --network-file .dikast/network.json
`

const OPTIONS = {
  'network-file': { type: 'string' },
  rpc: { type: 'string' },
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

async function main(argv: readonly string[]): Promise<number> {
  const output = createOutput({ json: argv.includes('--json') })
  try {
    const values = parse(argv)
    if (values.help) {
      process.stdout.write(USAGE)
      return EXIT.ok
    }
    const network = readNetworkFile(values['network-file'])
    const rpc = values.rpc ?? network.rpcUrl
    const key = await keyFor(values.keystore)
    const publicClient = await clientFor(rpc)
    const walletClient = await walletFor(rpc, key)
    const clients = { publicClient, walletClient }
    const step = await stepHandover(clients, network.deployment).catch((cause: unknown) => {
      throw deployFailure(cause, 'the handover stopped', 'mend the cause, and run it again')
    })
    output.result(step, () => output.line(describe(step, network.deployment.timelock)))
    return step.state === 'done' || step.state === 'accepted' ? EXIT.ok : EXIT.no
  } catch (error) {
    return output.fail(error)
  }
}

function describe(step: HandoverStep, timelock: Address | undefined): string {
  switch (step.state) {
    case 'done':
      return `nothing waits to be handed to ${timelock}`
    case 'accepted':
      return `${timelock} owns ${step.contracts.join(', ')}`
    default:
      return `announced: run this again after ${new Date(Number(step.readyAt) * 1000).toISOString()}`
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await main(process.argv.slice(2))
