// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title BLS signatures with keys in G2 and signatures in G1, over the precompiles of EIP-2537.
/// @dev A field element is 64 bytes, the first 16 zero; a G1 point is x then y, a G2 point x.c0, x.c1, y.c0, y.c1.
/// Scheme: draft-irtf-cfrg-bls-signature, hashing per RFC 9380 with suite BLS12381G1_XMD:SHA-256_SSWU_RO_.
library Bls12381 {
    /// The field's modulus p, as the first 16 and the last 32 of its 48 bytes.
    uint256 private constant P_HIGH = 0x1a0111ea397fe69a4b1ba7b6434bacd7;
    uint256 private constant P_LOW = 0x64774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab;
    /// (p - 1) / 2: a y above it is the larger of the two roots.
    uint256 private constant P_HALF_HIGH = 0x0d0088f51cbff34d258dd3db21a5d66b;
    uint256 private constant P_HALF_LOW = 0xb23ba5c279c2895fb39869507b587b120f55ffff58a9ffffdcff7fffffffd555;

    uint256 internal constant G1_BYTES = 128;
    uint256 internal constant G2_BYTES = 256;

    /// "BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_" and its length (43), in two words.
    bytes32 private constant DST_0 = "BLS_SIG_BLS12381G1_XMD:SHA-256_S";
    bytes32 private constant DST_1 = "SWU_RO_NUL_\x2b";
    uint256 private constant DST_BYTES = 44;

    /// The negated generator of G2.
    bytes private constant G2_NEGATED =
        hex"00000000000000000000000000000000024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbefd48056c8c121bdb8"
        hex"0000000000000000000000000000000013e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049334cf11213945d57e5ac7d055d042b7e"
        hex"000000000000000000000000000000000d1b3cc2c7027888be51d9ef691d77bcb679afda66c73f17f9ee3837a55024f78c71363275a75d75d86bab79f74782aa"
        hex"0000000000000000000000000000000013fa4d4a0ad8b1ce186ed5061789213d993923066dddaf1040bc3ff59f825c78df74f2d75467e25e0f55f8a00fa030ed";

    /// @notice Whether e(signature, -g2) * e(hash(message), publicKey) is one.
    /// @dev The pairing precompile refuses coordinates at or above p, points off the curve and points outside the
    /// subgroup. Warning: the caller refuses the point at infinity, and checks the key once with `isKey`.
    function verify(
        bytes memory publicKey,
        bytes memory signature,
        bytes32 message
    ) internal view returns (bool one) {
        bytes memory pairs = bytes.concat(signature, G2_NEGATED, hashToG1(message), publicKey);
        assembly ("memory-safe") {
            let ok := staticcall(gas(), 0x0f, add(pairs, 32), mload(pairs), 0, 32)
            one := and(and(ok, eq(returndatasize(), 32)), eq(mload(0), 1))
        }
    }

    /// @notice Whether this is a point of G2, of the right order and not at infinity.
    function isKey(bytes memory point) internal view returns (bool) {
        if (point.length != G2_BYTES || keccak256(point) == keccak256(new bytes(G2_BYTES))) return false;
        (bool ok, ) = address(0x0f).staticcall(bytes.concat(new bytes(G1_BYTES), point));
        return ok;
    }

    /// @notice RFC 9380 `hash_to_curve` of 32 bytes: two field elements, each mapped to the curve, and their sum.
    function hashToG1(bytes32 message) internal view returns (bytes memory point) {
        bytes memory u = _expand(message);
        _reduce(u, 32);
        _reduce(u, 96);
        point = new bytes(G1_BYTES);
        assembly ("memory-safe") {
            // Two points in scratch space behind the allocated memory, then their sum.
            let q := mload(0x40)
            let ok := staticcall(gas(), 0x10, add(u, 32), 64, q, 128)
            ok := and(ok, staticcall(gas(), 0x10, add(u, 96), 64, add(q, 128), 128))
            ok := and(ok, staticcall(gas(), 0x0b, q, 256, add(point, 32), 128))
            if iszero(and(ok, eq(returndatasize(), 128))) {
                revert(0, 0)
            }
        }
    }

    /// @notice The 48 bytes of a point's compressed form: x, with the flags "compressed" and "y is the larger root".
    /// @dev Warning: assumes a point the precompiles accepted, so x and y are below p and there is one such form.
    function compress(bytes memory point) internal pure returns (bytes memory) {
        (uint256 xHigh, uint256 xLow, uint256 yHigh, uint256 yLow) = abi.decode(
            point,
            (uint256, uint256, uint256, uint256)
        );
        bool larger = yHigh > P_HALF_HIGH || (yHigh == P_HALF_HIGH && yLow > P_HALF_LOW);
        return abi.encodePacked(uint128(xHigh | (larger ? 0xa0 << 120 : 0x80 << 120)), xLow);
    }

    /// `expand_message_xmd` with SHA-256 to 128 bytes: b1 .. b4, b(i) = H((b0 ^ b(i-1)) | i | DST').
    function _expand(bytes32 message) private view returns (bytes memory u) {
        bytes32 dst0 = DST_0;
        bytes32 dst1 = DST_1;
        u = new bytes(128);
        assembly ("memory-safe") {
            let buffer := mload(0x40)
            // b0 = H(64 zeros | message | 128 as two bytes | 0 | DST')
            mstore(buffer, 0)
            mstore(add(buffer, 32), 0)
            mstore(add(buffer, 64), message)
            mstore(add(buffer, 96), shl(232, 0x008000))
            mstore(add(buffer, 99), dst0)
            mstore(add(buffer, 131), dst1)
            let ok := staticcall(gas(), 2, buffer, add(99, DST_BYTES), 0, 32)
            let b0 := mload(0)

            mstore(add(buffer, 33), dst0)
            mstore(add(buffer, 65), dst1)
            let previous := 0
            for {
                let i := 1
            } lt(i, 5) {
                i := add(i, 1)
            } {
                mstore(buffer, xor(b0, previous))
                mstore8(add(buffer, 32), i)
                let b := add(u, shl(5, i))
                ok := and(ok, staticcall(gas(), 2, buffer, add(33, DST_BYTES), b, 32))
                previous := mload(b)
            }
            if iszero(ok) {
                revert(0, 0)
            }
        }
    }

    /// Replaces the 64 bytes at `offset` by their remainder modulo p, a field element.
    function _reduce(bytes memory u, uint256 offset) private view {
        assembly ("memory-safe") {
            // MODEXP: the three lengths, the base, the exponent (1), the modulus.
            let buffer := mload(0x40)
            mstore(buffer, 64)
            mstore(add(buffer, 32), 1)
            mstore(add(buffer, 64), 64)
            mcopy(add(buffer, 96), add(u, offset), 64)
            mstore8(add(buffer, 160), 1)
            mstore(add(buffer, 161), P_HIGH)
            mstore(add(buffer, 193), P_LOW)
            if iszero(staticcall(gas(), 5, buffer, 225, add(u, offset), 64)) {
                revert(0, 0)
            }
        }
    }
}
