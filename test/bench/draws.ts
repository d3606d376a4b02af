/**
 * Execution gas of drawing a committee as a library call: the weights, the draw and the entries of the seats, accounts cold.
 *
 * Each figure is the mean over fixed seeds; of a snapshot in which one node has 99 % of the stake it is the dearest, since
 * then nearly every draw that is allowed is made.
 * @module
 */
import { type Hex, keccak256, numberToHex, parseAbi } from 'viem'
import { encodeSnapshot, encodeSnapshotParts } from '../../src/core/snapshot.ts'
import { toBytesBE, toHex } from '../../src/crypto/bytes.ts'
import type { SnapshotMember } from '../../src/protocol/types.ts'
import type { World } from '../contracts/support/world.ts'

export interface DrawFigure {
  readonly name: string
  readonly gas: bigint
}

const harnessAbi = parseAbi([
  'function drawGas(bytes32 seed, address head, uint256 seats) view returns (uint256 gas, uint256[] members)',
])
const SEEDS = 32
const SIZES = [
  [5, 7],
  [5, 100],
  [5, 704],
  [5, 1024],
  [21, 1024],
  [5, 4096],
  [21, 4096],
] as const

export async function measureDraws(world: World): Promise<readonly DrawFigure[]> {
  const { address } = await world.viem.deployContract('FormatsHarness')
  const draw = async (seed: number, head: Hex, seats: number): Promise<bigint> => {
    const args = [keccak256(numberToHex(seed)), head, BigInt(seats)] as const
    const call = { abi: harnessAbi, address, functionName: 'drawGas', args } as const
    return (await world.publicClient.readContract(call))[0]
  }
  const figures: DrawFigure[] = []
  for (const [seats, nodes] of SIZES) {
    const head = await place(world, nodes, 0n)
    let sum = 0n
    for (let seed = 0; seed < SEEDS; seed++) sum += await draw(seed, head, seats)
    figures.push({ name: `draw-${seats}-of-${nodes}`, gas: sum / BigInt(SEEDS) })
  }
  for (const [seats, nodes] of [
    [5, 1024],
    [21, 1024],
    [21, 4096],
  ] as const) {
    const head = await place(world, nodes, BigInt(nodes) * 99_000_000n)
    let dearest = 0n
    for (let seed = 0; seed < SEEDS; seed++) {
      const gas = await draw(seed, head, seats)
      if (gas > dearest) dearest = gas
    }
    figures.push({ name: `draw-${seats}-of-${nodes}-one-99%`, gas: dearest })
  }
  return figures
}

let places = 0xb10b00n

/** Puts a snapshot of so many nodes on the chain; the last of them outweighs the others by `whale`. */
async function place(world: World, nodes: number, whale: bigint): Promise<Hex> {
  const members: SnapshotMember[] = Array.from({ length: nodes }, (_, number) => ({
    attestor: toHex(toBytesBE(BigInt(number + 1), 20)),
    number,
    weight: BigInt(500_000 + ((number * 104_729) % 1_000_000)) + (number === nodes - 1 ? whale : 0n),
  }))
  const test = await world.viem.getTestClient()
  const put = async (code: Uint8Array): Promise<Hex> => {
    const address = numberToHex(places++, { size: 20 })
    await test.setCode({ address, bytecode: toHex(code) })
    return address
  }
  const parts: Hex[] = []
  for (const part of encodeSnapshotParts(members)) parts.push(await put(part))
  return await put(encodeSnapshot(members, parts))
}
