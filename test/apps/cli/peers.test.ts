import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { findNodes } from '../../../src/apps/cli/peers.ts'
import type { Transport } from '../../../src/ports/transport.ts'
import { encodePeers } from '../../../src/runtime/wire.ts'

const COORDINATOR = '12D3KooWGC6TvWhfapngX6wvJHMYvKpDMXPb3ZnCZ6dMoaMtimQ5'
const BOOTSTRAP = [`/ip4/127.0.0.1/tcp/1/p2p/${COORDINATOR}`]
const NODES = [
  '12D3KooWBmAwcd4PJNJvfV89HwE48nwkRmAgo8Vy3uQEyNNHBox2',
  '12D3KooWQYhTNQdmr3ArTeUHRYzFg94BKyTkoWBDWez9kSCVe2Xo',
]
const at = (peer: string) => ({ peer, addresses: ['/ip4/127.0.0.1/tcp/2'] })

/** A coordinator that knows one node more each time it is asked. */
function learning(failures = 0): Transport {
  let asked = -failures
  const transport: Pick<Transport, 'learn' | 'call'> = {
    learn: async () => {},
    call: async () => {
      if (asked++ < 0) throw new Error('not yet')
      return encodePeers([at(COORDINATOR), ...NODES.slice(0, asked).map(at)])
    },
  }
  return transport as Transport // asking for peers uses nothing else
}

describe('a client looking for nodes', () => {
  it('asks again until it knows as many as it wants: a network may have just started', async () => {
    assert.deepEqual(await findNodes(learning(1), BOOTSTRAP, 2), NODES)
  })

  it('goes on with those there are when its patience runs out', async () => {
    assert.deepEqual(await findNodes(learning(), BOOTSTRAP, 3, 1_200), NODES)
  })

  it('never takes the coordinator for a node, and asks nobody when there is none', async () => {
    assert.deepEqual(await findNodes(learning(), BOOTSTRAP, 1), [NODES[0]])
    assert.deepEqual(await findNodes(learning(), [], 1), [])
  })
})
