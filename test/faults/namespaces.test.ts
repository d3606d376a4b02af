/**
 * All modes between processes that each have a network of their own (Linux's network namespaces, joined by a bridge), where the
 * kernel loses what is lost: members are killed, stopped, cut from the bridge, or lie.
 *
 * Needs root and iproute2; where either is missing it is skipped, and says so.
 */
import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { afterEach, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { faultsTolerated, quorumOf } from '../../src/core/consensus/quorum.ts'
import type { FromMember, ToMember } from '../bench/consensus-member.ts'
import { GOOD, LIE } from './committee.ts'
import { MODES, type Mode } from './member.ts'

const SIZES = (process.env.DIKAST_FAULTS_SIZES ?? '4,7,13').split(',').map(Number)
const PATIENCE_MS = 120_000
const SILENCE_MS = 6_000
const PORT = 9_000
const MEMBER = fileURLToPath(new URL('../bench/consensus-member.ts', import.meta.url))
/** Two runs on one machine have other bridges and other networks, mostly. */
const RUN = process.pid % 200

const ip = (...args: readonly string[]): void => {
  execFileSync('ip', args, { stdio: 'pipe' })
}

function tryIp(...args: readonly string[]): void {
  try {
    ip(...args)
  } catch {
    // It is not there.
  }
}

function cannot(): string | false {
  const name = `dk${RUN}probe`
  try {
    ip('netns', 'add', name)
  } catch (error) {
    return `no network namespace can be made here: ${String(error).split('\n')[0]}`
  }
  ip('netns', 'del', name)
  return false
}

/** One committee, each member in a namespace. */
class Village {
  readonly #size: number
  readonly #children: ChildProcess[] = []
  readonly #hosts: readonly string[]
  /** What each member says is certified: by request, the last bytes. */
  readonly certified = new Map<number, Set<number>>()
  readonly #waiting = new Map<number, () => void>()
  readonly #stopped = new Set<number>()

  constructor(size: number) {
    this.#size = size
    this.#hosts = Array.from({ length: size }, (_, seat) => `10.${RUN}.77.${seat + 1}`)
  }

  async start(mode: Mode, liars: readonly number[]): Promise<void> {
    const bridge = `dkb${RUN}`
    ip('link', 'add', bridge, 'type', 'bridge')
    ip('link', 'set', bridge, 'up')
    const ready: Promise<void>[] = []
    for (const [seat, host] of this.#hosts.entries()) {
      const name = this.#nameOf(seat)
      ip('netns', 'add', name)
      ip('link', 'add', name, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name)
      ip('link', 'set', name, 'master', bridge, 'up')
      for (const args of [
        ['link', 'set', 'lo', 'up'],
        ['addr', 'add', `${host}/24`, 'dev', 'eth0'],
        ['link', 'set', 'eth0', 'up'],
      ])
        ip('-n', name, ...args)
      const child = spawn('ip', ['netns', 'exec', name, process.execPath, '--no-warnings', MEMBER], {
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      })
      this.#children.push(child)
      ready.push(
        new Promise((resolve, reject) => {
          child.on('message', (message: FromMember) => {
            if (message.type === 'ready') resolve()
            else if (message.type === 'certified') this.#count(message.nonce, message.last)
          })
          child.once('exit', (code) => reject(new Error(`member ${seat} ended with ${code}`)))
        }),
      )
      const begin: ToMember = {
        type: 'begin',
        seat,
        size: this.#size,
        mode,
        listenPort: PORT,
        ports: [],
        hosts: this.#hosts,
        lies: liars.includes(seat),
      }
      child.send(begin)
    }
    await Promise.all(ready)
  }

  /** Tells every living member of a request. */
  dispatch(nonce: number): void {
    for (const child of this.#children) {
      const message: ToMember = { type: 'dispatch', nonce }
      if (child.exitCode === null && child.signalCode === null) child.send(message, () => {})
    }
  }

  async certifiedWithin(nonce: number, ms: number): Promise<boolean> {
    if (!this.certified.has(nonce)) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms)
        this.#waiting.set(nonce, () => {
          clearTimeout(timer)
          resolve()
        })
      })
    }
    return this.certified.has(nonce)
  }

  async kill(seat: number): Promise<void> {
    const child = this.#children[seat]
    if (child === undefined) throw new RangeError(`there is no seat ${seat}`)
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await ended
  }

  /** SIGSTOP: its kernel goes on to acknowledge what it is sent. */
  freeze(seat: number, frozen = true): void {
    this.#children[seat]?.kill(frozen ? 'SIGSTOP' : 'SIGCONT')
    if (frozen) this.#stopped.add(seat)
    else this.#stopped.delete(seat)
  }

  cut(seat: number, cut = true): void {
    ip('link', 'set', this.#nameOf(seat), cut ? 'down' : 'up')
  }

  async stop(): Promise<void> {
    for (const seat of this.#stopped) this.freeze(seat, false)
    const alive = this.#children.filter((child) => child.exitCode === null && child.signalCode === null)
    await Promise.all(
      alive.map((child) => {
        const ended = new Promise((resolve) => child.once('exit', resolve))
        child.kill('SIGKILL')
        return ended
      }),
    )
    // Of a start that failed some were never made.
    for (const seat of this.#hosts.keys()) {
      // By itself: with its namespace it would go some time later, and its name is used again.
      tryIp('link', 'del', this.#nameOf(seat))
      tryIp('netns', 'del', this.#nameOf(seat))
    }
    tryIp('link', 'del', `dkb${RUN}`)
  }

  #count(nonce: number, last: number): void {
    this.certified.set(nonce, (this.certified.get(nonce) ?? new Set()).add(last))
    this.#waiting.get(nonce)?.()
  }

  #nameOf(seat: number): string {
    return `dk${RUN}m${seat}`
  }
}

const reason = cannot()
let village: Village | undefined
afterEach(async () => {
  await village?.stop()
  village = undefined
})

for (const size of SIZES) {
  for (const mode of MODES) {
    const faults = mode === 'raft' ? Math.ceil(size / 2) - 1 : faultsTolerated(size)
    const faulty = Array.from({ length: faults }, (_, i) => size - 1 - i)

    describe(`${mode} of ${size} in network namespaces`, { skip: reason }, () => {
      const start = async (liars: readonly number[] = []): Promise<Village> => {
        village = new Village(size)
        await village.start(mode, liars)
        return village
      }
      const assertCertified = async (own: Village, nonce: number): Promise<void> => {
        own.dispatch(nonce)
        assert.ok(await own.certifiedWithin(nonce, PATIENCE_MS), `request ${nonce} was not certified`)
        assert.deepEqual([...(own.certified.get(nonce) ?? [])], [GOOD.output.at(-1)])
      }

      it('certifies while faulty members are stopped, cut off and killed', async () => {
        const own = await start()
        await assertCertified(own, 0)
        for (const seat of faulty) own.freeze(seat)
        await assertCertified(own, 1)
        for (const seat of faulty) own.freeze(seat, false)
        for (const seat of faulty) own.cut(seat)
        await assertCertified(own, 2)
        for (const seat of faulty) own.cut(seat, false)
        for (const seat of faulty) await own.kill(seat)
        await assertCertified(own, 3)
      })

      it('certifies nothing while too few are joined, and goes on when they are', async () => {
        const own = await start()
        const many = Array.from({ length: size - quorumOf(mode, size) + 1 }, (_, i) => i)
        for (const seat of many) own.cut(seat)
        own.dispatch(1)
        assert.equal(await own.certifiedWithin(1, SILENCE_MS), false)
        for (const seat of many) own.cut(seat, false)
        assert.ok(await own.certifiedWithin(1, PATIENCE_MS))
        assert.deepEqual([...(own.certified.get(1) ?? [])], [GOOD.output.at(-1)])
      })

      if (mode !== 'raft')
        it('certifies what is right while faulty members lie, and nothing wrong when one more does', async () => {
          let own = await start(faulty)
          await assertCertified(own, 1)
          await own.stop()
          own = await start([...faulty, 0])
          own.dispatch(2)
          await own.certifiedWithin(2, SILENCE_MS)
          assert.equal(own.certified.get(2)?.has(LIE.output.at(-1) ?? 0) ?? false, false)
        })
    })
  }
}
