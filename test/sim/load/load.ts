/**
 * Thousands of nodes and thousands of requests at once: the real draw over a real snapshot, and each node running one
 * function at a time. How members agree is not played here (that is `test/sim/consensus`): a quorum of runs and three
 * messages' time make a certificate.
 *
 * What it looks for: seats as stakes are, whatever the size; no committee with a node twice; and, while the network has work
 * for a third of its time, a certificate for nearly every request though one node in twenty is away.
 */
import { quorumOf } from '../../../src/core/consensus/quorum.ts'
import { snapshotOf } from '../../../src/core/snapshot.ts'
import { selectCommittee } from '../../../src/core/sortition.ts'
import { tagHash } from '../../../src/crypto/hash.ts'
import { committeeSeed } from '../../../src/crypto/seeds.ts'
import type { Address, Snapshot } from '../../../src/protocol/types.ts'
import { generator } from '../random.ts'

const COMMITTEE_SIZE = 5
const ATTEMPTS = 3
const ROUND_MS = 3_000
const WINDOW_MS = 15_000
/** A request's round is at least this far ahead. */
const LEAD_MS = 6_000
const [RUN_MS_MIN, RUN_MS_MAX] = [200, 800]
/** Commitment, reveal, certificate. */
const AGREE_MS = 3 * 50
/** Of the nodes' time that the runs asked for would take. */
const LOAD = 1 / 3
const AWAY = 1 / 20
/** Requests a node. Of one function and round they share a committee, as on chain. */
const REQUESTS_PER_NODE = 2
const REQUESTS_MIN = 2_000
const NODES_PER_FUNCTION = 4
/** Of bad luck with three committees there are a handful in a million. */
const EXPIRED_MAX = 1 / 200
/** Deviations a group of nodes may have more or less seats than its stake. */
const SIGMAS_MAX = 6
const GROUPS = 8
const MARKET: Address = `0x${'4c'.repeat(20)}`

/** How a draw may be wrong, to see that it is noticed. */
export type Draw = typeof selectCommittee

export interface LoadOptions {
  readonly seed: number
  readonly nodes: number
  readonly draw?: Draw
}

export interface LoadResult {
  readonly violation: string | undefined
  readonly requests: number
  /** By the attempt that certified them. */
  readonly certified: readonly number[]
  readonly expired: number
  readonly runs: number
  /** From its round to the certificate. */
  readonly p50Ms: number
  readonly p99Ms: number
  /** The longest a node had waiting. */
  readonly backlogMsMax: number
  readonly sigmasMax: number
}

interface Request {
  readonly id: number
  readonly functionId: number
  readonly askedMs: number
}

export function simulateLoad({ seed, nodes, draw = selectCommittee }: LoadOptions): LoadResult {
  const random = generator(seed)
  const snapshot = snapshotWith(nodes, random)
  const away = Array.from({ length: nodes }, () => random() < AWAY)
  const requests = requestsFor(nodes, random)
  const freeAtMs = new Float64Array(nodes)
  const first = new Float64Array(nodes)
  const committees = new Map<string, readonly number[]>()
  const certified = Array.from({ length: ATTEMPTS }, () => 0)
  const latencies: number[] = []
  let [expired, runs, backlogMsMax, drawn] = [0, 0, 0, 0]
  let violation: string | undefined

  // In the order their rounds come: a later attempt is put back into the same queue.
  const waiting = new Map<number, { readonly request: Request; readonly attempt: number }[]>()
  const put = (request: Request, attempt: number, notBeforeMs: number): void => {
    const atMs = Math.ceil(notBeforeMs / ROUND_MS) * ROUND_MS
    waiting.set(atMs, [...(waiting.get(atMs) ?? []), { request, attempt }])
  }
  for (const request of requests) put(request, 0, request.askedMs + LEAD_MS)

  for (let atMs = 0; waiting.size > 0; atMs += ROUND_MS) {
    const due = waiting.get(atMs) ?? []
    waiting.delete(atMs)
    for (const { request, attempt } of due) {
      const key = `${request.functionId}:${atMs}:${attempt}`
      const known = committees.get(key)
      const committee =
        known ?? draw(seedOf(seed, request.functionId, atMs, attempt), snapshot, COMMITTEE_SIZE)
      if (known === undefined) {
        committees.set(key, committee)
        const [leader = 0] = committee
        first[leader] = (first[leader] ?? 0) + 1
        drawn++
        if (new Set(committee).size !== COMMITTEE_SIZE)
          violation ??= `a committee seats ${committee.join(', ')}`
      }
      const done: number[] = []
      for (const node of committee) {
        if (away[node] !== false) continue
        const beginsMs = Math.max(freeAtMs[node] ?? 0, atMs)
        backlogMsMax = Math.max(backlogMsMax, beginsMs - atMs)
        // What cannot begin before the window closes is not run.
        if (beginsMs >= atMs + WINDOW_MS) continue
        const endsMs = beginsMs + RUN_MS_MIN + (RUN_MS_MAX - RUN_MS_MIN) * random()
        freeAtMs[node] = endsMs
        done.push(endsMs)
        runs++
      }
      const quorum = quorumOf('exact', COMMITTEE_SIZE)
      const atQuorum = done.sort((a, b) => a - b)[quorum - 1]
      const certifiedMs = atQuorum === undefined ? Number.POSITIVE_INFINITY : atQuorum + AGREE_MS
      if (certifiedMs < atMs + WINDOW_MS) {
        certified[attempt] = (certified[attempt] ?? 0) + 1
        latencies.push(certifiedMs - atMs)
      } else if (attempt + 1 < ATTEMPTS) put(request, attempt + 1, atMs + WINDOW_MS)
      else expired++
    }
  }

  const sigmasMax = worstOf(snapshot, first, drawn)
  if (expired > Math.max(1, EXPIRED_MAX * requests.length))
    violation ??= `${expired} of ${requests.length} requests expired`
  if (sigmasMax > SIGMAS_MAX)
    violation ??= `a group of nodes has seats ${sigmasMax.toFixed(1)} deviations away from its stake`
  latencies.sort((a, b) => a - b)
  const at = (share: number) => Math.round(latencies[Math.floor(share * latencies.length)] ?? 0)
  return {
    violation,
    requests: requests.length,
    certified,
    expired,
    runs,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    backlogMsMax: Math.round(backlogMsMax),
    sigmasMax: Math.round(10 * sigmasMax) / 10,
  }
}

/** Stakes from 1 to 8, most of them small. */
function snapshotWith(nodes: number, random: () => number): Snapshot {
  return snapshotOf(
    Array.from({ length: nodes }, (_, number) => ({
      attestor: `0x${number.toString(16).padStart(40, '0')}` as Address,
      number,
      weight: BigInt(Math.round(10 ** 9 * 8 ** random())),
    })),
  )
}

function requestsFor(nodes: number, random: () => number): readonly Request[] {
  const count = Math.max(REQUESTS_MIN, REQUESTS_PER_NODE * nodes)
  const functions = Math.max(1, Math.ceil(nodes / NODES_PER_FUNCTION))
  const everyMs = (COMMITTEE_SIZE * (RUN_MS_MIN + RUN_MS_MAX)) / 2 / (LOAD * nodes)
  let askedMs = 0
  return Array.from({ length: count }, (_, id) => {
    // As unrelated people ask: the pauses are exponential.
    askedMs += -Math.log(1 - random()) * everyMs
    return { id, functionId: Math.floor(random() * functions), askedMs }
  })
}

function seedOf(seed: number, functionId: number, atMs: number, attempt: number) {
  return committeeSeed({
    chainId: 31_337,
    market: MARKET,
    functionId: tagHash(`function ${functionId}`),
    epoch: 1,
    round: BigInt(atMs / ROUND_MS),
    attempt,
    randomness: tagHash(`round ${seed} ${atMs}`),
  })
}

/** First seats of nodes grouped by weight, against their shares of the stake. */
function worstOf(snapshot: Snapshot, first: Float64Array, drawn: number): number {
  const order = snapshot.members
    .map(({ weight }, index) => ({ weight: Number(weight), seats: first[index] ?? 0 }))
    .sort((a, b) => a.weight - b.weight)
  const total = order.reduce((sum, { weight }) => sum + weight, 0)
  let worst = 0
  for (let group = 0; group < GROUPS; group++) {
    const [from, to] = [group, group + 1].map((edge) => Math.floor((edge * order.length) / GROUPS))
    const members = order.slice(from, to)
    const share = members.reduce((sum, { weight }) => sum + weight, 0) / total
    const seats = members.reduce((sum, one) => sum + one.seats, 0)
    const deviation = Math.sqrt(Math.max(1, drawn * share * (1 - share)))
    worst = Math.max(worst, Math.abs(seats - drawn * share) / deviation)
  }
  return worst
}
