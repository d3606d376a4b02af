/**
 * The operator's staking script: registers a node, bonds its stake, or adds to it.
 *
 *   DIKAST_KEY=0x… node scripts/stake.ts --data ~/node --stake 32 [--network FILE] [--json]
 *
 * DIKAST_KEY is the operator's account. The node's own keys come from its folder (`dikast node init` makes them), whose
 * password is asked for or taken from DIKAST_PASSWORD. A node that is registered already has the amount bonded on top.
 */

import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type Account, openAccount } from '../src/apps/cli/account.ts'
import { parseEther } from '../src/apps/cli/arguments.ts'
import { readNodeKeys } from '../src/apps/cli/node-folder.ts'
import { bondStake, type Mined, type NodeIdentity, registerNode } from '../src/apps/cli/operator.ts'
import { createOutput, EXIT, ether } from '../src/apps/cli/output.ts'
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

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      data: { type: 'string', default: '.dikast/node' },
      stake: { type: 'string' },
      network: { type: 'string' },
      rpc: { type: 'string' },
      keystore: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  })
  const output = createOutput({ json: values.json })
  try {
    if (values.stake === undefined)
      throw new InvalidInputError('--stake', 'is missing', { fix: 'say how much, in ether: --stake 32' })
    const stakeWei = parseEther('--stake', values.stake)
    const keys = await readNodeKeys(values.data)
    const account = await openAccount(
      { output, networkFile: values.network, rpcUrl: values.rpc },
      { keystore: values.keystore },
    )
    try {
      const { registered, hash, gasUsed } = await stake(account, keys, stakeWei)
      output.result(
        { attestor: keys.attestor, registered, stake: stakeWei, transaction: hash, gasUsed },
        () => {
          output.line(
            `${registered ? 'registered' : 'bonded to'} ${keys.attestor} with ${ether(stakeWei)}, transaction ${hash}`,
          )
        },
      )
    } finally {
      await account.close()
    }
    return EXIT.ok
  } catch (error) {
    return output.fail(error)
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await main()
