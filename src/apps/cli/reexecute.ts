/**
 * Runs a fulfilled request again on this machine and compares exit, bytes and fuel.
 * @module
 */
import { randomBytes } from 'node:crypto'
import { createSandbox } from '../../adapters/sandbox/sandbox.ts'
import { createLibp2pTransport } from '../../adapters/transport/libp2p.ts'
import { randomnessOfRound } from '../../core/audit/audit.ts'
import type { AuditEvidence, AuditStep } from '../../core/audit/evidence.ts'
import { fromHex, sameHex, toHex } from '../../crypto/bytes.ts'
import { functionIdOf } from '../../crypto/function-id.ts'
import { guestSeed } from '../../crypto/seeds.ts'
import { silentLog } from '../../ports/log.ts'
import type { DeployedFunction } from '../../ports/market.ts'
import { InvalidInputError } from '../../protocol/errors.ts'
import type { Hash } from '../../protocol/types.ts'
import { fetchModule } from '../../runtime/module-exchange.ts'
import type { ChainAccess } from '../shared/chain-access.ts'
import { readModule } from './module-file.ts'
import type { Output } from './output.ts'
import { findNodes } from './peers.ts'

/** An auditor's machine may be slower than a node's: nothing depends on when it finishes. */
const WALL_CLOCK_MS_MAX = 300_000
/** Enough that one of them has the module; more are asked when more are known. */
const NODES_WANTED = 4

/**
 * The step, passed or failed. Throws when this machine cannot tell: `ModuleUnavailableError`, `ChainError`,
 * `SandboxFailure`; and `InvalidInputError` for a module file that is another's.
 */
export async function reexecute(
  chain: ChainAccess,
  evidence: AuditEvidence,
  moduleFile: string | undefined,
  output: Output,
): Promise<AuditStep> {
  const { request } = evidence.submitted
  const fulfillment = evidence.fulfilled?.fulfillment
  const known = await chain.reads.functionById(request.functionId)
  if (fulfillment === undefined || known === undefined)
    return failed('there is no result or no function to compare with')
  // The request's digest holds the id, and the id is the specification's: another module would be caught here.
  if (!sameHex(functionIdOf(known.owner, known.spec), request.functionId))
    return failed('the function as emitted is not the one the request names')
  const first = await firstRound(chain, evidence)
  if (typeof first === 'string') return failed(first)
  const module = await moduleOf(chain, known, moduleFile, output)
  const result = await runAgain(evidence, known, first, module)
  const same =
    result.exit === fulfillment.exit &&
    result.fuelUsed === fulfillment.fuelUsed &&
    toHex(result.output) === fulfillment.output
  if (!same)
    return failed(
      `this machine gives exit ${result.exit}, ${result.fuelUsed} fuel, output ${toHex(result.output)}; certified was exit ${fulfillment.exit}, ${fulfillment.fuelUsed} fuel, ${fulfillment.output}`,
    )
  const detail = `exit ${result.exit}, the same ${result.output.length} bytes and the same ${result.fuelUsed} fuel on this machine`
  return { id: 'reexecution', verdict: 'passed', detail }
}

function failed(detail: string): AuditStep {
  return { id: 'reexecution', verdict: 'failed', detail }
}

interface FirstRound {
  readonly round: bigint
  readonly randomness: Hash
}

/** The guest's seed hangs on attempt 0's round whichever attempt was fulfilled: check that one too, or say what is wrong. */
async function firstRound(chain: ChainAccess, evidence: AuditEvidence): Promise<FirstRound | string> {
  const round = evidence.submitted.request.attempts[0]?.round
  if (round === undefined) return 'the request has no attempt 0'
  const posted = await chain.audits.postedRound(round)
  if (posted === undefined || posted.round !== round) return `round ${round} of attempt 0 was never posted`
  try {
    return { round, randomness: randomnessOfRound(evidence.beacon.publicKey, posted) }
  } catch (error) {
    return `attempt 0: ${error instanceof Error ? error.message : String(error)}`
  }
}

async function runAgain(
  evidence: AuditEvidence,
  known: DeployedFunction,
  first: FirstRound,
  module: Uint8Array,
) {
  const { beacon } = evidence
  const { request } = evidence.submitted
  const sandbox = createSandbox({ workers: 1 })
  try {
    return await sandbox.run({
      moduleHash: known.spec.moduleHash,
      module,
      runtime: known.spec.runtime,
      fuelLimit: request.fuelLimit,
      entry: known.spec.entry,
      input: fromHex(request.input, 'input'),
      seed: guestSeed(evidence.requestId, first.randomness),
      clockNs: (beacon.genesisTime + (first.round - 1n) * beacon.periodSeconds) * 1_000_000_000n,
      memoryBytesMax: Number(known.spec.memoryBytesMax),
      outputBytesMax: request.outputBytesMax,
      wallClockMsMax: WALL_CLOCK_MS_MAX,
    })
  } finally {
    await sandbox.close()
  }
}

/** From the file given, or from any peer: the hash decides. */
async function moduleOf(
  chain: ChainAccess,
  known: DeployedFunction,
  file: string | undefined,
  output: Output,
): Promise<Uint8Array> {
  const { moduleHash } = known.spec
  if (file !== undefined) {
    const { bytes, moduleHash: found } = await readModule(file)
    if (found !== moduleHash) {
      throw new InvalidInputError('--module', `${file} is not module ${moduleHash}`, {
        fix: 'leave --module out to fetch it from peers',
      })
    }
    return bytes
  }
  output.progress(`fetching module ${moduleHash}`)
  const transport = await createLibp2pTransport({ privateKey: randomBytes(32), listen: [], log: silentLog })
  try {
    const wanted = Math.min(NODES_WANTED, Number(await chain.reads.nodeCount()))
    const peers = await findNodes(transport, chain.network.coordinators, wanted)
    return await fetchModule(transport, moduleHash, peers)
  } finally {
    await transport.stop()
  }
}
