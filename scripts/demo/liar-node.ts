/**
 * A node that lies when it is told to: the production node with a sandbox that alters what the function gave.
 * Started by the demo only. The parent sends `lie` or `honest`.
 */
import { createLog } from '../../src/adapters/log/pino.ts'
import { readNodeKeys } from '../../src/apps/cli/node-folder.ts'
import { startNode } from '../../src/apps/node/main.ts'
import { readNetworkFile } from '../../src/apps/shared/network-file.ts'
import { runUntilSignal } from '../../src/apps/shared/process.ts'
import type { Sandbox } from '../../src/ports/sandbox.ts'

let lying = false
process.on('message', (message) => {
  lying = message === 'lie'
})

/** Adds one to the last byte of every output while lying. */
function deceive(honest: Sandbox): Sandbox {
  return {
    run: async (job) => {
      const result = await honest.run(job)
      const last = result.output.length - 1
      return lying && last >= 0
        ? { ...result, output: result.output.with(last, ((result.output[last] ?? 0) + 1) % 256) }
        : result
    },
    close: () => honest.close(),
  }
}

const [dataFolder = ''] = process.argv.slice(2)
const log = createLog({ level: 'info', name: 'node' })
const { attestorKey, networkKey } = await readNodeKeys(dataFolder)
const node = await startNode({
  network: readNetworkFile(undefined),
  rpcUrl: undefined,
  dataFolder,
  attestorKey,
  networkKey,
  listen: ['/ip4/127.0.0.1/tcp/0'],
  announce: [],
  log,
  wrapSandbox: deceive,
})
await runUntilSignal(node, log)
process.disconnect?.()
