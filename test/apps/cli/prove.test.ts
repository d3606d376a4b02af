/** `dikast prove` on a real chain in process: who holds the secret proves, settles and is paid. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { mnemonicToAccount } from 'viem/accounts'
import { EXIT } from '../../../src/apps/cli/exit.ts'
import { parsePrivateInputs } from '../../../src/apps/cli/private-inputs.ts'
import { fromHex } from '../../../src/crypto/bytes.ts'
import { proofCommitment } from '../../../src/crypto/proof-commitment.ts'
import { FIELD_ORDER } from '../../../src/crypto/scalar-field.ts'
import { DikastError } from '../../../src/protocol/errors.ts'
import type { Hex } from '../../../src/protocol/types.ts'
import { words } from '../../contracts/support/circuits.ts'
import { createWorld, given, type MarketRequest } from '../../contracts/support/world.ts'
import { type Ended, failureIn, jsonOf, ROOT, runHere } from './support/run.ts'
import { served } from './support/served.ts'

/** `secret` is a square root of `target`; the output is its cube. With and without a binding. */
const source = (isBound: boolean) => `pragma circom 2.2.3;
template Root() {
    signal input target;
    ${isBound ? 'signal input binding;' : ''}
    signal input secret[1][1];
    signal output cube;
    secret[0][0] * secret[0][0] === target;
    cube <== secret[0][0] * target;
    ${isBound ? 'signal bound <== binding * binding;' : ''}
}
component main {public [target${isBound ? ', binding' : ''}]} = Root();
`
/** An account no other file's commands send from. */
const SENDER = 13
const sender = mnemonicToAccount('test test test test test test test test test test test junk', {
  addressIndex: SENDER,
}).address
const PAYEE = '0x00000000000000000000000000000000000A11cE'
/** The market's, in these tests. */
const LEAD_SECONDS = 24n
const INPUT = words(49n)
const OUTPUT = words(343n)

const folder = mkdtempSync(join(tmpdir(), 'dikast-prove-'))
const at = (file: string) => join(folder, file)
after(() => rmSync(folder, { recursive: true, force: true }))

before(async () => {
  const cwd = process.cwd()
  process.chdir(folder)
  try {
    for (const name of ['bound', 'free']) {
      writeFileSync(at(`${name}.circom`), source(name === 'bound'))
      assert.equal((await runHere(['circuit', 'compile', `${name}.circom`])).code, EXIT.ok)
      assert.equal(
        (await runHere(['circuit', 'setup', `${name}.r1cs`, '--dev', '--seed', 'a'])).code,
        EXIT.ok,
      )
    }
  } finally {
    process.chdir(cwd)
  }
  writeFileSync(at('secret.json'), '{"secret": [["7"]]}')
  writeFileSync(at('wrong.json'), '{"secret": [["0x8"]]}')
})

const built = given(async () => {
  const world = await createWorld()
  await world.sealNodes(5)
  const chain = await served(world)
  const deploy = async (name: string): Promise<Hex> => {
    const files = ['--constraints', at(`${name}.r1cs`), '--proving-key', at(`${name}.zkey`)]
    const args = ['function', 'deploy', at(`${name}.wasm`), ...files, '--window', '300', '--json']
    const ended = await chain.dikast(args, SENDER)
    // No node is there to keep its files.
    assert.equal(ended.code, EXIT.network, ended.err)
    return (jsonOf(ended) as { readonly functionId: Hex }).functionId
  }
  return { world, chain, bound: await deploy('bound'), free: await deploy('free') }
})
after(async () => await built().chain.close())

async function ask(name: 'bound' | 'free', input = INPUT) {
  const { world } = built()
  return await world.request(built()[name], { input }, 10n ** 15n)
}

const filesOf = (name: string, inputs = 'secret.json') => [
  ...['--module', at(`${name}.wasm`), '--proving-key', at(`${name}.zkey`)],
  ...['--inputs', at(inputs), '--keep', at('kept.json')],
]
const prove = (requestId: Hex, ...args: readonly string[]): Promise<Ended> =>
  built().chain.dikast(['prove', requestId, ...args], SENDER)

/** Lets blocks come, and time pass until a while into the turn that is everybody's, for as long as something is done. */
async function whileTimePasses<T>(request: MarketRequest, doing: Promise<T>): Promise<T> {
  const { world } = built()
  const open = (request.attempts.at(-1)?.closesAt ?? 0n) + 5n
  let isDone = false
  const done = doing.finally(() => {
    isDone = true
  })
  while (!isDone) {
    const { timestamp } = await world.publicClient.getBlock()
    if (timestamp < open)
      await world.networkHelpers.time.increaseTo(timestamp + 100n < open ? timestamp + 100n : open)
    else await world.networkHelpers.time.increase(4)
    await sleep(200)
  }
  return await done
}

/** Kills the command once it has kept its proof, long before anybody may settle it; what it kept. */
async function interrupted(name: 'bound' | 'free', requestId: Hex): Promise<string> {
  const { chain } = built()
  const args = ['prove', requestId, ...filesOf(name), '--wait']
  const child = spawn(process.execPath, [join(ROOT, 'scripts', 'dikast.mjs'), ...args], {
    env: { ...process.env, DIKAST_NETWORK: chain.networkFile, DIKAST_KEY: chain.keyOf(SENDER) },
    stdio: 'ignore',
  })
  const ended = new Promise((resolve) => child.once('close', resolve))
  while (!existsSync(at('kept.json')) && child.exitCode === null) await sleep(50)
  child.kill('SIGKILL')
  await ended
  return readFileSync(at('kept.json'), 'utf8')
}

const statusOf = async (requestId: Hex) => (await built().world.market.read.statusOf([requestId]))[0]
const FULFILLED = 2

describe('dikast prove, after the last window', () => {
  it('settles a bound circuit for its payee, and nothing of it stays behind', async () => {
    const { requestId, request } = await ask('bound')
    const { world } = built()
    const args = [...filesOf('bound'), '--payee', PAYEE, '--wait', '--json']
    const ended = await whileTimePasses(request, prove(requestId, ...args))
    assert.equal(ended.code, EXIT.ok, ended.out)
    const { output, turn, payee } = jsonOf(ended) as Record<string, string>
    assert.deepEqual([output, turn, payee], [OUTPUT, 'open', PAYEE])
    assert.equal(await statusOf(requestId), FULFILLED)
    assert.equal(await world.market.read.creditOf([PAYEE]), request.flatFeePerSeat)
    assert.equal(existsSync(at('kept.json')), false)
    // Again there is nothing left to do.
    const again = await prove(requestId, ...args)
    assert.deepEqual([again.code, failureIn(again).code], [EXIT.no, 'NOT_NOW'])
  })

  it('commits to a proof that anybody could copy, and shows it when the market takes it [ZKP-11]', async () => {
    const { requestId, request } = await ask('free')
    const { world } = built()
    const credit = await world.market.read.creditOf([sender])
    const ended = await whileTimePasses(request, prove(requestId, ...filesOf('free'), '--wait'))
    assert.equal(ended.code, EXIT.ok, ended.err)
    assert.equal(await statusOf(requestId), FULFILLED)
    const [committed] = await world.market.getEvents.ProofCommitted({}, { fromBlock: 0n })
    const [proven] = await world.market.getEvents.ProvenOpenly({}, { fromBlock: 0n })
    assert.ok(committed && proven)
    const [before, after] = await Promise.all(
      [committed, proven].map(({ blockNumber }) => world.publicClient.getBlock({ blockNumber })),
    )
    assert.ok(before && after && after.timestamp >= before.timestamp + LEAD_SECONDS)
    assert.match(ended.err, new RegExp(`committing to the proof: ${committed.args.commitment}`))
    // The account is its own payee, and is reimbursed besides for having sent it.
    assert.ok((await world.market.read.creditOf([sender])) >= credit + request.flatFeePerSeat)
  })

  it('goes on where it was killed, without the secret', async () => {
    const { requestId, request } = await ask('free')
    const kept = await interrupted('free', requestId)
    assert.equal(statSync(at('kept.json')).mode & 0o777, 0o600)
    assert.equal(kept.includes('"secret"'), false)
    const { blinding, proof, payee } = JSON.parse(kept)
    const resumed = await whileTimePasses(request, prove(requestId, '--keep', at('kept.json'), '--wait'))
    assert.equal(resumed.code, EXIT.ok, resumed.err)
    assert.equal(await statusOf(requestId), FULFILLED)
    assert.equal(existsSync(at('kept.json')), false)
    // The same proof and blinding: what was committed to before counts.
    const commitment = proofCommitment(requestId, payee, fromHex(proof), blinding)
    assert.ok(resumed.err.includes(commitment))
  })

  it('believes no file that it did not keep for this request and payee', async () => {
    const { requestId, request } = await ask('bound')
    const kept = await interrupted('bound', requestId)
    await built().world.networkHelpers.time.increaseTo((request.attempts.at(-1)?.closesAt ?? 0n) + 5n)
    const keep = ['--keep', at('kept.json'), '--json']
    const refused = async (words: RegExp, text: string, ...more: readonly string[]) => {
      writeFileSync(at('kept.json'), text)
      const ended = await prove(requestId, ...keep, ...more)
      assert.equal(ended.code, EXIT.usage, ended.out)
      assert.match(failureIn(ended).message, words)
    }
    await refused(/is a proof for request/, kept, '--payee', PAYEE)
    await refused(/pairing false/, kept.replace(JSON.parse(kept).output, words(344n)))
    await refused(/no proof that was kept/, kept.replace('"format"', '"more": 1, "format"'))
    await refused(/no proof that was kept/, kept.replace('dikast.proof.v1', 'dikast.proof.v2'))
    await refused(/not JSON/, kept.slice(0, -3))
    writeFileSync(at('kept.json'), kept)
    assert.equal((await prove(requestId, ...keep)).code, EXIT.ok)
  })

  it('is too late past the deadline', async () => {
    const { requestId, request } = await ask('bound')
    await built().world.networkHelpers.time.increaseTo(request.deadline)
    const late = await prove(requestId, ...filesOf('bound'), '--json')
    assert.deepEqual([late.code, failureIn(late).code], [EXIT.no, 'NOT_NOW'])
    assert.match(failureIn(late).message, /past its deadline/)
    // Nothing was proved in vain.
    assert.equal(existsSync(at('kept.json')), false)
  })
})

describe("dikast prove, in an attempt's window", () => {
  for (const name of ['bound', 'free'] as const) {
    it(`pays the node drawn, for a circuit that is ${name}`, async () => {
      const { requestId, request } = await ask(name)
      const { world } = built()
      await world.openWindow(request)
      const named = await prove(requestId, ...filesOf(name), '--payee', PAYEE, '--json')
      assert.equal(named.code, EXIT.usage)
      assert.match(failureIn(named).message, /--payee/)
      const ended = await prove(requestId, ...filesOf(name))
      assert.equal(ended.code, EXIT.ok, ended.err)
      assert.match(ended.out, /the node drawn for attempt 0/)
      assert.equal(await statusOf(requestId), FULFILLED)
      const [drawn] = await world.committeeOf(request)
      assert.ok(drawn)
      assert.equal(await world.market.read.nodeCreditOf([drawn.attestor]), request.flatFeePerSeat)
    })
  }

  it('waits for no window that is not open yet, unless it is told to', async () => {
    const { requestId } = await ask('free')
    const early = await prove(requestId, ...filesOf('free'), '--json')
    assert.deepEqual([early.code, failureIn(early).code], [EXIT.no, 'NOT_NOW'])
  })
})

describe('dikast prove', () => {
  it('says what is wrong: no witness, no inputs, other files, no circuit', async () => {
    const { world } = built()
    const { requestId, request } = await ask('bound')
    await world.openWindow(request)
    const refused = async (words: RegExp, code: number, ...args: readonly string[]) => {
      const ended = await prove(requestId, ...args, '--json')
      assert.equal(ended.code, code, ended.out)
      assert.match(failureIn(ended).message, words)
      // A secret is nobody's to read, in a failure either.
      assert.doesNotMatch(ended.out + ended.err, /["0x]8"/)
    }
    await refused(/unsatisfied/, EXIT.no, ...filesOf('bound', 'wrong.json'))
    await refused(/missing-input/, EXIT.no, ...filesOf('bound').slice(0, 4), '--keep', at('kept.json'))
    await refused(/--module/, EXIT.usage, '--module', at('free.wasm'), '--inputs', at('secret.json'))
    const [module, file] = filesOf('bound')
    const other = [module ?? '', file ?? '', '--proving-key', at('free.zkey'), '--inputs', at('secret.json')]
    await refused(/--proving-key/, EXIT.usage, ...other)
    assert.equal(existsSync(at('kept.json')), false)
    const asked = await world.request(await world.deployFunction())
    const answered = await prove(asked.requestId, '--json')
    assert.match(failureIn(answered).message, /no circuit/)
  })

  it('takes private inputs as circom’s tools do, bounded, and never tells them', () => {
    assert.deepEqual(parsePrivateInputs('{"a": [["1", "0x2"], [3]], "b": 0}'), { a: [1n, 2n, 3n], b: [0n] })
    for (const text of [
      '{"a": "31337"',
      '["31337"]',
      '"31337"',
      '{"a": "31337x"}',
      '{"a": -31337}',
      '{"a": 31337.5}',
      '{"a": {"b": "31337"}}',
      '{"a": null}',
      '{"a": "031337"}',
      `{"a": "${FIELD_ORDER}"}`,
      `{"a": ${'['.repeat(9)}"31337"${']'.repeat(9)}}`,
      JSON.stringify({ a: new Array(65_537).fill('1') }),
    ])
      assert.throws(
        () => parsePrivateInputs(text),
        (error) =>
          error instanceof DikastError && !/31337/.test(`${error.message} ${error.fix} ${error.cause}`),
        text.slice(0, 80),
      )
  })
})
