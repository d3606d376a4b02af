// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MerkleTree} from "../libraries/MerkleTree.sol";

/// @notice A signer's share of a large committee's pay, where it stands in calldata [FMT-11]:
/// `settlement (8) | place among the signers (2) | proof (32 for each digest)`. How many digests there are follows from the
/// place and the settlement's signers.
/// Warning: of a claim that is within its list: `rootFrom` tells where it ends.
type ShareClaim is uint256;

using ShareClaimLibrary for ShareClaim global;

/// @title Reads a claim where it stands.
library ShareClaimLibrary {
    uint256 private constant HEAD_BYTES = 10;

    /// Where the first begins, and where the last ends.
    function rangeOf(bytes calldata claims) internal pure returns (ShareClaim first, ShareClaim end) {
        assembly ("memory-safe") {
            first := claims.offset
            end := add(claims.offset, claims.length)
        }
    }

    function settlement(ShareClaim self) internal pure returns (uint256 index) {
        assembly ("memory-safe") {
            index := shr(192, calldataload(self))
        }
    }

    /// The root that its proof leads to from a digest, and where the next claim begins. Of no signers, or of a place beyond
    /// them, the root is zero.
    function rootFrom(
        ShareClaim self,
        bytes32 digest,
        uint256 signers
    ) internal pure returns (uint256 root, ShareClaim next) {
        uint256 place;
        uint256 proof;
        assembly ("memory-safe") {
            place := and(shr(176, calldataload(self)), 0xffff)
            proof := add(self, HEAD_BYTES)
        }
        bytes32 found;
        (found, proof) = MerkleTree.climb(digest, place, signers, proof);
        return (uint256(found), ShareClaim.wrap(proof));
    }
}
