// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title A sealed snapshot as contract code: one address, its head; behind it, for many nodes, parts.
/// @dev [SEL-5]. Head: `0x00 | 0x02 | count (4) | total weight (8)`, then
/// - up to 704 nodes: `cumulative weight (8) x count | entry (24) x count`;
/// - more: `part (20) x parts | cumulative weight at the end of a block (8) x blocks`. A part is
///   `0x00 | cumulative weight (8) x rows | entry (24) x rows`, of 704 rows but for the last; a block is 64 of its nodes.
/// An entry is `attestor (20) | number (4)`.
/// Readers copy only what they need: a draw the totals and one block, a seat one entry of the part it was drawn from.
library SnapshotBlob {
    uint256 internal constant HEADER_BYTES = 14;
    /// EIP-170's 24,576 bytes hold 767 rows of 32 bytes: whole blocks of these.
    uint256 internal constant PART_NODES = 704;
    uint256 internal constant BLOCK_NODES = 64;
    uint256 internal constant NODES_MAX = 4096;
    uint256 private constant BLOCKS_PER_PART = 11;

    /// @dev What a draw has read. The last four are places in memory of packed lists.
    struct Weights {
        uint256 count;
        uint256 totalWeight;
        /// Blocks of 64 nodes; one, of all nodes, when the head holds them.
        uint256 blocks;
        /// The block whose cumulative weights are in memory, and where.
        uint256 loaded;
        uint256 cumulative;
        /// Cumulative weights at the blocks' ends.
        uint256 totals;
        uint256 parts;
    }

    function count(address head) internal view returns (uint256 nodes) {
        assembly ("memory-safe") {
            mstore(0, 0)
            extcodecopy(head, 28, 2, 4)
            nodes := mload(0)
        }
    }

    /// @param nodes the snapshot's count.
    /// @return weights for `Sortition.selectCommittee`.
    function readWeights(address head, uint256 nodes) internal view returns (Weights memory weights) {
        weights.count = nodes;
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(0, 0)
            extcodecopy(head, 24, 6, 8)
            mstore(add(weights, 0x20), mload(0))
            switch gt(nodes, PART_NODES)
            case 0 {
                mstore(add(weights, 0x40), 1)
                mstore(add(weights, 0x80), free)
                let size := shl(3, nodes)
                extcodecopy(head, free, HEADER_BYTES, size)
                free := add(free, size)
            }
            default {
                let blocks := shr(6, add(nodes, 63))
                let partBytes := mul(20, div(add(nodes, sub(PART_NODES, 1)), PART_NODES))
                let size := add(partBytes, shl(3, blocks))
                mstore(add(weights, 0x40), blocks)
                mstore(add(weights, 0x60), not(0)) // no block yet
                mstore(add(weights, 0x80), free)
                // Behind the room for a block.
                let parts := add(free, 512)
                extcodecopy(head, parts, HEADER_BYTES, size)
                mstore(add(weights, 0xa0), add(parts, partBytes))
                mstore(add(weights, 0xc0), parts)
                free := add(parts, size)
            }
            // A list's last element is read as a whole word.
            mstore(0x40, and(add(free, 63), not(31)))
        }
    }

    /// @notice Brings a block's cumulative weights into memory.
    /// @param block_ below `weights.blocks`.
    function loadBlock(Weights memory weights, uint256 block_) internal view {
        weights.loaded = block_;
        assembly ("memory-safe") {
            let part := div(block_, BLOCKS_PER_PART)
            let blob := shr(96, mload(add(mload(add(weights, 0xc0)), mul(part, 20))))
            let offset := add(1, shl(9, sub(block_, mul(part, BLOCKS_PER_PART))))
            // The last block may be shorter: what is read behind it is never looked at.
            extcodecopy(blob, mload(add(weights, 0x80)), offset, 512)
        }
    }

    /// @param nodes the snapshot's count.
    /// @param index a place in the snapshot, below `nodes`.
    function attestorAt(address head, uint256 nodes, uint256 index) internal view returns (address) {
        return address(uint160(entryAt(head, nodes, index) >> 32));
    }

    /// @notice The number a node was registered under: it is never another node's.
    /// @param index below `nodes`, the snapshot's count.
    function numberAt(address head, uint256 nodes, uint256 index) internal view returns (uint32) {
        return uint32(entryAt(head, nodes, index));
    }

    /// @return entry attestor (20) and number (4), in the lowest bytes.
    function entryAt(address head, uint256 nodes, uint256 index) internal view returns (uint256 entry) {
        (address blob, uint256 rows, uint256 row, uint256 start) = _rowOf(head, nodes, index);
        assembly ("memory-safe") {
            mstore(0, 0)
            extcodecopy(blob, 8, add(start, add(shl(3, rows), mul(row, 24))), 24)
            entry := mload(0)
        }
    }

    /// @return weight the sum of the weights up to this node and with it.
    function cumulativeAt(address head, uint256 nodes, uint256 index) internal view returns (uint256 weight) {
        (address blob, , uint256 row, uint256 start) = _rowOf(head, nodes, index);
        assembly ("memory-safe") {
            mstore(0, 0)
            extcodecopy(blob, 24, add(start, shl(3, row)), 8)
            weight := mload(0)
        }
    }

    /// Which blob holds a node, how many rows it has, which is the node's, and at what byte they start.
    function _rowOf(
        address head,
        uint256 nodes,
        uint256 index
    ) private view returns (address blob, uint256 rows, uint256 row, uint256 start) {
        if (nodes <= PART_NODES) return (head, nodes, index, HEADER_BYTES);
        assembly ("memory-safe") {
            let part := div(index, PART_NODES)
            let first := mul(part, PART_NODES)
            mstore(0, 0)
            extcodecopy(head, 12, add(HEADER_BYTES, mul(part, 20)), 20)
            blob := mload(0)
            rows := sub(nodes, first)
            if gt(rows, PART_NODES) {
                rows := PART_NODES
            }
            row := sub(index, first)
            start := 1
        }
    }
}
