import { createLibp2pTransport } from '../../../src/adapters/transport/libp2p.ts'
import { silentLog } from '../../../src/ports/log.ts'
import { describeTransport } from './conformance.ts'

describeTransport({
  name: 'libp2p',
  start: (seed) =>
    createLibp2pTransport({
      privateKey: new Uint8Array(32).fill(seed),
      listen: ['/ip4/127.0.0.1/tcp/0'],
      log: silentLog,
    }),
})
