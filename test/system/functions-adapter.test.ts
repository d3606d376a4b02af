/** The example that runs what requests for Chainlink Functions bring along: its module, in the sandbox of a node. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { concat, type Hex, hexToBytes, numberToHex, stringToHex } from 'viem'
import { createSandbox } from '../../src/adapters/sandbox/sandbox.ts'
import type { HostAnswer, HostCall } from '../../src/core/host-call.ts'
import { sessionOf } from '../adapters/sandbox/blockless/support.ts'
import { bytes, encodeRequestData, type RequestData, text } from '../contracts/support/functions-request.ts'

const ROOT = new URL('../../', import.meta.url)
const FUEL_LIMIT = 200_000_000n
const THROWN = 1
const REFUSED = 2
const OUT_OF_FUEL = 0x110
const sandbox = createSandbox({ workers: 1 })
let module: Uint8Array

before(() => {
  const folder = mkdtempSync(join(tmpdir(), 'dikast-functions-'))
  try {
    const file = join(folder, 'module.wasm')
    execFileSync(process.execPath, [join(ROOT.pathname, 'examples/functions-adapter/build.mjs'), file])
    module = new Uint8Array(readFileSync(file))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
after(() => sandbox.close())

/** Runs request data as a member of a committee does. */
async function run(data: Hex, answer?: (call: HostCall) => HostAnswer) {
  const { exit, output, fuelUsed } = await sandbox.run({
    moduleHash: `0x${createHash('sha256').update(module).digest('hex')}`,
    module,
    runtime: 'deterministic-1',
    fuelLimit: FUEL_LIMIT,
    entry: '_start',
    input: hexToBytes(data),
    seed: new Uint8Array(32),
    clockNs: 0n,
    memoryBytesMax: 1 << 25,
    outputBytesMax: 256,
    wallClockMsMax: 60_000,
    ...(answer && { host: sessionOf(answer) }),
  })
  return { exit, output: Buffer.from(output), said: Buffer.from(output).toString(), fuelUsed }
}

const runSource = (
  source: string,
  more: Omit<RequestData, 'source'> = {},
  answer?: (call: HostCall) => HostAnswer,
) => run(encodeRequestData({ source, ...more }), answer)

async function wordOf(expression: string): Promise<string> {
  const { exit, output, said } = await runSource(`return Functions.${expression}`)
  assert.equal(exit, 0, said)
  return output.toString('hex')
}

describe('a request’s source', () => {
  it('gets its arguments, and its answer is the output', async () => {
    const source = `const values = args.map(Number).toSorted((a, b) => a - b)
      return Functions.encodeUint256(values[1] + bytesArgs.length)`
    const { exit, output } = await runSource(source, { args: ['30', '10', '20'], bytesArgs: ['0x01', '0x'] })
    assert.deepEqual([exit, output.toString('hex')], [0, numberToHex(22, { size: 32 }).slice(2)])
  })

  it('gets bytes as hexadecimal digits', async () => {
    const { said } = await runSource('return Functions.encodeString(bytesArgs.join())', {
      bytesArgs: ['0x00ff', '0x'],
    })
    assert.equal(said, '0x00ff,0x')
  })

  it('encodes numbers as words, at their bounds and not beyond', async () => {
    assert.equal(await wordOf('encodeUint256(2n ** 256n - 1n)'), 'ff'.repeat(32))
    assert.equal(await wordOf('encodeUint256(0)'), '00'.repeat(32))
    assert.equal(await wordOf('encodeInt256(-1)'), 'ff'.repeat(32))
    assert.equal(await wordOf('encodeInt256(-(2n ** 255n))'), `80${'00'.repeat(31)}`)
    for (const beyond of [
      'Uint256(-1)',
      'Uint256(2n ** 256n)',
      'Uint256(1.5)',
      'Int256(2n ** 255n)',
      'Uint256("1")',
    ]) {
      const { exit, said } = await runSource(`return Functions.encode${beyond}`)
      assert.equal(exit, THROWN, beyond)
      assert.match(said, /^(RangeError|TypeError): encode/)
    }
  })

  it('may return a Buffer, a Uint8Array or an ArrayBuffer of at most 256 bytes', async () => {
    for (const expression of [
      'Buffer.from("6869", "hex")',
      'new Uint8Array([104, 105])',
      'Buffer.from("hi").buffer',
    ])
      assert.equal((await runSource(`return ${expression}`)).said, 'hi', expression)
    assert.equal((await runSource('return new Uint8Array(256)')).output.length, 256)
    for (const expression of ['"hi"', '5', 'undefined', 'new Uint8Array(257)'])
      assert.equal((await runSource(`return ${expression}`)).exit, THROWN, expression)
  })

  it('may wait for promises, and gives the same bytes for the same fuel each time', async () => {
    const source = 'await null; return Functions.encodeString([Date.now(), Math.random()].join())'
    const [one, two] = [await runSource(source), await runSource(source)]
    assert.equal(one.exit, 0)
    assert.deepEqual(one, two)
  })

  it('ends with what it throws, in words of at most 256 bytes and never none', async () => {
    const cases: readonly (readonly [string, RegExp])[] = [
      ['throw Error("no price")', /^Error: no price$/],
      ['throw "plain"', /^plain$/],
      ['throw ""', /^Error$/],
      ['throw { toString() { throw 1 } }', /^Error$/],
      ['return (', /^SyntaxError: /],
      ['throw "é".repeat(1000)', /^é{128}$/],
      ['await import("npm:left-pad")', /could not load module/],
      ['return exit(0)', /^ReferenceError: /],
      ['return host(1, "x")', /^ReferenceError: /],
      ['return __outside.write("x")', /^ReferenceError: /],
    ]
    for (const [source, said] of cases) {
      const ended = await runSource(source)
      assert.equal(ended.exit, THROWN, source)
      assert.match(ended.said, said, source)
    }
  })

  it('that does not end uses up its fuel', async () => {
    const { exit, fuelUsed, output } = await runSource('for (;;);')
    assert.deepEqual([exit, fuelUsed, output.length], [OUT_OF_FUEL, FUEL_LIMIT, 0])
  })

  it('costs about twelve million units when it does little', async () => {
    const { fuelUsed } = await runSource('return Functions.encodeUint256(1)', { args: ['a'] })
    assert(fuelUsed < 15_000_000n, `${fuelUsed}`)
  })
})

describe('a request that cannot be run', () => {
  const source = [text('source'), text('return Functions.encodeUint256(1)')]
  const inline: readonly Hex[] = [text('codeLocation'), '0x00']
  const javascript: readonly Hex[] = [text('language'), '0x00']

  it('is taken as the toolkit writes it, too', async () => {
    const args = concat([text('args'), '0x81', text('a'), text('bytesArgs'), '0x80'])
    const { exit, said } = await run(concat([...inline, text('codeLanguage'), '0x00', ...source, args]))
    assert.equal(exit, 0, said)
  })

  it('says why, with a code', async () => {
    const cases: readonly (readonly [string, readonly Hex[]])[] = [
      ['SECRETS_NOT_SUPPORTED', [...inline, ...javascript, ...source, text('secrets'), bytes('0x01')]],
      ['SECRETS_NOT_SUPPORTED', [...inline, ...javascript, ...source, text('secretsLocation'), '0x01']],
      ['SOURCE_NOT_INLINE', [text('codeLocation'), '0x01', ...javascript, ...source]],
      ['LANGUAGE_NOT_SUPPORTED', [...inline, text('language'), '0x01', ...source]],
      ['LANGUAGE_NOT_SUPPORTED', [...inline, ...source]],
      ['MALFORMED_REQUEST', [...inline, ...javascript]],
      ['MALFORMED_REQUEST', [...inline, ...inline, ...javascript, ...source]],
      ['MALFORMED_REQUEST', [...inline, ...javascript, ...source, text('more'), '0x00']],
      ['MALFORMED_REQUEST', [...inline, ...javascript, text('source'), bytes('0x01')]],
      ['MALFORMED_REQUEST', [...inline, ...javascript, ...source, text('args')]],
      ['MALFORMED_REQUEST', [...inline, ...javascript, ...source, text('args'), '0x9f', text('a')]],
      ['MALFORMED_REQUEST', [...inline, ...javascript, ...source, text('args'), '0x9f9fffff']],
      ['MALFORMED_REQUEST', [...inline, ...javascript, ...source, text('args'), '0x9affffffff']],
      ['MALFORMED_REQUEST', [...inline, ...javascript, text('source'), '0x7affffffff', stringToHex('x')]],
      ['MALFORMED_REQUEST', [...inline, ...javascript, text('source'), '0x7f6161ff']],
      ['MALFORMED_REQUEST', [...inline, ...javascript, text('source'), '0x62c328']],
      [
        'MALFORMED_REQUEST',
        [text('codeLocation'), '0xc25821', `0x${'00'.repeat(33)}`, ...javascript, ...source],
      ],
      ['MALFORMED_REQUEST', ['0xbf']],
      ['MALFORMED_REQUEST', []],
    ]
    for (const [code, parts] of cases) {
      const { exit, said } = await run(concat(['0x', ...parts]))
      assert.deepEqual([exit, said.split(':')[0]], [REFUSED, code], `${parts.join(' ')}: ${said}`)
    }
  })

  it('has at most a thousand arguments', async () => {
    const argsOf = (count: number) => ({ args: Array.from({ length: count }, () => 'a') })
    const length = 'return Functions.encodeUint256(args.length)'
    assert.equal((await runSource(length, argsOf(1000))).exit, 0)
    assert.equal((await runSource(length, argsOf(1001))).exit, REFUSED)
  })
})

describe('a request over HTTP', () => {
  const asking = `const { error, code, data, status, response } = await Functions.makeHttpRequest({
      url: "https://api.example.com/price", method: "post", params: { pair: "ETH" }, data: { a: 1 } })
    return Functions.encodeString(JSON.stringify({ error, code, data, status: status ?? response?.status }))`
  const answering = (status: number, body: string) => (): HostAnswer => ({
    value: {
      status,
      headers: [],
      url: 'https://api.example.com/price',
      body: new TextEncoder().encode(body),
    },
  })

  it('is denied where the function has no permission, with a code', async () => {
    const denied = '{"error":true,"code":"HTTP_NOT_PERMITTED"}'
    assert.equal((await runSource(asking)).said, denied)
    assert.equal((await runSource(asking, {}, () => ({ refused: 'permission' }))).said, denied)
  })

  it('is answered by the host where it has one', async () => {
    const calls: HostCall[] = []
    const { said } = await runSource(asking, {}, (call) => {
      calls.push(call)
      return answering(200, '{"price":3012}')()
    })
    assert.deepEqual(JSON.parse(said), { error: false, data: { price: 3012 }, status: 200 })
    assert.deepEqual(
      calls.map(({ capability, operation }) => [capability, operation]),
      [['http', 'request']],
    )
    const sent = new TextDecoder().decode(calls[0]?.payload)
    for (const part of ['https://api.example.com/price?pair=ETH', 'POST', '{"a":1}', 'application/json'])
      assert(sent.includes(part), part)
  })

  it('that fails is told by its status', async () => {
    assert.deepEqual(JSON.parse((await runSource(asking, {}, answering(404, 'none'))).said), {
      error: true,
      code: 'HTTP_STATUS',
      status: 404,
    })
  })

  it('is made at most five times', async () => {
    const source = `for (let i = 0; i < 6; i++) await Functions.makeHttpRequest({ url: "https://a.com" })`
    const { exit, said } = await runSource(source, {}, answering(200, '1'))
    assert.deepEqual([exit, said], [THROWN, 'Error: more than 5 HTTP requests'])
  })
})
