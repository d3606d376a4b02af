// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SnapshotBlob} from "./SnapshotBlob.sol";

/// @title Who sits on a committee: the entries of many places at once.
/// @dev `SnapshotBlob.attestorAt` for each would read the head for the address of a part each time.
library SnapshotSeats {
    /// @param nodes the snapshot's count.
    /// @param committee places, each below `nodes`.
    /// @param bitmap which seats to read: bit i for `committee[i]`.
    /// @return attestors of those seats, in order, as words.
    function attestorsOf(
        address head,
        uint256 nodes,
        uint256[] memory committee,
        uint256 bitmap
    ) internal view returns (bytes32[] memory attestors) {
        uint256 headerBytes = SnapshotBlob.HEADER_BYTES;
        uint256 partNodes = SnapshotBlob.PART_NODES;
        uint256 blockNodes = SnapshotBlob.BLOCK_NODES;
        assembly ("memory-safe") {
            attestors := mload(0x40)
            let next := add(attestors, 32)
            let seat := add(committee, 32)
            // Behind the room for all of them: the addresses of the parts.
            let parts := add(next, shl(5, mload(committee)))
            let isParted := gt(nodes, partNodes)
            if isParted {
                let offset := add(headerBytes, shl(3, div(add(nodes, sub(blockNodes, 1)), blockNodes)))
                extcodecopy(head, parts, offset, mul(20, div(add(nodes, sub(partNodes, 1)), partNodes)))
            }
            for {
                let bits := bitmap
            } bits {
                bits := shr(1, bits)
                seat := add(seat, 32)
            } {
                if and(bits, 1) {
                    let row := mload(seat)
                    let blob := head
                    let rows := nodes
                    let start := headerBytes
                    if isParted {
                        let part := div(row, partNodes)
                        blob := shr(96, mload(add(parts, mul(part, 20))))
                        let first := mul(part, partNodes)
                        rows := sub(nodes, first)
                        if gt(rows, partNodes) {
                            rows := partNodes
                        }
                        row := sub(row, first)
                        start := 1
                    }
                    mstore(next, 0)
                    extcodecopy(blob, add(next, 12), add(start, add(shl(3, rows), mul(row, 24))), 20)
                    next := add(next, 32)
                }
            }
            mstore(attestors, shr(5, sub(next, add(attestors, 32))))
            // Behind the parts, whose last is read as a whole word.
            mstore(0x40, add(parts, 160))
        }
    }
}
