/** pBFT as the simulator runs it. */
import type { ConsensusContext } from '../../../src/core/consensus/core.ts'
import { type PbftCore, pbft, pbftUnder } from '../../../src/core/consensus/pbft.ts'
import type { PbftMessage } from '../../../src/core/consensus/pbft-messages.ts'
import { PBFT_RULES, type PbftRules } from '../../../src/core/consensus/pbft-rules.ts'
import type { PbftRecord, PbftState } from '../../../src/core/consensus/pbft-state.ts'
import { quorumOf } from '../../../src/core/consensus/quorum.ts'
import type { Digest } from '../../../src/protocol/types.ts'
import { liar } from './adversaries/liar.ts'
import { earlyVoter } from './adversaries/pbft/early-voter.ts'
import { equivocator } from './adversaries/pbft/equivocator.ts'
import { flooder } from './adversaries/pbft/flooder.ts'
import { subjectOf } from './adversaries/pbft/forge.ts'
import { nuller } from './adversaries/pbft/nuller.ts'
import { omitter } from './adversaries/pbft/omitter.ts'
import { replayer } from './adversaries/replayer.ts'
import { twin } from './adversaries/twin.ts'
import { withholder } from './adversaries/withholder.ts'
import type { Mode } from './mode.ts'

export type PbftMode = Mode<PbftState, PbftRecord, PbftMessage>

function modeWith(core: PbftCore): PbftMode {
  return {
    core,
    adversaries: {
      earlyVoter,
      equivocator,
      flooder,
      liar,
      nuller,
      omitter,
      replayer,
      twin,
      withholder,
    },
    quorumOf: (committeeSize) => quorumOf('pbft', committeeSize),
    voteIn: voteOf,
    describe,
  }
}

/** A prepare, or the proposal that is its leader's. */
export function voteOf(
  { rootOf }: ConsensusContext,
  message: PbftMessage,
): { readonly view: number; readonly root: Digest } | undefined {
  if (message.type === 'prepare') return { view: message.view, root: message.root }
  const root = message.type === 'propose' ? rootOf(message.proposal.outcome) : undefined
  return message.type === 'propose' && root !== undefined ? { view: message.view, root } : undefined
}

export function describe(context: ConsensusContext, message: PbftMessage): string {
  const { view, root } = subjectOf(context, message)
  const of = root === undefined ? '' : ` of ${root.slice(0, 10)}`
  const prepared = message.type === 'viewChange' ? message.change.prepared : undefined
  return `${message.type}${of} in view ${view}${prepared === undefined ? '' : ` (prepared in ${prepared.view})`}`
}

export const pbftMode: PbftMode = modeWith(pbft)

/** With a rule put wrong, for a test that the oracles see it. */
export function pbftModeUnder(rules: Partial<PbftRules>): PbftMode {
  return modeWith(pbftUnder({ ...PBFT_RULES, ...rules }))
}
