// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {HashToG2} from "./HashToG2.sol";

/// @title BLS signatures with keys in G1 and signatures in G2, over the precompiles of EIP-2537.
/// @dev [BLS-2] draft-irtf-cfrg-bls-signature, proof-of-possession scheme, suite BLS12381G2_XMD:SHA-256_SSWU_RO_.
/// At rest a coordinate is 48 bytes: a key is x, y; a signature x.c0, x.c1, y.c0, y.c1. The precompiles want each behind 16
/// zeros; a point has one such form, since they refuse a coordinate at or above p.
library BlsMinPk {
    uint256 internal constant SIGNATURE_BYTES = 192;

    bytes internal constant SIGNATURE_TAG = "BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_";
    bytes internal constant POSSESSION_TAG = "BLS_POP_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_";

    /// The negated generator of G1: x, y.
    bytes private constant G1_NEGATED =
        hex"0000000000000000000000000000000017f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb"
        hex"00000000000000000000000000000000114d1d6855d545a8aa7d76c8cf2e21f267816aef1db507c96655b9d5caac42364e6f38ba0ecb751bad54dcd6b939c2ca";

    /// @notice Whether e(-g1, signature) * e(key, hash(message)) is one and the key is not the point at infinity.
    /// @dev The pairing refuses coordinates at or above p, points off the curve and points outside the subgroup.
    /// Infinity it takes: under that key the signature at infinity would be everybody's, so it is refused here.
    /// @param key 128 bytes, a point as the precompiles write it.
    /// @param signature 192 bytes, as it stands in a certificate.
    function verify(
        bytes memory key,
        bytes calldata signature,
        bytes32 message,
        bytes memory domainTag
    ) internal view returns (bool one) {
        bytes memory hashed = HashToG2.hash(abi.encodePacked(message), domainTag);
        bytes memory negated = G1_NEGATED;
        assembly ("memory-safe") {
            let pairs := mload(0x40)
            mcopy(pairs, add(negated, 32), 128)
            let to := add(pairs, 128)
            let from := signature.offset
            for {
                let end := add(to, 256)
            } lt(to, end) {
                to := add(to, 64)
            } {
                mstore(to, 0)
                calldatacopy(add(to, 16), from, 48)
                from := add(from, 48)
            }
            mcopy(to, add(key, 32), 128)
            mcopy(add(to, 128), add(hashed, 32), 256)
            let finite := or(or(mload(to), mload(add(to, 32))), or(mload(add(to, 64)), mload(add(to, 96))))
            let ok := staticcall(gas(), 0x0f, pairs, 768, 0, 32)
            one := and(and(ok, eq(returndatasize(), 32)), and(eq(mload(0), 1), iszero(iszero(finite))))
        }
    }
}
