/**
 * Runs a consensus core in seeded worlds: a virtual clock, a bad network, crashes, faulty seats.
 *
 *   npm run sim -- --mode pbft --seeds 1000 --from 1 --nodes 4 [--json]
 *   npm run sim -- --mode pbft --replay 1234 --nodes 4      that run, event by event
 *   npm run sim -- --mode load --seeds 5 --nodes 4096       the draw, and nodes' queues, under thousands of requests
 *
 * Exit 1 and the seed at the first violation. The same seed and size always give the same run.
 */
import { parseArgs } from 'node:util'
import { SNAPSHOT_NODES_MAX } from '../src/protocol/limits.ts'
import { campaign, lineOf, report } from '../test/sim/consensus/campaign.ts'
import { MODES } from '../test/sim/consensus/modes.ts'
import { simulateLoad } from '../test/sim/load/load.ts'

/** Below four no fault is survived; a run of 64 takes some ten seconds. */
const [NODES_MIN, NODES_MAX] = [4, 64]
/** Of fewer a committee of five is nearly all. */
const LOAD_NODES_MIN = 16

function fail(problem: string, fix: string): never {
  process.stderr.write(`error: ${problem}\n  fix: ${fix}\n`)
  process.exit(2)
}

function whole(name: string, text: string, min: number, max = 2 ** 32 - 1): number {
  const value = Number(text)
  if (text === '' || !Number.isSafeInteger(value) || value < min || value > max)
    fail(`--${name} is «${text}»`, `give a whole number from ${min} to ${max}`)
  return value
}

/** Committees are drawn and work queues up in a whole network. Returns the exit status. */
function load(): 0 | 1 {
  const nodes = whole('nodes', values.nodes, LOAD_NODES_MIN, SNAPSHOT_NODES_MAX)
  const [from, seeds] = [whole('from', values.from, 0), whole('seeds', values.seeds, 1)]
  for (let seed = from; seed < from + seeds; seed++) {
    const result = simulateLoad({ seed, nodes })
    const { violation, requests, certified, expired, p50Ms, p99Ms, backlogMsMax, sigmasMax } = result
    const told =
      `seed ${seed}, ${nodes} nodes, ${requests} requests: certified ${certified.join(' + ')} by attempt, ${expired} expired; ` +
      `p50 ${p50Ms} ms, p99 ${p99Ms} ms, longest queue ${backlogMsMax} ms; seats within ${sigmasMax} deviations of stakes`
    process.stdout.write(`${values.json ? JSON.stringify({ mode, nodes, seed, ...result }) : told}\n`)
    if (violation === undefined) continue
    if (!values.json) process.stdout.write(`failing seed: ${seed}: ${violation}\n`)
    return 1
  }
  return 0
}

const { values } = parseArgs({
  options: {
    mode: { type: 'string', default: 'pbft' },
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '1' },
    nodes: { type: 'string', default: '4' },
    replay: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
})
const { mode } = values
if (mode === 'load') process.exit(load())
const simulate = Object.hasOwn(MODES, mode) ? MODES[mode] : undefined
if (simulate === undefined)
  fail(`no mode is called «${mode}»`, `name one of ${Object.keys(MODES).join(', ')}, load`)
const nodes = whole('nodes', values.nodes, NODES_MIN, NODES_MAX)

if (values.replay !== undefined) {
  const seed = whole('replay', values.replay, 0)
  const result = simulate({ seed, nodes, trace: (line) => process.stdout.write(`${line}\n`) })
  process.stdout.write(`${lineOf(seed, nodes, result)}\n`)
  process.exitCode = result.violation === undefined ? 0 : 1
} else {
  const [from, seeds] = [whole('from', values.from, 0), whole('seeds', values.seeds, 1)]
  const plan = { mode, simulate, from, seeds, nodes }
  const result = campaign(plan, (done) => process.stderr.write(`${done} of ${seeds} seeds\n`))
  const { text, status } = report(plan, result, values.json)
  process.stdout.write(`${text}\n`)
  process.exitCode = status
}
