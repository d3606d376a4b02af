/**
 * The demo's chain: what `hardhat node --network node` does, after the contracts are compiled, without loading Hardhat
 * twice. Prints `listening` when it takes requests. Ends with SIGTERM.
 *
 *   node scripts/demo/chain.ts <port>
 */
import hardhat from 'hardhat'

const port = Number(process.argv[2])
await hardhat.tasks.getTask('build').run({ quiet: true, noTests: true })
const server = await hardhat.network.createServer('node', '127.0.0.1', port)
await server.listen()
process.stdout.write('listening\n')
