// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CodeBlob} from "./CodeBlob.sol";
import {SnapshotBlob} from "./SnapshotBlob.sol";

/// @title Writes snapshots: rows are gathered in memory, and become a part whenever there are enough for one.
/// @dev [SEL-5]. The code is the same whether a snapshot is written at once or in steps.
library SnapshotWriter {
    /// @dev Room for the head's header, the cumulative weights and the entries of rows that are in no part yet.
    struct Rows {
        /// Where the room begins: the word of a `bytes`' length, then the header.
        uint256 room;
        uint256 entries;
        uint256 count;
    }

    uint256 private constant ROW_BYTES = 32;
    /// Before the first weight in a blob that is a part: the byte 0x00.
    uint256 private constant PART_HEADER_BYTES = 1;

    /// @param capacity how many rows will be gathered at most; never more than those of a part.
    function gather(uint256 capacity) internal pure returns (Rows memory rows) {
        if (capacity > SnapshotBlob.PART_NODES) capacity = SnapshotBlob.PART_NODES;
        assembly ("memory-safe") {
            let room := mload(0x40)
            // The length and the header, the weights, what the last of them spills, and so for the entries.
            let entries := add(room, add(78, shl(3, capacity)))
            mstore(room, 0)
            mstore(add(room, 32), 0)
            mstore(rows, room)
            mstore(add(rows, 0x20), entries)
            mstore(0x40, and(add(add(entries, mul(24, capacity)), 63), not(31)))
        }
    }

    /// @notice Appends a row. Each word spills what the next row covers, or room that is not written to a blob.
    /// @param entry attestor (20) and number (4), in the lowest bytes.
    function add(Rows memory rows, uint256 cumulativeWeight, uint256 entry) internal pure {
        assembly ("memory-safe") {
            let row := mload(add(rows, 0x40))
            mstore(add(add(mload(rows), 46), shl(3, row)), shl(192, cumulativeWeight))
            mstore(add(mload(add(rows, 0x20)), mul(row, 24)), shl(64, entry))
            mstore(add(rows, 0x40), add(row, 1))
        }
    }

    /// @notice Takes up the rows of a part that was written before it was full.
    function resume(Rows memory rows, address part) internal view {
        assembly ("memory-safe") {
            let count := shr(5, sub(extcodesize(part), PART_HEADER_BYTES))
            extcodecopy(part, add(mload(rows), 46), PART_HEADER_BYTES, shl(3, count))
            extcodecopy(part, mload(add(rows, 0x20)), add(PART_HEADER_BYTES, shl(3, count)), mul(24, count))
            mstore(add(rows, 0x40), count)
        }
    }

    /// @notice Writes the rows gathered as a part, and begins anew.
    function writePart(Rows memory rows) internal returns (address part) {
        part = _write(rows, PART_HEADER_BYTES);
        rows.count = 0;
    }

    /// @notice Writes a snapshot of up to 704 nodes, all of them gathered.
    function writeHead(Rows memory rows, uint256 totalWeight) internal returns (address head) {
        uint256 count = rows.count;
        assembly ("memory-safe") {
            // 0x00 | 0x02 | count (4) | total weight (8), and two bytes the first weight begins with.
            let header := or(or(shl(240, 2), shl(208, count)), shl(144, totalWeight))
            let place := add(mload(rows), 32)
            let behind := shr(112, shl(112, mload(place)))
            mstore(place, or(header, behind))
        }
        return _write(rows, SnapshotBlob.HEADER_BYTES);
    }

    /// @notice Writes the head of a snapshot whose nodes are all in parts.
    function writeHead(
        address[] memory parts,
        uint256 count,
        uint256 totalWeight
    ) internal returns (address head) {
        bytes memory data = abi.encodePacked(uint16(2), uint32(count), uint64(totalWeight));
        for (uint256 last; last < count;) {
            last += SnapshotBlob.BLOCK_NODES;
            if (last > count) last = count;
            data = abi.encodePacked(data, uint64(_weightIn(parts, last - 1)));
        }
        for (uint256 i; i < parts.length; ++i) data = abi.encodePacked(data, parts[i]);
        return CodeBlob.write(data);
    }

    /// The cumulative weight of a node.
    function _weightIn(address[] memory parts, uint256 index) private view returns (uint256 weight) {
        uint256 part = index / SnapshotBlob.PART_NODES;
        address blob = parts[part];
        uint256 offset = PART_HEADER_BYTES + 8 * (index - part * SnapshotBlob.PART_NODES);
        assembly ("memory-safe") {
            mstore(0, 0)
            extcodecopy(blob, 24, offset, 8)
            weight := mload(0)
        }
    }

    /// The rows with as much of the room before the first weight as `header` says.
    function _write(Rows memory rows, uint256 header) private returns (address blob) {
        bytes memory data;
        assembly ("memory-safe") {
            let count := mload(add(rows, 0x40))
            let room := mload(rows)
            // 46 bytes before the first weight: the length, and the header.
            data := add(room, sub(14, header))
            mcopy(add(add(room, 46), shl(3, count)), mload(add(rows, 0x20)), mul(24, count))
            mstore(data, add(header, mul(ROW_BYTES, count)))
            if eq(header, PART_HEADER_BYTES) {
                mstore8(add(data, 32), 0)
            }
        }
        return CodeBlob.write(data);
    }
}
