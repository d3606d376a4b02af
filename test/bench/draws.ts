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

type Draw = (seed: number, head: Hex, seats: number) => Promise<bigint>

async function drawIn(world: World): Promise<Draw> {
  const { address } = await world.viem.deployContract('FormatsHarness')
  return async (seed, head, seats) => {
    const args = [keccak256(numberToHex(seed)), head, BigInt(seats)] as const
    const call = { abi: harnessAbi, address, functionName: 'drawGas', args } as const
    return (await world.publicClient.readContract(call))[0]
  }
}

/** Of nodes whose stakes are alike: the mean. */
export async function measureDrawsOf(
  world: World,
  sizes: readonly (readonly [seats: number, nodes: number])[],
): Promise<readonly DrawFigure[]> {
  const draw = await drawIn(world)
  const figures: DrawFigure[] = []
  for (const [seats, nodes] of sizes) {
    const head = await place(world, nodes, 0n)
    let sum = 0n
    for (let seed = 0; seed < SEEDS; seed++) sum += await draw(seed, head, seats)
    figures.push({ name: `draw-${seats}-of-${nodes}`, gas: sum / BigInt(SEEDS) })
  }
  return figures
}

export async function measureDraws(world: World): Promise<readonly DrawFigure[]> {
  const figures = [...(await measureDrawsOf(world, SIZES))]
  const draw = await drawIn(world)
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
