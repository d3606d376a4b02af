import { createLog } from '../../../adapters/log/pino.ts'
import { startNode } from '../../node/main.ts'
import { readNetworkFile } from '../../shared/network-file.ts'
import { runUntilSignal } from '../../shared/process.ts'
import { logLevel, requiredText, textOption } from '../arguments.ts'
import type { Run } from '../command.ts'
import { EXIT } from '../exit.ts'
import { readNodeKeys } from '../node-folder.ts'

export const run: Run = async ({ output, networkFile, rpcUrl }, _args, options) => {
  const dataFolder = requiredText(options, 'data')
  const network = readNetworkFile(networkFile)
  const { attestorKey, networkKey } = await readNodeKeys(dataFolder)
  const log = createLog({ level: logLevel(requiredText(options, 'log')), name: 'node' })
  const announce = textOption(options, 'announce')
  const node = await startNode({
    network,
    rpcUrl,
    dataFolder,
    attestorKey,
    networkKey,
    listen: [requiredText(options, 'listen')],
    announce: announce === undefined ? [] : [announce],
    log,
  })
  const { peer, addresses } = node
  output.result({ peer, addresses }, () =>
    output.progress(`listening on ${addresses.join(', ')}; stop with Ctrl-C`),
  )
  await runUntilSignal(node, log)
  return EXIT.ok
}
