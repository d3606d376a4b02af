/** How large a committee a node takes its seat in. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createMemoryStore } from '../../src/adapters/store/memory.ts'
import { MemoryNetwork } from '../../src/adapters/transport/memory.ts'
import { tagHash } from '../../src/crypto/hash.ts'
import type { Consensus } from '../../src/protocol/types.ts'
import { ConsensusDriver } from '../../src/runtime/consensus/driver.ts'
import { createSigner } from '../../src/runtime/signer.ts'
import {
  DOMAIN,
  functionOf,
  handClock,
  idOf,
  type LogLine,
  nodeOf,
  promptly,
  recordingLog,
  requestOf,
  settled,
} from './support.ts'

const SEATS = Array.from({ length: 66 }, (_, seat) => nodeOf(`seat ${seat}`))

/** What a member says when it is to sit in a committee of so many. */
async function joined(consensus: Consensus, size: number): Promise<LogLine | undefined> {
  const [self] = SEATS
  assert.ok(self)
  const log = recordingLog()
  const never = (): never => assert.fail('nothing runs or is decided here')
  const driver = new ConsensusDriver({
    domain: DOMAIN,
    bls: undefined,
    signer: createSigner(self.key, createMemoryStore()),
    transport: new MemoryNetwork({ schedule: promptly }).join(self.peer),
    store: createMemoryStore(),
    clock: handClock(0),
    log,
    evidence: { has: never, get: never, keepFile: never },
    functionById: async (id) =>
      functionOf(id, { agreement: consensus === 'aggregate' ? 'kind=median;type=uint256' : '' }),
    peerOf: () => undefined,
    mayJoin: () => true,
    wantRun: () => {},
    judge: never,
    combine: never,
    attested: never,
    equivocated: never,
  })
  const committee = SEATS.slice(0, size)
  const request = requestOf(1, { consensus, committeeSize: size })
  driver.join(idOf(request), request, {
    attempt: 0,
    round: 10n,
    committee: committee.map(({ attestor }) => attestor),
    weights: committee.map(() => 1n),
    place: 0,
    seed: tagHash('seed'),
    closesAt: 2n ** 40n,
  })
  await settled()
  driver.stopAll()
  return log.lines.find(({ event }) => /^consensus (not )?joined$/.test(event))
}

describe('a member', () => {
  for (const consensus of ['pbft', 'aggregate', 'raft'] as const)
    it(`takes its seat among 64 of ${consensus}, and not among 65, and says so [AGR-2]`, async () => {
      assert.equal((await joined(consensus, 64))?.event, 'consensus joined')
      const refused = await joined(consensus, 65)
      assert.equal(refused?.event, 'consensus not joined')
      assert.match(String(refused?.fields.reason), /committeeSize.*above 64/)
    })

  it('takes its seat among more when the function is exact [AGR-2]', async () => {
    assert.equal((await joined('exact', 66))?.event, 'consensus joined')
  })
})
