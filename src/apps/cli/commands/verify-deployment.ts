import { reachChain } from '../../shared/chain-access.ts'
import { readNetworkFile } from '../../shared/network-file.ts'
import type { Run } from '../command.ts'
import { readCreationCodes } from '../creation-code.ts'
import { absentContracts, checkDeployment } from '../deployment-checks.ts'
import { EXIT } from '../exit.ts'

const MARKS = { passed: '✔', failed: '✘', unchecked: '?' } as const

/** What no check here can tell. */
const BEYOND = [
  'whether this JSON-RPC tells the truth: ask a node of your own',
  'whether this source is right: nobody has audited it',
] as const

export const run: Run = async ({ output, networkFile, rpcUrl }) => {
  const network = readNetworkFile(networkFile)
  const codes = readCreationCodes()
  const reader = await reachChain(network, rpcUrl)
  const checks = await checkDeployment(reader, network, codes)
  const absent = absentContracts(network.deployment).map((name) => `${name}: the network file names none`)
  const notChecked = [...absent, ...BEYOND]
  const failed = checks.filter(({ verdict }) => verdict === 'failed').length
  output.result({ ok: failed === 0, checks, notChecked }, () => {
    for (const { name, verdict, detail } of checks)
      output.line(`${MARKS[verdict]} ${name.padEnd(40)} ${detail}`)
    for (const what of notChecked) output.line(`? not checked: ${what}`)
    output.line(failed === 0 ? 'nothing differs' : `${failed} of ${checks.length} checks failed`)
  })
  return failed === 0 ? EXIT.ok : EXIT.no
}
