/** What guests, their peers and their name servers do to a node's descriptors and threads. */
import assert from 'node:assert/strict'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { describe, it, mock } from 'node:test'
import { fewAtATime, LOOKUP_MS_MAX, LOOKUPS_MAX } from '../../../src/adapters/host/resolve.ts'
import { SOCKETS_MAX } from '../../../src/adapters/host/socket.ts'
import { ask, sessionWith } from './support.ts'

const turns = async () => {
  for (let i = 0; i < 10; i++) await Promise.resolve()
}

describe('a peer that never closes its side', () => {
  it('leaves a run no more descriptors than it may have open [HOST-18]', async () => {
    const accepted: Socket[] = []
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      accepted.push(socket)
      socket.on('error', () => {})
    })
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
    const address = `127.0.0.1:${(server.address() as AddressInfo).port}`
    const { session } = sessionWith({ grants: [{ permission: `tcp://${address}`, allowPrivate: true }] })
    try {
      for (let i = 0; i < SOCKETS_MAX; i++) {
        const opened = await ask(session, 'socket', 'connect', { address })
        assert.ok('value' in opened, JSON.stringify(opened))
        await ask(session, 'socket', 'close', { stream: opened.value })
      }
      assert.deepEqual(await ask(session, 'socket', 'connect', { address }), { refused: 'too-many' })
      // Its side is ended: the room is there again, and the node's side goes without it in the end.
      accepted[0]?.end()
      while (accepted[0]?.closed === false) await new Promise((resolve) => setTimeout(resolve, 10))
      let again = await ask(session, 'socket', 'connect', { address })
      while ('refused' in again) again = await ask(session, 'socket', 'connect', { address })
      const ended = accepted[1]
      while (ended?.destroyed === false) {
        ended.write('x')
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
    } finally {
      await session.close()
      for (const socket of accepted) socket.destroy()
      server.close()
    }
  })
})

describe('name servers that dawdle', () => {
  it('hold two threads of the node at the most, and no look-up for long [HOST-13]', async () => {
    mock.timers.enable({ apis: ['setTimeout'] })
    try {
      const answers: ((addresses: readonly string[]) => void)[] = []
      const resolve = fewAtATime(() => new Promise((answer) => answers.push(answer)))
      const all = ['a', 'b', 'c', 'd'].map((host) => resolve(host).catch(() => 'late'))
      await turns()
      assert.equal(answers.length, LOOKUPS_MAX)
      answers[0]?.(['1.1.1.1'])
      assert.deepEqual(await all[0], ['1.1.1.1'])
      await turns()
      assert.equal(answers.length, LOOKUPS_MAX + 1, 'the next has its turn')
      mock.timers.tick(LOOKUP_MS_MAX)
      assert.deepEqual(await Promise.all(all.slice(1)), ['late', 'late', 'late'])
      const more = resolve('e')
      await turns()
      assert.equal(answers.length, LOOKUPS_MAX + 1, 'what nobody waits for still holds its thread')
      for (const answer of answers.slice(1)) answer([])
      await turns()
      assert.equal(answers.length, LOOKUPS_MAX + 2, 'who gave up has no turn')
      answers.at(-1)?.(['2.2.2.2'])
      assert.deepEqual(await more, ['2.2.2.2'])
    } finally {
      mock.timers.reset()
    }
  })
})

describe('S3 keys', () => {
  const grants = ['s3://storage.example/bucket']
  const put = { endpoint: 'https://storage.example', bucket: 'bucket', region: null, path: 'key' }
  const resolve = async () => ['127.0.0.1']
  const right = { accessKey: 'AKIA', secretKey: 'secret' }
  for (const [what, wrong] of Object.entries({
    'that are none': { accessKey: '' },
    'that would begin another header': { accessKey: 'a\r\nx: y' },
    'that no header takes': { accessKey: 'ключ' },
    'that are no secret': { secretKey: '' },
    'of a region that is no name': { region: 'eu\r\nx: y' },
  }))
    it(`${what} are refused, and do not end the run [HOST-15]`, async () => {
      const { session } = sessionWith({ grants }, { resolve })
      // Right ones come as far as the address, which is refused here.
      assert.deepEqual(await ask(session, 's3', 'get', { ...put, ...right }), { refused: 'permission' })
      const publicly = sessionWith({ grants }, { resolve: async () => ['203.1.113.1'] })
      const answer = await ask(publicly.session, 's3', 'get', { ...put, ...right, ...wrong })
      assert.deepEqual(answer, { refused: 'invalid' })
    })
})
