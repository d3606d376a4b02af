/** Rules that have been got wrong elsewhere, each with the seed that shows it: the simulator must see them. */
import type { SeatSeal } from '../../../src/core/consensus/core.ts'
import type { PbftRules } from '../../../src/core/consensus/pbft-rules.ts'
import { pbftMode, pbftModeUnder } from './pbft-mode.ts'
import { type RunResult, run } from './world.ts'

export interface WrongRule {
  readonly rule: string
  /** The oracles that may see it first. */
  readonly oracles: readonly string[]
  /** The first seed that shows it. */
  readonly seed: number
  readonly run: (seed: number) => RunResult
}

/** A vote is a vote, whatever for. */
const withoutDigests: Partial<PbftRules> = {
  prepared: (prepares, view) =>
    [...prepares]
      .filter(([, prepare]) => prepare.view === view)
      .map(([seat, { signature }]) => ({ seat, signature }))
      .sort((a, b) => a.seat - b.seat),
  decisionIn: (context, { bySeat }, view) => {
    const found = [...bySeat].flatMap(([seat, kept]) =>
      kept.filter(({ message }) => message.view === view).map((known) => ({ seat, ...known })),
    )
    const last = found.at(-1)
    if (last === undefined || found.length < context.quorum) return undefined
    const seals = found.map(({ seat, message: { signature } }): SeatSeal => ({ seat, signature }))
    return { view, root: last.root, outcome: last.message, seals }
  },
}

export const WRONG_RULES: readonly WrongRule[] = [
  {
    rule: 'a quorum of 2f + 1 at n = 6: two of them share nobody',
    oracles: ['agreement'],
    seed: 111,
    run: (seed) => run(pbftMode, { seed, nodes: 6, wrong: { quorum: 3 } }),
  },
  {
    rule: 'votes counted without comparing digests',
    oracles: ['agreement', 'forged', 'validity'],
    seed: 12,
    run: (seed) => run(pbftModeUnder(withoutDigests), { seed, nodes: 4 }),
  },
  {
    rule: 'a new-view that nobody checks',
    oracles: ['agreement', 'validity'],
    seed: 20,
    run: (seed) => run(pbftModeUnder({ isJustified: () => true }), { seed, nodes: 4 }),
  },
  {
    rule: 'equivocation kept without the view: an honest member is convicted',
    oracles: ['slashable'],
    seed: 2,
    run: (seed) => run(pbftModeUnder({ placeOf: () => 0 }), { seed, nodes: 4 }),
  },
  {
    rule: 'a record that is never written ahead',
    oracles: ['one-vote', 'agreement', 'lower-view'],
    seed: 4,
    run: (seed) => run(pbftMode, { seed, nodes: 4, wrong: { forgets: true } }),
  },
]
