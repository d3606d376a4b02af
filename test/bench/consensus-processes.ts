/**
 * What agreement costs between real processes: seven members over libp2p, each pair through proxies that delay. Cores run with
 * their nodes' own signatures and checks; runs and chain take no time.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { ChaosProxy } from '../faults/chaos-proxy.ts'
import { freePort } from '../faults/committee.ts'
import type { Mode } from '../faults/member.ts'
import type { FromMember, ToMember } from './consensus-member.ts'

const SIZE = 7
/** A node runs for weeks: until its code is compiled nothing is counted. */
const WARM_UP = 60
const REQUESTS = 40
const PATIENCE_MS = 30_000

export interface Measured {
  /** Median, from dispatch to the first certificate. */
  readonly ms: number
  /** CPU a member and request, in milliseconds. */
  readonly cpuMs: number
}

export async function measure(mode: Mode, delayMs: number): Promise<Measured> {
  const ports: number[] = []
  for (let seat = 0; seat < SIZE; seat++) ports.push(await freePort())
  const proxies: ChaosProxy[] = []
  const children = ports.map(() =>
    fork(new URL('./consensus-member.ts', import.meta.url), { execArgv: ['--no-warnings'] }),
  )
  try {
    for (const [seat, child] of children.entries()) {
      const seen: (number | null)[] = []
      for (const [other, port] of ports.entries()) {
        if (other === seat) seen.push(null)
        else {
          const proxy = await ChaosProxy.listen(port, { delayMs, frozen: false, cut: false })
          proxies.push(proxy)
          seen.push(proxy.port)
        }
      }
      const ready = answer(child, 'ready')
      say(child, { type: 'begin', seat, size: SIZE, mode, listenPort: ports[seat] ?? 0, ports: seen })
      await ready
    }
    for (let nonce = 0; nonce < WARM_UP; nonce++) await certify(children, nonce)
    await costs(children)
    const times: number[] = []
    for (let nonce = WARM_UP; nonce < WARM_UP + REQUESTS; nonce++) times.push(await certify(children, nonce))
    const cpuMs = (await costs(children)) / (SIZE * REQUESTS)
    return { ms: times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN, cpuMs }
  } finally {
    for (const child of children) child.kill('SIGKILL')
    for (const proxy of proxies) proxy.close()
  }
}

/** Milliseconds until the first of them holds a certificate; returns when all do, so that nothing runs into the next. */
async function certify(children: readonly ChildProcess[], nonce: number): Promise<number> {
  const all = children.map((child) => answer(child, 'certified', (message) => message.nonce === nonce))
  const startedAtMs = performance.timeOrigin + performance.now()
  for (const child of children) say(child, { type: 'dispatch', nonce })
  const times = (await Promise.all(all)).map(({ atMs }) => atMs - startedAtMs)
  return Math.min(...times)
}

async function costs(children: readonly ChildProcess[]): Promise<number> {
  const all = children.map((child) => answer(child, 'cost'))
  for (const child of children) say(child, { type: 'cost' })
  return (await Promise.all(all)).reduce((sum, { cpuMs }) => sum + cpuMs, 0)
}

function say(child: ChildProcess, message: ToMember): void {
  child.send(message)
}

function answer<T extends FromMember['type']>(
  child: ChildProcess,
  type: T,
  matches: (message: Extract<FromMember, { type: T }>) => boolean = () => true,
): Promise<Extract<FromMember, { type: T }>> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no ${type} within ${PATIENCE_MS} ms`)), PATIENCE_MS)
    const onMessage = (message: FromMember): void => {
      if (message.type !== type) return
      const found = message as Extract<FromMember, { type: T }> // by its type
      if (!matches(found)) return
      clearTimeout(timer)
      child.off('message', onMessage)
      resolve(found)
    }
    child.on('message', onMessage)
    child.once('exit', (code) => reject(new Error(`a member ended with ${code}`)))
  })
}
