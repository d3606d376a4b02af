import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Queue, Worker } from 'bullmq'
import { Redis } from 'ioredis'
import { type ProofWorker, startProofWorker } from '../../src/adapters/proof-queue/proof-worker.ts'
import { openQueueProver } from '../../src/adapters/proof-queue/queue-prover.ts'
import { Shelf } from '../../src/adapters/proof-queue/shelf.ts'
import { ProcessProver } from '../../src/adapters/prover/process-prover.ts'
import { type Log, silentLog } from '../../src/ports/log.ts'
import {
  type Proof,
  type ProofJob,
  type ProofOptions,
  type ProofPhase,
  type Prover,
  ProverError,
} from '../../src/ports/prover.ts'
import { PROVING_KEY_BYTES_MAX } from '../../src/protocol/limits.ts'
import type { Hash } from '../../src/protocol/types.ts'
import { describeProver, failsWith } from '../adapters/prover/conformance.ts'
import { squares, witnessBytes } from '../adapters/prover/support/circuit.ts'
import { accepts, endSnarkjs, keyOf } from '../adapters/prover/support/proofs.ts'
import { eventually } from '../adapters/queue/conformance.ts'
import { RedisServer } from './redis-server.ts'

const redisUrl = process.env.REDIS_URL ?? ''
const freshName = () => `test-${randomUUID()}`
const sha256 = (bytes: Uint8Array): Hash => `0x${createHash('sha256').update(bytes).digest('hex')}`
const FAST = { log: silentLog, beatMs: 5 }
const PROOF: Proof = { proof: new Uint8Array(256).fill(7), publicSignals: [1n, 2n] }
const fileOf = (text: string) => new TextEncoder().encode(text)
const jobOf = (text: string): ProofJob => ({
  provingKey: { hash: sha256(fileOf(`key ${text}`)), read: async () => fileOf(`key ${text}`) },
  witness: fileOf(`witness ${text}`),
})

it('has a Redis to test against, in REDIS_URL', () => assert.notEqual(redisUrl, ''))

/** Takes each proof up, and makes it when it is told to. */
class PatientProver implements Prover {
  readonly begun: ProofJob[] = []
  aborted = 0
  #go = () => {}
  readonly told = new Promise<void>((resolve) => {
    this.#go = resolve
  })

  go(): void {
    this.#go()
  }

  async prove(job: ProofJob, { signal, onProgress }: ProofOptions = {}): Promise<Proof> {
    await job.provingKey.read()
    onProgress?.('quotient')
    this.begun.push(job)
    const stopped = new Promise<never>((_, reject) =>
      signal?.addEventListener('abort', () => {
        this.aborted++
        reject(new ProverError('cancelled', 'told to'))
      }),
    )
    await Promise.race([this.told, stopped])
    return PROOF
  }

  async close(): Promise<void> {}
}

const failing = (reason: ProverError['reason']) => {
  const prover = {
    begun: 0,
    prove: async (): Promise<Proof> => {
      prover.begun++
      throw new ProverError(reason, 'always')
    },
    close: async () => {},
  }
  return prover
}

interface Setting {
  readonly name: string
  readonly node: Prover
  readonly redis: Redis
  readonly queue: Queue
  readonly work: (prover: Prover, lockMs?: number) => Promise<ProofWorker>
}

/** A node, and as many provers as it starts, on a queue of their own. */
async function within(
  test: (setting: Setting) => Promise<void>,
  { url = redisUrl, log = silentLog }: { readonly url?: string; readonly log?: Log } = {},
): Promise<void> {
  const name = freshName()
  const node = await openQueueProver({ ...FAST, log, redisUrl: url, asker: 'a node', name })
  const redis = new Redis(url)
  redis.on('error', () => {})
  const queue = new Queue(name, { connection: redis })
  queue.on('error', () => {})
  const workers: ProofWorker[] = []
  const work = async (prover: Prover, lockMs = 1_000) => {
    const worker = await startProofWorker({
      redisUrl: url,
      prover,
      name,
      log: silentLog,
      lookMs: 5,
      lockMs,
    })
    workers.push(worker)
    return worker
  }
  try {
    await test({ name, node, redis, queue, work })
  } finally {
    await Promise.all(workers.map((worker) => worker.close()))
    await node.close()
    await queue.close()
    redis.disconnect()
  }
}

if (redisUrl !== '') {
  const name = freshName()
  const kernel = new ProcessProver({ engine: 'kernel', log: silentLog, threads: 2 })
  let worker: ProofWorker
  before(async () => {
    worker = await startProofWorker({ redisUrl, prover: kernel, name, log: silentLog, lookMs: 5 })
  })
  after(async () => {
    await worker.close()
    await kernel.close()
  })
  describeProver('provers over Redis', {
    create: () => {
      const opened = openQueueProver({ ...FAST, redisUrl, asker: randomUUID(), name })
      return {
        prove: async (job, options) => (await opened).prove(job, options),
        close: async () => (await opened).close(),
      }
    },
    checksPoints: true,
  })

  describe('a proof handed to provers elsewhere', () => {
    it('is begun by none when it was cancelled while it waited, and stopped when while it was made [PRV-18]', () =>
      within(async ({ node, work, queue }) => {
        const prover = new PatientProver()
        await work(prover)
        const [first, second] = [new AbortController(), new AbortController()]
        const running = node.prove(jobOf('first'), { signal: first.signal })
        await eventually(() => prover.begun.length === 1, 'the first is begun')
        const waiting = node.prove(jobOf('second'), { signal: second.signal })
        await eventually(async () => (await queue.getWaitingCount()) === 1, 'the second waits')
        second.abort()
        await assert.rejects(waiting, failsWith('cancelled'))
        await eventually(async () => (await queue.getWaitingCount()) === 0, 'the second is gone')
        first.abort()
        await assert.rejects(running, failsWith('cancelled'))
        await eventually(() => prover.aborted === 1, 'the first is stopped')
        prover.go()
        await node.prove(jobOf('third'))
        assert.equal(prover.begun.length, 2)
      }))

    it('leaves no witness behind once it is over [PRV-17]', () =>
      within(async ({ name, node, work, redis }) => {
        const prover = new PatientProver()
        await work(prover)
        const made = node.prove(jobOf('first'))
        await eventually(() => prover.begun.length === 1, 'it is begun')
        assert.equal((await redis.keys(`${name}:witness:*`)).length, 1)
        assert.ok((await redis.ttl(`${name}:witness:${sha256(fileOf('witness first'))}`)) > 0)
        prover.go()
        assert.deepEqual(await made, PROOF)
        await eventually(async () => (await redis.keys(`${name}:witness:*`)).length === 0, 'it is gone')
      }))

    it('is made for nobody who does not ask any more [PRV-18]', () =>
      within(async ({ work, queue }) => {
        const prover = new PatientProver()
        await work(prover)
        const { provingKey, witness } = jobOf('nobody’s')
        const task = { version: 1, keyHash: provingKey.hash, witnessHash: sha256(witness as Uint8Array) }
        const { id = '' } = await queue.add('prove', task, { jobId: 'proof-left' })
        await eventually(async () => (await queue.getJobState(id)) === 'completed', 'it is answered')
        assert.equal(prover.begun.length, 0)
      }))

    it('is begun a bounded number of times, and says why it was given up [PRV-19]', () =>
      within(async ({ node, work }) => {
        const prover = failing('died')
        await work(prover)
        await assert.rejects(node.prove(jobOf('bad')), failsWith('died'))
        assert.equal(prover.begun, 3)
        const elsewhere = failing('out-of-memory')
        await within(async (other) => {
          await other.work(elsewhere)
          await assert.rejects(other.node.prove(jobOf('large')), failsWith('out-of-memory'))
        })
        assert.equal(elsewhere.begun, 3)
      }))

    it('is not tried again where every prover would say the same [PRV-19]', () =>
      within(async ({ node, work }) => {
        const prover = failing('malformed-key')
        await work(prover)
        await assert.rejects(node.prove(jobOf('bad')), failsWith('malformed-key'))
        assert.equal(prover.begun, 1)
      }))

    it('is given back at once by a prover that is told to stop [PRV-18]', () =>
      within(async ({ node, work }) => {
        const [first, second] = [new PatientProver(), new PatientProver()]
        // Nobody would take it for stalled before this test is given up.
        const stopping = await work(first, 600_000)
        const phases: ProofPhase[] = []
        const made = node.prove(jobOf('first'), { onProgress: (phase) => phases.push(phase) })
        await eventually(() => first.begun.length === 1 && phases.length === 1, 'it is begun')
        await stopping.close()
        second.go()
        await work(second, 600_000)
        assert.deepEqual(await made, PROOF)
        assert.deepEqual([first.aborted, second.begun.length], [1, 1])
        assert.deepEqual(phases, ['quotient', 'retry', 'quotient', 'done'])
      }))
  })

  describe('a prover on a Redis that others write to', () => {
    it('fails jobs that are none, and goes on [PRV-20]', () =>
      within(async ({ name, node, work, queue, redis }) => {
        const hash = `0x${'11'.repeat(32)}`
        const bad = ['garbage', 7, null, [], {}, { version: 2, keyHash: hash, witnessHash: hash }]
        for (const data of [...bad, { version: 1, keyHash: `${hash}00`, witnessHash: hash }])
          await queue.add('prove', data)
        const { id } = await queue.add('prove', {})
        await redis.hset(`bull:${name}:${id}`, 'data', Buffer.from([0xff, 0x7b, 0x00]))
        const prover = new PatientProver()
        prover.go()
        await work(prover)
        await node.prove(jobOf('good'))
        assert.equal(prover.begun.length, 1)
        await eventually(async () => (await queue.getFailedCount()) >= bad.length + 1, 'all failed')
      }))

    it('takes no bytes of another hash, or more than there may be, and has them brought anew [PRV-20]', () =>
      within(async ({ name, node, work, redis }) => {
        const good = jobOf('good')
        const key = `${name}:key:${good.provingKey.hash}`
        const witness = `${name}:witness:${sha256(good.witness as Uint8Array)}`
        await redis.set(witness, 'other bytes', 'EX', 60)
        // Longer than any key may be.
        await redis.setrange(key, PROVING_KEY_BYTES_MAX, 'x')
        await redis.expire(key, 60)
        const prover = new PatientProver()
        prover.go()
        await work(prover)
        assert.deepEqual(await node.prove(good), PROOF)
        assert.deepEqual(prover.begun[0]?.witness, good.witness)
        assert.equal(await redis.get(key), 'key good')
      }))
  })

  describe('what lies in Redis', () => {
    it('is not read where it is longer than it may be, whatever its hash [PRV-20]', () =>
      within(async ({ name, redis }) => {
        const shelf = new Shelf(redis, name)
        for (const [bytes, isTaken] of [
          [8 * 1024 * 1024, true],
          [8 * 1024 * 1024 + 1, false],
        ] as const) {
          const witness = new Uint8Array(bytes).fill(3)
          await shelf.put('witness', sha256(witness), witness)
          assert.equal((await shelf.get('witness', sha256(witness))) !== undefined, isTaken)
          assert.equal(await shelf.renew('witness', sha256(witness)), isTaken)
        }
      }))

    it('is sixteen keys at most: the one brought longest ago goes [PRV-17]', () =>
      within(async ({ name, redis }) => {
        const shelf = new Shelf(redis, name)
        const keys = Array.from({ length: 17 }, (_, i) => fileOf(`key ${i}`))
        for (const [i, key] of keys.entries()) {
          await shelf.put('key', sha256(key), key)
          // Another millisecond: they are in the order of time.
          await eventually(
            async () => Date.now() > Number(await redis.zscore(`${name}:keys`, sha256(key))),
            `${i}`,
          )
        }
        const kept = await Promise.all(
          keys.map(async (key) => (await shelf.get('key', sha256(key))) !== undefined),
        )
        assert.deepEqual(kept, [false, ...Array.from({ length: 16 }, () => true)])
      }))
  })

  describe('a node on a Redis that others write to', () => {
    const answering = (answer: unknown) =>
      within(async ({ name, node }) => {
        const liar = new Worker(name, async () => answer, { connection: { url: redisUrl } as never })
        try {
          await node.prove(jobOf('some'))
        } finally {
          await liar.close()
        }
      })

    it('takes no answer that is not a proof’s shape [PRV-20]', async () => {
      const proof = `0x${'07'.repeat(256)}`
      for (const answer of [
        null,
        'proved',
        { type: 'proved', proof, publicSignals: 1 },
        { type: 'proved', proof: `${proof}00`, publicSignals: [] },
        { type: 'proved', proof, publicSignals: Array.from({ length: 1_025 }, () => '1') },
        { type: 'proved', proof, publicSignals: ['-1'] },
        { type: 'proved', proof, publicSignals: [(2n ** 254n).toString()] },
        { type: 'failed', reason: 'whatever', detail: '' },
      ])
        await assert.rejects(answering(answer), failsWith('died'), JSON.stringify(answer)?.slice(0, 80))
    })

    it('refuses a witness that is larger than what goes over a queue [PRV-17]', () =>
      within(async ({ node }) => {
        const witness = new Uint8Array(8 * 1024 * 1024 + 32)
        await assert.rejects(node.prove({ ...jobOf('large'), witness }), failsWith('out-of-memory'))
      }))

    it('brings job, witness and key again to a Redis that lost them [PRV-21]', () =>
      within(async ({ name, node, work, redis }) => {
        const prover = new PatientProver()
        await work(prover)
        const phases: ProofPhase[] = []
        const made = node.prove(jobOf('first'), { onProgress: (phase) => phases.push(phase) })
        await eventually(() => phases.includes('quotient'), 'it is begun')
        const lost = [...(await redis.keys(`${name}:*`)), ...(await redis.keys(`bull:${name}:*`))]
        await redis.del(lost)
        await eventually(() => phases.includes('retry'), 'it is brought again')
        prover.go()
        assert.deepEqual(await made, PROOF)
      }))

    it('says so when there is no Redis', () =>
      assert.rejects(openQueueProver({ ...FAST, redisUrl: 'redis://127.0.0.1:1', asker: 'a node' }), {
        code: 'QUEUE_UNREACHABLE',
      }))
  })

  describe('provers whose Redis goes away', () => {
    const server = new RedisServer()
    before(() => server.start())
    after(() => server.remove())

    it('go on when it is back, and so does who asked [PRV-21]', async () => {
      let warnings = 0
      const log: Log = { ...silentLog, warn: () => void warnings++ }
      await within(
        async ({ node, work }) => {
          const prover = new PatientProver()
          await work(prover)
          const first = node.prove(jobOf('first'))
          await eventually(() => prover.begun.length === 1, 'it is begun')
          await server.kill()
          await eventually(() => warnings > 0, 'it is missed')
          prover.go()
          await server.start()
          assert.deepEqual(await first, PROOF)
          assert.deepEqual(await node.prove(jobOf('second')), PROOF)
        },
        { url: server.url, log },
      )
    })

    it('are given up when it stays away [PRV-21]', async () => {
      const asking = { ...FAST, redisUrl: server.url, asker: 'a node', awayMsMax: 50 }
      const node = await openQueueProver(asking)
      const waiting = assert.rejects(node.prove(jobOf('first')), failsWith('unreachable'))
      await server.kill()
      await waiting
      await node.close()
      await server.start()
    })
  })

  describe('prover processes', () => {
    const server = new RedisServer()
    const running: ChildProcess[] = []
    before(() => server.start())
    after(async () => {
      for (const child of running) child.kill('SIGKILL')
      await server.remove()
      await endSnarkjs()
    })

    /** What it logs, from when it has started. */
    async function startProcess() {
      const program = fileURLToPath(new URL('../../scripts/dikast.mjs', import.meta.url))
      const args = [
        program,
        'prover',
        'start',
        '--redis',
        server.url,
        '--threads',
        '1',
        '--key-memory',
        '256',
      ]
      const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] })
      running.push(child)
      const lines: string[] = []
      child.stderr.on('data', (chunk: Buffer) => lines.push(chunk.toString()))
      const said = (what: string) => lines.join('').split(what).length - 1
      await eventually(() => said('prover started') === 1, 'a prover has started')
      return { child, said }
    }

    it('take over the proof of one that was killed, and finish it [PRV-19]', async () => {
      const circuit = squares(7n, 6_000)
      const { file, provingKey } = await keyOf(circuit)
      const provers = [await startProcess(), await startProcess()]
      const node = await openQueueProver({ ...FAST, redisUrl: server.url, asker: 'a node' })
      const phases: ProofPhase[] = []
      const made = node.prove(
        { provingKey, witness: witnessBytes(circuit.witness) },
        { onProgress: (phase) => phases.push(phase) },
      )
      await eventually(() => phases.includes('quotient'), 'it is being proved')
      await eventually(() => provers.some(({ said }) => said('proof begun') > 0), 'one says so')
      const [prover] = provers.filter(({ said }) => said('proof begun') > 0)
      const [other] = provers.filter((candidate) => candidate !== prover)
      assert.ok(prover && other)
      const exited = once(prover.child, 'exit')
      prover.child.kill('SIGKILL')
      await exited
      const proof = await made
      assert.equal(await accepts(file, proof), true)
      assert.deepEqual(proof.publicSignals, [circuit.witness[1]])
      assert.equal(phases.filter((phase) => phase === 'retry').length, 1)
      assert.deepEqual(
        [prover.said('proof made'), other.said('proof begun'), other.said('proof made')],
        [0, 1, 1],
      )
      await node.close()
    })
  })
}
