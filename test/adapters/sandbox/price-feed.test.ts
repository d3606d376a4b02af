import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { after, describe, it } from 'node:test'
import { compileExample, EXAMPLES } from '../../../scripts/examples.ts'
import { createSandbox } from '../../../src/adapters/sandbox/sandbox.ts'

const FILE = new URL('../../../examples/price-feed/build/price-feed.wasm', import.meta.url)
const module = new Uint8Array(readFileSync(FILE))
const BAD_INPUT = 2

interface Source {
  readonly name: string
  readonly price: unknown
}

const sourcesOf = (...prices: readonly unknown[]): Source[] =>
  prices.map((price, i) => ({ name: `s${i}`, price }))
const feed = (...prices: readonly unknown[]) =>
  JSON.stringify({ pair: 'ETH/USD', sources: sourcesOf(...prices) })

describe('the price feed', () => {
  const sandbox = createSandbox({ workers: 1 })
  after(() => sandbox.close())

  const run = (input: string) =>
    sandbox.run({
      moduleHash: `0x${createHash('sha256').update(module).digest('hex')}`,
      module,
      runtime: 'unmetered',
      fuelLimit: 0n,
      entry: '_start',
      input: new TextEncoder().encode(input),
      seed: new Uint8Array(32),
      clockNs: 0n,
      memoryBytesMax: 1024 * 1024,
      outputBytesMax: 32,
      wallClockMsMax: 5_000,
    })

  /** The answer as an unsigned 256-bit number. */
  const answer = async (input: string): Promise<bigint> => {
    const { exit, output, stderr } = await run(input)
    assert.deepEqual([exit, output.length], [0, 32], new TextDecoder().decode(stderr))
    return BigInt(`0x${Buffer.from(output).toString('hex')}`)
  }

  it('answers with the only price there is', async () => {
    assert.equal(await answer(feed('3012.42')), 301_242_000_000n)
  })
  it('answers with the middle price, whatever the order', async () => {
    assert.equal(await answer(feed('9', '1', '5')), 500_000_000n)
    assert.equal(await answer(feed('1', '5', '9')), 500_000_000n)
  })
  it('answers with the mean of the two middle prices, rounded down', async () => {
    assert.equal(await answer(feed('3', '0.00000002', '5', '0.00000001')), 150_000_001n)
    assert.equal(await answer(feed('0.00000002', '0.00000001')), 1n)
  })
  it('handles the largest prices and 64 sources', async () => {
    assert.equal(await answer(feed('9999999999.99999999', '9999999999.99999999')), 999_999_999_999_999_999n)
    assert.equal(await answer(feed(...Array.from({ length: 64 }, (_, i) => `${i + 1}`))), 3_250_000_000n)
  })
  it('reads keys in either order and ignores white space', async () => {
    assert.equal(
      await answer(' {\n"sources" : [ {"price":"2", "name":"a"} ],\t"pair":"x"}\r\n'),
      200_000_000n,
    )
  })

  const bad: readonly (readonly [string, string])[] = [
    ['no input', ''],
    ['no sources', feed()],
    ['65 sources', feed(...Array.from({ length: 65 }, () => '1'))],
    ['a price of zero', feed('0.0')],
    ['a negative price', feed('-1')],
    ['an exponent', feed('1e3')],
    ['a leading zero', feed('01')],
    ['a bare point', feed('1.')],
    ['nine decimals', feed('0.123456789')],
    ['eleven digits', feed('10000000000')],
    ['a number that is no string', feed(1)],
    ['an empty price', feed('')],
    ['one source twice', '{"pair":"x","sources":[{"name":"a","price":"1"},{"name":"a","price":"2"}]}'],
    ['an empty name', '{"pair":"x","sources":[{"name":"","price":"1"}]}'],
    ['an unknown key', '{"pair":"x","sources":[{"name":"a","price":"1"}],"extra":"y"}'],
    ['a missing pair', '{"sources":[{"name":"a","price":"1"}]}'],
    ['an escape', '{"pair":"\\u0041","sources":[{"name":"a","price":"1"}]}'],
    ['bytes after the input', `${feed('1')} x`],
    ['half an input', feed('1').slice(0, -3)],
    ['an input of 32,768 spaces', ' '.repeat(32_768)],
  ]
  for (const [what, input] of bad) {
    it(`exits with ${BAD_INPUT} and a reason for ${what}`, async () => {
      const { exit, output, stderr } = await run(input)
      assert.deepEqual([exit, output.length], [BAD_INPUT, 0])
      assert.match(new TextDecoder().decode(stderr), /^price-feed: .+\n$/)
    })
  }

  it('is built from its source: the committed bytes are what the compiler gives', async () => {
    const example = EXAMPLES.find(({ wasm }) => wasm.endsWith('/price-feed.wasm'))
    assert.ok(example !== undefined)
    assert.deepEqual(Buffer.from(await compileExample(example)), Buffer.from(module))
  })
})
