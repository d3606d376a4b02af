import { WASI_PARAMETERS, type WasiDialect, type WasiFunction } from '../../../core/wasm/wasi.ts'
import { ERRNO, fail, RunEnd, WasiError } from './abi.ts'
import { fdCalls } from './fd-calls.ts'
import { pathCalls } from './path-calls.ts'
import { pollCalls } from './poll-calls.ts'
import { processCalls } from './process-calls.ts'
import type { World } from './world.ts'

/** A WASI value: i32 as an unsigned number, i64 as a signed bigint. */
// biome-ignore lint/suspicious/noExplicitAny: each call declares its own parameters; the engine passes what they say
export type Call = (...values: any[]) => void
type Raw = number | bigint | undefined
/** What the engine calls: no WASI function has more than nine parameters. */
type Import = (a?: Raw, b?: Raw, c?: Raw, d?: Raw, e?: Raw, f?: Raw, g?: Raw, h?: Raw, i?: Raw) => number

export const WASI_FUNCTIONS = Object.keys(WASI_PARAMETERS) as readonly WasiFunction[]

const unsigned = (value: Raw): Raw => (typeof value === 'number' ? value >>> 0 : value)

/** All calls of the deterministic WASI, which throw `WasiError` for an errno. */
export function createCalls(world: World, dialect: WasiDialect): Record<WasiFunction, Call> {
  const notSocket = (fd: number) => {
    world.descriptors.get(fd)
    fail(ERRNO.notsock)
  }
  return {
    ...processCalls(world),
    ...fdCalls(world, dialect),
    ...pathCalls(world, dialect),
    ...pollCalls(world, dialect),
    sock_accept: notSocket,
    sock_recv: notSocket,
    sock_send: notSocket,
    sock_shutdown: notSocket,
  }
}

/**
 * What guards calls of one run: each is charged, gets unsigned numbers and answers with an errno. A call after the run
 * has ended ends it again: a guest cannot survive its limit.
 */
export function createGuard({ meter }: Pick<World, 'meter'>): (call: Call) => Import {
  let ended: RunEnd | undefined
  return (call) => (a, b, c, d, e, f, g, h, i) => {
    if (ended !== undefined) throw ended
    try {
      meter.begin()
      call(
        unsigned(a),
        unsigned(b),
        unsigned(c),
        unsigned(d),
        unsigned(e),
        unsigned(f),
        unsigned(g),
        unsigned(h),
        unsigned(i),
      )
      return ERRNO.success
    } catch (error) {
      if (error instanceof WasiError) return error.errno
      if (error instanceof RunEnd) ended = error
      throw error
    } finally {
      meter.end()
    }
  }
}

/** The functions of these names, for one run. */
export function createImports<Name extends WasiFunction>(
  world: World,
  dialect: WasiDialect,
  names: readonly Name[],
): Record<Name, Import> {
  const calls = createCalls(world, dialect)
  const guarded = createGuard(world)
  return Object.fromEntries(names.map((name) => [name, guarded(calls[name])])) as Record<Name, Import>
}
