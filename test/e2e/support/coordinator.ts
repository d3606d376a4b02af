/** A coordinator in a process of its own, with a grace period long enough to be killed in. */
import { createLog } from '../../../src/adapters/log/pino.ts'
import { accountKey, persistentNetworkKey } from '../../../src/apps/cli/keys.ts'
import { startCoordinator } from '../../../src/apps/coordinator/main.ts'
import { readNetworkFile } from '../../../src/apps/shared/network-file.ts'
import { runUntilSignal } from '../../../src/apps/shared/process.ts'

const { E2E_FOLDER = '', E2E_LISTEN = '', E2E_LOG = '', E2E_GRACE_MS = '0' } = process.env
const log = createLog({ level: 'debug', name: 'coordinator', destination: { file: E2E_LOG } })
const coordinator = await startCoordinator({
  network: readNetworkFile(undefined),
  rpcUrl: undefined,
  dataFolder: E2E_FOLDER,
  accountKey: await accountKey({}),
  networkKey: persistentNetworkKey(E2E_FOLDER),
  listen: [E2E_LISTEN],
  announce: [],
  redisUrl: process.env.REDIS_URL,
  timing: { graceMs: Number(E2E_GRACE_MS), pollMs: 150, repeatMs: 500 },
  log,
})
await runUntilSignal(coordinator, log)
