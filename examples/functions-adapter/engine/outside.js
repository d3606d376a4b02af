// What src/index.js gets beside the template's prelude, and takes away before anything of a request runs.
;(() => {
  const { host } = globalThis
  const value = { write: (bytes) => host(1, bytes), call: (text) => host(6, text) }
  Object.defineProperty(globalThis, '__outside', { value, configurable: true })
})()
