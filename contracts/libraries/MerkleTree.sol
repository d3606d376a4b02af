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
            mstore8(0, 0)
            for {
                let at := base
                let end := add(base, shl(5, count))
                let toDigests := sub(add(digests, 32), base)
            } lt(at, end) {
                at := add(at, 32)
            } {
                mstore(1, mload(add(at, toDigests)))
                mstore(at, keccak256(0, 33))
            }
            // A node is hashed in scratch space and the free memory pointer's lower half, which is put back.
            mstore8(0, 1)
            for {} gt(count, 1) {} {
                let to := base
                let from := base
                for {
                    let end := add(base, shl(6, shr(1, count)))
                } lt(from, end) {
                    from := add(from, 64)
                } {
                    mcopy(1, from, 64)
                    mstore(to, keccak256(0, 65))
                    to := add(to, 32)
                }
                if and(count, 1) {
                    mstore(to, mload(from))
                }
                count := shr(1, add(count, 1))
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
        uint256 from;
        assembly ("memory-safe") {
            from := proof.offset
        }
        uint256 end;
        (root, end) = climb(digest, index, count, from);
        unchecked {
            // Both are positions in calldata.
            if (end - from != proof.length << 5) root = 0;
        }
    }

    /// @notice As `rootFrom`, along digests that stand in calldata from `from` on: as many as `index` and `count` ask for.
    /// An index that is none of `count` gives zero.
    /// @return root of the tree, if the digests are those of a proof.
    /// @return end where they end. Warning: nothing is known to stand there.
    function climb(
        bytes32 digest,
        uint256 index,
        uint256 count,
        uint256 from
    ) internal pure returns (bytes32 root, uint256 end) {
        end = from;
        if (index >= count) return (0, end);
        root = leafOf(digest);
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore8(0, 1)
            for {
                let last := sub(count, 1)
            } last {
                index := shr(1, index)
                last := shr(1, last)
            } {
                switch or(and(index, 1), eq(index, last))
                case 0 {
                    mstore(1, root)
                    mstore(33, calldataload(end))
                }
                default {
                    mstore(1, calldataload(end))
                    mstore(33, root)
                    // Levels on which the node had no sibling.
                    for {} iszero(or(and(index, 1), iszero(index))) {} {
                        index := shr(1, index)
                        last := shr(1, last)
                    }
                }
                root := keccak256(0, 65)
                end := add(end, 32)
            }
            mstore(0x40, free)
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
