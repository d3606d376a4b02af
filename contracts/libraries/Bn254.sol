// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title BN254 over the precompiles of EIP-196 and EIP-197.
/// @dev A point of G1 is x, y; of G2 x.c1, x.c0, y.c1, y.c0; 32 bytes each. Infinity is all zeros. The precompiles refuse a
/// coordinate at or above the field's order, a point off the curve and, of G2, one outside the subgroup.
/// Warning: what they refuse costs all the gas they are given.
library Bn254 {
    /// Order of the groups, and of the field that circuits compute in.
    uint256 internal constant R =
        21888242871839275222246405745257275088548364400416034343698204186575808495617;
    /// Order of the field of coordinates.
    uint256 internal constant P =
        21888242871839275222246405745257275088696311157297823662689037894645226208583;
    /// The first coordinate of the generator of G2, which its negative shares.
    uint256 internal constant G2_X1 = 0x198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2;

    uint256 internal constant G1_BYTES = 64;
    uint256 internal constant G2_BYTES = 128;

    /// @notice Whether `count` points that stand one behind the other in memory are points of G1, and none is infinity.
    function areG1(uint256 points, uint256 count) internal view returns (bool valid) {
        assembly ("memory-safe") {
            valid := 1
            // A point and infinity, which are added up: behind the memory that is in use.
            let sum := mload(0x40)
            mstore(add(sum, 64), 0)
            mstore(add(sum, 96), 0)
            for {
                let end := add(points, shl(6, count))
            } and(valid, lt(points, end)) {
                points := add(points, 64)
            } {
                mcopy(sum, points, 64)
                valid := and(
                    staticcall(gas(), 0x06, sum, 128, add(sum, 128), 64),
                    iszero(iszero(or(mload(points), mload(add(points, 32)))))
                )
            }
        }
    }

    /// @notice The same of one point of G2.
    function isG2(uint256 point) internal view returns (bool valid) {
        assembly ("memory-safe") {
            let pair := mload(0x40)
            // The generator of G1: a pairing with infinity might not look at the other point.
            mstore(pair, 1)
            mstore(add(pair, 32), 2)
            mcopy(add(pair, 64), point, 128)
            valid := staticcall(gas(), 0x08, pair, 192, 0, 32)
            let finite := or(
                or(mload(point), mload(add(point, 32))),
                or(mload(add(point, 64)), mload(add(point, 96)))
            )
            valid := and(valid, iszero(iszero(finite)))
        }
    }
}
