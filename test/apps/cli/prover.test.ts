import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { EXIT } from '../../../src/apps/cli/exit.ts'
import { engineOption, proverOption, redisUrl } from '../../../src/apps/cli/prover-options.ts'
import { openProver } from '../../../src/apps/shared/prover.ts'
import { silentLog } from '../../../src/ports/log.ts'
import { failureIn, runHere } from './support/run.ts'

const scratch = mkdtempSync(join(tmpdir(), 'dikast-prover-'))
after(() => rmSync(scratch, { recursive: true, force: true }))

function withRedis<T>(url: string | undefined, read: () => T): T {
  const before = process.env.REDIS_URL
  if (url === undefined) delete process.env.REDIS_URL
  else process.env.REDIS_URL = url
  try {
    return read()
  } finally {
    if (before === undefined) delete process.env.REDIS_URL
    else process.env.REDIS_URL = before
  }
}

describe('which prover', () => {
  const of = (prover: string, rapidsnark?: string) =>
    proverOption({ prover, ...(rapidsnark === undefined ? {} : { rapidsnark }) })

  it('is told by name, and a rapidsnark by its program', () => {
    assert.deepEqual(of('kernel'), { engine: 'kernel' })
    assert.deepEqual(of('snarkjs'), { engine: 'snarkjs' })
    assert.deepEqual(of('rapidsnark', '/opt/prover'), { engine: 'rapidsnark', binary: '/opt/prover' })
    assert.deepEqual(engineOption({ engine: 'rapidsnark' }), { engine: 'rapidsnark', binary: 'rapidsnark' })
  })

  it('is elsewhere for the address of a Redis, or for the word alone the one in REDIS_URL', () => {
    assert.deepEqual(of('redis://10.0.0.5:6379'), { engine: 'redis', url: 'redis://10.0.0.5:6379' })
    const url = 'rediss://:secret@example.org:6380'
    assert.deepEqual(
      withRedis(url, () => of('redis')),
      { engine: 'redis', url },
    )
  })

  it('is refused where it is none', () => {
    for (const prover of ['', 'gpu', 'http://10.0.0.5', 'Kernel', 'x'.repeat(10_000)])
      assert.throws(() => of(prover), { code: 'INVALID_INPUT', field: '--prover' }, prover.slice(0, 20))
    for (const engine of ['redis', 'redis://10.0.0.5'])
      assert.throws(() => engineOption({ engine }), { code: 'INVALID_INPUT', field: '--engine' })
  })

  it('takes no address without a host, and none at all only where REDIS_URL has it', () => {
    for (const url of ['redis:', 'redis://', 'redis://:6379', 'redis://a b'])
      assert.throws(() => of(url), { code: 'INVALID_INPUT' }, url)
    for (const url of [undefined, '', 'http://127.0.0.1', 'nonsense'])
      assert.throws(
        () => withRedis(url, () => redisUrl('--redis', undefined)),
        { code: 'INVALID_INPUT' },
        url,
      )
  })

  it('takes no password among the arguments, and does not repeat it [PRV-15]', () => {
    for (const read of [of, (url: string) => redisUrl('--redis', url)])
      assert.throws(
        () => read('redis://:secret@10.0.0.5:6379'),
        (error: Error) => !error.message.includes('secret') && error.message.includes('password'),
      )
  })
})

describe('a process that proves', () => {
  it('is not started with a rapidsnark that is not there, or a Redis that does not answer [PRV-15]', async () => {
    const start = ['prover', 'start', '--json', '--redis', 'redis://127.0.0.1:1']
    const absent = await runHere([...start, '--engine', 'rapidsnark', '--rapidsnark', join(scratch, 'none')])
    assert.deepEqual([absent.code, failureIn(absent).code], [EXIT.usage, 'RAPIDSNARK_MISSING'])
    const away = await runHere(start)
    assert.deepEqual([away.code, failureIn(away).code], [EXIT.network, 'QUEUE_UNREACHABLE'])
    const nowhere = await runHere(['prover', 'start', '--json'], { REDIS_URL: '' })
    assert.deepEqual([nowhere.code, failureIn(nowhere).code], [EXIT.usage, 'INVALID_INPUT'])
  })

  it('is not a node whose prover is not there [PRV-15]', async () => {
    const options = { log: silentLog, asker: 'a node' }
    await assert.rejects(openProver({ engine: 'rapidsnark', binary: join(scratch, 'none') }, options), {
      code: 'RAPIDSNARK_MISSING',
    })
    await assert.rejects(openProver({ engine: 'redis', url: 'redis://127.0.0.1:1' }, options), {
      code: 'QUEUE_UNREACHABLE',
    })
    for (const engine of ['kernel', 'snarkjs'] as const) await (await openProver({ engine }, options)).close()
  })
})
