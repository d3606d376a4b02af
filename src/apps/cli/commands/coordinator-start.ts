import { createLog } from '../../../adapters/log/pino.ts'
import { startCoordinator } from '../../coordinator/main.ts'
import { readNetworkFile } from '../../shared/network-file.ts'
import { runUntilSignal } from '../../shared/process.ts'
import { addressOptions, logLevel, requiredText } from '../arguments.ts'
import type { Run } from '../command.ts'
import { committeeSizes } from '../committee-options.ts'
import { EXIT } from '../exit.ts'
import { accountKey, persistentNetworkKey } from '../keys.ts'

export const run: Run = async ({ output, networkFile, rpcUrl }, _args, options) => {
  const dataFolder = requiredText(options, 'data')
  const addressing = addressOptions(options)
  const level = logLevel(requiredText(options, 'log'))
  const log = createLog({ level, name: 'coordinator' })
  const coordinator = await startCoordinator({
    network: readNetworkFile(networkFile),
    rpcUrl,
    dataFolder,
    accountKey: await accountKey(options),
    networkKey: persistentNetworkKey(dataFolder),
    ...addressing,
    redisUrl: process.env.REDIS_URL,
    committees: committeeSizes(options),
    log,
  })
  const { peer, addresses } = coordinator
  output.result({ peer, addresses }, () =>
    output.progress(`listening on ${addresses.join(', ')}; stop with Ctrl-C`),
  )
  await runUntilSignal(coordinator, log)
  return EXIT.ok
}
