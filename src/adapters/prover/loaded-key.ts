/**
 * A key in the kernel's memory: its points and coefficients as the kernel works on them, checked while they are brought over.
 * @module
 */
import { ProverError } from '../../ports/prover.ts'
import { FIELD_BYTES, G1_BYTES, G2_BYTES, rootOfUnity, writeField } from './bn254.ts'
import { type Kernel, kernelOn } from './kernel.ts'
import { type Layout, type ListName, layOut, MEMORY_BYTES_MAX, POINT_BYTES, STAGING_BYTES } from './layout.ts'
import { checkWitnessLength, outOfRange } from './witness.ts'
import { ENTRY_BYTES, malformed, readZkey, type Zkey, type ZkeyShape } from './zkey.ts'

const FILE_BYTES = { g1: G1_BYTES, g2: G2_BYTES } as const
const LISTS: readonly ListName[] = ['a', 'b1', 'b2', 'l', 'h']
const ENTRY_IN_MEMORY_BYTES = 48

export interface LoadedKey {
  readonly shape: ZkeyShape
  readonly layout: Layout
  readonly memory: WebAssembly.Memory
  /** The main thread's instance. */
  readonly kernel: Kernel
  /** Points that are not at infinity. */
  readonly counts: Readonly<Record<ListName, number>>
}

/** Throws `ProverError`: `malformed-key`, or `out-of-memory` when the key takes more than `bytesMax`. */
export function loadKey(
  file: Uint8Array,
  options: { readonly module: WebAssembly.Module; readonly workers: number; readonly bytesMax: number },
): LoadedKey {
  const zkey = readZkey(file)
  const layout = layOut(zkey, options.workers)
  const bytesMax = Math.min(options.bytesMax, MEMORY_BYTES_MAX)
  if (layout.bytes > bytesMax)
    throw new ProverError(
      'out-of-memory',
      `the key takes ${layout.bytes} bytes, of ${bytesMax} it may take`,
      {
        fix: 'give the prover more memory',
      },
    )
  const memory = allocate(layout.bytes)
  const kernel = kernelOn(options.module, memory, layout.stacks[0] as number)
  const loading = new Loading(memory, kernel, layout)
  loading.roots(zkey.domainLog)
  loading.entries(zkey)
  loading.constants(zkey)
  const counts = Object.fromEntries(LISTS.map((name) => [name, loading.list(name, zkey[name])]))
  loading.rooms()
  const { wires, publicSignals, domainLog, entries } = zkey
  const shape = { wires, publicSignals, domainLog, entries }
  // One count for each name in `LISTS`, which has them all.
  return { shape, layout, memory, kernel, counts: counts as Record<ListName, number> }
}

function allocate(bytes: number): WebAssembly.Memory {
  const pages = bytes / 65_536
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
  } catch (cause) {
    throw new ProverError('out-of-memory', `the machine does not give ${bytes} bytes`, { cause })
  }
}

class Loading {
  readonly #bytes: Uint8Array
  readonly #kernel: Kernel
  readonly #layout: Layout

  constructor(memory: WebAssembly.Memory, kernel: Kernel, layout: Layout) {
    this.#bytes = new Uint8Array(memory.buffer)
    this.#kernel = kernel
    this.#layout = layout
  }

  roots(domainLog: number): void {
    const { roots, shift, scratch } = this.#layout
    writeField(this.#bytes, scratch, rootOfUnity(domainLog + 1))
    this.#kernel.load_roots(roots, shift, 2 ** domainLog, scratch)
  }

  entries({ matrix, domainLog, wires }: Zkey): void {
    const { staging, entries } = this.#layout
    this.#pieces(matrix, ENTRY_BYTES, (first, count) => {
      const into = entries + first * ENTRY_IN_MEMORY_BYTES
      const right = this.#kernel.load_entries(into, staging, count, 2 ** domainLog, wires)
      if (right !== count)
        throw malformed(`coefficient ${first + right} is of no row, wire or number there is`)
    })
  }

  constants({ points }: Zkey): void {
    const { constants, staging, scratch } = this.#layout
    for (const name of Object.keys(points) as (keyof typeof points)[]) {
      const file = points[name]
      this.#bytes.set(file, staging)
      const load = file.length === G1_BYTES ? this.#kernel.load_g1 : this.#kernel.load_g2
      if (load(constants[name], scratch, staging, 1, 0) !== 1) throw malformed(`${name} is no point`)
    }
  }

  /** How many are not at infinity. */
  list(name: ListName, file: Uint8Array): number {
    const { staging, lists } = this.#layout
    const { group, points, wires } = lists[name]
    const load = group === 'g1' ? this.#kernel.load_g1 : this.#kernel.load_g2
    let kept = 0
    // The list `l` leaves the public wires out: its scalars are read from behind them on.
    this.#pieces(file, FILE_BYTES[group], (first, count) => {
      const more = load(points + kept * POINT_BYTES[group], wires + 4 * kept, staging, count, first)
      if (more < 0) throw malformed(`section ${name} has a point that is not on the curve`)
      kept += more
    })
    return kept
  }

  rooms(): void {
    const view = new DataView(this.#bytes.buffer)
    for (const { address, fields } of this.#layout.rooms)
      for (const [i, field] of fields.entries()) view.setUint32(address + 4 * i, field, true)
  }

  #pieces(file: Uint8Array, width: number, load: (first: number, count: number) => void): void {
    const each = Math.floor(STAGING_BYTES / width)
    const total = file.length / width
    for (let first = 0; first < total; first += each) {
      const count = Math.min(each, total - first)
      this.#bytes.set(file.subarray(first * width, (first + count) * width), this.#layout.staging)
      load(first, count)
    }
  }
}

/** Values of all wires, as scalars and as elements. Throws `ProverError`: `witness-length`, `witness-range`. */
export function loadWitness({ kernel, layout, memory, shape }: LoadedKey, witness: Uint8Array): void {
  checkWitnessLength(witness, shape.wires)
  new Uint8Array(memory.buffer).set(witness, layout.scalars)
  const right = kernel.load_scalars(layout.witness, layout.scalars, shape.wires)
  if (right !== shape.wires) throw outOfRange(right)
}

/** Nothing of a witness stays in a key's memory but in what sums leave behind. */
export function wipe({ layout, memory, shape }: LoadedKey): void {
  const bytes = new Uint8Array(memory.buffer)
  bytes.fill(0, layout.witness, layout.scalars + shape.wires * FIELD_BYTES)
}
