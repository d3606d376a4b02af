/** A function's own `validate` and `aggregate`, asked for a request by a real sandbox. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { createSandbox } from '../../src/adapters/sandbox/sandbox.ts'
import { MemoryNetwork } from '../../src/adapters/transport/memory.ts'
import { sha256Hex } from '../../src/crypto/hash.ts'
import type { Host } from '../../src/ports/host.ts'
import type { DeployedFunction } from '../../src/ports/market.ts'
import { type Sandbox, SandboxFailure, type SandboxFailureReason } from '../../src/ports/sandbox.ts'
import type { Hex } from '../../src/protocol/types.ts'
import { combineObservations, validateProposal } from '../../src/runtime/entry-runs.ts'
import { type ExecutionDependencies, executeRequest } from '../../src/runtime/execution.ts'
import { RunawayError } from '../../src/runtime/runaway.ts'
import { AGREEING } from '../fixtures/wasm/agreeing.ts'
import { assembled } from '../fixtures/wasm/wat.ts'
import { handClock, nodeOf, promptly, recordingLog, requestOf } from './support.ts'

const NOW_MS = 1_700_000_000_000
const FUEL_LIMIT = 5_000_000n
const PERMISSION = 'https://a.example'
const sandbox = createSandbox({ workers: 1 })
let module: Uint8Array
before(async () => {
  module = await assembled(AGREEING)
})
after(() => sandbox.close())

/** Grants all, and counts the sessions it opens. */
function openHost() {
  const opened: string[][] = []
  const host: Host = {
    capabilities: `0x${'00'.repeat(32)}`,
    grantsCover: () => true,
    open: (permissions) => {
      opened.push([...permissions])
      return { call: async () => assert.fail('nothing is asked for'), close: async () => {} }
    },
    close: async () => {},
  }
  return { host, opened }
}

function node(input: Hex = '0x05', patch: { readonly sandbox?: Sandbox; readonly windowMs?: number } = {}) {
  const { host, opened } = openHost()
  const request = requestOf(1, { consensus: 'pbft', input, fuelLimit: FUEL_LIMIT, outputBytesMax: 64 })
  const deps: ExecutionDependencies = {
    sandbox: patch.sandbox ?? sandbox,
    host,
    evidence: { assertRoom: () => {}, keep: async () => assert.fail('nothing is to be kept') },
    modules: {
      get: async () => module,
      has: async () => true,
      put: async () => {},
      ran: async () => {},
    },
    transport: new MemoryNetwork({ schedule: promptly }).join(nodeOf('node').peer),
    timeOfRound: () => 1n,
    clock: handClock(NOW_MS),
    log: recordingLog(),
    functionById: async () =>
      ({
        spec: {
          moduleHash: sha256Hex(module),
          runtime: 'deterministic-1',
          entry: '_start',
          memoryBytesMax: 16n * 1024n * 1024n,
          permissions: [PERMISSION],
        },
      }) as unknown as DeployedFunction,
    moduleSources: () => [],
  }
  const run = {
    request,
    seed: new Uint8Array(32),
    firstRound: 1n,
    closesAtMs: NOW_MS + (patch.windowMs ?? 60_000),
  }
  return { deps, run, opened }
}

const of = (exit: number, ...output: readonly number[]) => ({ exit, output: Uint8Array.from(output) })

describe('a proposal', () => {
  const judged = (own: number, proposed: readonly number[]) => {
    const { deps, run } = node()
    return validateProposal(deps, run, { own: of(0, own), proposed: of(0, ...proposed) })
  }

  it('is acceptable when the function’s own validate ends with 0, of what this node’s run gave [PBFT-15]', async () => {
    assert.equal(await judged(3, [3]), true)
    assert.equal(await judged(2, [3]), false)
  })

  it('is not when validate traps, or comes to no end within the request’s fuel [PBFT-15]', async () => {
    assert.equal(await judged(3, []), false)
    assert.equal(await judged(0xff, [0xff]), false)
  })

  it('is judged without anything outside, whatever the function declares and the operator grants [ENV-7]', async () => {
    // It accepts because the host denies it the outside.
    const { deps, run, opened } = node('0x68')
    assert.equal(await validateProposal(deps, run, { own: of(0), proposed: of(0) }), true)
    assert.deepEqual(opened, [])
    await executeRequest(deps, run)
    assert.deepEqual(opened, [[PERMISSION]])
  })

  const failing = (reason: SandboxFailureReason): Sandbox => ({
    run: async () => {
      throw new SandboxFailure(reason, 'here')
    },
    close: async () => {},
  })
  it('is neither acceptable nor not when this machine fails: that is no answer [PBFT-15]', async () => {
    const ask = (reason: SandboxFailureReason) => {
      const { deps, run } = node('0x05', { sandbox: failing(reason) })
      return validateProposal(deps, run, { own: of(0, 1), proposed: of(0, 1) })
    }
    await assert.rejects(ask('host-memory'), SandboxFailure)
    await assert.rejects(ask('wall-clock'), RunawayError)
    const late = node('0x05', { windowMs: 0 })
    await assert.rejects(validateProposal(late.deps, late.run, { own: of(0), proposed: of(0) }), {
      code: 'WINDOW_CLOSED',
    })
  })
})

describe('observations', () => {
  it('are put together by the function’s own aggregate: its output and exit are the report’s [ENV-7]', async () => {
    const { deps, run, opened } = node()
    const combined = await combineObservations(deps, run, Uint8Array.of(0, 0, 1, 2, 3, 4, 5, 6, 7))
    assert.deepEqual(combined, of(0, 0, 0, 1, 2, 3, 4, 5, 6, 9, 0, 0, 0))
    const failed = await combineObservations(deps, run, Uint8Array.of(0, 5, 1, 2, 3, 4, 5, 6))
    assert.equal(failed.exit, 5)
    assert.deepEqual(opened, [])
  })

  it('are put together within the request’s bounds, and a module without the entry gives its rejection [ENV-7]', async () => {
    const { deps, run } = node()
    const small = { ...run, request: { ...run.request, outputBytesMax: 11 } }
    assert.deepEqual(await combineObservations(deps, small, new Uint8Array(8)), of(0x112))
    const without = await assembled('(module (memory (export "memory") 1) (func (export "_start")))')
    const known = await deps.functionById(run.request.functionId)
    const other: ExecutionDependencies = {
      ...deps,
      modules: { ...deps.modules, get: async () => without },
      functionById: async () =>
        known && { ...known, spec: { ...known.spec, moduleHash: sha256Hex(without) } },
    }
    assert.deepEqual(await combineObservations(other, run, new Uint8Array(8)), of(0x130))
    assert.equal(await validateProposal(other, run, { own: of(0), proposed: of(0) }), false)
  })
})
