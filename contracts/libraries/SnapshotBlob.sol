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
    uint256 internal constant BLOCKS_PER_PART = 11;

    /// Of the longest list of blocks' totals and of parts, behind the header: what one copy brings of any head.
    uint256 private constant LISTS_BYTES = 632;

    /// @dev What a draw has read: where in memory six words say it, and no struct, which the compiler would zero first.
    /// 0x00 the count of nodes; 0x20 their total weight; 0x40 the count of blocks of 64 nodes; 0x60 where the cumulative weights
    /// are, of all nodes, or room for those of one block; 0x80 where those at the blocks' ends are, zero when the head holds
    /// the nodes; 0xa0 where the addresses of the parts are, if there are any.
    /// A search looks at 64 elements of 8 bytes, of a shorter list at what stands before it: zeros.
    type Weights is uint256;

    function count(address head) internal view returns (uint256 nodes) {
        assembly ("memory-safe") {
            mstore(0, 0)
            extcodecopy(head, 28, 2, 4)
            nodes := mload(0)
        }
    }

    /// @return weights for `Sortition.selectCommittee`.
    function readWeights(address head) internal view returns (Weights weights) {
        assembly ("memory-safe") {
            // The words, 512 zeros, room for a block and for the word its last element is read as; 512 zeros, and the head.
            weights := mload(0x40)
            let cumulative := add(weights, 704)
            let totals := add(cumulative, 1088)
            extcodecopy(head, sub(totals, HEADER_BYTES), 0, add(HEADER_BYTES, LISTS_BYTES))
            let header := mload(sub(totals, HEADER_BYTES))
            let nodes := and(shr(208, header), 0xffffffff)
            mstore(weights, nodes)
            mstore(add(weights, 0x20), and(shr(144, header), 0xffffffffffffffff))
            mstore(add(weights, 0x60), cumulative)
            calldatacopy(sub(cumulative, 512), calldatasize(), 512)
            switch gt(nodes, PART_NODES)
            case 0 {
                mstore(add(weights, 0x80), 0)
                let size := shl(3, nodes)
                extcodecopy(head, cumulative, HEADER_BYTES, size)
                // A list's last element is read as a whole word.
                mstore(0x40, and(add(add(cumulative, size), 63), not(31)))
            }
            default {
                let blocks := shr(6, add(nodes, 63))
                mstore(add(weights, 0x40), blocks)
                // In place of the header too.
                calldatacopy(sub(totals, 512), calldatasize(), 512)
                mstore(add(weights, 0x80), totals)
                mstore(add(weights, 0xa0), add(totals, shl(3, blocks)))
                mstore(0x40, add(totals, 672))
            }
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
