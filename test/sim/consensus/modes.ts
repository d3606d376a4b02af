/** The modes `npm run sim` knows. Each entry closes over its own types: what comes out is a run. */
import { runAggregate } from './aggregate-mode.ts'
import { exactMode } from './exact-mode.ts'
import { pbftMode } from './pbft-mode.ts'
import { raftMode } from './raft-mode.ts'
import { type RunOptions, type RunResult, run } from './world.ts'

export const MODES: Readonly<Record<string, (options: RunOptions) => RunResult>> = {
  aggregate: (options) => runAggregate(options),
  exact: (options) => run(exactMode, options),
  pbft: (options) => run(pbftMode, options),
  raft: (options) => run(raftMode, options),
}
