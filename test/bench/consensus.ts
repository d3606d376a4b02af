/**
 * What agreement costs: messages, bytes and message delays of each mode in a committee without faults, as the simulator counts
 * them. `npm run bench:consensus [-- --json]`. Exits with 1 when a figure misses its bar.
 *
 * Beside each count of messages stands the least that the protocol's paper asks for, n members:
 * - *pbft*, Castro and Liskov 1999, section 4.2: pre-prepare n − 1, prepare (n − 1)², commit n (n − 1): 2n (n − 1) together. The
 *   client's request and the replies are apart.
 * - *exact* has no paper: a commitment and a result of each to all, 2n (n − 1).
 * - *aggregate*: pBFT, and an observation of each to the leader alone, as in off-chain reporting (Breidenbach, Cachin, Coventry, Juels
 *   and Miller 2021). Ours go to all, n (n − 1) instead of n − 1, so that whoever leads next has them.
 * - *raft*, Ongaro and Ousterhout 2014, sections 5.2 and 5.3: votes asked and given 2 (n − 1), an entry and its answers 2 (n − 1), the next
 *   heartbeat, which tells that it is committed, n − 1; and what the chain needs, a signature of each to all, n (n − 1).
 *   Ours ask in a trial first, 2 (n − 1), and say who leads before the run, n − 1.
 *
 * Delays are counted from the end of the last run that is waited for to the last member that is decided. All members answer, so
 * no grace period is waited for. Bytes are those of JSON, with 32 bytes of output: messages have no codec yet.
 * @module
 */
import { execFileSync } from 'node:child_process'
import { cpus } from 'node:os'
import { MODES } from '../faults/member.ts'
import { CALM_MODES } from '../sim/consensus/calm.ts'
import { measure } from './consensus-processes.ts'

interface Figure {
  readonly name: string
  readonly value: number
  readonly unit: 'delays' | 'messages' | 'bytes' | 'ms'
  readonly bar: number | null
  readonly better: 'lower'
  /** Of messages: what the protocol's paper asks for. */
  readonly minimum?: number
}

const SIZES = [4, 7, 13, 31]

const DELAY_BARS: Readonly<Record<string, number>> = { 'exact-delays-7': 3, 'pbft-delays-7': 5 }

const MINIMA: Readonly<Record<string, (n: number) => number>> = {
  exact: (n) => 2 * n * (n - 1),
  pbft: (n) => 2 * n * (n - 1),
  aggregate: (n) => n - 1 + 2 * n * (n - 1),
  raft: (n) => 5 * (n - 1) + n * (n - 1),
}

/** Counted, not timed: the same on every machine. */
function counted(): readonly Figure[] {
  return Object.entries(CALM_MODES).flatMap(([mode, costOf]) =>
    SIZES.flatMap((nodes): Figure[] => {
      const { messages, bytes, delays } = costOf(nodes)
      const minimum = MINIMA[mode]?.(nodes)
      const of = (what: 'delays' | 'messages' | 'bytes', value: number): Figure => {
        const name = `${mode}-${what}-${nodes}`
        return { name, value, unit: what, bar: DELAY_BARS[name] ?? null, better: 'lower' }
      }
      return [
        of('delays', delays),
        { ...of('messages', messages), ...(minimum === undefined ? {} : { minimum }) },
        of('bytes', bytes),
      ]
    }),
  )
}

const misses = ({ value, bar }: Figure): boolean => bar !== null && value > bar

function lineOf(figure: Figure): string {
  const { name, value, unit, bar, minimum } = figure
  const least = minimum === undefined ? '' : `  least ${minimum.toLocaleString('en-US')}`
  const held = bar === null ? '' : `  bar ${bar}${misses(figure) ? '  MISSED' : ''}`
  return `${name.padEnd(24)}${value.toLocaleString('en-US').padStart(12)} ${unit}${least}${held}\n`
}

/** Timed: over a proxy of 50 ms one way, and CPU without it. */
async function timed(): Promise<readonly Figure[]> {
  const bars: Readonly<Record<string, number>> = {
    'exact-ms-50': 270,
    'pbft-ms-50': 370,
    'exact-cpu-ms-7': 30,
  }
  const figures: Figure[] = []
  for (const mode of MODES) {
    const far = await measure(mode, 50)
    const near = await measure(mode, 0)
    for (const [name, value] of [
      [`${mode}-ms-50`, far.ms],
      [`${mode}-cpu-ms-7`, near.cpuMs],
    ] as const)
      figures.push({
        name,
        value: Math.round(value * 10) / 10,
        unit: 'ms',
        bar: bars[name] ?? null,
        better: 'lower',
      })
  }
  return figures
}

const figures = [...counted(), ...(await timed())]
if (process.argv.includes('--json')) {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim()
  const machine = `${cpus()[0]?.model ?? 'unknown'} x ${cpus().length}`
  process.stdout.write(`${JSON.stringify({ figures, machine, commit })}\n`)
} else for (const figure of figures) process.stdout.write(lineOf(figure))
process.exitCode = figures.some(misses) ? 1 : 0
