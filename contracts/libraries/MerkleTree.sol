// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Merkle trees shaped as in RFC 6962 section 2.1, over Keccak-256.
/// @dev [FMT-5]. A leaf is `keccak(0x00 | digest)`, a node `keccak(0x01 | left | right)`: neither passes for the other.
/// Pairing level by level, an odd last node going up as it is, gives the same tree as splitting at powers of two.
library MerkleTree {
    /// @param digests at least one.
    function rootOf(bytes32[] memory digests) internal pure returns (bytes32 root) {
        assembly ("memory-safe") {
            // The tree's levels, in scratch behind the allocated memory.
            let free := mload(0x40)
            let base := free
            let count := mload(digests)
            mcopy(base, add(digests, 32), shl(5, count))
            for {
                let i := 0
            } lt(i, count) {
                i := add(i, 1)
            } {
                let at := add(base, shl(5, i))
                mstore8(0, 0)
                mstore(1, mload(at))
                mstore(at, keccak256(0, 33))
            }
            // A node is hashed in scratch space and the free memory pointer's lower half, which is put back.
            for {} gt(count, 1) {} {
                let pairs := shr(1, count)
                for {
                    let i := 0
                } lt(i, pairs) {
                    i := add(i, 1)
                } {
                    let at := add(base, shl(6, i))
                    mstore8(0, 1)
                    mstore(1, mload(at))
                    mstore(33, mload(add(at, 32)))
                    mstore(add(base, shl(5, i)), keccak256(0, 65))
                }
                if and(count, 1) {
                    mstore(add(base, shl(5, pairs)), mload(add(base, shl(5, sub(count, 1)))))
                }
                count := add(pairs, and(count, 1))
            }
            mstore(0x40, free)
            root := mload(base)
        }
    }

    /// @notice The root a digest at `index` of `count` leads to along `proof`, from its sibling up (RFC 9162 section
    /// 2.1.3.2). A proof of another length gives zero.
    function rootFrom(
        bytes32 digest,
        uint256 index,
        uint256 count,
        bytes32[] calldata proof
    ) internal pure returns (bytes32 root) {
        if (index >= count) return 0;
        root = leafOf(digest);
        assembly ("memory-safe") {
            let free := mload(0x40)
            let last := sub(count, 1)
            let at := proof.offset
            for {
                let end := add(at, shl(5, proof.length))
            } lt(at, end) {
                at := add(at, 32)
            } {
                if iszero(last) {
                    root := 0
                    break
                }
                mstore8(0, 1)
                switch or(and(index, 1), eq(index, last))
                case 0 {
                    mstore(1, root)
                    mstore(33, calldataload(at))
                }
                default {
                    mstore(1, calldataload(at))
                    mstore(33, root)
                    // Levels on which the node had no sibling.
                    for {} iszero(or(and(index, 1), iszero(index))) {} {
                        index := shr(1, index)
                        last := shr(1, last)
                    }
                }
                root := keccak256(0, 65)
                index := shr(1, index)
                last := shr(1, last)
            }
            mstore(0x40, free)
            if last {
                root := 0
            }
        }
    }

    function leafOf(bytes32 digest) internal pure returns (bytes32 leaf) {
        assembly ("memory-safe") {
            mstore8(0, 0)
            mstore(1, digest)
            leaf := keccak256(0, 33)
        }
    }
}
