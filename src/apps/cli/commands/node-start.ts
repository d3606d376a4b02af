import { createLog } from '../../../adapters/log/pino.ts'
import { startNode } from '../../node/main.ts'
import { readExtensions } from '../../shared/extensions.ts'
import { readNetworkFile } from '../../shared/network-file.ts'
import { runUntilSignal } from '../../shared/process.ts'
import { addressOptions, listOption, logLevel, parseDigest, requiredText, textOption } from '../arguments.ts'
import type { Run } from '../command.ts'
import { EXIT } from '../exit.ts'
import { readNodeKeys } from '../node-folder.ts'
import { proverOption } from '../prover-options.ts'

export const run: Run = async ({ output, networkFile, rpcUrl }, _args, options) => {
  const dataFolder = requiredText(options, 'data')
  const addressing = addressOptions(options)
  const level = logLevel(requiredText(options, 'log'))
  const prover = proverOption(options)
  const observes = listOption(options, 'observe').map((id) => parseDigest('--observe', id))
  const network = readNetworkFile(networkFile)
  const extensions = readExtensions(dataFolder, textOption(options, 'extensions'))
  const { attestorKey, networkKey } = await readNodeKeys(dataFolder)
  const log = createLog({ level, name: 'node' })
  const node = await startNode({
    network,
    rpcUrl,
    dataFolder,
    attestorKey,
    networkKey,
    ...addressing,
    extensions: extensions.config,
    prover,
    observes,
    log,
  })
  const { file, config } = extensions
  if (file !== undefined) log.info('extensions read', { file, grants: config.grants.length })
  const { peer, addresses } = node
  output.result({ peer, addresses }, () =>
    output.progress(`listening on ${addresses.join(', ')}; stop with Ctrl-C`),
  )
  await runUntilSignal(node, log)
  return EXIT.ok
}
