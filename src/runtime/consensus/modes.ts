/**
 * The cores there are, each with its codec, opened as a function's agreement says.
 * @module
 */
import { aggregateCore } from '../../core/consensus/aggregate/core.ts'
import type { AggregateTerms } from '../../core/consensus/aggregate/terms.ts'
import type { Agreement } from '../../core/consensus/agreement.ts'
import type { ConsensusContext, ConsensusCore } from '../../core/consensus/core.ts'
import { exactCommit } from '../../core/consensus/exact-commit.ts'
import { pbft } from '../../core/consensus/pbft.ts'
import { raft } from '../../core/consensus/raft.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Store } from '../../ports/store.ts'
import { aggregateCodec } from './aggregate-codec.ts'
import type { ModeCodec } from './codec.ts'
import { exactCodec } from './exact-codec.ts'
import { Instance, type RunningInstance, type Surroundings } from './instance.ts'
import { pbftCodec } from './pbft-codec.ts'
import { raftCodec } from './raft-codec.ts'

export interface OpenOptions {
  readonly agreement: Agreement
  /** What an aggregating committee is told beside it. */
  readonly terms: Omit<AggregateTerms, 'rule' | 'graceMs'>
  readonly context: ConsensusContext
  readonly store: Store
  readonly clock: Clock
  readonly key: string
  readonly around: Surroundings
}

export function openInstance(options: OpenOptions): RunningInstance {
  const { agreement } = options
  switch (agreement.mode) {
    case 'exact':
      return instanceOf(exactCommit(agreement), exactCodec, options)
    case 'pbft':
      return instanceOf(pbft, pbftCodec, options)
    case 'raft':
      return instanceOf(raft, raftCodec, options)
    case 'aggregate':
      return instanceOf(aggregateCore({ ...agreement, ...options.terms }), aggregateCodec, options)
  }
}

function instanceOf<State, Saved, Message>(
  core: ConsensusCore<State, Saved, Message>,
  codec: ModeCodec<Saved, Message>,
  { context, store, clock, key, around }: OpenOptions,
): RunningInstance {
  return new Instance({ core, codec, context, store, clock, key, around })
}
