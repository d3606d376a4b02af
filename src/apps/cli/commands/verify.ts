import { audit } from '../../../core/audit/audit.ts'
import type { AuditStep } from '../../../core/audit/evidence.ts'
import { FINALITY_BLOCKS } from '../../../runtime/view.ts'
import { gatherEvidence, type Standing } from '../../shared/audit-evidence.ts'
import { openChain } from '../../shared/chain-access.ts'
import { readNetworkFile } from '../../shared/network-file.ts'
import { parseDigest, textOption } from '../arguments.ts'
import type { Run } from '../command.ts'
import { EXIT } from '../exit.ts'

const TITLES: Readonly<Record<AuditStep['id'], string>> = {
  request: 'request digest',
  round: 'round lay ahead',
  beacon: 'drand signature',
  snapshot: 'sealed snapshot',
  committee: 'committee drawn',
  output: 'output as signed',
  attestations: 'every attestation',
  certificate: 'quorum certificate',
  payment: 'payment',
  reexecution: 're-execution',
}
const MARKS = { passed: '✓', failed: '✗', skipped: '-' } as const

export const run: Run = async ({ output, networkFile, rpcUrl }, [id = ''], options) => {
  const requestId = parseDigest('request', id)
  const chain = await openChain(readNetworkFile(networkFile), rpcUrl)
  const { evidence, readAt, fulfilledAt } = await gatherEvidence(chain, requestId)
  const steps: AuditStep[] = [...audit(evidence)]
  const sound = () => steps.every(({ verdict }) => verdict === 'passed')
  if (options.reexecute === true) {
    // Running a module costs time and trust in nothing: still, there is nothing to compare with when a step failed.
    const { reexecute } = await import('../reexecute.ts')
    steps.push(
      sound()
        ? await reexecute(chain, evidence, textOption(options, 'module'), output)
        : { id: 'reexecution', verdict: 'skipped', detail: 'the record itself does not hold' },
    )
  }
  output.result({ requestId, verified: sound(), readAt, fulfilledAt, steps }, () => {
    output.line(`${'  read at'.padEnd(22)}block ${readAt.blockNumber}, ${readAt.blockHash}`)
    if (fulfilledAt !== undefined) output.line(`${'  fulfilled at'.padEnd(22)}${standing(fulfilledAt)}`)
    for (const { id: step, verdict, detail } of steps) {
      output.line(
        `${MARKS[verdict]} ${TITLES[step].padEnd(20)}${verdict === 'skipped' ? 'not checked: ' : ''}${detail}`,
      )
    }
    output.line(sound() ? 'verified' : 'NOT verified')
  })
  return sound() ? EXIT.ok : EXIT.no
}

export function standing({ blockNumber, blockHash, depth, final }: Standing): string {
  const doubt = final ? '' : `: it may still be reorganised, until it is ${FINALITY_BLOCKS} deep`
  return `block ${blockNumber}, ${blockHash}, ${depth} blocks deep${doubt}`
}
