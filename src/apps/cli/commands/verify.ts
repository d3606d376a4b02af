import { audit } from '../../../core/audit/audit.ts'
import type { AuditEvidence, AuditStep } from '../../../core/audit/evidence.ts'
import { type Course, courseOf, describeCourse } from '../../../core/audit/finality.ts'
import { InvalidInputError, LimitExceededError } from '../../../protocol/errors.ts'
import { FINALITY_BLOCKS } from '../../../runtime/view.ts'
import { gatherEvidence, type Standing } from '../../shared/audit-evidence.ts'
import { type ChainAccess, openChain } from '../../shared/chain-access.ts'
import { readNetworkFile } from '../../shared/network-file.ts'
import { parseDigest, textOption } from '../arguments.ts'
import type { Run } from '../command.ts'
import { EXIT, type ExitCode } from '../exit.ts'
import { failureOf } from '../failure.ts'
import { billOf, describeCost, describeFuel } from '../fuel.ts'
import { linesOf } from '../observations.ts'
import type { Output } from '../output.ts'
import type { Reexecution } from '../reexecute.ts'
import type { Files } from '../rerun.ts'

const TITLES: Readonly<Record<AuditStep['id'], string>> = {
  request: 'request digest',
  round: 'round lay ahead',
  beacon: 'drand signature',
  snapshot: 'sealed snapshot',
  committee: 'committee drawn',
  proof: 'Groth16 proof',
  observers: 'observers',
  output: 'output as signed',
  attestations: 'every attestation',
  certificate: 'quorum certificate',
  certified: 'kept as certified',
  challenge: 'challenge',
  finality: 'finality',
  payment: 'payment',
  reexecution: 're-execution',
}
const MARKS = { passed: '✓', failed: '✗', pending: '…', skipped: '-' } as const

export const run: Run = async ({ output, networkFile, rpcUrl }, [id = ''], options) => {
  const requestId = parseDigest('request', id)
  const files = { module: textOption(options, 'module'), evidence: textOption(options, 'evidence') }
  const chain = await openChain(readNetworkFile(networkFile), rpcUrl)
  const { evidence, readAt, fulfilledAt, certifiedAt } = await gatherEvidence(chain, requestId)
  const steps: Reexecution[] = [...audit(evidence)]
  const sound = () => steps.every(({ verdict }) => verdict === 'passed')
  // Nothing is wrong so far: a result that is not final yet is no verified one.
  const holds = steps.every(({ verdict }) => verdict === 'passed' || verdict === 'pending')
  let code: ExitCode = sound() ? EXIT.ok : EXIT.no
  // Files are given for nothing else.
  const filesGiven = files.module !== undefined || files.evidence !== undefined
  if (evidence.submitted.request.consensus === 'zk') {
    if (options.reexecute === true) output.progress('a proof is checked in place of being computed again')
  } else if (options.reexecute === true || filesGiven) {
    const ran = await runAgain(holds, chain, evidence, files, output)
    steps.push(ran.step)
    code = sound() || ran.code !== EXIT.ok ? ran.code : EXIT.no
  }
  const course = courseIn(evidence)
  const bill = billIn(evidence)
  const { state, final, until } = course ?? {}
  const result = { requestId, verified: sound(), state, final, until, readAt, certifiedAt, fulfilledAt, bill }
  output.result({ ...result, steps }, () => {
    output.line(`${'  read at'.padEnd(22)}block ${readAt.blockNumber}, ${readAt.blockHash}`)
    if (certifiedAt !== undefined) output.line(`${'  certified at'.padEnd(22)}${standing(certifiedAt)}`)
    if (fulfilledAt !== undefined)
      output.line(
        `${(state === 'undecided' ? '  expired at' : '  fulfilled at').padEnd(22)}${standing(fulfilledAt)}`,
      )
    for (const { id: step, verdict, detail, observations, shares } of steps) {
      output.line(
        `${MARKS[verdict]} ${TITLES[step].padEnd(20)}${verdict === 'skipped' ? 'not checked: ' : ''}${detail}`,
      )
      if (observations === undefined) continue
      const observed = { observations, ...(shares !== undefined && { shares }) }
      for (const line of linesOf(observed)) output.line(`${' '.repeat(22)}${line}`)
    }
    if (bill !== undefined) {
      output.line(`${'  fuel'.padEnd(22)}${describeFuel(bill)}`)
      output.line(`${'  cost'.padEnd(22)}${describeCost(bill, state === 'overturned')}`)
    }
    output.line(conclusion(sound(), holds, course, evidence))
  })
  return code
}

function conclusion(
  sound: boolean,
  holds: boolean,
  course: Course | undefined,
  { finality }: AuditEvidence,
): string {
  if (finality === undefined || course === undefined || !(sound || holds))
    return sound ? 'verified' : 'NOT verified'
  if (!course.final) return `NOT verified: ${describeCourse(course, finality.readTime)}`
  if (!sound) return 'NOT verified'
  return course.state === 'unchallenged'
    ? 'verified'
    : `verified: ${describeCourse(course, finality.readTime)}`
}

function courseIn({ submitted, fulfilled, finality }: AuditEvidence): Course | undefined {
  if (finality === undefined || fulfilled === undefined) return undefined
  return courseOf(finality, submitted.request.challengeWindow, fulfilled.fulfillment)
}

/** Undefined while nobody was paid. */
function billIn({ submitted, fulfilled, finality }: AuditEvidence) {
  const settled = finality?.final ?? fulfilled?.fulfillment
  const payment = finality?.final?.payment ?? fulfilled?.payment
  if (settled === undefined || payment === undefined) return undefined
  const escrow = submitted.toppedUp?.escrow ?? submitted.escrow
  return billOf(submitted.request, escrow, settled, payment)
}

interface Ran {
  readonly step: Reexecution
  readonly code: ExitCode
}

/** Running it costs time and trust in nothing: still, there is nothing to compare with when a step failed. */
async function runAgain(
  sound: boolean,
  chain: ChainAccess,
  evidence: AuditEvidence,
  files: Files,
  output: Output,
): Promise<Ran> {
  const skipped = (detail: string) => ({ id: 'reexecution', verdict: 'skipped', detail }) as const
  if (!sound) return { step: skipped('the record itself does not hold'), code: EXIT.no }
  const { reexecute } = await import('../reexecute.ts')
  try {
    const step = await reexecute(chain, evidence, files, output)
    return { step, code: step.verdict === 'passed' ? EXIT.ok : EXIT.no }
  } catch (error) {
    // A wrong file is its user's mistake. Whatever else kept this machine from telling takes back no step that passed.
    if (error instanceof InvalidInputError || error instanceof LimitExceededError) throw error
    const { message, fix, exit } = failureOf(error)
    return { step: skipped(fix === undefined ? message : `${message}: ${fix}`), code: exit }
  }
}

export function standing({ blockNumber, blockHash, depth, final }: Standing): string {
  const doubt = final ? '' : `: it may still be reorganised, until it is ${FINALITY_BLOCKS} deep`
  return `block ${blockNumber}, ${blockHash}, ${depth} blocks deep${doubt}`
}
