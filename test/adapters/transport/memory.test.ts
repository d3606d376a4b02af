import { ed25519PublicKeyOf, peerIdFromEd25519PublicKey } from '../../../src/adapters/transport/identity.ts'
import { MemoryNetwork } from '../../../src/adapters/transport/memory.ts'
import { describeTransport } from './conformance.ts'

const network = new MemoryNetwork()

describeTransport({
  name: 'memory',
  start: async (seed) =>
    network.join(peerIdFromEd25519PublicKey(ed25519PublicKeyOf(new Uint8Array(32).fill(seed)))),
})
