// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SnapshotBlob} from "./SnapshotBlob.sol";

/// @title Who sits on a committee: the entries of many places at once.
/// @dev `SnapshotBlob.entryAt` for each would read the head for the address of a part each time.
library SnapshotSeats {
    /// @param weights of the same head, as `SnapshotBlob.readWeights` returns them.
    /// @param committee places, each below the snapshot's count.
    /// @return members their entries in the same order, `attestor (20) | number (4)` in the lowest bytes.
    function membersOf(
        address head,
        SnapshotBlob.Weights weights,
        uint256[] memory committee
    ) internal view returns (uint256[] memory members) {
        uint256 headerBytes = SnapshotBlob.HEADER_BYTES;
        uint256 partNodes = SnapshotBlob.PART_NODES;
        assembly ("memory-safe") {
            members := mload(0x40)
            let size := shl(5, mload(committee))
            mstore(members, mload(committee))
            let next := add(members, 32)
            let end := add(next, size)
            mstore(0x40, end)
            // Where an entry has less than 32 bytes, those before it are zero.
            calldatacopy(next, calldatasize(), size)
            let toCommittee := sub(committee, members)
            let nodes := mload(weights)
            switch gt(nodes, partNodes)
            case 0 {
                let entries := add(headerBytes, shl(3, nodes))
                for {} lt(next, end) {
                    next := add(next, 32)
                } {
                    extcodecopy(head, add(next, 8), add(entries, mul(mload(add(next, toCommittee)), 24)), 24)
                }
            }
            default {
                let parts := mload(add(weights, 0xa0))
                for {} lt(next, end) {
                    next := add(next, 32)
                } {
                    let row := mload(add(next, toCommittee))
                    let part := div(row, partNodes)
                    let first := mul(part, partNodes)
                    let rows := sub(nodes, first)
                    if gt(rows, partNodes) {
                        rows := partNodes
                    }
                    // A part begins with a STOP and its rows' weights.
                    extcodecopy(
                        shr(96, mload(add(parts, mul(part, 20)))),
                        add(next, 8),
                        add(add(1, shl(3, rows)), mul(sub(row, first), 24)),
                        24
                    )
                }
            }
        }
    }

    /// @return attestors of the seats in the bitmap, in order, as words.
    function attestorsOf(
        uint256[] memory members,
        uint256 bitmap
    ) internal pure returns (bytes32[] memory attestors) {
        assembly ("memory-safe") {
            attestors := mload(0x40)
            let next := attestors
            for {} bitmap {} {
                members := add(members, 32)
                if and(bitmap, 1) {
                    next := add(next, 32)
                    mstore(next, shr(32, mload(members)))
                }
                bitmap := shr(1, bitmap)
            }
            mstore(attestors, shr(5, sub(next, attestors)))
            mstore(0x40, add(next, 32))
        }
    }
}
