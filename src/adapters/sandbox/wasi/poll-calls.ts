import type { WasiDialect } from '../../../core/wasm/wasi.ts'
import { CLOCK, CLOCK_ABSOLUTE, ERRNO, EVENT, fail } from './abi.ts'
import { SUBSCRIPTIONS_MAX } from './limits.ts'
import type { World } from './world.ts'

/** The older dialect has an identifier before a clock's id, and a larger subscription. */
const LAYOUT = {
  wasi_snapshot_preview1: { bytes: 48, clockId: 16, timeout: 24, clockFlags: 40 },
  wasi_unstable: { bytes: 56, clockId: 24, timeout: 32, clockFlags: 48 },
} as const
const EVENT_BYTES = 32

interface Event {
  readonly userdata: bigint
  readonly errno: number
  readonly type: number
  readonly bytes: number
}

/**
 * Waiting, without waiting: a descriptor is always ready, and when only clocks are subscribed virtual time jumps to the
 * earliest deadline. A sleep of a year takes no time and is the same on every node.
 */
export function pollCalls({ memory, clock, descriptors, input }: World, dialect: WasiDialect) {
  const layout = LAYOUT[dialect]

  const readyBytes = (fd: number): number => {
    const descriptor = descriptors.find(fd)
    if (descriptor?.kind === 'file') return Math.max(0, descriptor.inode.size - descriptor.offset)
    return descriptor?.kind === 'stream' && descriptor.stream === 'input' ? input.left : 0
  }

  const descriptorEvent = (at: number, userdata: bigint, type: number): Event => {
    const fd = memory.u32(at + 16)
    const open = descriptors.find(fd) !== undefined
    return { userdata, type, errno: open ? ERRNO.success : ERRNO.badf, bytes: readyBytes(fd) }
  }

  const clockWait = (at: number) => {
    const id = memory.u32(at + layout.clockId)
    if (id !== CLOCK.realtime && id !== CLOCK.monotonic) fail(ERRNO.inval)
    const timeout = memory.u64(at + layout.timeout)
    if (!(memory.u16(at + layout.clockFlags) & CLOCK_ABSOLUTE)) return timeout
    return clock.until(timeout, id === CLOCK.realtime ? 'realtime' : 'monotonic')
  }

  return {
    poll_oneoff(subscriptions: number, events: number, count: number, result: number) {
      if (count === 0 || count > SUBSCRIPTIONS_MAX) fail(ERRNO.inval)
      memory.check(subscriptions, layout.bytes * count)
      memory.check(events, EVENT_BYTES * count)
      const ready: Event[] = []
      let first: { readonly userdata: bigint; readonly waitNs: bigint } | undefined
      for (let i = 0; i < count; i++) {
        const at = subscriptions + layout.bytes * i
        const userdata = memory.u64(at)
        const type = memory.u8(at + 8)
        if (type === EVENT.read || type === EVENT.write) ready.push(descriptorEvent(at, userdata, type))
        else if (type !== EVENT.clock) fail(ERRNO.inval)
        else {
          const waitNs = clockWait(at)
          if (first === undefined || waitNs < first.waitNs) first = { userdata, waitNs }
        }
      }
      if (ready.length === 0 && first !== undefined) {
        clock.advance(first.waitNs)
        ready.push({ userdata: first.userdata, errno: ERRNO.success, type: EVENT.clock, bytes: 0 })
      }
      ready.forEach((event, i) => {
        const at = events + EVENT_BYTES * i
        memory.setU64(at, event.userdata)
        memory.setU64(at + 8, 0n)
        memory.setU16(at + 8, event.errno)
        memory.setU8(at + 10, event.type)
        memory.setU64(at + 16, BigInt(event.bytes))
        memory.setU64(at + 24, 0n)
      })
      memory.setU32(result, ready.length)
    },
  }
}
