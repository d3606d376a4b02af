import type { Engine, EngineName } from './engine.ts'

/** `threads`: of the kernel. Loaded when first asked for: snarkjs alone takes a third of a second. */
export async function openEngine(name: EngineName, threads: number): Promise<Engine<unknown>> {
  if (name === 'kernel') return new (await import('./kernel-engine.ts')).KernelEngine(threads)
  return new (await import('./snarkjs-engine.ts')).SnarkjsEngine()
}
