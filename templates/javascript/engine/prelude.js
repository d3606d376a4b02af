// What a function finds besides the language: console, TextEncoder, TextDecoder and exit. Runs before the function's module.
;(() => {
  const { host } = globalThis
  delete globalThis.host
  const EXIT_FAILED = 1
  let isDone = false

  const shown = (value) => {
    if (value instanceof Error) return `${value}\n${value.stack ?? ''}`
    return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value)
  }
  const say = (...values) => host(2, `${values.map(shown).join(' ')}\n`)
  const exit = (code) => host(3, code)
  const fail = (reason) => {
    say(reason)
    exit(EXIT_FAILED)
  }

  class TextEncoder {
    encode(text = '') {
      return host(5, String(text))
    }
  }
  class TextDecoder {
    decode(bytes = new Uint8Array()) {
      return host(4, ArrayBuffer.isView(bytes) ? bytes : new Uint8Array(bytes))
    }
  }

  const run = async (module, name = 'default') => {
    const main = (await module)[name]
    if (typeof main !== 'function') return fail(`the module has no function as its ${name} export`)
    const output = await main(host(0))
    if (name === 'validate') {
      if (typeof output !== 'boolean') return fail('validate returned neither true nor false')
      if (!output) exit(EXIT_FAILED)
    } else if (typeof output === 'string' || output instanceof Uint8Array) host(1, output)
    else return fail('the function returned neither a string nor a Uint8Array')
    isDone = true
  }
  const end = () => {
    if (!isDone) fail('the promise of the function never settles')
  }

  const console = { debug: say, error: say, info: say, log: say, warn: say }
  const visible = { console, exit, TextDecoder, TextEncoder }
  const hidden = { __call: (module, name) => run(module, name).catch(fail), __end: end, __report: fail }
  for (const [name, value] of Object.entries({ ...visible, ...hidden }))
    Object.defineProperty(globalThis, name, {
      value,
      configurable: name in visible,
      writable: name in visible,
    })
})()
