/**
 * A member in a process of its own, for consensus.ts. Its parent says where the others are, and when to take part in what;
 * it says when it first holds a certificate, and what it has cost.
 */
import { createMemoryStore } from '../../src/adapters/store/memory.ts'
import { quorumOf } from '../../src/core/consensus/quorum.ts'
import { checkOutcome } from '../../src/core/request/attestation.ts'
import { toHex } from '../../src/crypto/bytes.ts'
import type { Request, RequestId } from '../../src/protocol/types.ts'
import { GOOD, LIE } from '../faults/committee.ts'
import { askedOf, identityOf, type Mode, ROUND, startMember } from '../faults/member.ts'
import { DOMAIN } from '../runtime/support.ts'

/** Requests of a measurement at most. */
export const NONCES = 128

export interface Begin {
  readonly type: 'begin'
  readonly seat: number
  readonly size: number
  readonly mode: Mode
  readonly listenPort: number
  /** Of the proxies in front of each seat; null of its own. */
  readonly ports: readonly (number | null)[]
  /** Of each seat, where there are no proxies: each on its own host, all at one port. */
  readonly hosts?: readonly string[]
  /** Its run gives what is wrong. */
  readonly lies?: boolean
}

export type ToMember =
  | Begin
  | { readonly type: 'dispatch'; readonly nonce: number }
  | { readonly type: 'cost' }

export type FromMember =
  | { readonly type: 'ready' }
  /** Milliseconds since 1970. */
  | {
      readonly type: 'certified'
      readonly nonce: number
      readonly atMs: number
      /** The last byte of what was certified. */
      readonly last: number
    }
  /** Milliseconds of CPU since it began. */
  | { readonly type: 'cost'; readonly cpuMs: number }

const tell = (message: FromMember): void => {
  process.send?.(message)
}

async function begin({ seat, size, mode, listenPort, ports, hosts, lies }: Begin) {
  const committee = Array.from({ length: size }, (_, i) => identityOf(i))
  const attestors = committee.map(({ attestor }) => attestor)
  const requests = new Map<RequestId, { readonly nonce: number; readonly request: Request }>()
  const counted = new Map<string, Set<number>>()
  const files = new Map<string, Uint8Array>()
  const identity = committee[seat]
  if (identity === undefined) throw new RangeError(`there is no seat ${seat}`)
  const member = await startMember({
    identity,
    committee,
    mode,
    listenPort,
    portOf: (other) => ports[other] ?? undefined,
    host: hosts?.[seat],
    addressOf: (other) => hosts && `/ip4/${hosts[other]}/tcp/${listenPort}`,
    store: createMemoryStore(),
    evidence: {
      has: (digest) => files.has(digest),
      get: async (digest) => files.get(digest),
      keepFile: async (bytes, digest) => {
        files.set(digest, bytes)
      },
    },
    isOpen: (id) => requests.has(id),
    run: () => (lies ? LIE : GOOD),
    accepts: ({ output }) => !lies && output[0] === GOOD.output[0],
    // As the request machine does: nothing is counted because the driver says so.
    attested: (message) => {
      const known = requests.get(message.requestId)
      if (known === undefined) return
      const checked = checkOutcome(DOMAIN, known.request, attestors, message, ROUND)
      if ('dropped' in checked) return
      const of = `${message.requestId} ${message.view} ${toHex(message.output)}`
      const seats = counted.get(of) ?? new Set()
      counted.set(of, seats.add(checked.seat))
      if (seats.size !== quorumOf(mode, size)) return
      const atMs = performance.timeOrigin + performance.now()
      tell({ type: 'certified', nonce: known.nonce, atMs, last: message.output.at(-1) ?? 0 })
    },
    equivocated: () => {},
  })
  // A node reads a request's id in the log that announces it: it is not worked out here either.
  const asked = Array.from({ length: NONCES }, (_, nonce) => askedOf(nonce, mode, size))
  let since = process.cpuUsage()
  tell({ type: 'ready' })
  return (message: Exclude<ToMember, Begin>): void => {
    if (message.type === 'cost') {
      const { user, system } = process.cpuUsage(since)
      since = process.cpuUsage()
      tell({ type: 'cost', cpuMs: (user + system) / 1000 })
      return
    }
    const { id, request } = asked[message.nonce] ?? askedOf(message.nonce, mode, size)
    requests.set(id, { nonce: message.nonce, request })
    member.join(id, request)
  }
}

let perform: ((message: Exclude<ToMember, Begin>) => void) | undefined
process.on('message', (message: ToMember) => {
  if (message.type !== 'begin') perform?.(message)
  else
    void begin(message).then((ready) => {
      perform = ready
    })
})
