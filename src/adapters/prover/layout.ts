/**
 * Where everything of one key stands in its memory: known from the key's shape, so that what a key takes is known before
 * anything is allocated. Sizes are those of kernel.c's structures.
 * @module
 */
import { FIELD_BYTES } from './bn254.ts'
import { RESERVED_BYTES, STACK_BYTES } from './kernel.ts'
import { windowsOf } from './windows.ts'
import type { ZkeyShape } from './zkey.ts'

const PAGE_BYTES = 65_536
/** Nine limbs. */
const ELEMENT_BYTES = 36
export const POINT_BYTES = { g1: 2 * ELEMENT_BYTES, g2: 4 * ELEMENT_BYTES } as const
export const JACOBIAN_BYTES = { g1: 3 * ELEMENT_BYTES + 4, g2: 6 * ELEMENT_BYTES + 4 } as const
const BATCH = 256
/** Pairs of 24 bytes, divisors, products; and the count. */
const BATCH_BYTES = {
  g1: BATCH * (24 + 2 * ELEMENT_BYTES) + 4,
  g2: BATCH * (24 + 4 * ELEMENT_BYTES) + 4,
} as const
const ENTRY_BYTES = 12 + ELEMENT_BYTES
/** Addresses of eight arrays. */
const ROOM_BYTES = 32
/** A key's file is copied in pieces. */
export const STAGING_BYTES = 512 * 1024
const ALIGNMENT_BYTES = 16
/** Where addresses of 32 bits end. */
export const MEMORY_BYTES_MAX = 2 ** 32

export type Group = 'g1' | 'g2'
export type ListName = 'a' | 'b1' | 'b2' | 'l' | 'h'

export interface PointList {
  readonly group: Group
  readonly points: number
  /** Which scalar belongs to each. */
  readonly wires: number
  readonly countMax: number
}

export interface Room {
  readonly address: number
  readonly fields: readonly number[]
}

export interface Layout {
  readonly bytes: number
  /** Tops of the stacks: the main thread's, then the workers'. */
  readonly stacks: readonly number[]
  readonly staging: number
  readonly roots: number
  readonly shift: number
  readonly rows: readonly [a: number, b: number, c: number]
  readonly entries: number
  /** As elements. */
  readonly witness: number
  /** As 32 bytes each. */
  readonly scalars: number
  readonly quotient: number
  readonly lists: Readonly<Record<ListName, PointList>>
  readonly constants: Readonly<Record<'alpha1' | 'beta1' | 'delta1' | 'beta2' | 'delta2', number>>
  /** Of a worker each. */
  readonly rooms: readonly Room[]
  /** What sums come to, one for each range of windows of each list. */
  readonly results: number
  /** The main thread's, for putting a proof together. */
  readonly scratch: number
}

/** Ranges of windows of all lists together, at the most. */
export const RESULTS_MAX = 512
const SCRATCH_BYTES = 4096

class Arena {
  #at: number

  constructor(start: number) {
    this.#at = start
  }

  get end(): number {
    return this.#at
  }

  take(bytes: number): number {
    const at = this.#at
    this.#at = Math.ceil((at + bytes) / ALIGNMENT_BYTES) * ALIGNMENT_BYTES
    return at
  }
}

export function layOut(shape: ZkeyShape, workers: number): Layout {
  const arena = new Arena(RESERVED_BYTES)
  const size = 2 ** shape.domainLog
  const stacks = Array.from({ length: workers + 1 }, () => arena.take(STACK_BYTES) + STACK_BYTES)
  const staging = arena.take(STAGING_BYTES)
  const elements = (count: number) => arena.take(count * ELEMENT_BYTES)
  const list = (group: Group, countMax: number): PointList => ({
    group,
    points: arena.take(countMax * POINT_BYTES[group]),
    wires: arena.take(countMax * 4),
    countMax,
  })
  const lists = {
    a: list('g1', shape.wires),
    b1: list('g1', shape.wires),
    b2: list('g2', shape.wires),
    l: list('g1', shape.wires - shape.publicSignals - 1),
    h: list('g1', size),
  }
  const [alpha1, beta1, delta1] = [0, 1, 2].map(() => arena.take(POINT_BYTES.g1)) as [number, number, number]
  const [beta2, delta2] = [0, 1].map(() => arena.take(POINT_BYTES.g2)) as [number, number]
  const sized = {
    roots: elements(size),
    shift: elements(size),
    rows: [elements(size), elements(size), elements(size)] as const,
    entries: arena.take(shape.entries * ENTRY_BYTES),
    witness: elements(shape.wires),
    scalars: arena.take(shape.wires * FIELD_BYTES),
    quotient: arena.take(size * FIELD_BYTES),
    results: arena.take(RESULTS_MAX * JACOBIAN_BYTES.g2),
    scratch: arena.take(SCRATCH_BYTES),
  }
  const rooms = Array.from({ length: workers }, () => roomIn(arena, Object.values(lists), workers))
  const bytes = Math.ceil(arena.end / PAGE_BYTES) * PAGE_BYTES
  const constants = { alpha1, beta1, delta1, beta2, delta2 }
  return { bytes, stacks, staging, lists, constants, rooms, ...sized }
}

/** A worker sums a part of one list at a time: each array is as large as any list asks for. */
function roomIn(arena: Arena, lists: readonly PointList[], workers: number): Room {
  const needs = lists.map(({ group, countMax }) => {
    const { bits, ranges } = windowsOf(countMax, workers)
    const windows = Math.max(...ranges.map(([first, last]) => last - first))
    const buckets = 2 ** (bits - 1) + 1
    const sums = (Math.ceil(Math.max(countMax, buckets) / 2) + buckets) * POINT_BYTES[group]
    return [
      2 * windows * countMax,
      4 * Math.max(countMax, buckets),
      4 * buckets,
      windows * buckets * POINT_BYTES[group],
      buckets * POINT_BYTES[group],
      sums,
      sums,
      BATCH_BYTES[group],
    ]
  })
  const [first = []] = needs
  const fields = first.map((_, i) => arena.take(Math.max(...needs.map((sizes) => sizes[i] as number))))
  return { address: arena.take(ROOM_BYTES), fields }
}
