/** The example whose members agree by its own entries; and that statements at the top of its files ran for each of them. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, describe, it } from 'node:test'
import { compileExample, EXAMPLES } from '../../../scripts/examples.ts'
import { createSandbox } from '../../../src/adapters/sandbox/sandbox.ts'
import { encodeValidation } from '../../../src/core/consensus/validate.ts'
import type { HostAnswer } from '../../../src/core/host-call.ts'
import { toBytesBE } from '../../../src/crypto/bytes.ts'
import { runHere } from '../../apps/cli/support/run.ts'
import { jobOf, sessionOf } from './blockless/support.ts'

const FOLDER = new URL('../../../examples/spot-price/', import.meta.url).pathname
const module = new Uint8Array(readFileSync(`${FOLDER}build/spot-price.wasm`))
const URL_ASKED = 'https://prices.example.com/v1/eth-usd'
const sandbox = createSandbox({ workers: 1 })
after(() => sandbox.close())

async function price(status: number, body: string) {
  const answer = (): HostAnswer => ({ value: { status, headers: [], body: new TextEncoder().encode(body) } })
  const { exit, output } = await sandbox.run(jobOf(module, URL_ASKED, { host: sessionOf(answer) }))
  return [exit, output.length === 0 ? undefined : BigInt(`0x${Buffer.from(output).toString('hex')}`)]
}

describe('the spot price', () => {
  it('is what is answered, in units of 1e-8', async () => {
    assert.deepEqual(await price(200, '3012.42\n'), [0, 301_242_000_000n])
    assert.deepEqual(await price(200, '0.00000001'), [0, 1n])
  })

  it('is none for another status, and for what is no price', async () => {
    assert.deepEqual(await price(500, '3012.42'), [1, undefined])
    for (const body of [
      '',
      '0',
      '-1',
      '1e3',
      '.5',
      '1.',
      '0.123456789',
      '12345678901',
      '1,5',
      '1'.repeat(64),
    ])
      assert.deepEqual(await price(200, body), [1, undefined], body)
  })

  it('passes its cases of all three entries, without `_start` having run [ENV-7]', async () => {
    const { code, out } = await runHere(['function', 'test', FOLDER, '--no-build'])
    assert.equal(code, 0, out)
    assert.match(out, /^12 passed, 0 failed$/m)
  })

  it('is judged for the same fuel every time [ENV-7]', async () => {
    const result = { exit: 0, output: toBytesBE(1_000n, 32) }
    const input = encodeValidation({ input: new Uint8Array(7), own: result, proposed: result })
    const judge = () => sandbox.run(jobOf(module, '', { entry: 'validate', input }))
    const first = await judge()
    assert.equal(first.exit, 0)
    assert.deepEqual(await judge(), first)
  })

  it('is built from its source: the committed bytes are what the compiler gives', async () => {
    const example = EXAMPLES.find(({ wasm }) => wasm.endsWith('/spot-price.wasm'))
    assert.ok(example !== undefined)
    assert.deepEqual(Buffer.from(await compileExample(example)), Buffer.from(module))
  })
})
