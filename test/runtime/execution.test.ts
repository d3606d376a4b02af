import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MemoryNetwork } from '../../src/adapters/transport/memory.ts'
import { encodeAnswer, encodeValue } from '../../src/core/host-codec.ts'
import { NO_EVIDENCE } from '../../src/core/request/attestation.ts'
import { type Transcript, transcriptDigest } from '../../src/core/transcript.ts'
import { sha256Hex } from '../../src/crypto/hash.ts'
import { EvidenceFullError } from '../../src/ports/evidence.ts'
import type { Host } from '../../src/ports/host.ts'
import type { DeployedFunction } from '../../src/ports/market.ts'
import type { Modules } from '../../src/ports/modules.ts'
import {
  type Sandbox,
  SandboxFailure,
  type SandboxFailureReason,
  type SandboxJob,
  type SandboxResult,
} from '../../src/ports/sandbox.ts'
import { InvalidInputError } from '../../src/protocol/errors.ts'
import type { Consensus, Hash, PeerId } from '../../src/protocol/types.ts'
import { FunctionDeclinedError } from '../../src/runtime/declined.ts'
import { type ExecutionDependencies, executeRequest } from '../../src/runtime/execution.ts'
import { ModuleUnavailableError } from '../../src/runtime/module-exchange.ts'
import { RunawayError } from '../../src/runtime/runaway.ts'
import { encodeModuleBytes, MODULE_GET } from '../../src/runtime/wire.ts'
import { handClock, nodeOf, promptly, RIGHT, recordingLog, requestOf } from './support.ts'

const MODULE = Uint8Array.of(1, 2, 3)
const HASH = sha256Hex(MODULE)
const NOW_MS = 1_700_000_000_000

interface Outside {
  readonly consensus?: Consensus
  readonly permissions?: readonly string[]
  readonly grants?: readonly string[]
  readonly full?: boolean
}

function machine(modules: Partial<Modules>, sources: readonly PeerId[] = [], outside: Outside = {}) {
  const network = new MemoryNetwork({ schedule: promptly })
  const transport = network.join(nodeOf('machine').peer)
  const calls: string[] = []
  const asked: Pick<SandboxJob, 'runtime' | 'fuelLimit'>[] = []
  const { consensus = 'exact', permissions = [], grants = [] } = outside
  const held: Transcript[] = []
  const log = recordingLog()
  const spec = {
    moduleHash: HASH,
    runtime: 'deterministic-1',
    entry: '_start',
    memoryBytesMax: 65_536n,
    permissions,
  }
  const deps: ExecutionDependencies = {
    sandbox: {
      run: async ({ module, runtime, fuelLimit }) => {
        calls.push(`run ${module.length} bytes`)
        asked.push({ runtime, fuelLimit })
        return { ...RIGHT, stderr: new Uint8Array() }
      },
      close: async () => {},
    },
    host: hostOf(grants, calls),
    evidence: {
      assertRoom: () => {
        if (outside.full === true) throw new EvidenceFullError(2, 1, 1)
      },
      keep: async (transcript) => {
        held.push(transcript)
        calls.push('kept')
        return transcriptDigest(transcript)
      },
    },
    modules: {
      get: async () => undefined,
      has: async () => false,
      put: async (_bytes: Uint8Array, hash: Hash) => void calls.push(`put ${hash}`),
      ran: async (hash: Hash) => void calls.push(`ran ${hash}`),
      ...modules,
    },
    transport,
    timeOfRound: () => 1n,
    clock: handClock(NOW_MS),
    log,
    functionById: async () => ({ spec }) as DeployedFunction,
    moduleSources: () => sources,
  }
  const run = (windowMs: number, sandbox = deps.sandbox) =>
    executeRequest(
      { ...deps, sandbox },
      {
        request: requestOf(1, { consensus }),
        seed: new Uint8Array(32),
        firstRound: 1n,
        closesAtMs: NOW_MS + windowMs,
      },
    )
  return { network, transport, calls, asked, held, log, run }
}

/** A host that answers with the number of the call, and says what it is asked for. */
function hostOf(grants: readonly string[], calls: string[]): Host {
  return {
    capabilities: `0x${'00'.repeat(32)}`,
    grantsCover: (permissions) => {
      if (permissions.includes('nonsense')) throw new InvalidInputError('permission', 'is malformed')
      return permissions.every((needed) => grants.includes(needed))
    },
    open: (permissions) => {
      calls.push(`open ${permissions.join(' ')}`)
      let asked = 0
      return {
        call: async () => encodeAnswer({ value: ++asked }),
        close: async () => void calls.push('closed'),
      }
    },
    close: async () => {},
  }
}

/** A sandbox whose guest asks so often, then ends as `end` says. */
function asking(times: number, end: () => Promise<SandboxResult>): Sandbox {
  return {
    run: async ({ host }) => {
      for (let i = 0; i < times; i++)
        await host?.call({ capability: 'http', operation: 'request', payload: encodeValue({ n: i }) })
      return host === undefined ? { ...RIGHT, exit: 9, stderr: new Uint8Array() } : end()
    },
    close: async () => {},
  }
}
const well = async (): Promise<SandboxResult> => ({ ...RIGHT, stderr: new Uint8Array() })

describe('a run', () => {
  it('is under the profile of the function and the fuel limit of the request', async () => {
    const { asked, run } = machine({ get: async () => MODULE })
    await run(60_000)
    assert.deepEqual(asked, [{ runtime: 'deterministic-1', fuelLimit: 100n }])
  })

  const failing = (reason: SandboxFailureReason) => {
    const limits: number[] = []
    const run = async ({ wallClockMsMax }: SandboxJob): Promise<never> => {
      limits.push(wallClockMsMax)
      throw new SandboxFailure(reason, 'here')
    }
    return { limits, sandbox: { run, close: async () => {} } }
  }

  it('that had all the time a run ever has, or took its executor down, ran away [RUN-23]', async () => {
    const { run } = machine({ get: async () => MODULE })
    for (const reason of ['wall-clock', 'executor-crashed'] as const) {
      const { limits, sandbox } = failing(reason)
      await assert.rejects(run(60_000, sandbox), RunawayError)
      assert.deepEqual(limits, [60_000])
    }
  })

  it('that its window cut short, or that this machine had no memory for, did not [RUN-23]', async () => {
    const { run } = machine({ get: async () => MODULE })
    const short = failing('wall-clock')
    await assert.rejects(run(59_999, short.sandbox), SandboxFailure)
    assert.deepEqual(short.limits, [59_999])
    await assert.rejects(run(60_000, failing('host-memory').sandbox), SandboxFailure)
  })

  it('does not begin once its window is closed [RUN-23]', async () => {
    const { calls, run } = machine({ get: async () => MODULE })
    await assert.rejects(run(0), { code: 'WINDOW_CLOSED' })
    assert.deepEqual(calls, [`ran ${HASH}`])
  })

  it('marks the module it has as run, so that what is brought does not displace it [RUN-55]', async () => {
    const { calls, run } = machine({ get: async () => MODULE })
    assert.deepEqual(await run(60_000), RIGHT)
    assert.deepEqual(calls, [`ran ${HASH}`, 'run 3 bytes'])
  })

  it('fetches the module it lacks, keeps it and marks it; without room it runs all the same [RUN-55]', async () => {
    const server = nodeOf('module server').peer
    const full = async () => {
      throw new Error('no room')
    }
    for (const put of [undefined, full]) {
      const { network, transport, calls, log, run } = machine(put === undefined ? {} : { put }, [server])
      const peer = network.join(server)
      await transport.learn(server, peer.addresses())
      await peer.handle(MODULE_GET, async () => encodeModuleBytes({ total: 3, bytes: MODULE }))
      assert.deepEqual(await run(60_000), RIGHT)
      const isKept = put === undefined
      assert.deepEqual(calls, [...(isKept ? [`put ${HASH}`, `ran ${HASH}`] : []), 'run 3 bytes'])
      assert.equal(log.lines.length, isKept ? 0 : 1)
    }
  })

  it('stops looking for its module when its window closes [RUN-50]', async () => {
    const dawdlers = Array.from({ length: 9 }, (_, i) => nodeOf(`dawdler ${i}`).peer)
    const { network, transport, calls, run } = machine({}, dawdlers)
    const asked = new Set<PeerId>()
    for (const dawdler of dawdlers) {
      const peer = network.join(dawdler)
      await transport.learn(dawdler, peer.addresses())
      await peer.handle(MODULE_GET, () => {
        asked.add(dawdler)
        return new Promise(() => {})
      })
    }
    // Nothing else keeps the process, as a daemon's sockets do.
    const alive = setInterval(() => {}, 1_000)
    await assert.rejects(run(200), ModuleUnavailableError)
    clearInterval(alive)
    assert.deepEqual([asked.size, calls], [3, []])
  })
})

describe('a run of a function that reaches outside', () => {
  const permissions = ['https://a.example', 'llm:small']
  const outside = { consensus: 'pbft', permissions, grants: permissions } as const
  const kept = { get: async () => MODULE }

  it('has a session for what it declares, recorded, and on disk before there is an outcome [RUN-90]', async () => {
    const { calls, held, run } = machine(kept, [], outside)
    const outcome = await run(60_000, asking(2, well))
    assert.deepEqual(calls, [`ran ${HASH}`, 'open https://a.example llm:small', 'kept', 'closed'])
    assert.deepEqual(
      held.map((transcript) => transcript.length),
      [2],
    )
    assert.deepEqual(outcome, { ...RIGHT, evidenceHash: transcriptDigest(held[0] ?? []) })
  })

  it('has no evidence when it asked for nothing [RUN-90]', async () => {
    const { held, run } = machine(kept, [], outside)
    assert.equal((await run(60_000, asking(0, well))).evidenceHash, NO_EVIDENCE)
    assert.deepEqual(held, [])
  })

  it('closes its session and keeps nothing when it fails here [RUN-90]', async () => {
    const { calls, held, run } = machine(kept, [], outside)
    const failing = asking(1, () => Promise.reject(new SandboxFailure('host-session', 'here')))
    await assert.rejects(run(60_000, failing), SandboxFailure)
    assert.deepEqual([calls.at(-1), held], ['closed', []])
  })

  it('is declined, naming what is missing, before anything is fetched, unless grants cover all of it [RUN-92]', async () => {
    const { calls, run } = machine({}, [], { ...outside, grants: ['https://a.example'] })
    await assert.rejects(run(60_000), (error) => {
      assert.ok(error instanceof FunctionDeclinedError)
      assert.deepEqual(error.missing, ['llm:small'])
      return true
    })
    assert.deepEqual(calls, [])
    const malformed = machine({}, [], { ...outside, permissions: ['nonsense'] })
    await assert.rejects(malformed.run(60_000), { code: 'FUNCTION_DECLINED' })
  })

  it('does not begin while its evidence might find no room [RUN-93]', async () => {
    const { calls, run } = machine(kept, [], { ...outside, full: true })
    await assert.rejects(run(60_000), EvidenceFullError)
    assert.deepEqual(calls, [])
  })

  it('has no session when it declares nothing, and an exact one never, whatever it declares [RUN-90]', async () => {
    for (const patch of [
      { permissions: [] },
      { consensus: 'exact' },
      { consensus: 'exact', grants: [] },
    ] as const) {
      const { calls, run } = machine(kept, [], { ...outside, ...patch })
      assert.deepEqual(await run(60_000, asking(1, well)), { ...RIGHT, exit: 9, evidenceHash: NO_EVIDENCE })
      assert.deepEqual(calls, [`ran ${HASH}`])
    }
  })
})
