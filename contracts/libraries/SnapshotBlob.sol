// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title The sealed snapshot as contract code: `0x00 | 0x01 | count (4) | cumulative weight (8) x count | attestor (20) x count`.
/// @dev [SEL-5]. Readers copy only what they need: all weights for a draw, one attestor for a seat.
library SnapshotBlob {
    uint256 internal constant HEADER_BYTES = 6;
    uint256 internal constant WEIGHT_BYTES = 8;
    uint256 internal constant ATTESTOR_BYTES = 20;
    uint256 internal constant NODE_BYTES = WEIGHT_BYTES + ATTESTOR_BYTES;
    /// Nodes that fit EIP-170's 24,576 bytes of code.
    uint256 internal constant NODES_MAX = 877;

    /// @param cumulativeWeights strictly increasing; the first `nodes` are used, as are those of `attestors`.
    function encode(
        uint64[] memory cumulativeWeights,
        address[] memory attestors,
        uint256 nodes
    ) internal pure returns (bytes memory data) {
        data = new bytes(HEADER_BYTES + NODE_BYTES * nodes);
        assembly ("memory-safe") {
            let cursor := add(data, 32)
            // Each word is written left-aligned; what it spills past its field the next write covers, and the last
            // attestor spills nothing because it is merged into the word that ends with it.
            mstore8(add(cursor, 1), 1)
            let header := shl(224, nodes)
            mstore(add(cursor, 2), header)
            let source := add(cumulativeWeights, 32)
            cursor := add(cursor, 6)
            for {
                let end := add(cursor, mul(nodes, 8))
            } lt(cursor, end) {
                cursor := add(cursor, 8)
            } {
                mstore(cursor, shl(192, mload(source)))
                source := add(source, 32)
            }
            source := add(attestors, 32)
            cursor := sub(cursor, 12)
            for {
                let end := add(cursor, mul(nodes, 20))
            } lt(cursor, end) {
                cursor := add(cursor, 20)
            } {
                // The word that ends with this attestor begins 12 bytes earlier: keep those.
                mstore(cursor, or(shl(160, shr(160, mload(cursor))), shr(96, shl(96, mload(source)))))
                source := add(source, 32)
            }
        }
    }

    function count(address blob) internal view returns (uint256) {
        return (blob.code.length - HEADER_BYTES) / NODE_BYTES;
    }

    /// @return weights the cumulative weights as they stand in the blob: `weights.length / 8` of them.
    function readWeights(address blob, uint256 nodes) internal view returns (bytes memory weights) {
        weights = new bytes(nodes * WEIGHT_BYTES);
        assembly ("memory-safe") {
            extcodecopy(blob, add(weights, 32), 6, mload(weights))
        }
    }

    /// @param nodes the blob's count.
    /// @param index a place in the snapshot; past the end it reads zero.
    function attestorAt(address blob, uint256 nodes, uint256 index) internal view returns (address attestor) {
        assembly ("memory-safe") {
            mstore(0, 0)
            extcodecopy(blob, 12, add(6, add(mul(nodes, 8), mul(index, 20))), 20)
            attestor := mload(0)
        }
    }
}
