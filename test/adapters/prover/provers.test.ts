import { InProcessProver } from '../../../src/adapters/prover/in-process.ts'
import { ProcessProver } from '../../../src/adapters/prover/process-prover.ts'
import { silentLog } from '../../../src/ports/log.ts'
import { describeProver } from './conformance.ts'

const KEY_BYTES_MAX = 64 * 1024 * 1024

describeProver('our prover in a process of its own', {
  create: () => new ProcessProver({ engine: 'kernel', log: silentLog, threads: 2 }),
  checksPoints: true,
})

describeProver('our prover with one thread, within the process', {
  create: () => new InProcessProver({ engine: 'kernel', threads: 1, keyBytesMax: KEY_BYTES_MAX }),
  checksPoints: true,
})

describeProver('snarkjs in a process of its own', {
  create: () => new ProcessProver({ engine: 'snarkjs', log: silentLog }),
  checksPoints: false,
})
