import type { WasiDialect, WasiFunction } from '../../../core/wasm/wasi.ts'
import { ERRNO, fail, RunEnd, WasiError } from './abi.ts'
import { fdCalls } from './fd-calls.ts'
import { pathCalls } from './path-calls.ts'
import { pollCalls } from './poll-calls.ts'
import { processCalls } from './process-calls.ts'
import type { World } from './world.ts'

/** A WASI value: i32 as an unsigned number, i64 as a signed bigint. */
// biome-ignore lint/suspicious/noExplicitAny: each call declares its own parameters; the engine passes what they say
type Call = (...values: any[]) => void
type Raw = number | bigint

const unsigned = (value: Raw): Raw => (typeof value === 'number' ? value >>> 0 : value)

/** The functions one run imports. A call after the run has ended ends it again: a guest cannot survive its limit. */
export function createImports(world: World, dialect: WasiDialect): Record<WasiFunction, Call> {
  const notSocket = (fd: number) => {
    world.descriptors.get(fd)
    fail(ERRNO.notsock)
  }
  const calls: Record<WasiFunction, Call> = {
    ...processCalls(world),
    ...fdCalls(world, dialect),
    ...pathCalls(world, dialect),
    ...pollCalls(world, dialect),
    sock_accept: notSocket,
    sock_recv: notSocket,
    sock_send: notSocket,
    sock_shutdown: notSocket,
  }
  let ended: RunEnd | undefined
  const guarded =
    (call: Call): Call =>
    (...values: Raw[]) => {
      if (ended !== undefined) throw ended
      try {
        world.meter.begin()
        call(...values.map(unsigned))
        return ERRNO.success
      } catch (error) {
        if (error instanceof WasiError) return error.errno
        if (error instanceof RunEnd) ended = error
        throw error
      } finally {
        world.meter.end()
      }
    }
  return Object.fromEntries(
    Object.entries(calls).map(([name, call]) => [name, guarded(call)]),
  ) as typeof calls
}
