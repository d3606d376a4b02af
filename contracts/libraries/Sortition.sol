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

    /// @notice There are fewer nodes than seats.
    error NotEnoughNodes(uint256 eligible, uint256 required);

    /// @dev [SEL-1]: one committee for each (function, epoch, round, attempt), shared by all its requests.
    function seedOf(
        address market,
        FunctionId functionId,
        uint256 epoch,
        uint256 round,
        uint256 attempt,
        bytes32 randomness
    ) internal view returns (bytes32 seed) {
        bytes32 tag = SEED_TAG;
        assembly ("memory-safe") {
            let data := mload(0x40)
            mstore(data, tag)
            mstore(add(data, 32), chainid())
            mstore(add(data, 64), market)
            mstore(add(data, 96), functionId)
            mstore(add(data, 128), epoch)
            mstore(add(data, 160), round)
            mstore(add(data, 192), attempt)
            mstore(add(data, 224), randomness)
            seed := keccak256(data, 256)
        }
    }

    /// @dev A search is for the first of a list's rising numbers of 8 bytes that is above the point: it is never behind `last`,
    /// nor more than 64 before it. Of two halves the upper is left when the last of the lower is not above. A word that begins
    /// with a number is above `limit` exactly when the number is above the point. The halves are known and stand here one
    /// by one: as a function they cost a draw 90 gas more.
    /// @param weights as `SnapshotBlob.readWeights` returns them.
    /// @return committee snapshot indices in the order drawn.
    // solhint-disable-next-line function-max-lines
    function selectCommittee(
        bytes32 seed,
        SnapshotBlob.Weights weights,
        uint256 seats
    ) internal view returns (uint256[] memory committee) {
        uint256 count;
        assembly ("memory-safe") {
            count := mload(weights)
        }
        if (seats > count) revert NotEnoughNodes(count, seats);
        uint256 blocksPerPart = SnapshotBlob.BLOCKS_PER_PART;
        uint256 drawsPerSeat = DRAWS_PER_SEAT;
        assembly ("memory-safe") {
            // The places, and behind them a bit for each node, set once it is seated.
            committee := mload(0x40)
            mstore(committee, seats)
            let next := add(committee, 32)
            let taken := add(next, shl(5, seats))
            {
                let size := shl(5, shr(8, add(count, 255)))
                calldatacopy(taken, calldatasize(), size)
                mstore(0x40, add(taken, size))
            }
            let loaded := not(0) // no block yet
            let draw := 0
            let drawsMax := drawsPerSeat
            mstore(0, seed)
            for {} lt(next, taken) {} {
                // [SEL-2] The first index whose cumulative weight is above the point drawn.
                mstore(32, draw)
                let limit := or(
                    shl(192, mod(keccak256(0, 64), mload(add(weights, 0x20)))),
                    0xffffffffffffffffffffffffffffffffffffffffffffffff
                )
                let index
                let list := mload(add(weights, 0x60))
                let totals := mload(add(weights, 0x80))
                switch totals
                case 0 {
                    let length := count
                    let last := add(list, shl(3, sub(length, 1)))
                    for {} gt(length, 64) {} {
                        let half := shl(3, shr(1, length))
                        last := sub(last, mul(half, gt(mload(sub(last, half)), limit)))
                        length := sub(length, shr(3, half))
                    }
                    last := sub(last, shl(8, gt(mload(sub(last, 256)), limit)))
                    last := sub(last, shl(7, gt(mload(sub(last, 128)), limit)))
                    last := sub(last, shl(6, gt(mload(sub(last, 64)), limit)))
                    last := sub(last, shl(5, gt(mload(sub(last, 32)), limit)))
                    last := sub(last, shl(4, gt(mload(sub(last, 16)), limit)))
                    last := sub(last, shl(3, gt(mload(sub(last, 8)), limit)))
                    index := shr(3, sub(last, list))
                }
                default {
                    // Among the blocks' totals, then in that block, which is read unless it is the one read last.
                    let blocks := mload(add(weights, 0x40))
                    let last := add(totals, shl(3, sub(blocks, 1)))
                    if gt(blocks, 16) {
                        last := sub(last, shl(8, gt(mload(sub(last, 256)), limit)))
                        last := sub(last, shl(7, gt(mload(sub(last, 128)), limit)))
                    }
                    last := sub(last, shl(6, gt(mload(sub(last, 64)), limit)))
                    last := sub(last, shl(5, gt(mload(sub(last, 32)), limit)))
                    last := sub(last, shl(4, gt(mload(sub(last, 16)), limit)))
                    last := sub(last, shl(3, gt(mload(sub(last, 8)), limit)))
                    let block_ := shr(3, sub(last, totals))
                    if iszero(eq(block_, loaded)) {
                        loaded := block_
                        let part := div(block_, blocksPerPart)
                        // The last block may be shorter: what is read behind it is never looked at.
                        extcodecopy(
                            shr(96, mload(add(mload(add(weights, 0xa0)), mul(part, 20)))),
                            list,
                            add(1, shl(9, sub(block_, mul(part, blocksPerPart)))),
                            512
                        )
                    }
                    index := shl(6, block_)
                    // 64 rows, or what is left of the nodes.
                    let rows := sub(count, index)
                    rows := xor(rows, mul(xor(rows, 64), gt(rows, 64)))
                    last := add(list, shl(3, sub(rows, 1)))
                    last := sub(last, shl(8, gt(mload(sub(last, 256)), limit)))
                    last := sub(last, shl(7, gt(mload(sub(last, 128)), limit)))
                    last := sub(last, shl(6, gt(mload(sub(last, 64)), limit)))
                    last := sub(last, shl(5, gt(mload(sub(last, 32)), limit)))
                    last := sub(last, shl(4, gt(mload(sub(last, 16)), limit)))
                    last := sub(last, shl(3, gt(mload(sub(last, 8)), limit)))
                    index := add(index, shr(3, sub(last, list)))
                }
                draw := add(draw, 1)
                let isFree := iszero(and(mload(add(taken, shl(5, shr(8, index)))), shl(and(index, 255), 1)))
                if iszero(or(isFree, lt(draw, drawsMax))) {
                    // [SEL-3] A few nodes hold nearly all the stake: the first not seated, from one that no place in the
                    // registry favours.
                    mstore(32, not(shr(5, sub(next, add(committee, 32)))))
                    index := mod(keccak256(0, 64), count)
                    for {} and(mload(add(taken, shl(5, shr(8, index)))), shl(and(index, 255), 1)) {} {
                        index := add(index, 1)
                        index := mul(index, lt(index, count))
                    }
                    isFree := 1
                }
                if isFree {
                    let word := add(taken, shl(5, shr(8, index)))
                    mstore(word, or(mload(word), shl(and(index, 255), 1)))
                    mstore(next, index)
                    next := add(next, 32)
                    drawsMax := add(drawsMax, drawsPerSeat)
                }
            }
        }
    }
}
