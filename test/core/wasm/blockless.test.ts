import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BLOCKLESS_NAMESPACES, blocklessSignatures } from '../../../src/core/wasm/blockless.ts'
import { meterModule } from '../../../src/core/wasm/meter.ts'
import { prepareModule } from '../../../src/core/wasm/prepare.ts'
import { ModuleRejectedError } from '../../../src/core/wasm/reject.ts'
import { bytes, functionType, HEADER, name, section, vector } from '../../fixtures/wasm/assemble.ts'

const options = { entry: '_start', memoryBytesMax: 1024 * 1024 }

/** A module that imports one function with a signature, and does nothing. */
function importing(namespace: string, imported: string, signature: string) {
  const before = bytes(HEADER, section(1, vector([functionType('>'), functionType(signature)])))
  const module = bytes(
    [...before],
    section(2, vector([[...name(namespace), ...name(imported), 0, 1]])),
    section(3, vector([[0]])),
    section(5, vector([[0, 1]])),
    section(
      7,
      vector([
        [...name('memory'), 2, 0],
        [...name('_start'), 0, 1],
      ]),
    ),
    section(10, vector([[2, 0, 0x0b]])),
  )
  // The section's id and size, then the count: the import itself begins there.
  return { module, offset: before.length + 3 }
}

const all = Object.entries(BLOCKLESS_NAMESPACES).flatMap(([namespace, functions]) =>
  Object.keys(functions).map((imported) => [namespace, imported] as const),
)

describe('imports of the Blockless ABI [HOST-5]', () => {
  it('are accepted with each of their signatures, metered or not', () => {
    for (const [namespace, imported] of all) {
      for (const signature of blocklessSignatures(namespace, imported) ?? []) {
        const { module } = importing(namespace, imported, signature)
        assert.equal(WebAssembly.validate(Uint8Array.from(module)), true)
        prepareModule(module, options)
        meterModule(module, options)
      }
    }
    assert.equal(all.length, 34)
  })

  it('are rejected with any other, at the byte where the import stands', () => {
    for (const [namespace, imported] of all) {
      const right = blocklessSignatures(namespace, imported) ?? []
      const wrong = [
        ...right.map((signature) => `i${signature}`),
        'I>i',
        '>',
        `${right[0]}i`,
        `${right[0]?.slice(0, -1)}I`,
      ]
      for (const signature of wrong.filter((candidate) => !right.includes(candidate))) {
        const { module, offset } = importing(namespace, imported, signature)
        for (const prepare of [prepareModule, meterModule]) {
          assert.throws(
            () => prepare(module, options),
            (error) => {
              assert.ok(error instanceof ModuleRejectedError)
              assert.deepEqual([error.reason, error.offset], ['import', offset], `${imported} ${signature}`)
              return true
            },
          )
        }
      }
    }
  })

  it('are rejected under another name, inherited ones too', () => {
    for (const [namespace, imported] of [
      ['blockless_http', 'http_open'],
      ['blockless_http', 'toString'],
      ['blockless', 'http_req'],
      ['toString', 'length'],
      ['bless', 'constructor'],
    ] as const) {
      const { module } = importing(namespace, imported, 'i>i')
      assert.throws(() => prepareModule(module, options), { code: 'MODULE_REJECTED', reason: 'import' })
    }
  })
})
