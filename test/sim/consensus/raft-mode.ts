/** Raft as the simulator runs it: seats crash, and do not lie. */
import { quorumOf } from '../../../src/core/consensus/quorum.ts'
import { type RaftCore, raft } from '../../../src/core/consensus/raft.ts'
import type { RaftMessage, RaftRecord, RaftState } from '../../../src/core/consensus/raft-state.ts'
import { mayfly } from './adversaries/mayfly.ts'
import { silent } from './adversaries/silent.ts'
import type { Mode } from './mode.ts'

export type RaftMode = Mode<RaftState, RaftRecord, RaftMessage>

export function raftModeOf(core: RaftCore): RaftMode {
  return {
    core,
    // Not one that leads and tells some nothing, for ever: that is no crash, and others that hear it keep it.
    adversaries: { mayfly, silent },
    quorumOf: (committeeSize) => quorumOf('raft', committeeSize),
    crashesOf: (committeeSize) => committeeSize - quorumOf('raft', committeeSize),
    // A leader replicates one root a term.
    voteIn: (_, message) =>
      message.type === 'append' && message.entry !== undefined
        ? { view: message.term, root: message.entry.root }
        : undefined,
    describe: (_, message) => {
      if (message.type === 'attestation') return `attestation in term ${message.message.view}`
      if (message.type === 'decision') return `decision of term ${message.decision.view}`
      const { type, term } = message
      const trial = 'isTrial' in message && message.isTrial ? ' (trial)' : ''
      const granted = message.type === 'vote' ? ` ${message.isGranted ? 'granted' : 'refused'}` : ''
      const entry = message.type === 'append' && message.entry !== undefined ? ' with its entry' : ''
      return `${type}${granted}${entry}${trial} in term ${term}`
    },
  }
}

export const raftMode: RaftMode = raftModeOf(raft)
