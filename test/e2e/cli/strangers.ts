/** Peers that are not in the registry. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createLibp2pTransport } from '../../../src/adapters/transport/libp2p.ts'
import { silentLog } from '../../../src/ports/log.ts'
import type { Hex } from '../../../src/protocol/types.ts'
import { ATTEST, encodeOutcome } from '../../../src/runtime/wire.ts'
import type { CliWorld } from './world.ts'
export function describeStrangers(world: CliWorld): void {
  describe('a peer that is not in the registry', () => {
    it('cannot hand a node an attestation', async () => {
      const [node] = world.network.nodes
      const { peer, addresses } = node?.running ?? assert.fail('the network has nodes')
      const transport = await createLibp2pTransport({
        privateKey: new Uint8Array(32).fill(3),
        listen: [],
        log: silentLog,
      })
      try {
        await transport.learn(peer, addresses)
        const zero: Hex = `0x${'00'.repeat(32)}`
        const frame = encodeOutcome({
          requestId: world.requestId,
          attempt: 0,
          view: 0,
          exit: 0,
          fuelUsed: 0n,
          evidenceHash: zero,
          output: new Uint8Array(32),
          signature: `0x${'11'.repeat(64)}`,
        })
        await assert.rejects(transport.call(peer, ATTEST, frame), { code: 'TRANSPORT', reason: 'refused' })
      } finally {
        await transport.stop()
      }
    })
  })
}
