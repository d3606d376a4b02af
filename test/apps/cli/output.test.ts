import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { InsufficientFundsError } from '../../../src/apps/cli/account.ts'
import { EXIT } from '../../../src/apps/cli/exit.ts'
import { failureOf } from '../../../src/apps/cli/failure.ts'
import { createOutput, ether, stringify } from '../../../src/apps/cli/output.ts'
import { RevertedError } from '../../../src/apps/cli/reverts.ts'
import { ChainError } from '../../../src/ports/chain.ts'
import { computeMarketAbi } from '../../../src/protocol/abi/compute-market.ts'
import { functionRegistryAbi } from '../../../src/protocol/abi/function-registry.ts'
import { functionsAdapterAbi } from '../../../src/protocol/abi/functions-adapter.ts'
import { nodeRegistryAbi } from '../../../src/protocol/abi/node-registry.ts'
import { recurringRequestsAbi } from '../../../src/protocol/abi/recurring-requests.ts'
import { resultStoreAbi } from '../../../src/protocol/abi/result-store.ts'
import { signedRequestsAbi } from '../../../src/protocol/abi/signed-requests.ts'
import { InvalidInputError, LimitExceededError } from '../../../src/protocol/errors.ts'

function capture(json: boolean) {
  const written = { out: '', err: '' }
  const write = (to: 'out' | 'err') => ({
    write: (text: string) => {
      written[to] += text
    },
  })
  return { written, output: createOutput({ json }, { out: write('out'), err: write('err') }) }
}

describe('a command’s output for people', () => {
  it('has lines on standard output, and progress and errors on standard error', () => {
    const { written, output } = capture(false)
    output.progress('working')
    output.result({ never: 'printed' }, () => output.line('done'))
    output.fail(new InvalidInputError('--x', 'is wrong', { fix: 'mend it' }))
    assert.deepEqual(written, { out: 'done\n', err: 'working\nerror: --x: is wrong\n  fix: mend it\n' })
  })
})

describe('a command’s output with --json', () => {
  it('is its result as one value, and nothing else', () => {
    const { written, output } = capture(true)
    output.progress('working')
    output.line('a line')
    output.result({ wei: 10n ** 30n, stakes: new Map([['0xab', 1n]]) }, () => assert.fail('for people'))
    assert.deepEqual(JSON.parse(written.out), {
      wei: '1000000000000000000000000000000',
      stakes: { '0xab': '1' },
    })
    assert.equal(written.err, '')
  })

  it('is {error: {code, message, fix}} when it failed', () => {
    const { written, output } = capture(true)
    assert.equal(output.fail(new LimitExceededError('input bytes', 2, 1, { fix: 'less' })), EXIT.usage)
    assert.deepEqual(JSON.parse(written.out), {
      error: { code: 'LIMIT_EXCEEDED', message: 'input bytes is 2, above its bound of 1', fix: 'less' },
    })
    assert.equal(written.err, '')
  })
})

describe('what a guest wrote', () => {
  const bytes = Uint8Array.from([0xff, 0x1b, 0x5b, 0x32, 0x4a, 0x0a, 0x61])
  function sinks(isTTY: boolean, json = false) {
    const written: (string | Uint8Array)[] = []
    const sink = {
      isTTY,
      write: (some: string | Uint8Array) => {
        written.push(some)
      },
    }
    return { written, output: createOutput({ json }, { out: sink, err: sink }) }
  }

  it('goes to a file or a pipe byte by byte', () => {
    const { written, output } = sinks(false)
    output.raw('out', bytes)
    assert.deepEqual(written, [bytes])
  })

  it('steers no terminal, and keeps its lines', () => {
    const { written, output } = sinks(true)
    output.raw('out', bytes)
    assert.deepEqual(written, ['\ufffd\ufffd[2J\na'])
  })

  it('is left to the report with --json', () => {
    const { written, output } = sinks(false, true)
    output.raw('err', bytes)
    assert.deepEqual(written, [])
  })
})

describe('what others said', () => {
  // Clears the screen, sets the title, and ends the line to say something of its own; then in eight bits; then backwards.
  const said = '\u001b[2J\u001b]0;mine\u0007\rok\n\u2028✓ verified \u009b2J \u202edeifirev\u061c é 日本'
  const steers = /(?!\n)[\p{Cc}\p{Zl}\p{Bidi_Control}]/u

  it('cannot steer a terminal or begin a line, in lines, progress, failures or traces', () => {
    const { written, output } = capture(false)
    output.line(`fetch ${said}`)
    output.progress(said)
    output.fail(new InvalidInputError('uri', said, { fix: said }))
    assert.deepEqual(written.out.split('\n').length, 2)
    assert.match(written.out, /^fetch \ufffd\[2J.*✓ verified.* é 日本\n$/)
    assert.equal(written.err.split('\n').length, 4)
    process.env.DIKAST_DEBUG = '1'
    output.fail(new InvalidInputError('uri', said))
    delete process.env.DIKAST_DEBUG
    assert.doesNotMatch(written.out + written.err, steers)
  })

  it('is escaped in JSON, and the same when it is read', () => {
    const { written, output } = capture(true)
    output.result({ said }, () => {})
    assert.doesNotMatch(written.out, /(?!\n)[\p{Cc}\p{Bidi_Control}]/u)
    assert.deepEqual(JSON.parse(written.out), { said })
  })
})

describe('the exit code', () => {
  const account = `0x${'aa'.repeat(20)}` as const
  const unreachable = new ChainError('unreachable', 'gone')
  const cases: readonly [string, number, Error][] = [
    [
      '1 when the contracts refuse',
      EXIT.no,
      new RevertedError('NotEnoughNodes', 'NotEnoughNodes(eligible: 4, required: 5)'),
    ],
    ['1 when the account cannot pay', EXIT.no, new InsufficientFundsError(account, unreachable)],
    ['2 for a wrong value', EXIT.usage, new InvalidInputError('--x', 'is wrong')],
    [
      '2 for a path that cannot be used',
      EXIT.usage,
      Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES', syscall: 'mkdir', path: '/x' }),
    ],
    ['3 when the network fails', EXIT.network, unreachable],
    ['4 for a fault of dikast itself', EXIT.fault, new TypeError('undefined is not a function')],
  ]
  for (const [name, exit, error] of cases) {
    it(`is ${name}, and a fix is told`, () => {
      const failure = failureOf(error)
      assert.equal(failure.exit, exit)
      assert.ok((failure.fix ?? '').length > 10, failure.fix)
    })
  }
})

/** What only a submitter, a consumer contract, a deployer or an owner can provoke. */
const NOT_BY_COMMANDS: ReadonlySet<string> = new Set(
  `BeaconNotPosted BlobNotWritten CallbackGasTooLarge CallbackGasTooLow EpochAlreadySealed EvidenceNotAllowed FuelAboveLimit
  InvalidAttestation InvalidConfig InvalidShortString InvalidVerifier MalformedCertificate NotEnoughGas NotExpired
  NothingToSeal OutputTooLarge OutsideWindow OwnableInvalidOwner OwnableUnauthorizedAccount QuorumNotReached
  FailedDeployment InsufficientBalance NotMarket StringsInsufficientHexLength
  ReentrancyGuardReentrantCall RegistryUnreadable RequestNotOpen SelectorTaken StringTooLong UnknownAttempt
  UnknownCapabilities UnknownName UnknownSelector UnknownSigners UnknownVersion ViewNotAllowed`.split(/\s+/),
)

describe('a failure', () => {
  it('is one bounded line without a trace, however long or broken what caused it', () => {
    const { message } = failureOf(new ChainError('malformed', `a\n  at b\n${'c'.repeat(5_000)}`))
    assert.ok(!message.includes('\n'))
    assert.ok(failureOf(new Error('d'.repeat(50_000))).message.length <= 1_000)
    assert.equal(failureOf('not even an error').code, 'UNEXPECTED')
  })

  it('of every refusal a user can provoke says what to do about it', () => {
    const general = new RevertedError(undefined, 'reverted').fix
    const names = [
      computeMarketAbi,
      functionRegistryAbi,
      functionsAdapterAbi,
      nodeRegistryAbi,
      recurringRequestsAbi,
      resultStoreAbi,
      signedRequestsAbi,
    ]
      .flat()
      .flatMap((item) => (item.type === 'error' ? [item.name as string] : []))
    const mute = names.filter(
      (name) => !NOT_BY_COMMANDS.has(name) && new RevertedError(name, name).fix === general,
    )
    assert.deepEqual(mute, [])
  })
})

describe('wei in words', () => {
  it('is ether without rounding', () => {
    assert.equal(ether(1n), '0.000000000000000001 ETH')
    assert.equal(ether(-15n * 10n ** 17n), '-1.5 ETH')
    assert.equal(ether(0n), '0 ETH')
  })

  it('is decimal text in JSON', () => {
    assert.equal(stringify({ value: 2n ** 70n }), '{\n  "value": "1180591620717411303424"\n}')
  })
})
