import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { acquireLock } from '../../src/adapters/lock/lock.ts'
import { type NodeConfig, startNode } from '../../src/apps/node/main.ts'
import { lockAttestor } from '../../src/apps/shared/key-lock.ts'
import { keccak } from '../../src/crypto/hash.ts'
import { silentLog } from '../../src/ports/log.ts'

const folder = mkdtempSync(join(tmpdir(), 'dikast-node-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const attestorKey = keccak(new TextEncoder().encode(`node test ${process.pid}`))
const zero = `0x${'00'.repeat(20)}` as const
const config: NodeConfig = {
  network: {
    rpcUrl: 'http://127.0.0.1:9',
    deployment: {
      chainId: 1,
      nodeRegistry: zero,
      beaconRegistry: zero,
      functionRegistry: zero,
      verifierRouter: zero,
      market: zero,
      fromBlock: 0n,
    },
    beacon: {
      urls: ['http://127.0.0.1:9'],
      publicKey: `0x${'00'.repeat(96)}`,
      genesisTime: 1,
      periodSeconds: 1,
    },
    coordinators: [],
  },
  rpcUrl: undefined,
  dataFolder: folder,
  attestorKey,
  networkKey: attestorKey,
  listen: [],
  announce: [],
  log: silentLog,
}

describe('a node', () => {
  it('refuses a folder another process uses', async () => {
    const lock = acquireLock(join(folder, 'lock'))
    await assert.rejects(startNode(config), { code: 'LOCKED' })
    lock.release()
  })

  it('refuses a key another process uses, whatever folder it runs from and whatever its environment says [RUN-82]', async () => {
    const lock = lockAttestor(attestorKey)
    const { TMPDIR, HOME } = process.env
    Object.assign(process.env, { TMPDIR: join(folder, 'tmp'), HOME: join(folder, 'home') })
    try {
      await assert.rejects(startNode({ ...config, dataFolder: join(folder, 'other') }), { code: 'LOCKED' })
    } finally {
      for (const [name, value] of Object.entries({ TMPDIR, HOME })) {
        if (value === undefined) delete process.env[name]
        else process.env[name] = value
      }
      lock.release()
    }
  })

  it('leaves nothing locked when it cannot start', async () => {
    await assert.rejects(startNode(config), { code: 'CHAIN' })
    acquireLock(join(folder, 'lock')).release()
  })
})
