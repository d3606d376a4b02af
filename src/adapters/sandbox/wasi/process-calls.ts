import { EXIT, EXIT_CODE_MAX } from '../../../core/wasm/exit.ts'
import { CLOCK, ERRNO, fail, RunEnd } from './abi.ts'
import type { World } from './world.ts'

const encoder = new TextEncoder()
const encode = (texts: readonly string[]) => texts.map((text) => encoder.encode(`${text}\0`))

/** Arguments, environment, clocks, random bytes and leaving. */
export function processCalls({ memory, clock, random, args: texts, environment: variables }: World) {
  const list = (content: readonly string[]) => {
    let encoded: readonly Uint8Array[] | undefined
    const once = () => (encoded ??= encode(content))
    return {
      sizes(count: number, bytes: number) {
        const items = once()
        memory.setU32(count, items.length)
        memory.setU32(
          bytes,
          items.reduce((sum, item) => sum + item.length, 0),
        )
      },
      get(pointers: number, buffer: number) {
        let at = buffer
        once().forEach((item, i) => {
          memory.setU32(pointers + 4 * i, at)
          memory.setBytes(at, item)
          at += item.length
        })
      },
    }
  }
  const args = list(texts)
  const environment = list(variables)
  const known = (id: number) => (id === CLOCK.realtime || id === CLOCK.monotonic ? id : fail(ERRNO.inval))
  return {
    args_get: args.get,
    args_sizes_get: args.sizes,
    environ_get: environment.get,
    environ_sizes_get: environment.sizes,
    clock_res_get(id: number, result: number) {
      known(id)
      memory.setU64(result, 1_000n)
    },
    clock_time_get(id: number, _precision: bigint, result: number) {
      memory.setU64(result, known(id) === CLOCK.realtime ? clock.realtime() : clock.monotonic())
    },
    random_get(buffer: number, length: number) {
      random.fill(memory.bytes(buffer, length))
    },
    sched_yield() {},
    proc_exit(code: number) {
      throw new RunEnd(code <= EXIT_CODE_MAX ? code : EXIT.exitCodeTooLarge)
    },
    proc_raise() {
      fail(ERRNO.nosys)
    },
  }
}
