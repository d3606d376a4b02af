/** Many runs in a row, up to the first that goes wrong: what `npm run sim` does, apart from its arguments. */
import type { RunOptions, RunResult } from './world.ts'

/** Seeds between two lines of progress. */
const PROGRESS_SEEDS = 1_000

export interface Campaign {
  readonly mode: string
  readonly simulate: (options: RunOptions) => RunResult
  readonly from: number
  readonly seeds: number
  readonly nodes: number
}

export interface Totals {
  readonly seeds: number
  readonly events: number
  readonly messages: number
  readonly crashes: number
  readonly convictions: number
  readonly contradictions: number
  /** The highest view that the first honest seat was decided in. */
  readonly viewMax: number
  readonly virtualMsMax: number
}

export type CampaignResult =
  | { readonly type: 'passed'; readonly totals: Totals }
  | { readonly type: 'failed'; readonly seed: number; readonly result: RunResult }

export function campaign(
  { simulate, from, seeds, nodes }: Omit<Campaign, 'mode'>,
  progress: (done: number) => void = () => {},
): CampaignResult {
  const totals = {
    seeds: 0,
    events: 0,
    messages: 0,
    crashes: 0,
    convictions: 0,
    contradictions: 0,
    viewMax: 0,
    virtualMsMax: 0,
  }
  for (let seed = from; seed < from + seeds; seed++) {
    const result = simulate({ seed, nodes })
    if (result.violation !== undefined) return { type: 'failed', seed, result }
    totals.seeds++
    totals.events += result.events
    totals.messages += result.messages
    totals.crashes += result.crashes
    totals.convictions += result.convictions
    totals.contradictions += result.contradictions
    totals.viewMax = Math.max(totals.viewMax, result.view ?? 0)
    totals.virtualMsMax = Math.max(totals.virtualMsMax, Math.round(result.endedMs))
    if (totals.seeds % PROGRESS_SEEDS === 0) progress(totals.seeds)
  }
  return { type: 'passed', totals }
}

/** One run, for people. */
export function lineOf(seed: number, nodes: number, { violation, faulty }: RunResult): string {
  const seats = faulty.length === 0 ? 'no faulty seats' : faulty.join(' ')
  return `seed ${seed}, ${nodes} nodes, ${seats}: ${violation?.message ?? 'as it must be'}`
}

/** What a campaign prints, and the status it exits with. */
export function report(
  { mode, from, nodes }: Campaign,
  result: CampaignResult,
  json: boolean,
): { readonly text: string; readonly status: 0 | 1 } {
  if (result.type === 'passed') {
    const { seeds, events, messages, crashes, convictions, viewMax } = result.totals
    const text =
      `${seeds} seeds from ${from}, ${nodes} nodes: no violation (${events} events, ${messages} messages, ` +
      `${crashes} crashes, ${convictions} convictions, highest view ${viewMax})`
    return { text: json ? JSON.stringify({ mode, nodes, from, ...result.totals }) : text, status: 0 }
  }
  const { seed } = result
  const { violation } = result.result
  if (json) {
    const { oracle, message } = violation ?? {}
    return { text: JSON.stringify({ mode, nodes, from, seed, oracle, message }), status: 1 }
  }
  const replay = `npm run sim -- --mode ${mode} --nodes ${nodes} --replay ${seed}`
  return {
    text: `${lineOf(seed, nodes, result.result)}\nfailing seed: ${seed}\n  replay: ${replay}`,
    status: 1,
  }
}
