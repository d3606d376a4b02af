import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { createLibp2pTransport } from '../../../src/adapters/transport/libp2p.ts'
import { failureOf } from '../../../src/apps/cli/failure.ts'
import { silentLog } from '../../../src/ports/log.ts'

describe('listening where one cannot', () => {
  const server = createServer()
  let port = 0
  before(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    if (typeof address === 'object' && address !== null) port = address.port
  })
  after(() => server.close())

  const failing = async (listen: string) => {
    const start = createLibp2pTransport({
      privateKey: new Uint8Array(32).fill(1),
      listen: [listen],
      log: silentLog,
    })
    return failureOf(
      await start.then(
        () => assert.fail('it listens'),
        (error: unknown) => error,
      ),
    )
  }

  it('is the user’s to mend when another process has the port: exit 2, and it is named', async () => {
    const { code, message, fix, exit } = await failing(`/ip4/127.0.0.1/tcp/${port}`)
    assert.deepEqual([code, exit], ['LISTEN', 2])
    assert.match(message, new RegExp(`tcp/${port}: another process uses this port`))
    assert.match(fix ?? '', /--listen/)
  })

  it('is the user’s to mend when the address is no address of this machine', async () => {
    const { code, message, exit } = await failing('/ip4/192.0.2.1/tcp/0')
    assert.deepEqual([code, exit], ['LISTEN', 2])
    assert.match(message, /no address of this machine/)
  })
})
