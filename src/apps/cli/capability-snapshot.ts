/**
 * The snapshot of a capability set: committees of functions that reach outside are drawn from it, and the market takes no request
 * without it. Coordinators seal the sets in use; anyone may, and pays for it.
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { capabilityNames, coversSet } from '../../core/permissions/capability.ts'
import { COMMITTEE_SIZE_MIN, SEAL_STEP_NODES, SNAPSHOT_NODES_MAX } from '../../protocol/limits.ts'
import type { Hex } from '../../protocol/types.ts'
import type { ChainAccess } from '../shared/chain-access.ts'
import { type Account, sendOrThrow } from './account.ts'
import type { Output } from './output.ts'
import { RevertedError } from './reverts.ts'

const POLL_MS = 1_000
/** A coordinator seals a set within a few blocks of its first use. */
const WAIT_MS_MAX = 60_000
/** Those of the largest snapshot, and as many again for an epoch that begins meanwhile. */
const STEPS_MAX = 2 * Math.ceil(SNAPSHOT_NODES_MAX / SEAL_STEP_NODES)

/** Of the newest sealed epoch. */
export interface Coverage {
  readonly epoch: number
  readonly nodes: number
  /** Those that grant the whole set. */
  readonly covering: number
}

export type SnapshotState = 'sealed' | 'no-epoch' | 'too-few'

/** Undefined while no epoch is sealed. */
export async function coverageOf(chain: ChainAccess, capabilities: Hex): Promise<Coverage | undefined> {
  const newest = await chain.reads.latestSnapshot()
  if (newest === undefined) return undefined
  const { epoch, blob, count } = newest
  if (count === 0) return { epoch, nodes: 0, covering: 0 }
  const [{ members }, granted] = await Promise.all([
    chain.reads.snapshot(blob),
    chain.audits.nodeCapabilities(),
  ])
  const covering = members.filter(({ attestor }) =>
    coversSet(granted.get(attestor.toLowerCase()) ?? '0x0', capabilities),
  ).length
  return { epoch, nodes: count, covering }
}

export function describeCoverage({ nodes, covering }: Coverage, capabilities: Hex, needed: number): string {
  const names = capabilityNames(capabilities).join(', ')
  return `${covering} of ${nodes} nodes of the newest sealed epoch grant ${names}; at least ${needed} are needed`
}

export interface Wanted {
  readonly capabilities: Hex
  readonly committeeSize: number
  /** How long others may take. */
  readonly waitMsMax?: number
}

/** Waits until somebody sealed the set, or seals it from the account. Says so when no request can be made yet all the same. */
export async function awaitSnapshot(
  account: Account,
  output: Output,
  wanted: Wanted,
): Promise<SnapshotState> {
  const { capabilities, committeeSize, waitMsMax = WAIT_MS_MAX } = wanted
  const { chain } = account
  const coverage = await coverageOf(chain, capabilities)
  if (coverage === undefined) {
    output.progress(
      'no epoch is sealed yet: requests are refused until one is, which a running coordinator does',
    )
    return 'no-epoch'
  }
  if (coverage.covering < Math.max(committeeSize, COMMITTEE_SIZE_MIN)) {
    output.progress(
      `${describeCoverage(coverage, capabilities, committeeSize)}: requests are refused until more nodes register with these grants`,
    )
    return 'too-few'
  }
  const names = capabilityNames(capabilities).join(', ')
  const untilMs = Date.now() + waitMsMax
  if (!(await isSealed(chain, capabilities)))
    output.progress(`waiting until the nodes that grant ${names} have a snapshot`)
  while (!(await isSealed(chain, capabilities))) {
    if (Date.now() < untilMs) await sleep(Math.min(POLL_MS, Math.max(1, untilMs - Date.now())))
    else {
      output.progress(`nobody seals it: ${account.address} does, and pays for it`)
      await sealSet(account, capabilities)
    }
  }
  return 'sealed'
}

async function isSealed({ reads }: ChainAccess, capabilities: Hex): Promise<boolean> {
  const [newest, sealed] = [await reads.latestSealedEpoch(), await reads.sealedEpochOf(capabilities)]
  return newest !== undefined && sealed !== undefined && sealed >= newest
}

/** To its end, whoever begins or ends it. */
async function sealSet({ chain, sender }: Account, capabilities: Hex): Promise<void> {
  for (let step = 0; step < STEPS_MAX; step++) {
    if (await isSealed(chain, capabilities)) return
    try {
      const call = chain.calls.sealCapabilities(capabilities, SEAL_STEP_NODES)
      await sendOrThrow(sender, `sealCapabilities:${capabilities}:${Date.now()}:${step}`, call)
    } catch (error) {
      if (error instanceof RevertedError && error.error === 'EpochAlreadySealed') return
      throw error
    }
  }
}

const UNSEALED: ReadonlySet<string> = new Set(['EpochNotSealed', 'StaleEpoch', 'NotEnoughNodes'])

/** What a refused request of such a function is told; the error itself when it is about something else. */
export async function explainUnsealed(
  chain: ChainAccess,
  error: RevertedError,
  functionId: Hex,
  { capabilities, committeeSize }: Wanted,
): Promise<RevertedError> {
  if (BigInt(capabilities) === 0n || !UNSEALED.has(error.error ?? '')) return error
  const coverage = await coverageOf(chain, capabilities)
  if (coverage === undefined) return error
  const enough = coverage.covering >= committeeSize
  const names = capabilityNames(capabilities).join(', ')
  return new RevertedError(
    error.error,
    enough
      ? `the nodes that grant ${names} have no snapshot that is new enough`
      : describeCoverage(coverage, capabilities, committeeSize),
    {
      fix: enough
        ? `have it sealed: \`dikast function seal ${functionId}\``
        : 'wait until more nodes register with these grants and the next epoch is sealed, or deploy the function with a smaller committee',
    },
  )
}
