// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title A sealed snapshot as contract code: one address, its head; behind it, for many nodes, parts.
/// @dev [SEL-5]. Head: `0x00 | 0x02 | count (4) | total weight (8)`, then
/// - up to 704 nodes: `cumulative weight (8) x count | entry (24) x count`;
/// - more: `cumulative weight at the end of a block (8) x blocks | part (20) x parts`. A part is
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

    /// @dev What a draw has read. Lists stand in memory as they do in the blob, and 512 bytes of zeros before each: a search
    /// looks at 64 elements, of a shorter list at as many zeros as it is short.
    struct Weights {
        uint256 count;
        uint256 totalWeight;
        /// Blocks of 64 nodes; one, of all nodes, when the head holds them.
        uint256 blocks;
        /// The block whose cumulative weights are in memory, and where they are.
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
            calldatacopy(free, calldatasize(), 512)
            let cumulative := add(free, 512)
            mstore(add(weights, 0x80), cumulative)
            switch gt(nodes, PART_NODES)
            case 0 {
                mstore(add(weights, 0x40), 1)
                let size := shl(3, nodes)
                extcodecopy(head, cumulative, HEADER_BYTES, size)
                free := add(cumulative, size)
            }
            default {
                let blocks := shr(6, add(nodes, 63))
                let partBytes := mul(20, div(add(nodes, sub(PART_NODES, 1)), PART_NODES))
                mstore(add(weights, 0x40), blocks)
                mstore(add(weights, 0x60), not(0)) // no block yet
                // Behind the room for a block.
                let totals := add(cumulative, 1024)
                calldatacopy(sub(totals, 512), calldatasize(), 512)
                mstore(add(weights, 0xa0), totals)
                let parts := add(totals, shl(3, blocks))
                extcodecopy(head, totals, HEADER_BYTES, add(shl(3, blocks), partBytes))
                mstore(add(weights, 0xc0), parts)
                free := add(parts, partBytes)
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
        assembly ("memory-safe") {
            let start := HEADER_BYTES
            mstore(0, 0)
            if gt(nodes, PART_NODES) {
                let part := div(index, PART_NODES)
                extcodecopy(
                    head,
                    12,
                    add(add(HEADER_BYTES, shl(3, shr(6, add(nodes, 63)))), mul(part, 20)),
                    20
                )
                head := mload(0)
                mstore(0, 0)
                part := mul(part, PART_NODES)
                index := sub(index, part)
                nodes := sub(nodes, part)
                if gt(nodes, PART_NODES) {
                    nodes := PART_NODES
                }
                start := 1
            }
            extcodecopy(head, 8, add(start, add(shl(3, nodes), mul(index, 24))), 24)
            entry := mload(0)
        }
    }

    /// @return weight the sum of the weights up to this node and with it.
    function cumulativeAt(address head, uint256 nodes, uint256 index) internal view returns (uint256 weight) {
        assembly ("memory-safe") {
            let start := HEADER_BYTES
            mstore(0, 0)
            if gt(nodes, PART_NODES) {
                let part := div(index, PART_NODES)
                extcodecopy(
                    head,
                    12,
                    add(add(HEADER_BYTES, shl(3, shr(6, add(nodes, 63)))), mul(part, 20)),
                    20
                )
                head := mload(0)
                mstore(0, 0)
                index := sub(index, mul(part, PART_NODES))
                start := 1
            }
            extcodecopy(head, 24, add(start, shl(3, index)), 8)
            weight := mload(0)
        }
    }
}
