/**
 * `HostileConsumer`, typed.
 * @module
 */
import { getContract, parseAbi } from 'viem'
import type { World } from './world.ts'

export const CALLBACK_MODE = {
  accept: 0,
  revert: 1,
  returnMegabytes: 2,
  revertWithMegabytes: 3,
  burnGas: 4,
  reenter: 5,
  requestAgain: 6,
  measure: 7,
} as const

const abi = parseAbi([
  'struct Params { bytes32 functionId; uint16 committeeSize; uint8 attempts; uint32 callbackGas; uint64 maxFeePerGas; uint32 challengeWindow; bytes input; }',
  'function ask(Params params) payable returns (bytes32)',
  'function set(uint8 mode, bytes payload)',
  'function claimTo(address to) returns (uint256)',
  'function fulfillCompute(bytes32, bytes32, uint64, uint64, uint16, bytes)',
  'function lastOutput() view returns (bytes)',
  'function lastRequest() view returns (bytes32)',
  'function gasSeen() view returns (uint256)',
  'function reentered() view returns (bool)',
  'function reenterError() view returns (bytes)',
  'error NotMarket(address caller)',
])

export async function deployHostileConsumer(world: World) {
  const { address } = await world.viem.deployContract('HostileConsumer', [world.deployment.market])
  const client = { public: world.publicClient, wallet: world.accounts.deployer }
  return getContract({ abi, address, client })
}
