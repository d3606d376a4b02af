/**
 * Functions that reach outside, from request to audit: engines, grants, recording, evidence on disk, and its exchange. The
 * registry deploys none of them yet, so the chain is the test's.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { type EvidenceFolder, openEvidence } from '../../src/adapters/evidence/evidence.ts'
import { decodeAnswer, encodeAnswer, encodeValue } from '../../src/core/host-codec.ts'
import { covers, parsePermission } from '../../src/core/permissions/permission.ts'
import { NO_EVIDENCE } from '../../src/core/request/attestation.ts'
import { decodeTranscript, replaySession } from '../../src/core/transcript.ts'
import { sha256Hex } from '../../src/crypto/hash.ts'
import type { Host, HostSession } from '../../src/ports/host.ts'
import type { DeployedFunction } from '../../src/ports/market.ts'
import type { Modules } from '../../src/ports/modules.ts'
import type { Sandbox } from '../../src/ports/sandbox.ts'
import type { Fulfillment } from '../../src/protocol/types.ts'
import { judgeProposal } from '../../src/runtime/consensus/judging.ts'
import { fetchEvidence, serveEvidence } from '../../src/runtime/evidence-exchange.ts'
import { executeRequest, type RunDependencies } from '../../src/runtime/execution.ts'
import { idOf, NODES, nodeOf, OPENS_AT, recordingLog, requestOf, settled } from './support.ts'
import { type Process, World } from './world.ts'

const MODULE = Uint8Array.of(1, 2, 3)
const PERMISSIONS = ['https://prices.example/eth']
const spec = {
  moduleHash: sha256Hex(MODULE),
  runtime: 'deterministic-1',
  entry: '_start',
  memoryBytesMax: 65_536n,
  permissions: PERMISSIONS,
}
const call = {
  capability: 'http',
  operation: 'request',
  payload: encodeValue({ url: PERMISSIONS[0] ?? '' }),
} as const

/** Asks the outside once, and gives the first byte it was told. */
const sandbox: Sandbox = {
  run: async ({ host }) => {
    const answer = host === undefined ? undefined : decodeAnswer(await host.call(call))
    const output =
      answer !== undefined && 'value' in answer ? (answer.value as Uint8Array).slice(0, 1) : new Uint8Array()
    return { exit: 0, fuelUsed: 20n, output, stderr: new Uint8Array() }
  },
  close: async () => {},
}

function hostWith(grants: readonly string[], told: Uint8Array): Host & { open(): HostSession } {
  const resources = grants.map(parsePermission)
  return {
    capabilities: `0x${'00'.repeat(32)}`,
    grantsCover: (permissions) =>
      permissions.map(parsePermission).every((needed) => resources.some((grant) => covers(grant, needed))),
    open: () => ({ call: async () => encodeAnswer({ value: told }), close: async () => {} }),
    close: async () => {},
  }
}

let world: World
let scratch: string
beforeEach(() => {
  world = new World()
  scratch = mkdtempSync(join(tmpdir(), 'dikast-outside-'))
})
afterEach(async () => {
  await world.close()
  await settled()
  rmSync(scratch, { recursive: true, force: true })
})

const PRICE = Uint8Array.of(7, 7)
/** Runs that have begun and not ended. */
let running = 0

async function startMember(
  i: number,
  grants: readonly string[] = PERMISSIONS,
  told: Uint8Array = PRICE,
): Promise<{ readonly process: Process; readonly evidence: EvidenceFolder }> {
  const dir = join(scratch, String(i))
  const evidence = await openEvidence({ dir, quotaBytes: 10 ** 9, clock: world.clock })
  const deps: RunDependencies = {
    sandbox,
    modules: { get: async () => MODULE, ran: async () => {} } as unknown as Modules, // all a run asks of it
    transport: world.network.join(nodeOf(`never used ${i} ${Math.random()}`).peer),
    timeOfRound: () => 1n,
    clock: world.clock,
    log: recordingLog(),
    functionById: async () => ({ spec }) as unknown as DeployedFunction, // likewise
    moduleSources: () => [],
  }
  const busy = <T>(work: Promise<T>): Promise<T> => {
    running++
    return work.finally(() => {
      running--
    })
  }
  const process = await world.start(String(i), {
    evidence: {
      has: (hash) => evidence.has(hash),
      get: (hash) => busy(evidence.get(hash)),
      keepFile: (bytes, hash) => busy(evidence.keepFile(bytes, hash)),
    },
    execute: (run) => busy(executeRequest({ ...deps, host: hostWith(grants, told), evidence }, run)),
    judge: (run, agreement, own, proposal) => busy(judgeProposal(deps, run, agreement, { own, proposal })),
  })
  const { transport, engine } = process
  await serveEvidence({
    transport,
    evidence,
    log: recordingLog(),
    isRegistered: (peer) => engine.view.isRegistered(peer),
  })
  return { process, evidence }
}

const fulfilled = (): Fulfillment | undefined =>
  world.chain.logs.flatMap((log) => (log.type === 'requestFulfilled' ? [log.fulfillment] : []))[0]
const linesOf = ({ lines }: Process, event: string) => lines.filter((line) => line.event === event)
/** Evidence is digested on a thread and written to a disk: the world's clock stands still meanwhile. */
async function untilNoneRuns(): Promise<void> {
  const deadline = performance.now() + 30_000
  while (running > 0) {
    assert.ok(performance.now() < deadline, `${running} runs have not ended after 30 s`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
async function untilFulfilled(): Promise<void> {
  for (let i = 0; i < 50 && fulfilled() === undefined; i++) {
    await untilNoneRuns()
    await world.run(400)
  }
}

describe('a request for a function that reaches outside', () => {
  it('is certified with the evidence its members hold, and is repeated from it by a stranger [RUN-90] [RUN-91]', async () => {
    const members = []
    for (const [i] of NODES.entries()) members.push(await startMember(i))
    await world.start('coordinator')
    await world.chain.mine()
    world.submit(1, { consensus: 'pbft' })
    await world.runTo(OPENS_AT)
    await untilFulfilled()
    const fulfillment = fulfilled()
    assert.equal(fulfillment?.output, '0x07')
    const { evidenceHash = NO_EVIDENCE } = fulfillment ?? {}
    assert.notEqual(evidenceHash, NO_EVIDENCE)
    assert.ok(members.every(({ evidence }) => evidence.has(evidenceHash)))

    const auditor = world.network.join(nodeOf('auditor').peer)
    for (const { process } of members)
      await auditor.learn(process.transport.self, process.transport.addresses())
    const sources = members.map(({ process }) => process.transport.self)
    const replay = replaySession(decodeTranscript(await fetchEvidence(auditor, evidenceHash, sources)))
    const again = await sandbox.run({ host: replay } as never) // all this sandbox looks at
    assert.deepEqual([again.output, replay.finished()], [PRICE.slice(0, 1), true])

    world.clock.advance(7 * 24 * 3_600_000)
    await assert.rejects(fetchEvidence(auditor, evidenceHash, sources), { code: 'EVIDENCE_UNAVAILABLE' })
  })

  it('is certified with what its leader was told, by members who were told otherwise and got the same [PBFT-16]', async () => {
    const told = [0, 1, 2, 3, 4].map((i) => Uint8Array.of(7, i))
    const members: Awaited<ReturnType<typeof startMember>>[] = []
    for (const [i, price] of told.entries()) members.push(await startMember(i, PERMISSIONS, price))
    await world.start('coordinator')
    await world.chain.mine()
    world.submit(1, { consensus: 'pbft' })
    await world.runTo(OPENS_AT)
    await untilFulfilled()
    const { output, evidenceHash = NO_EVIDENCE } = fulfilled() ?? {}
    assert.equal(output, '0x07')
    // Each had evidence of its own, and those who signed hold the leader's as well.
    const holding = members.filter(({ evidence }) => evidence.has(evidenceHash))
    assert.ok(holding.length >= 4, `${holding.length} hold it`)
  })

  it('is not certified when members got different results, whoever leads [PBFT-16]', async () => {
    const told = [7, 7, 7, 8, 9].map((first) => Uint8Array.of(first, 0))
    const members: Awaited<ReturnType<typeof startMember>>[] = []
    for (const [i, price] of told.entries()) members.push(await startMember(i, PERMISSIONS, price))
    await world.start('coordinator')
    await world.chain.mine()
    world.submit(1, { consensus: 'pbft' })
    await world.runTo(OPENS_AT)
    for (let i = 0; i < 25; i++) {
      await untilNoneRuns()
      await world.run(400)
    }
    assert.equal(fulfilled(), undefined)
    assert.ok(members.every(({ process }) => process.store.list('signed', { limit: 10 }).length === 0))
  })

  it('is declined once, by name, where a grant is missing, and certified by the others [RUN-92]', async () => {
    const declining = await startMember(0, ['https://prices.example/btc'])
    for (const i of [1, 2, 3, 4]) await startMember(i)
    await world.start('coordinator')
    await world.chain.mine()
    world.submit(1, { consensus: 'pbft' })
    await world.runTo(OPENS_AT)
    await untilFulfilled()
    assert.equal(fulfilled()?.output, '0x07')
    const declined = linesOf(declining.process, 'function declined')
    assert.deepEqual(
      declined.map(({ fields }) => fields.missing),
      [PERMISSIONS],
    )
    await world.run(20_000)
    assert.equal(declining.process.runs.length, 1)
  })

  it('is signed by nobody who has lost the transcript [RUN-94]', async () => {
    const members = []
    for (const [i] of NODES.entries()) {
      const member = await startMember(i)
      members.push(member)
      // Kept, and gone by the time it is to be signed.
      member.evidence.has = () => false
    }
    await world.start('coordinator')
    await world.chain.mine()
    world.submit(1, { consensus: 'pbft' })
    await world.runTo(OPENS_AT)
    for (let i = 0; i < 10; i++) {
      await untilNoneRuns()
      await world.run(1_000)
    }
    assert.equal(fulfilled(), undefined)
    const ran = members.filter(({ process }) => process.runs.length > 0)
    assert.ok(ran.length > 0)
    for (const { process } of ran) {
      const [line] = linesOf(process, 'own result cannot be proposed')
      assert.match(String(line?.fields.reason), /EvidenceLostError/)
    }
    for (const { process } of members) assert.equal(process.store.list('signed', { limit: 10 }).length, 0)
  })

  it('runs without the outside when it is exact, and has no evidence [RUN-90]', async () => {
    for (const [i] of NODES.entries()) await startMember(i, [])
    await world.start('coordinator')
    await world.chain.mine()
    const id = world.submit(1)
    assert.equal(id, idOf(requestOf(1)))
    await world.runTo(OPENS_AT)
    await untilFulfilled()
    assert.deepEqual([fulfilled()?.output, fulfilled()?.evidenceHash], ['0x', NO_EVIDENCE])
  })
})
