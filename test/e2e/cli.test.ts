/** The command line against a network of real parts: chain, beacon, nodes and a coordinator. */
import { failingRpc } from './cli/failing-rpc.ts'
import { describeLyingRpc } from './cli/lying-rpc.ts'
import { describeNodeLife } from './cli/node-life.ts'
import { describeRefusals } from './cli/refusals.ts'
import { describeStrangers } from './cli/strangers.ts'
import { describeUsing } from './cli/using.ts'
import { cliWorld } from './cli/world.ts'

const world = cliWorld()
const failing = failingRpc(world)

describeUsing(world)
describeLyingRpc(world)
describeStrangers(world)
describeRefusals(world)
describeNodeLife(world, failing.begin)
failing.conclude()
