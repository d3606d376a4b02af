import { availableParallelism } from 'node:os'
import { createLog } from '../../../adapters/log/pino.ts'
import { startProver } from '../../prover/main.ts'
import { runUntilSignal } from '../../shared/process.ts'
import { logLevel, requiredText, textOption, wholeNumber } from '../arguments.ts'
import type { Run } from '../command.ts'
import { EXIT } from '../exit.ts'
import { engineOption, redisUrl } from '../prover-options.ts'

const MIB = 1024 * 1024
const KEY_MEMORY_MIB_MAX = 64 * 1024

export const run: Run = async ({ output }, _args, options) => {
  const prover = engineOption(options)
  const url = redisUrl('--redis', textOption(options, 'redis'))
  const threads = textOption(options, 'threads')
  const keyMemory = wholeNumber('--key-memory', requiredText(options, 'keyMemory'), 1, KEY_MEMORY_MIB_MAX)
  const log = createLog({ level: logLevel(requiredText(options, 'log')), name: 'prover' })
  const running = await startProver({
    redisUrl: url,
    prover,
    keyBytesMax: keyMemory * MIB,
    ...(threads === undefined
      ? {}
      : { threads: wholeNumber('--threads', threads, 1, availableParallelism()) }),
    log,
  })
  output.result({ engine: prover.engine }, () =>
    output.progress(`proving with ${prover.engine}; stop with Ctrl-C`),
  )
  await runUntilSignal(running, log)
  return EXIT.ok
}
