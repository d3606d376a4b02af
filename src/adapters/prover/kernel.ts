/**
 * The prover's arithmetic, written in C (kernel/kernel.c) and compiled to WebAssembly. It works on one shared memory for each
 * key, laid out by layout.ts; each thread has an instance and a stack of its own.
 * @module
 */
import { KERNEL_BASE64 } from './kernel-binary.ts'

/** The module's constants, at the start of every memory. */
export const RESERVED_BYTES = 128 * 1024
export const STACK_BYTES = 64 * 1024

/** Addresses, and numbers. What each does, and what must hold, stands in kernel.c. */
export interface Kernel {
  load_g1(points: number, wires: number, file: number, count: number, first: number): number
  load_g2(points: number, wires: number, file: number, count: number, first: number): number
  load_entries(entries: number, file: number, count: number, rows: number, wires: number): number
  load_scalars(elements: number, words: number, count: number): number
  load_roots(roots: number, shift: number, size: number, root: number): void
  evaluate(rows: number, size: number, entries: number, count: number, matrix: number, witness: number): void
  multiply(o: number, a: number, b: number, size: number): void
  to_odd(values: number, size: number, roots: number, shift: number): void
  join(scalars: number, a: number, b: number, c: number, size: number): void
  msm_g1(...args: MsmArguments): void
  msm_g2(...args: MsmArguments): void
  add_g1(o: number, p: number, q: number): void
  add_g2(o: number, p: number, q: number): void
  widen_g1(o: number, p: number): void
  widen_g2(o: number, p: number): void
  times_g1(o: number, p: number, scalar: number): void
  times_g2(o: number, p: number, scalar: number): void
  leave_g1(words: number, p: number): number
  leave_g2(words: number, p: number): number
}

export type MsmArguments = [
  o: number,
  points: number,
  wires: number,
  count: number,
  scalars: number,
  bits: number,
  first: number,
  last: number,
  room: number,
]

/** Once a process; threads get the compiled module. */
export function compileKernel(): WebAssembly.Module {
  return new WebAssembly.Module(Buffer.from(KERNEL_BASE64, 'base64'))
}

/** An instance whose stack grows down from `stackTop`. */
export function kernelOn(module: WebAssembly.Module, memory: WebAssembly.Memory, stackTop: number): Kernel {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } })
  const stack = exports.__stack_pointer as WebAssembly.Global
  stack.value = stackTop
  // The module is ours, and a test holds its exports against this list.
  return exports as unknown as Kernel
}
