/**
 * @wasmer/wasi, sealed: a fresh instance for every run, without the host's clock and random bytes.
 *
 * The library keeps one WebAssembly instance for a whole thread, with what every run before left in it, and reads the
 * time of day and random bytes from the host by itself. It offers no hook for either, so its own calls of `WebAssembly`
 * are watched while it starts: once for the module it carries, and for every run for the imports it passes.
 * @module
 */
import { init, initSync } from '@wasmer/wasi'

/** What the library calls the host's clock and random bytes; the letters after these names differ between its builds. */
const SEALED = {
  time: '__wbg_getTime_',
  zone: '__wbg_getTimezoneOffset_',
  random: ['__wbg_randomFillSync_', '__wbg_getRandomValues_'],
} as const

/** The module inside the library, compiled once a thread. */
export async function loadLibrary(): Promise<WebAssembly.Module> {
  const { compile } = WebAssembly
  let module: WebAssembly.Module | undefined
  WebAssembly.compile = async (...values) => {
    module = await compile(...values)
    return module
  }
  try {
    await init()
  } finally {
    WebAssembly.compile = compile
  }
  if (module === undefined)
    throw new Error('@wasmer/wasi compiled no module of its own; it is not the version this is for')
  return module
}

/**
 * Makes the library forget everything. `timeMs` is the only clock it has from here on. Objects of the library made before
 * must not be used any more, nor freed. Gives its memory.
 */
export function restartLibrary(library: WebAssembly.Module, timeMs: () => number): WebAssembly.Memory {
  const { Instance } = WebAssembly
  WebAssembly.Instance = class extends Instance {
    constructor(module: WebAssembly.Module, imports: WebAssembly.Imports = {}) {
      seal(imports, timeMs)
      super(module, imports)
    }
  }
  try {
    return (initSync(library) as unknown as { readonly memory: WebAssembly.Memory }).memory
  } finally {
    WebAssembly.Instance = Instance
  }
}

function seal(imports: WebAssembly.Imports, timeMs: () => number): void {
  const functions = Object.values(imports)[0] ?? {}
  const replace = (prefix: string, by: () => number) => {
    const name = Object.keys(functions).find((key) => key.startsWith(prefix))
    if (name === undefined)
      throw new Error(`@wasmer/wasi has no ${prefix}…; it is not the version this is for`)
    functions[name] = by
  }
  replace(SEALED.time, timeMs)
  replace(SEALED.zone, () => 0)
  for (const prefix of SEALED.random)
    replace(prefix, () => {
      throw new Error('@wasmer/wasi asked for random bytes')
    })
}
