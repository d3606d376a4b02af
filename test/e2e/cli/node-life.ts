/** An operator: makes a node, stakes, runs it, and takes the stake out again. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { readKeystore, writeKeystore } from '../../../src/adapters/keystore/keystore.ts'
import { EXIT } from '../../../src/apps/cli/exit.ts'
import type { Hex } from '../../../src/protocol/types.ts'
import { failureIn, ROOT, runProcess } from '../../apps/cli/support/run.ts'
import { until } from '../support/local-network.ts'
import { type CliWorld, OPERATOR, valueIn } from './world.ts'

/** Encrypts a folder's keys again, cheaply: each command that reads them would take seconds. */
async function weaken(folder: string, password: string): Promise<void> {
  for (const name of ['attestor.json', 'network.json']) {
    const path = join(folder, name)
    const key = await readKeystore(path, password)
    rmSync(path)
    await writeKeystore(path, key, password, { scryptN: 2 })
  }
}
export function describeNodeLife(world: CliWorld, first: () => void): void {
  describe('a node’s life at the command line', () => {
    first()
    const folder = join(world.scratch, 'node')
    const password = { DIKAST_PASSWORD: 'a node’s password' }
    const data = ['--data', folder, '--json']

    it('begins with keys that are not registered yet', async () => {
      const made = valueIn<{ attestor: Hex; peer: string }>(
        await world.dikast(['node', 'init', ...data], undefined, password),
      )
      assert.match(made.peer, /^12D3KooW/)
      const status = valueIn<{ attestor: Hex; registered: boolean }>(
        await world.json(['node', 'status', '--data', folder]),
        EXIT.no,
      )
      assert.deepEqual([status.attestor, status.registered], [made.attestor, false])
      await weaken(folder, password.DIKAST_PASSWORD)
      for (const [command, ...flags] of [
        ['bond', '--amount', '1'],
        ['unbond', '--amount', 'all'],
        ['withdraw'],
        ['claim'],
      ]) {
        const ended = await world.json(['node', command ?? '', '--data', folder, ...flags], OPERATOR)
        assert.equal(ended.code, EXIT.usage, command)
        assert.match(failureIn(ended).fix, /node register/)
      }
    })

    it('registers with a stake above the least, once [FMT-6] [REG-1] [REG-3]', async () => {
      const register = (stake: string) => ['node', 'register', '--stake', stake, '--data', folder]
      const poor = await world.json(register('0.5'), OPERATOR, password)
      assert.equal(poor.code, EXIT.no)
      assert.match(failureIn(poor).message, /StakeTooSmall\(/)
      const registered = valueIn<{ operator: Hex; stake: string; gasUsed: string }>(
        await world.dikast([...register('2'), '--json'], OPERATOR, password),
      )
      assert.equal(registered.operator, world.addressOf(OPERATOR))
      assert.equal(registered.stake, String(2n * 10n ** 18n))
      const again = await world.json(register('2'), OPERATOR, password)
      assert.equal(again.code, EXIT.usage)
      assert.match(failureIn(again).fix, /node bond/)
    })

    it('bonds more, by the command or by the staking script', async () => {
      valueIn(await world.json(['node', 'bond', '--amount', '1', '--data', folder], OPERATOR))
      const script = join(ROOT, 'scripts', 'stake.ts')
      const staked = await runProcess(['--data', folder, '--stake', '1.5', '--json'], {
        script,
        env: world.environment(OPERATOR, password),
      })
      assert.equal(valueIn<{ registered: boolean }>(staked).registered, false)
      const status = valueIn<{ stake: string; operator: Hex }>(
        await world.json(['node', 'status', '--data', folder]),
      )
      assert.equal(BigInt(status.stake), 45n * 10n ** 17n)
      const wrong = await runProcess(['--steak', '1'], { script })
      assert.equal(wrong.code, EXIT.usage)
      assert.match(wrong.err, /^error: command line: Unknown option '--steak'/)
    })

    it('runs until it is told to stop, alone in its folder', async () => {
      const args = ['node', 'start', '--data', folder, '--listen', '/ip4/127.0.0.1/tcp/0', '--json']
      const child = spawn(process.execPath, [join(ROOT, 'scripts', 'dikast.mjs'), ...args], {
        env: { ...process.env, ...world.environment(undefined, password) },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      let out = ''
      let err = ''
      child.stdout.on('data', (chunk: Buffer) => {
        out += chunk.toString()
      })
      child.stderr.on('data', (chunk: Buffer) => {
        err += chunk.toString()
      })
      const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
      try {
        await until('the node listens', async () => out.includes('}'))
        const { peer, addresses } = JSON.parse(out) as { peer: string; addresses: readonly string[] }
        assert.ok(
          addresses.every((address) => address.startsWith('/ip4/127.0.0.1/tcp/')),
          peer,
        )
        const second = await world.json(
          ['node', 'start', '--data', folder, '--listen', '/ip4/127.0.0.1/tcp/0'],
          undefined,
          password,
        )
        assert.equal(second.code, EXIT.usage)
        assert.equal(failureIn(second).code, 'LOCKED')
      } finally {
        child.kill('SIGTERM')
      }
      assert.equal(await ended, EXIT.ok, err)
      for (const line of err.trim().split('\n'))
        assert.ok(line.startsWith('{') || /Warning|node --trace/.test(line), line)
    })

    it('takes its stake out once an epoch without it is sealed [REG-7]', async () => {
      const unbonded = valueIn<{ amount: string }>(
        await world.json(['node', 'unbond', '--amount', 'all', '--data', folder], OPERATOR),
      )
      assert.equal(BigInt(unbonded.amount), 45n * 10n ** 17n)
      const early = await world.json(['node', 'withdraw', '--data', folder], OPERATOR)
      assert.ok(early.code === EXIT.usage || failureIn(early).message.includes('StakeStillBonded'), early.out)
      assert.match(failureIn(early).fix, /try again/)
      const to = `0x${'c2'.repeat(20)}` as const
      let withdrawn = early
      await until('the stake is paid out', async () => {
        withdrawn = await world.json(['node', 'withdraw', '--to', to, '--data', folder], OPERATOR)
        return withdrawn.code === EXIT.ok
      })
      assert.equal(await world.network.client.getBalance({ address: to }), 45n * 10n ** 17n)
      const nothing = await world.json(['node', 'withdraw', '--data', folder], OPERATOR)
      assert.match(failureIn(nothing).message, /nothing unbonding/)
    })
  })
}
