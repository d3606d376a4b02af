/**
 * The operator's staking script: registers a node, bonds its stake, or adds to it.
 *
 *   DIKAST_KEY=0x… npm run stake -- --data ~/node --stake 32 [--network FILE] [--json]
 *
 * DIKAST_KEY is the operator's account. The node's own keys come from its folder (`dikast node init` makes them), whose
 * password is asked for or taken from DIKAST_PASSWORD. A node that is registered already has the amount bonded on top.
 */

import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type Account, openAccount } from '../src/apps/cli/account.ts'
import { parseSomeEther } from '../src/apps/cli/arguments.ts'
import { EXIT } from '../src/apps/cli/exit.ts'
import { readNodeKeys } from '../src/apps/cli/node-folder.ts'
import { bondStake, type Mined, type NodeIdentity, registerNode } from '../src/apps/cli/operator.ts'
import { createOutput, ether } from '../src/apps/cli/output.ts'
import { InvalidInputError } from '../src/protocol/errors.ts'

/** Registers the node with this stake, or bonds it on top. */
export async function stake(
  account: Account,
  node: NodeIdentity,
  stakeWei: bigint,
): Promise<Mined & { readonly registered: boolean }> {
  const known = await account.chain.reads.node(node.attestor)
  if (known === undefined) return { ...(await registerNode(account, node, stakeWei)), registered: true }
  return { ...(await bondStake(account, node.attestor, stakeWei)), registered: false }
}

const USAGE = `Usage: node scripts/stake.ts --stake <ether> [--data <folder>] [--network <file>] [--rpc <url>]
                             [--keystore <file>] [--json]

Registers the node of the folder and bonds its first stake; a registered one has the amount bonded on top.
DIKAST_KEY is the operator's account. Example:
  DIKAST_KEY=0x… npm run stake -- --data ~/node --stake 32
`

function parse(argv: readonly string[]) {
  const options = {
    data: { type: 'string', default: '.dikast/node' },
    stake: { type: 'string' },
    network: { type: 'string' },
    rpc: { type: 'string' },
    keystore: { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  } as const
  try {
    return parseArgs({ args: [...argv], options }).values
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
    if (values.stake === undefined) {
      throw new InvalidInputError('--stake', 'is missing', { fix: 'say how much, in ether: --stake 32' })
    }
    const stakeWei = parseSomeEther('--stake', values.stake)
    const keys = await readNodeKeys(values.data)
    const context = { output, networkFile: values.network, rpcUrl: values.rpc }
    const account = await openAccount(context, { keystore: values.keystore })
    try {
      const { registered, hash, gasUsed } = await stake(account, keys, stakeWei)
      const result = { attestor: keys.attestor, registered, stake: stakeWei, transaction: hash, gasUsed }
      output.result(result, () => {
        const did = registered ? 'registered' : 'bonded to'
        output.line(`${did} ${keys.attestor} with ${ether(stakeWei)}, transaction ${hash}`)
      })
    } finally {
      await account.close()
    }
    return EXIT.ok
  } catch (error) {
    return output.fail(error)
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await main(process.argv.slice(2))
