import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MemoryNetwork } from '../../src/adapters/transport/memory.ts'
import { sha256Hex } from '../../src/crypto/hash.ts'
import type { DeployedFunction } from '../../src/ports/market.ts'
import type { Modules } from '../../src/ports/modules.ts'
import {
  type Sandbox,
  SandboxFailure,
  type SandboxFailureReason,
  type SandboxJob,
} from '../../src/ports/sandbox.ts'
import type { Hash, PeerId } from '../../src/protocol/types.ts'
import { type ExecutionDependencies, executeRequest } from '../../src/runtime/execution.ts'
import { ModuleUnavailableError } from '../../src/runtime/module-exchange.ts'
import { RunawayError } from '../../src/runtime/runaway.ts'
import { encodeModuleBytes, MODULE_GET } from '../../src/runtime/wire.ts'
import { handClock, nodeOf, promptly, RIGHT, recordingLog, requestOf } from './support.ts'

const MODULE = Uint8Array.of(1, 2, 3)
const HASH = sha256Hex(MODULE)
const NOW_MS = 1_700_000_000_000

function machine(modules: Partial<Modules>, sources: readonly PeerId[] = []) {
  const network = new MemoryNetwork({ schedule: promptly })
  const transport = network.join(nodeOf('machine').peer)
  const calls: string[] = []
  const asked: Pick<SandboxJob, 'runtime' | 'fuelLimit'>[] = []
  const log = recordingLog()
  const spec = { moduleHash: HASH, runtime: 'deterministic-1', entry: '_start', memoryBytesMax: 65_536n }
  const deps: ExecutionDependencies = {
    sandbox: {
      run: async ({ module, runtime, fuelLimit }) => {
        calls.push(`run ${module.length} bytes`)
        asked.push({ runtime, fuelLimit })
        return RIGHT
      },
    } as Sandbox,
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
        request: requestOf(1),
        seed: new Uint8Array(32),
        firstRound: 1n,
        closesAtMs: NOW_MS + windowMs,
      },
    )
  return { network, transport, calls, asked, log, run }
}

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
