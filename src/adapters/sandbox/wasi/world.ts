import { EXIT } from '../../../core/wasm/exit.ts'
import type { GuestDirectory } from '../../../ports/sandbox.ts'
import { STDERR_BYTES_MAX } from '../../../protocol/limits.ts'
import { RunEnd } from './abi.ts'
import { VirtualClock } from './clock.ts'
import { Descriptors } from './descriptors.ts'
import { FileSystem } from './files.ts'
import { GuestMemory } from './guest-memory.ts'
import { HostMeter } from './meter.ts'
import { SeededRandom } from './random.ts'
import { InputStream, OutputStream } from './streams.ts'

export interface WorldOptions {
  readonly input: Uint8Array
  /** 32 bytes. */
  readonly seed: Uint8Array
  readonly clockNs: bigint
  readonly outputBytesMax: number
  readonly args?: readonly string[]
  readonly env?: readonly (readonly [name: string, value: string])[]
  /** Their bytes become the guest's: they are not copied. */
  readonly directories?: readonly GuestDirectory[]
}

/** Everything a guest can see or change during one run. Nothing of it comes from the host. */
export interface World {
  readonly meter: HostMeter
  readonly memory: GuestMemory
  readonly clock: VirtualClock
  readonly random: SeededRandom
  readonly args: readonly string[]
  /** `name=value`. */
  readonly environment: readonly string[]
  readonly files: FileSystem
  readonly descriptors: Descriptors
  readonly input: InputStream
  readonly output: OutputStream
  readonly error: OutputStream
}

/** What every guest is started with that is given nothing else; its input comes on standard input. */
export const ARGUMENTS: readonly string[] = ['function']
export const DIRECTORIES: readonly GuestDirectory[] = [{ guestPath: '/', files: [] }]

export function createWorld(options: WorldOptions): World {
  const { args = ARGUMENTS, env = [], directories = DIRECTORIES } = options
  const clock = new VirtualClock(options.clockNs)
  const meter = new HostMeter()
  const files = new FileSystem(clock, meter)
  return {
    meter,
    memory: new GuestMemory((bytes) => meter.bytes(bytes)),
    clock,
    random: new SeededRandom(options.seed),
    args,
    environment: env.map(([name, value]) => `${name}=${value}`),
    files,
    descriptors: new Descriptors(files, directories),
    input: new InputStream(options.input),
    output: new OutputStream(options.outputBytesMax, () => {
      throw new RunEnd(EXIT.outputTooLarge)
    }),
    error: new OutputStream(STDERR_BYTES_MAX, () => {}),
  }
}
