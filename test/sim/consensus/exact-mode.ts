/** *exact* with its commit phase, as the simulator runs it: honest members' runs all give the same. */
import {
  type ExactCommitState,
  type ExactMessage,
  type ExactRecord,
  exactCommit,
} from '../../../src/core/consensus/exact-commit.ts'
import { quorumOf } from '../../../src/core/consensus/quorum.ts'
import { liar } from './adversaries/liar.ts'
import { replayer } from './adversaries/replayer.ts'
import { silent } from './adversaries/silent.ts'
import { twin } from './adversaries/twin.ts'
import { withholder } from './adversaries/withholder.ts'
import { proposalOf, rootOf } from './crypto.ts'
import type { Mode } from './mode.ts'

const GRACE_MS = 30

export type ExactMode = Mode<ExactCommitState, ExactRecord, ExactMessage>

export const exactMode: ExactMode = {
  core: exactCommit({ graceMs: GRACE_MS }),
  adversaries: { liar, replayer, silent, twin, withholder },
  quorumOf: (committeeSize) => quorumOf('exact', committeeSize),
  honestRun: () => proposalOf('good', 0, 0),
  voteIn: (_, message) => {
    const root = message.type === 'reveal' ? rootOf(message.message) : undefined
    return root === undefined ? undefined : { view: 0, root }
  },
  describe: (_, message) => message.type,
}
