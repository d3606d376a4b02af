import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, describe, it } from 'node:test'
import { writeKeystore } from '../../../src/adapters/keystore/keystore.ts'
import { EXIT } from '../../../src/apps/cli/exit.ts'
import { accountKey, keyFromEnvironment, password, persistentNetworkKey } from '../../../src/apps/cli/keys.ts'
import { keysOf, readNodeKeys, readNodeNames } from '../../../src/apps/cli/node-folder.ts'
import { makeFolder } from '../../../src/apps/shared/folder.ts'
import { failureIn, jsonOf, runHere, runProcess } from './support/run.ts'

const scratch = mkdtempSync(join(tmpdir(), 'dikast-keys-'))
after(() => rmSync(scratch, { recursive: true, force: true }))
afterEach(() => {
  for (const name of Object.keys(process.env)) if (name.startsWith('DIKAST_')) delete process.env[name]
})

/** Cheap enough for a test; what files themselves say is obeyed when they are read. */
const CHEAP = { scryptN: 2 }
const KEY = new Uint8Array(32).fill(7)
const OTHER = new Uint8Array(32).fill(9)
const SECRET = '5ec8e7'.repeat(11).slice(0, 63)

describe('a key from the environment', () => {
  it('is 64 hexadecimal digits, 0x or not', () => {
    process.env.DIKAST_KEY = `0x${'07'.repeat(32)}`
    assert.deepEqual(keyFromEnvironment('DIKAST_KEY'), KEY)
    process.env.DIKAST_KEY = '07'.repeat(32)
    assert.deepEqual(keyFromEnvironment('DIKAST_KEY'), KEY)
    process.env.DIKAST_KEY = ''
    assert.equal(keyFromEnvironment('DIKAST_KEY'), undefined)
  })

  for (const [name, value] of [
    ['too short', SECRET],
    ['not hexadecimal', `${SECRET}zz`],
    ['too long', `0x${SECRET}${SECRET}`],
    ['with a space', ` ${SECRET}0`],
  ] as const) {
    it(`that is ${name} is refused and never repeated, in words or in JSON`, async () => {
      process.env.DIKAST_KEY = value
      await assert.rejects(accountKey({}), (error: Error) => !error.message.includes(SECRET.slice(0, 12)))
      for (const flags of [[], ['--json']]) {
        const { out, err } = await runHere(['node', 'start', '--data', scratch, ...flags], {
          DIKAST_ATTESTOR_KEY: value,
        })
        assert.ok(!`${out}${err}`.includes(SECRET.slice(0, 12)))
      }
    })
  }

  it('that is no private key of the curve is refused', async () => {
    for (const value of ['00'.repeat(32), 'ff'.repeat(32)]) {
      process.env.DIKAST_KEY = value
      await assert.rejects(accountKey({}), { code: 'INVALID_INPUT', field: 'DIKAST_KEY' })
    }
  })

  it('is asked for when the account must pay, before anything else is done', async () => {
    const network = join(scratch, 'network.json')
    writeFileSync(network, networkText())
    const ended = await runHere(['request', 'price-feed', '--network', network, '--json'])
    assert.equal(ended.code, EXIT.usage)
    assert.match(failureIn(ended).fix, /DIKAST_KEY.*--keystore/)
  })
})

describe('a keystore', () => {
  const file = join(scratch, 'account.json')

  it('gives the account’s key with DIKAST_PASSWORD', async () => {
    await writeKeystore(file, KEY, 'correct horse', CHEAP)
    process.env.DIKAST_PASSWORD = 'correct horse'
    assert.deepEqual(await accountKey({ keystore: file }), KEY)
  })

  it('with a wrong password, a missing file or no keystore ends with a reason each, and exit code 2', async () => {
    process.env.DIKAST_PASSWORD = 'battery staple'
    await assert.rejects(accountKey({ keystore: file }), { code: 'KEYSTORE', reason: 'wrong-password' })
    await assert.rejects(accountKey({ keystore: join(scratch, 'none.json') }), {
      code: 'KEYSTORE',
      reason: 'missing',
    })
    const network = join(scratch, 'network.json')
    writeFileSync(network, networkText())
    const ended = await runHere(['request', 'f-n', '--network', network, '--keystore', network, '--json'], {
      DIKAST_PASSWORD: 'x',
    })
    assert.equal(ended.code, EXIT.usage)
    assert.match(failureIn(ended).message, /malformed/)
  })

  it('is not asked about where there is no terminal: the fix is DIKAST_PASSWORD', async () => {
    const { code, out, err } = await runProcess(['node', 'init', '--data', join(scratch, 'unasked')], {
      stdin: 'typed\n',
    })
    assert.equal(code, EXIT.usage)
    assert.equal(out, '')
    assert.match(err, /there is no terminal to ask at\n {2}fix: set DIKAST_PASSWORD/)
    process.env.DIKAST_PASSWORD = 'given'
    assert.equal(await password('never asked: '), 'given')
  })
})

describe('a node’s folder', () => {
  const folder = join(scratch, 'node')

  it('is made once, for its user only, with keys of the names it prints; and never overwritten', async () => {
    const made = await runHere(['node', 'init', '--data', folder, '--json'], {
      DIKAST_PASSWORD: 'node password',
    })
    assert.equal(made.code, EXIT.ok, made.err)
    const { attestor, peer } = jsonOf(made) as { attestor: string; peer: string }
    const files = ['attestor.json', 'network.json'].map((name) => join(folder, name))
    for (const file of files) assert.equal(statSync(file).mode & 0o777, 0o600)
    assert.equal(statSync(folder).mode & 0o777, 0o700)
    process.env.DIKAST_PASSWORD = 'node password'
    const keys = await readNodeKeys(folder)
    assert.deepEqual([keys.attestor, keys.peer], [attestor, peer])
    const before = files.map((file) => readFileSync(file, 'utf8'))
    const again = await runHere(['node', 'init', '--data', folder, '--json'], {
      DIKAST_PASSWORD: 'node password',
    })
    assert.equal(again.code, EXIT.usage)
    assert.match(failureIn(again).fix, /never overwritten/)
    assert.deepEqual(
      files.map((file) => readFileSync(file, 'utf8')),
      before,
    )
  })

  it('whose making was interrupted between the two keys is finished by the next, which keeps the one', async () => {
    const half = join(scratch, 'half')
    const init = (secret: string) =>
      runHere(['node', 'init', '--data', half, '--json'], { DIKAST_PASSWORD: secret })
    for (const [name, kept] of [
      ['attestor.json', 'attestorKey'],
      ['network.json', 'networkKey'],
    ] as const) {
      mkdirSync(half, { mode: 0o700 })
      await writeKeystore(join(half, name), KEY, 'a password', CHEAP)
      const wrong = await init('another')
      assert.equal(failureIn(wrong).code, 'KEYSTORE', name)
      const { attestor } = jsonOf(await init('a password')) as { attestor: string }
      process.env.DIKAST_PASSWORD = 'a password'
      const keys = await readNodeKeys(half)
      assert.equal(keys.attestor, attestor)
      assert.deepEqual(Uint8Array.from(keys[kept]), KEY)
      assert.notDeepEqual(keys.attestorKey, keys.networkKey)
      rmSync(half, { recursive: true })
    }
  })

  it('says who the node is without its password', async () => {
    const names = await readNodeNames(folder)
    const { attestor, peerKey } = JSON.parse(readFileSync(join(folder, 'attestor.json'), 'utf8')) as Record<
      string,
      string
    >
    assert.equal(attestor, undefined)
    assert.equal(peerKey, undefined)
    process.env.DIKAST_PASSWORD = 'node password'
    const { attestorKey, networkKey } = await readNodeKeys(folder)
    assert.deepEqual({ ...names }, { attestor: names.attestor, peerKey: names.peerKey, peer: names.peer })
    assert.equal(keysOf(attestorKey, networkKey).attestor, names.attestor)
  })

  it('whose names were tampered with is refused', async () => {
    writeFileSync(join(folder, 'node.json'), '{"attestor":"0x12"}')
    await assert.rejects(readNodeNames(folder), { code: 'INVALID_INPUT' })
  })

  it('without keys sends its reader to node init, and nothing is made', async () => {
    const empty = join(scratch, 'empty')
    await assert.rejects(readNodeKeys(empty), {
      code: 'INVALID_INPUT',
      fix: `make them with \`dikast node init --data ${empty}\``,
    })
    assert.equal(existsSync(empty), false)
  })

  it('that cannot be made ends with 2 and a fix, not with a fault', async () => {
    const file = join(scratch, 'a-file')
    writeFileSync(file, '')
    const ended = await runHere(['node', 'init', '--data', join(file, 'below'), '--json'], {
      DIKAST_PASSWORD: 'x',
    })
    assert.equal(ended.code, EXIT.usage)
    assert.equal(failureIn(ended).code, 'FILE_SYSTEM')
  })

  it('is made one level at a time: where a file system refuses, the command ends', async () => {
    const deep = join(scratch, 'a', 'b', 'c')
    makeFolder(deep)
    assert.equal(statSync(deep).mode & 0o777, 0o700)
    makeFolder(deep)
    // Node's recursion never returns here; a process that does not end is killed and has no exit code.
    const env = { DIKAST_PASSWORD: 'secret' }
    const ended = await runProcess(['node', 'init', '--data', '/proc/x/y', '--json'], { env })
    assert.equal(ended.code, EXIT.usage)
    assert.equal(failureIn(ended).code, 'FILE_SYSTEM')
  })

  it('is not needed when both keys are in the environment, and one alone is an error', async () => {
    process.env.DIKAST_ATTESTOR_KEY = '07'.repeat(32)
    await assert.rejects(readNodeKeys(scratch), { field: 'DIKAST_NETWORK_KEY' })
    process.env.DIKAST_NETWORK_KEY = '09'.repeat(32)
    const { attestor } = await readNodeNames(scratch)
    assert.equal(attestor, keysOf(KEY, OTHER).attestor)
  })

  it('needs a password that is not empty', async () => {
    const ended = await runHere(['node', 'init', '--data', join(scratch, 'weak'), '--json'], {
      DIKAST_PASSWORD: '',
    })
    assert.equal(ended.code, EXIT.usage)
    assert.match(failureIn(ended).message, /password/)
  })
})

describe('a coordinator’s network key', () => {
  it('is made once and kept, for its user only', () => {
    const folder = join(scratch, 'coordinator')
    const first = persistentNetworkKey(folder)
    assert.deepEqual(persistentNetworkKey(folder), first)
    assert.equal(statSync(join(folder, 'network.key')).mode & 0o777, 0o600)
  })

  it('that was damaged is refused, not replaced: peers know the coordinator by it', () => {
    const folder = join(scratch, 'coordinator')
    writeFileSync(join(folder, 'network.key'), SECRET)
    assert.throws(
      () => persistentNetworkKey(folder),
      (error: Error) => error.message.includes('does not hold a key') && !error.message.includes(SECRET),
    )
  })
})

function networkText(): string {
  const at = `0x${'11'.repeat(20)}`
  return JSON.stringify({
    rpcUrl: 'http://127.0.0.1:9',
    deployment: {
      chainId: 1,
      nodeRegistry: at,
      beaconRegistry: at,
      functionRegistry: at,
      verifierRouter: at,
      market: at,
      fromBlock: 0,
    },
    beacon: {
      urls: ['http://127.0.0.1:9'],
      publicKey: `0x${'11'.repeat(96)}`,
      genesisTime: 1,
      periodSeconds: 1,
    },
  })
}
