/** *aggregate* as the simulator runs it: honest members see different values, and one of them, or a failure, is certified. */
import { aggregateUnder } from '../../../src/core/consensus/aggregate/core.ts'
import { AGGREGATE_RULES, type AggregateRules } from '../../../src/core/consensus/aggregate/examine.ts'
import type {
  AggregateMessage,
  AggregateRecord,
  AggregateState,
} from '../../../src/core/consensus/aggregate/state.ts'
import type { PbftMessage } from '../../../src/core/consensus/pbft-messages.ts'
import { quorumOf } from '../../../src/core/consensus/quorum.ts'
import { chooser } from './adversaries/aggregate/chooser.ts'
import { forger } from './adversaries/aggregate/forger.ts'
import { twoFaced } from './adversaries/aggregate/two-faced.ts'
import { earlyVoter } from './adversaries/pbft/early-voter.ts'
import { equivocator } from './adversaries/pbft/equivocator.ts'
import { flooder } from './adversaries/pbft/flooder.ts'
import { nuller } from './adversaries/pbft/nuller.ts'
import { omitter } from './adversaries/pbft/omitter.ts'
import { replayer } from './adversaries/replayer.ts'
import { silent } from './adversaries/silent.ts'
import { twin } from './adversaries/twin.ts'
import { withholder } from './adversaries/withholder.ts'
import { AggregateJudge } from './aggregate-judge.ts'
import { type AggregateKit, aggregateKit, runOf, seen, signObserved, VALUE_MAX } from './aggregate-kit.ts'
import { rootWithEvidence } from './crypto.ts'
import type { Actor, Adversary, Line, Mode } from './mode.ts'
import { describe, voteOf } from './pbft-mode.ts'
import { type RunOptions, type RunResult, run } from './world.ts'

export type AggregateMode = Mode<AggregateState, AggregateRecord, AggregateMessage>
type AggregateAdversary = Adversary<AggregateMessage>

/** Keeps to the protocol with a value as far off as the bounds allow. */
const wild: AggregateAdversary = ({ member, random }) => {
  const value = random() < 0.5 ? VALUE_MAX : -VALUE_MAX
  return member({ run: () => runOf(seen(value)) })
}

/** Signs a value out of bounds, and keeps to the protocol otherwise. */
function stray({ terms }: AggregateKit): AggregateAdversary {
  return ({ member, context, random }) => {
    const {
      seat: _,
      signature,
      ...observed
    } = signObserved(context, terms, seen(VALUE_MAX + 1 + Math.floor(random() * VALUE_MAX)))
    return member({
      send: (_to, message) =>
        message.type === 'observation' ? { type: 'observation', observed, signature } : message,
    })
  }
}

/** One that knows pBFT alone, and saw something. */
function beside(
  { terms }: AggregateKit,
  adversary: (line: Line<PbftMessage>) => Actor<PbftMessage>,
): AggregateAdversary {
  return (puppet) => {
    const actor = adversary(puppet)
    const { context, random, send } = puppet
    const { seat, signature, ...observed } = signObserved(
      context,
      terms,
      seen(Math.floor(random() * VALUE_MAX)),
    )
    return {
      start: () => {
        for (let to = 0; to < context.committeeSize; to++)
          if (to !== seat) send(to, { type: 'observation', observed, signature })
        actor.start()
      },
      deliver: (from, message) => {
        if (message.type !== 'observation') actor.deliver(from, message)
      },
    }
  }
}

function adversariesWith(kit: AggregateKit): Readonly<Record<string, AggregateAdversary>> {
  return {
    chooser: chooser(kit),
    earlyVoter: beside(kit, earlyVoter),
    equivocator: beside(kit, equivocator),
    flooder: beside(kit, flooder),
    forger: forger(kit),
    nuller: beside(kit, nuller),
    omitter,
    replayer,
    silent,
    stray: stray(kit),
    // Its two copies run apart, and see different things.
    twin: (puppet) => twin(puppet, (copy) => runOf(seen(copy === 0 ? VALUE_MAX : -VALUE_MAX))),
    twoFaced: twoFaced(kit),
    wild,
    withholder,
  }
}

export const AGGREGATE_ADVERSARIES: readonly string[] = Object.keys(adversariesWith(aggregateKit(0, 4)))

/** One run's: what members see, and who watches, is of its seed. */
function modeOf(kit: AggregateKit, rules: AggregateRules): AggregateMode {
  return {
    core: aggregateUnder(rules, kit.terms),
    adversaries: adversariesWith(kit),
    quorumOf: (committeeSize) => quorumOf('aggregate', committeeSize),
    honestRun: kit.run,
    combine: kit.combine,
    rootOf: rootWithEvidence,
    judge: (world) => new AggregateJudge(kit, world),
    voteIn: (context, message) => (message.type === 'observation' ? undefined : voteOf(context, message)),
    describe: (context, message) =>
      message.type === 'observation'
        ? `observation: exit ${message.observed.exit}, ${message.observed.output.length} bytes`
        : describe(context, message),
  }
}

/** With a rule put wrong, for a test that the oracles see it. */
export function runAggregate(options: RunOptions, rules: Partial<AggregateRules> = {}): RunResult {
  const kit = aggregateKit(options.seed, options.nodes)
  return run(modeOf(kit, { ...AGGREGATE_RULES, ...rules }), options)
}
