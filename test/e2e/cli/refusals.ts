/** Whoever asks wrongly: a code, an exit code, the cause and a fix, and nothing is paid. */
import assert from 'node:assert/strict'
import { readFileSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import { sendOrThrow } from '../../../src/apps/cli/account.ts'
import { EXIT } from '../../../src/apps/cli/exit.ts'
import type { Hex } from '../../../src/protocol/types.ts'
import { type Ended, failureIn } from '../../apps/cli/support/run.ts'
import { bytes, HEADER, section, vector, name as wasmName } from '../../fixtures/wasm/assemble.ts'
import { MODULE } from '../support/local-network.ts'
import { type CliWorld, DEPLOYER, FUNCTION, STRANGER, TERMS, valueIn } from './world.ts'
export function describeRefusals(world: CliWorld): void {
  describe('what is asked wrongly is refused by name, with a fix, before anything is paid', () => {
    const cases: readonly [string, () => Promise<Ended>, number, string, RegExp][] = [
      [
        'a module that is not WebAssembly',
        () => deploy(world.file('text.wasm', 'hello')),
        EXIT.usage,
        'INVALID_INPUT',
        /text\.wasm would be rejected by nodes: module rejected: malformed at byte \d+/,
      ],
      [
        'a module with a forbidden import',
        () => deploy(world.file('import.wasm', importingModule())),
        EXIT.usage,
        'INVALID_INPUT',
        /import/,
      ],
      [
        'a module that is not there',
        () => deploy(join(world.scratch, 'none.wasm')),
        EXIT.usage,
        'INVALID_INPUT',
        /cannot be read/,
      ],
      [
        'a module of 100 MB',
        () => deploy(sparse(world, 'huge.wasm', 100_000_000)),
        EXIT.usage,
        'LIMIT_EXCEEDED',
        /100000000, above its bound of 16777216/,
      ],
      [
        'a name that is none',
        () => deploy(MODULE, '--name', 'Price Feed'),
        EXIT.usage,
        'INVALID_INPUT',
        /--name/,
      ],
      [
        'a name of somebody else [FUN-4]',
        () => deploy(MODULE, '--name', FUNCTION),
        EXIT.no,
        'REVERTED',
        /NameTaken/,
      ],
      [
        'a URI that is none',
        () => deploy(MODULE, '--uri', 'not a url'),
        EXIT.usage,
        'INVALID_INPUT',
        /--uri/,
      ],
      [
        'a fee above what the registry holds [FUN-1]',
        () => deploy(MODULE, '--fee', '1100'),
        EXIT.usage,
        'INVALID_INPUT',
        /--fee: is above 1099\.511627775 ETH/,
      ],
      [
        'a runtime profile nobody runs [FUN-1]',
        () => deploy(MODULE, '--runtime', 'unmetered'),
        EXIT.usage,
        'INVALID_INPUT',
        /--runtime: «unmetered» is no runtime profile/,
      ],
      [
        'fuel that is no whole number of millions [FUN-1]',
        () => deploy(MODULE, '--fuel', '1500000'),
        EXIT.usage,
        'INVALID_INPUT',
        /--fuel: 1500000 units/,
      ],
      [
        'a committee below four',
        () => deploy(MODULE, '--committee', '3'),
        EXIT.usage,
        'INVALID_INPUT',
        /from 4 to 256/,
      ],
      [
        'a function that is not deployed',
        () => world.json(['request', 'no-such-function'], DEPLOYER),
        EXIT.usage,
        'INVALID_INPUT',
        /nothing is deployed/,
      ],
      [
        'a function’s id cut short',
        () => world.json(['function', 'show', `0x${'12'.repeat(31)}`]),
        EXIT.usage,
        'INVALID_INPUT',
        /neither a function id nor a name/,
      ],
      [
        'a committee of more nodes than there are [SEL-6]',
        () => request('--committee', '20'),
        EXIT.no,
        'REVERTED',
        /NotEnoughNodes\(eligible: \d, required: 20\)/,
      ],
      [
        'an input that is too large [MKT-1]',
        () => request('--input', world.file('large', new Uint8Array(32_769))),
        EXIT.usage,
        'LIMIT_EXCEEDED',
        /32769, above its bound of 32768/,
      ],
      [
        'an input that is not there',
        () => request('--input', join(world.scratch, 'none')),
        EXIT.usage,
        'INVALID_INPUT',
        /--input/,
      ],
      [
        'more attempts than three',
        () => request('--attempts', '4'),
        EXIT.usage,
        'INVALID_INPUT',
        /from 1 to 3/,
      ],
      [
        'a request id cut short',
        () => world.json(['status', '0x12']),
        EXIT.usage,
        'INVALID_INPUT',
        /64 hexadecimal digits/,
      ],
      [
        'the status of a request nobody made',
        () => world.json(['status', `0x${'12'.repeat(32)}`]),
        EXIT.usage,
        'INVALID_INPUT',
        /is not a request of market/,
      ],
      [
        'the audit of a request nobody made',
        () => world.json(['verify', `0x${'12'.repeat(32)}`]),
        EXIT.usage,
        'INVALID_INPUT',
        /is not a request of market/,
      ],
      [
        'an account without money',
        () => world.json(['request', FUNCTION], undefined, { DIKAST_KEY: `0x${'77'.repeat(32)}` }),
        EXIT.no,
        'INSUFFICIENT_FUNDS',
        /cannot pay/,
      ],
      [
        'a chain of another id',
        () => world.json(['function', 'list', '--network', altered(world, { chainId: 1 })]),
        EXIT.network,
        'CHAIN',
        /wrong-chain: the node is on chain 31337, not 1/,
      ],
      [
        'contracts that are not there',
        () =>
          world.json(['function', 'list', '--network', altered(world, { market: `0x${'99'.repeat(20)}` })]),
        EXIT.network,
        'CHAIN',
        /there is no contract at 0x99.*market/,
      ],
      [
        'an RPC that is not there',
        () => world.json(['function', 'list', '--rpc', 'http://127.0.0.1:9']),
        EXIT.network,
        'CHAIN',
        /unreachable: 127\.0\.0\.1:9/,
      ],
    ]
    const deploy = (module: string, ...flags: readonly string[]) =>
      world.json(['function', 'deploy', module, ...TERMS, ...flags], STRANGER)
    const request = (...flags: readonly string[]) => world.json(['request', FUNCTION, ...flags], STRANGER)

    let spent: number
    let larger: Hex
    before(async () => {
      spent = await world.sentBy(STRANGER)
    })
    for (const [name, run, exit, code, message] of cases) {
      it(`${name}: ${code}, exit code ${exit}`, async () => {
        const ended = await run()
        assert.equal(ended.code, exit, ended.out)
        assert.equal(ended.err, '')
        const failure = failureIn(ended)
        assert.equal(failure.code, code)
        assert.match(failure.message, message)
        assert.ok(failure.fix.length > 10, 'a fix is told')
      })
    }

    it('a committee smaller than the function’s own: REVERTED, CommitteeTooSmall [MKT-1]', async () => {
      const spec = '--committee 5 --fee 0.0001 --output 32 --replicas 1'.split(' ')
      const ended = await world.json(['function', 'deploy', MODULE, ...spec], 0)
      larger = valueIn<{ functionId: Hex }>(ended).functionId
      const refused = await world.json(['request', larger, '--committee', '4'], STRANGER)
      assert.equal(refused.code, EXIT.no)
      assert.match(failureIn(refused).message, /CommitteeTooSmall\(size: 4, sizeMin: 5\)/)
    })

    it('a function its owner paused: REVERTED, FunctionNotActive [FUN-3]', async () => {
      const { developer, chain } = world.network
      await sendOrThrow(developer.sender, 'pause', chain.calls.pauseFunction(larger))
      const ended = await world.json(['request', larger], STRANGER)
      assert.equal(ended.code, EXIT.no)
      assert.match(failureIn(ended).message, /FunctionNotActive/)
      assert.match(failureIn(ended).fix, /paused or retired/)
    })

    it('a payment below the quote: REVERTED, PaymentTooSmall [FEE-2] [MKT-3]', async () => {
      const { chain, developer } = world.network
      const functionId = (await chain.reads.resolve(FUNCTION)) ?? assert.fail('the name is published')
      const params = {
        functionId,
        committeeSize: 0,
        attempts: 1,
        callbackGas: 0,
        maxFeePerGas: 10n ** 9n,
        challengeWindow: 0,
        input: '0x',
      } as const
      const value = await chain.reads.quote(params)
      await assert.rejects(sendOrThrow(developer.sender, 'cheap', chain.calls.request(params, value - 1n)), {
        code: 'REVERTED',
        error: 'PaymentTooSmall',
        message: new RegExp(`PaymentTooSmall\\(value: ${value - 1n}, required: ${value}\\)`),
      })
    })

    it('nothing at all was paid for any of it', async () => {
      assert.equal(await world.sentBy(STRANGER), spent)
    })
  })
}

/** Imports `env.secret`, which no runtime profile offers. */
function importingModule(): Uint8Array {
  return bytes(
    HEADER,
    section(1, vector([[0x60, 0, 0]])),
    section(2, vector([[...wasmName('env'), ...wasmName('secret'), 0, 0]])),
  )
}

/** A file of this length without its bytes on disk. */
function sparse(world: CliWorld, name: string, length: number): string {
  const path = world.file(name, '')
  truncateSync(path, length)
  return path
}

/** The network file with parts of its deployment changed. */
function altered(world: CliWorld, deployment: Readonly<Record<string, unknown>>): string {
  const text = JSON.parse(readFileSync(world.network.networkFile, 'utf8')) as { deployment: object }
  const changed = { ...text, deployment: { ...text.deployment, ...deployment } }
  return world.file('altered.json', JSON.stringify(changed))
}
