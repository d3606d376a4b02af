import { addressOfPrivateKey } from '../../../crypto/signature.ts'
import { openChain } from '../../shared/chain-access.ts'
import { readNetworkFile } from '../../shared/network-file.ts'
import { parseAddress } from '../arguments.ts'
import type { Run } from '../command.ts'
import { EXIT } from '../exit.ts'
import { accountKey } from '../keys.ts'
import { ether } from '../output.ts'

export const run: Run = async ({ output, networkFile, rpcUrl }, [given], options) => {
  const network = readNetworkFile(networkFile)
  const account =
    given === undefined ? addressOfPrivateKey(await accountKey(options)) : parseAddress('address', given)
  const chain = await openChain(network, rpcUrl)
  const [credit, consumers] = await Promise.all([
    chain.reads.creditOf(account),
    chain.audits.consumersOf(account),
  ])
  output.result({ account, credit, consumers }, () => {
    output.line(`account     ${account}`)
    output.line(`credit      ${ether(credit)}`)
    for (const { consumer, valueMax } of consumers)
      output.line(`consumer    ${consumer}, at most ${ether(valueMax)} a request`)
  })
  return EXIT.ok
}
