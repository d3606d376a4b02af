import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { Engine } from '../../../src/adapters/prover/engine.ts'
import { KeyCache } from '../../../src/adapters/prover/key-cache.ts'
import { ProcessProver, type ProcessProverOptions } from '../../../src/adapters/prover/process-prover.ts'
import { silentLog } from '../../../src/ports/log.ts'
import type { ProofPhase } from '../../../src/ports/prover.ts'
import type { Hash } from '../../../src/protocol/types.ts'
import { failsWith } from './conformance.ts'
import { squares, witnessBytes } from './support/circuit.ts'
import { accepts, endSnarkjs, keyFrom, keyOf } from './support/proofs.ts'

const circuit = squares(7n, 20)
const witness = witnessBytes(circuit.witness)
const open = (options: Partial<ProcessProverOptions> = {}) =>
  new ProcessProver({ engine: 'kernel', log: silentLog, threads: 1, ...options })

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

async function ended(pid: number): Promise<void> {
  while (isAlive(pid)) await delay(20)
}

describe('the process of a prover', () => {
  it('is started anew when it is killed, and the proof it was making is made again [PRV-4] [PRV-8]', async () => {
    for (const engine of ['kernel', 'snarkjs'] as const) {
      const prover = open({ engine })
      const { file, provingKey } = await keyOf(circuit)
      const phases: ProofPhase[] = []
      const onProgress = (phase: ProofPhase) => {
        if (phase === 'quotient' && !phases.includes('retry')) process.kill(prover.pid ?? 0, 'SIGKILL')
        phases.push(phase)
      }
      const proof = await prover.prove({ provingKey, witness }, { onProgress })
      assert.equal(await accepts(file, proof), true)
      assert.equal(phases.filter((phase) => phase === 'retry').length, 1)
      await prover.close()
    }
    await endSnarkjs()
  })

  it('fails a proof that takes it down twice, and makes the next [PRV-8]', async () => {
    const prover = open()
    const { provingKey } = await keyOf(circuit)
    const onProgress = (phase: ProofPhase) => {
      if (phase === 'key') process.kill(prover.pid ?? 0, 'SIGKILL')
    }
    const [first, second] = await Promise.allSettled([
      prover.prove({ provingKey, witness }, { onProgress }),
      prover.prove({ provingKey, witness }),
    ])
    assert.ok(first.status === 'rejected' && failsWith('died')(first.reason))
    assert.equal(second.status, 'fulfilled')
    await prover.close()
  })

  it('ends with whoever started it, and when it is closed [PRV-9]', async () => {
    const { provingKey } = await keyOf(circuit)
    const prover = open()
    await prover.prove({ provingKey, witness })
    const { pid = 0 } = prover
    assert.equal(isAlive(pid), true)
    await prover.close()
    assert.equal(isAlive(pid), false)

    const source = (path: string) => JSON.stringify(new URL(path, import.meta.url).href)
    const script = `
      import { ProcessProver } from ${source('../../../src/adapters/prover/process-prover.ts')}
      import { silentLog } from ${source('../../../src/ports/log.ts')}
      import { keyOf } from ${source('support/proofs.ts')}
      import { squares, witnessBytes } from ${source('support/circuit.ts')}
      const circuit = squares(7n, 20)
      const prover = new ProcessProver({ engine: 'snarkjs', log: silentLog })
      await prover.prove({ ...(await keyOf(circuit)), witness: witnessBytes(circuit.witness) })
      process.stdout.write(String(prover.pid))
      setInterval(() => {}, 1000)`
    const parent = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [told] = (await once(parent.stdout, 'data')) as [Buffer]
    const orphan = Number(told.toString())
    assert.equal(isAlive(orphan), true)
    parent.kill('SIGKILL')
    // Comes to an end, or the test does not: snarkjs's own threads would keep it for ever.
    await ended(orphan)
  })

  it('keeps no program alive that has nothing more to prove [PRV-9]', async () => {
    const source = (path: string) => JSON.stringify(new URL(path, import.meta.url).href)
    const script = `
      import { ProcessProver } from ${source('../../../src/adapters/prover/process-prover.ts')}
      import { silentLog } from ${source('../../../src/ports/log.ts')}
      import { keyOf } from ${source('support/proofs.ts')}
      import { squares, witnessBytes } from ${source('support/circuit.ts')}
      const circuit = squares(7n, 20)
      const prover = new ProcessProver({ engine: 'kernel', log: silentLog, threads: 1 })
      await prover.prove({ ...(await keyOf(circuit)), witness: witnessBytes(circuit.witness) })`
    const program = spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: 'inherit' })
    assert.deepEqual(await once(program, 'exit'), [0, null])
  })

  it('is killed when a proof takes longer than it may [PRV-10]', async () => {
    const prover = open({ proofMsMax: 1 })
    const { provingKey } = await keyOf(circuit)
    await assert.rejects(prover.prove({ provingKey, witness }), failsWith('died'))
    await prover.close()
  })

  it('refuses more jobs than may wait, and a key that takes more memory than it has [PRV-7] [PRV-10] [PRV-11]', async () => {
    const { provingKey } = await keyOf(circuit)
    const prover = open({ waitingMax: 1, keyBytesMax: 1_000_000 })
    const outcomes = await Promise.allSettled([0, 1, 2].map(() => prover.prove({ provingKey, witness })))
    const reasons = outcomes.map((outcome) => outcome.status === 'rejected' && outcome.reason)
    assert.ok(failsWith('out-of-memory')(reasons[0]))
    assert.ok(failsWith('out-of-memory')(reasons[1]))
    assert.ok(failsWith('overloaded')(reasons[2]))
    await prover.close()
  })

  it('gives up jobs that wait, and what runs, when it is closed', async () => {
    const { provingKey } = await keyOf(circuit)
    const prover = open()
    const proving = [0, 1].map(() => prover.prove({ provingKey, witness }))
    const outcomes = Promise.allSettled(proving)
    await prover.close()
    for (const outcome of await outcomes)
      assert.ok(outcome.status === 'rejected' && failsWith('closed')(outcome.reason))
  })

  it('is killed and replaced when it does not let go of a proof that was given up, and others go on [PRV-16]', async () => {
    const { file, provingKey } = await keyOf(circuit)
    const prover = open({ cancelMsMax: 20 })
    const cancelling = new AbortController()
    const pids: (number | undefined)[] = []
    const deaf = (phase: ProofPhase) => {
      if (phase !== 'key') return
      pids.push(prover.pid)
      process.kill(prover.pid ?? 0, 'SIGSTOP')
      cancelling.abort()
    }
    const given = prover.prove({ provingKey, witness }, { signal: cancelling.signal, onProgress: deaf })
    const phases: ProofPhase[] = []
    const waiting = prover.prove({ provingKey, witness }, { onProgress: (phase) => phases.push(phase) })
    await assert.rejects(given, failsWith('cancelled'))
    assert.equal(await accepts(file, await waiting), true)
    pids.push(prover.pid)
    assert.equal(new Set(pids).size, 2)
    assert.equal(isAlive(pids[0] ?? 0), false)
    // Not one of two tries of its own.
    assert.equal(phases.includes('retry'), false)
    await prover.close()
    await endSnarkjs()
  })

  it('stays when it lets go of a proof that was given up [PRV-16]', async () => {
    const { provingKey } = await keyOf(circuit)
    const prover = open()
    const cancelling = new AbortController()
    const pids: (number | undefined)[] = []
    const onProgress = (phase: ProofPhase) => {
      if (phase !== 'key') return
      pids.push(prover.pid)
      cancelling.abort()
    }
    const given = prover.prove({ provingKey, witness }, { signal: cancelling.signal, onProgress })
    await assert.rejects(given, failsWith('cancelled'))
    await prover.prove({ provingKey, witness })
    assert.deepEqual(pids, [prover.pid])
    await prover.close()
  })

  it('waits for no witness of a proof that was given up, and has none made of one that waited [PRV-16]', async () => {
    const { provingKey } = await keyOf(circuit)
    const prover = open()
    const cancelling = new AbortController()
    const { signal } = cancelling
    let made = 0
    const never = () => {
      made++
      return new Promise<Uint8Array>(() => {})
    }
    const given = [0, 1].map(() => prover.prove({ provingKey, witness: never }, { signal }))
    const waiting = prover.prove({ provingKey, witness })
    cancelling.abort()
    for (const each of given) await assert.rejects(each, failsWith('cancelled'))
    await waiting
    assert.equal(made, 1)
    await prover.close()
  })

  it('takes a job from those that wait when whoever asked gives up [PRV-10]', async () => {
    const { provingKey } = await keyOf(circuit)
    const prover = open()
    const cancelling = new AbortController()
    const running = prover.prove({ provingKey, witness })
    const waiting = prover.prove({ provingKey, witness }, { signal: cancelling.signal })
    cancelling.abort()
    await assert.rejects(waiting, failsWith('cancelled'))
    await running
    await prover.close()
  })
})

describe('keys that are kept loaded', () => {
  /** An engine whose keys take ten times as many bytes as their file. */
  const forgotten: number[] = []
  const engine: Engine<number> = {
    load: (file) => file.length * 10,
    bytesOf: (key) => key,
    prove: () => Promise.reject(new Error('is not asked to')),
    forget: (key) => forgotten.push(key),
    close: async () => {},
  }

  it('stay within their bytes: the one not used for longest goes first [PRV-7]', async () => {
    const keys = new KeyCache(engine, 100)
    const files = [2, 3, 5].map((length) => keyFrom(new Uint8Array(length)))
    const get = (i: number): Promise<number> => {
      const { provingKey } = files[i] as (typeof files)[number]
      return keys.get(provingKey.hash, provingKey.read)
    }
    for (const i of [0, 1, 2]) await get(i)
    assert.equal(keys.bytes, 100)
    await get(0)
    const larger = keyFrom(new Uint8Array(4))
    await keys.get(larger.provingKey.hash, larger.provingKey.read)
    const hashes: readonly Hash[] = [2, 0].map((i) => (files[i] as (typeof files)[number]).provingKey.hash)
    assert.deepEqual(forgotten, [30, 50])
    assert.deepEqual(keys.hashes, [hashes[1], larger.provingKey.hash])
    assert.equal(keys.bytes, 60)
    assert.deepEqual(
      files.map(({ reads }) => reads),
      [1, 1, 1],
    )
  })
})
