import { EXIT } from '../../../core/wasm/exit.ts'
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
}

/** Everything a guest can see or change during one run. Nothing of it comes from the host. */
export interface World {
  readonly meter: HostMeter
  readonly memory: GuestMemory
  readonly clock: VirtualClock
  readonly random: SeededRandom
  readonly files: FileSystem
  readonly descriptors: Descriptors
  readonly input: InputStream
  readonly output: OutputStream
  readonly error: OutputStream
}

export function createWorld({ input, seed, clockNs, outputBytesMax }: WorldOptions): World {
  const clock = new VirtualClock(clockNs)
  const files = new FileSystem(clock)
  const meter = new HostMeter()
  return {
    meter,
    memory: new GuestMemory((bytes) => meter.bytes(bytes)),
    clock,
    random: new SeededRandom(seed),
    files,
    descriptors: new Descriptors(files),
    input: new InputStream(input),
    output: new OutputStream(outputBytesMax, () => {
      throw new RunEnd(EXIT.outputTooLarge)
    }),
    error: new OutputStream(STDERR_BYTES_MAX, () => {}),
  }
}
