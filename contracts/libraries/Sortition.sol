// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {FunctionId} from "../types/Ids.sol";
import {SnapshotBlob} from "./SnapshotBlob.sol";

/// @title Which nodes of a snapshot form a committee.
/// @dev [SEL-1] to [SEL-6]. A function of (seed, snapshot, seats); `src/core/sortition.ts` is the same
/// function, and both are held to `test/vectors/sortition.json`.
library Sortition {
    bytes32 internal constant SEED_TAG = keccak256("dikast.seed.v1");
    /// Seat k is filled by a draw below 16 (k + 1), or else uniformly: a larger committee extends a smaller one.
    uint256 internal constant DRAWS_PER_SEAT = 16;

    error NotEnoughNodes(uint256 eligible, uint256 required);

    /// @dev [SEL-1]: one committee for each (function, epoch, round, attempt), shared by all its requests.
    function seedOf(
        address market,
        FunctionId functionId,
        uint32 epoch,
        uint64 round,
        uint256 attempt,
        bytes32 randomness
    ) internal view returns (bytes32) {
        return
            keccak256(
                abi.encode(SEED_TAG, block.chainid, market, functionId, epoch, round, attempt, randomness)
            );
    }

    /// @param weights as `SnapshotBlob.readWeights` returns them.
    /// @return committee snapshot indices in the order drawn.
    function selectCommittee(
        bytes32 seed,
        SnapshotBlob.Weights memory weights,
        uint256 seats
    ) internal view returns (uint256[] memory committee) {
        // No sum here exceeds count x seats x 16 < 2**64.
        unchecked {
            uint256 count = weights.count;
            if (seats > count) revert NotEnoughNodes(count, seats);
            committee = new uint256[](seats);

            uint256[] memory taken = new uint256[]((count + 255) >> 8);
            uint256 totalWeight = weights.totalWeight;
            uint256 draw;
            uint256 index;
            for (uint256 seat; seat < seats; ++seat) {
                bool found;
                while (!found && draw < DRAWS_PER_SEAT * (seat + 1)) {
                    index = _indexAt(weights, _word(seed, draw++) % totalWeight);
                    found = _take(taken, index);
                }
                if (!found) index = _firstFree(taken, count, _word(seed, ~seat) % count);
                committee[seat] = index;
            }
        }
    }

    /// [SEL-3] A few nodes hold nearly all the stake: the first index not yet selected, from one that no place in the
    /// registry favours.
    function _firstFree(
        uint256[] memory taken,
        uint256 count,
        uint256 from
    ) private pure returns (uint256 index) {
        unchecked {
            index = from;
            while (!_take(taken, index)) index = index + 1 == count ? 0 : index + 1;
        }
    }

    function _word(bytes32 seed, uint256 draw) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            mstore(0, seed)
            mstore(32, draw)
            word := keccak256(0, 64)
        }
    }

    /// The first index whose cumulative weight is greater than `point`, which is below the last one's: found among the
    /// blocks' totals, then in that block, which is read unless it is the one read last.
    function _indexAt(
        SnapshotBlob.Weights memory weights,
        uint256 point
    ) private view returns (uint256 index) {
        unchecked {
            uint256 blocks = weights.blocks;
            if (blocks == 1) return _bisect(weights.cumulative, weights.count, point);
            uint256 block_ = _bisect(weights.totals, blocks, point);
            if (block_ != weights.loaded) SnapshotBlob.loadBlock(weights, block_);
            uint256 first = block_ * SnapshotBlob.BLOCK_NODES;
            uint256 length = weights.count - first;
            if (length > SnapshotBlob.BLOCK_NODES) length = SnapshotBlob.BLOCK_NODES;
            return first + _bisect(weights.cumulative, length, point);
        }
    }

    /// The first of `length` rising numbers of 8 bytes that is greater than `point`, which is below the last. Without
    /// branches: [low, low + length) always holds the answer, or ends before it.
    function _bisect(uint256 base, uint256 length, uint256 point) private pure returns (uint256 low) {
        assembly ("memory-safe") {
            for {} gt(length, 1) {} {
                let half := shr(1, length)
                // The last weight of the lower half; is the point beyond it?
                let weight := shr(192, mload(add(base, sub(shl(3, add(low, half)), 8))))
                low := add(low, mul(half, iszero(gt(weight, point))))
                length := sub(length, half)
            }
            low := add(low, iszero(gt(shr(192, mload(add(base, shl(3, low)))), point)))
        }
    }

    /// Marks an index, below the count `taken` was made for; false when it was marked before.
    function _take(uint256[] memory taken, uint256 index) private pure returns (bool free) {
        assembly ("memory-safe") {
            let position := add(add(taken, 32), shl(5, shr(8, index)))
            let word := mload(position)
            let bit := shl(and(index, 255), 1)
            free := iszero(and(word, bit))
            mstore(position, or(word, bit))
        }
    }
}
