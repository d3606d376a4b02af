/**
 * Who owns a contract: OpenZeppelin's `Ownable2Step`, which the contracts' own interfaces leave out.
 * @module
 */
import { parseAbi } from 'viem'

export const ownableAbi = parseAbi([
  'function owner() view returns (address)',
  'function pendingOwner() view returns (address)',
  'function transferOwnership(address newOwner)',
  'function acceptOwnership()',
])
