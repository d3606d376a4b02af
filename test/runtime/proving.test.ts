import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { withManifest } from '../../src/core/circuit/manifest.ts'
import type { CircuitInputs } from '../../src/core/circuit/witness.ts'
import { WitnessError, type WitnessErrorReason } from '../../src/core/circuit/witness-error.ts'
import { circuitTermsText } from '../../src/core/consensus/agreement.ts'
import { concat, toBytesBE, toHex } from '../../src/crypto/bytes.ts'
import { bindingOf } from '../../src/crypto/groth16.ts'
import { sha256Hex, tagHash } from '../../src/crypto/hash.ts'
import { silentLog } from '../../src/ports/log.ts'
import { type ProofJob, ProverError, type ProverFailure } from '../../src/ports/prover.ts'
import { CONSENSUS, type Hash, type Request } from '../../src/protocol/types.ts'
import {
  type ProvingDependencies,
  proveRequest,
  UnprovableError,
  wasTried,
} from '../../src/runtime/proving.ts'
import { trapdoor } from '../crypto/trapdoor.ts'
import { functionOf, requestOf } from './support.ts'

const circuit = trapdoor({ outputs: 1, inputs: 2, isBound: true })
const EMPTY_MODULE = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0)
const MODULE = withManifest(EMPTY_MODULE, {
  outputs: 1,
  inputs: [
    { name: 'amounts', size: 2, isPublic: true },
    { name: 'binding', size: 1, isPublic: true },
  ],
})
const KEY = new TextEncoder().encode('a proving key')
const TERMS = { provingKey: sha256Hex(KEY), constraints: tagHash('constraints') }
const PAYEE = `0x${'0e'.repeat(20)}` as const
const ID = tagHash('a request')
const SUM = 18n

const request: Request = requestOf(1, {
  consensus: 'zk',
  input: toHex(concat(toBytesBE(7n, 32), toBytesBE(11n, 32))),
})
const run = { requestId: ID, request, payee: PAYEE, closesAtMs: 10_000 }

function world(patch: Partial<ProvingDependencies> = {}, agreement = circuitTermsText(TERMS)) {
  const asked: { inputs?: CircuitInputs; memoryBytesMax?: number; job?: ProofJob } = {}
  const files = new Map<Hash, Uint8Array>([
    [sha256Hex(MODULE), MODULE],
    [TERMS.provingKey, KEY],
  ])
  const signals = [SUM, 7n, 11n, bindingOf(ID, PAYEE)]
  const deps: ProvingDependencies = {
    modules: {
      get: async (hash) => files.get(hash),
      has: async (hash) => files.has(hash),
      put: async () => {},
      ran: async () => {},
    },
    transport: { call: () => Promise.reject(new Error('nobody is asked')) } as never,
    clock: { nowMs: () => 1_000 },
    log: silentLog,
    functionById: async (id) =>
      functionOf(id, { moduleHash: sha256Hex(MODULE), consensus: CONSENSUS.indexOf('zk'), agreement }),
    moduleSources: () => [],
    calculator: {
      calculate: async (_module, inputs, { memoryBytesMax }) => {
        asked.inputs = inputs
        asked.memoryBytesMax = memoryBytesMax
        return new Uint8Array(64)
      },
    },
    prover: {
      prove: async (job) => {
        asked.job = job
        assert.deepEqual(await job.provingKey.read(), KEY)
        return { proof: circuit.prove(signals), publicSignals: signals }
      },
      close: async () => {},
    },
    verificationKey: async () => circuit.key,
    gather: () => Promise.reject(new Error('nobody is asked')),
    ...patch,
  }
  return { deps, asked }
}

const failing = (reason: WitnessErrorReason) => ({
  calculator: { calculate: () => Promise.reject(new WitnessError(reason, 'no')) },
})

describe('proving a request', () => {
  it('gives the circuit the request’s words and who is paid, and comes back with outputs and proof [ZKP-5]', async () => {
    const { deps, asked } = world()
    const { output, proof } = await proveRequest(deps, run)
    assert.equal(toHex(output), toHex(toBytesBE(SUM, 32)))
    assert.equal(proof.length, 256)
    assert.deepEqual(asked.inputs, { amounts: [7n, 11n], binding: [bindingOf(ID, PAYEE)] })
    assert.equal(asked.job?.provingKey.hash, TERMS.provingKey)
    const spec = (await deps.functionById(request.functionId))?.spec
    assert.equal(asked.memoryBytesMax, Number(spec?.memoryBytesMax))
  })

  it('gives a circuit that observes what its committee’s members saw [OBS-6]', async () => {
    const module = withManifest(EMPTY_MODULE, {
      outputs: 1,
      inputs: [
        { name: 'amounts', size: 2, isPublic: true },
        { name: 'binding', size: 1, isPublic: true },
        { name: 'values', size: 2, isPublic: false },
      ],
    })
    const observed = { functionId: tagHash('observed'), input: Uint8Array.of(5) }
    const asked: { observed?: unknown; requestId?: unknown } = {}
    const { deps, asked: given } = world(
      {
        modules: {
          get: async (hash) => (hash === TERMS.provingKey ? KEY : module),
          has: async () => true,
          put: async () => {},
          ran: async () => {},
        },
        gather: async (requestId, what) => {
          Object.assign(asked, { requestId, observed: what })
          return { values: [1n, 2n] }
        },
      },
      circuitTermsText({ ...TERMS, observed }),
    )
    await proveRequest(deps, run)
    assert.deepEqual(asked, { requestId: ID, observed })
    assert.deepEqual(given.inputs?.values, [1n, 2n])
    // A committee that does not answer now may answer later.
    const silent = { ...deps, gather: () => Promise.reject(new Error('too few')) }
    await assert.rejects(proveRequest(silent, run), /too few/)
  })

  it('says for good what nobody can prove', async () => {
    const { verificationKey: _, ...rest } = world().deps
    const unbound = trapdoor({ outputs: 1, inputs: 1 }, 'other')
    for (const [what, deps] of [
      ['unsatisfied', world(failing('unsatisfied')).deps],
      ['private inputs', world(failing('missing-input')).deps],
      ['no key of the network', { ...rest, verificationKey: async () => undefined }],
      ['a key of another shape', { ...rest, verificationKey: async () => unbound.key }],
      ['terms nobody can read', world({}, 'provingkey=1').deps],
    ] as const)
      await assert.rejects(proveRequest(deps, run), UnprovableError, what)
    const { deps } = world()
    await assert.rejects(
      proveRequest(deps, { ...run, request: { ...request, input: '0x1234' } }),
      UnprovableError,
    )
  })

  it('does not call unprovable what only this machine could not do', async () => {
    for (const reason of ['time-limit', 'host'] as const)
      await assert.rejects(proveRequest(world(failing(reason)).deps, run), WitnessError)
    const { deps } = world({
      prover: { prove: () => Promise.reject(new Error('died')), close: async () => {} },
    })
    await assert.rejects(proveRequest(deps, run), /died/)
    const late = world({ clock: { nowMs: () => 10_000 } })
    await assert.rejects(proveRequest(late.deps, run), { code: 'WINDOW_CLOSED' })
  })

  it('keeps a proof that does not hold from being sent', async () => {
    const signals = [SUM, 7n, 11n, bindingOf(ID, PAYEE)]
    const lies = [
      { proof: circuit.prove([SUM + 1n, ...signals.slice(1)]), publicSignals: signals },
      {
        proof: circuit.prove([SUM, 8n, 11n, signals[3] ?? 0n]),
        publicSignals: [SUM, 8n, 11n, signals[3] ?? 0n],
      },
    ]
    for (const lie of lies)
      await assert.rejects(
        proveRequest(world({ prover: { prove: async () => lie, close: async () => {} } }).deps, run),
        {
          code: 'WRONG_PROOF',
        },
      )
  })

  it('fetches module and key before the prover is asked, which makes one proof at a time', async () => {
    const order: string[] = []
    const has = new Set<Hash>()
    const names = new Map([
      [sha256Hex(MODULE), 'module'],
      [TERMS.provingKey, 'key'],
    ])
    const { deps } = world()
    const apart: ProvingDependencies = {
      ...deps,
      modules: {
        ...deps.modules,
        has: async (hash) => has.has(hash),
        get: async (hash) => {
          order.push(names.get(hash) ?? 'other')
          return deps.modules.get(hash)
        },
        ran: async (hash) => void has.add(hash),
      },
      prover: {
        ...deps.prover,
        prove: (job, options) => {
          order.push('prover')
          return deps.prover.prove(job, options)
        },
      },
    }
    await proveRequest(apart, run)
    assert.deepEqual(order.slice(0, 3), ['module', 'key', 'prover'])
    // Kept by now: not fetched again, only read by the prover.
    order.length = 0
    await proveRequest(apart, run)
    assert.deepEqual(order, ['module', 'prover', 'key'])
  })

  it('does not ask the prover without the key', async () => {
    let asked = 0
    const { deps } = world()
    const keyless: ProvingDependencies = {
      ...deps,
      modules: {
        ...deps.modules,
        has: async () => false,
        get: async (hash) => (hash === TERMS.provingKey ? undefined : deps.modules.get(hash)),
      },
      prover: {
        close: async () => {},
        prove: async () => {
          asked++
          throw new Error('is not asked')
        },
      },
    }
    await assert.rejects(proveRequest(keyless, run), { code: 'MODULE_UNAVAILABLE' })
    assert.equal(asked, 0)
  })

  it('counts as tried what was worked on, and not what was only not taken up or not fetched', async () => {
    const of = (reason: ProverFailure) => wasTried(new ProverError(reason, ''))
    for (const reason of ['out-of-memory', 'died', 'cancelled'] as const)
      assert.equal(of(reason), true, reason)
    for (const reason of ['overloaded', 'unreachable', 'closed'] as const)
      assert.equal(of(reason), false, reason)
    for (const reason of ['time-limit', 'host'] as const)
      assert.equal(wasTried(new WitnessError(reason, '')), true, reason)
    const lie = { proof: circuit.prove([SUM + 1n, 7n, 11n, 1n]), publicSignals: [SUM, 7n, 11n, 1n] }
    const wrong = world({ prover: { prove: async () => lie, close: async () => {} } }).deps
    assert.equal(await proveRequest(wrong, run).catch(wasTried), true)
    const late = world({ clock: { nowMs: () => 10_000 } }).deps
    assert.equal(await proveRequest(late, run).catch(wasTried), false)
    assert.equal(wasTried(new Error('no peer has the key')), false)
  })
})
