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
            uint256 draw;
            uint256 drawsMax;
            uint256 index;
            for (uint256 seat; seat < seats; ++seat) {
                drawsMax += DRAWS_PER_SEAT;
                bool free;
                // Left by `break`: testing `free` as well costs each draw 80 gas.
                while (draw < drawsMax) {
                    index = _indexAt(weights, seed, draw++);
                    free = _take(taken, index);
                    if (free) break;
                }
                if (!free) index = _firstFree(taken, count, _word(seed, ~seat) % count);
                assembly ("memory-safe") {
                    mstore(add(add(committee, 32), shl(5, seat)), index)
                }
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

    /// [SEL-2] The first index whose cumulative weight is greater than the point drawn: found among the blocks' totals, then
    /// in that block, which is read unless it is the one read last.
    function _indexAt(
        SnapshotBlob.Weights memory weights,
        bytes32 seed,
        uint256 draw
    ) private view returns (uint256 index) {
        uint256 limit;
        assembly ("memory-safe") {
            mstore(0, seed)
            mstore(32, draw)
            let point := mod(keccak256(0, 64), mload(add(weights, 0x20)))
            // A word that begins with a number is greater than this exactly when the number is greater than the point.
            limit := or(shl(192, point), shr(64, not(0)))
        }
        unchecked {
            uint256 length = weights.count;
            uint256 blocks = weights.blocks;
            if (blocks != 1) {
                uint256 block_ = _search(weights.totals, blocks, limit);
                if (block_ != weights.loaded) SnapshotBlob.loadBlock(weights, block_);
                index = block_ << 6;
                length -= index;
                if (length > 64) length = 64;
            }
            index += _search(weights.cumulative, length, limit);
        }
    }

    /// The first of `length` rising numbers of 8 bytes at `list` that is greater than the limit's, which the last one is.
    /// It is never behind `last`, nor more than `length` before it: of two halves the upper is left when the last of the
    /// lower is not greater. Once 64 are left, with the zeros before the list, the halves are known: no loop.
    function _search(uint256 list, uint256 length, uint256 limit) private pure returns (uint256 index) {
        assembly ("memory-safe") {
            let last := add(list, shl(3, sub(length, 1)))
            if gt(length, 16) {
                for {} gt(length, 64) {} {
                    let half := shl(3, shr(1, length))
                    last := sub(last, mul(half, gt(mload(sub(last, half)), limit)))
                    length := sub(length, shr(3, half))
                }
                last := sub(last, shl(8, gt(mload(sub(last, 256)), limit)))
                last := sub(last, shl(7, gt(mload(sub(last, 128)), limit)))
            }
            last := sub(last, shl(6, gt(mload(sub(last, 64)), limit)))
            last := sub(last, shl(5, gt(mload(sub(last, 32)), limit)))
            last := sub(last, shl(4, gt(mload(sub(last, 16)), limit)))
            last := sub(last, shl(3, gt(mload(sub(last, 8)), limit)))
            index := shr(3, sub(last, list))
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
