/**
 * Runs a consensus core in seeded worlds: a virtual clock, a bad network, crashes, faulty seats.
 *
 *   npm run sim -- --mode pbft --seeds 1000 --from 1 --nodes 4 [--json]
 *   npm run sim -- --mode pbft --replay 1234 --nodes 4      that run, event by event
 *
 * Exit 1 and the seed at the first violation. The same seed and size always give the same run.
 */
import { parseArgs } from 'node:util'
import { campaign, lineOf, report } from '../test/sim/consensus/campaign.ts'
import { MODES } from '../test/sim/consensus/modes.ts'

/** Below four no fault is survived; a run of 64 takes some ten seconds. */
const [NODES_MIN, NODES_MAX] = [4, 64]

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
const simulate = Object.hasOwn(MODES, mode) ? MODES[mode] : undefined
if (simulate === undefined)
  fail(`no mode is called «${mode}»`, `name one of ${Object.keys(MODES).join(', ')}`)
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
