// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title RFC 9380 `hash_to_curve` into G2 of BLS12-381, over the precompiles of EIP-2537.
/// @dev [BLS-1] Suite BLS12381G2_XMD:SHA-256_SSWU_RO_: `expand_message_xmd` to 256 bytes (section 5.3.1), four elements of
/// the field (5.2), two points of the curve (6.6.3) and their sum (3). The mapping precompile clears the cofactor of each
/// point, which is the same as clearing the sum's.
library HashToG2 {
    /// The field's modulus p, as the first 16 and the last 32 of its 48 bytes.
    uint256 private constant P_HIGH = 0x1a0111ea397fe69a4b1ba7b6434bacd7;
    uint256 private constant P_LOW = 0x64774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab;

    /// @param domainTag at most 255 bytes.
    /// @return point 256 bytes: x.c0, x.c1, y.c0, y.c1, each 16 zeros and 48 bytes. Never the point at infinity.
    function hash(bytes memory message, bytes memory domainTag) internal view returns (bytes memory point) {
        // A tag is a constant of the caller.
        assert(domainTag.length < 256);
        bytes memory u = _expand(message, domainTag);
        point = new bytes(256);
        assembly ("memory-safe") {
            // MODEXP: the three lengths, a base, the exponent (1), the modulus. Then two points, and their sum.
            let buffer := mload(0x40)
            mstore(buffer, 64)
            mstore(add(buffer, 32), 1)
            mstore(add(buffer, 64), 64)
            mstore8(add(buffer, 160), 1)
            mstore(add(buffer, 161), P_HIGH)
            mstore(add(buffer, 193), P_LOW)
            let ok := 1
            let element := add(u, 32)
            for {
                let end := add(element, 256)
            } lt(element, end) {
                element := add(element, 64)
            } {
                mcopy(add(buffer, 96), element, 64)
                ok := and(ok, staticcall(gas(), 5, buffer, 225, element, 64))
            }
            ok := and(ok, staticcall(gas(), 0x11, add(u, 32), 128, buffer, 256))
            ok := and(ok, staticcall(gas(), 0x11, add(u, 160), 128, add(buffer, 256), 256))
            ok := and(ok, staticcall(gas(), 0x0d, buffer, 512, add(point, 32), 256))
            if iszero(and(ok, eq(returndatasize(), 256))) {
                revert(0, 0)
            }
        }
    }

    /// `expand_message_xmd` with SHA-256 to 256 bytes: b1 .. b8, b(i) = H((b0 ^ b(i-1)) | i | DST'), b0 for i = 1 alone.
    function _expand(bytes memory message, bytes memory domainTag) private view returns (bytes memory u) {
        // b0 = H(64 zeros | message | 256 as two bytes | 0 | DST'), DST' = DST | its length as a byte.
        bytes memory suffix = abi.encodePacked(domainTag, uint8(domainTag.length));
        bytes32 b0 = sha256(abi.encodePacked(bytes32(0), bytes32(0), message, hex"010000", suffix));
        u = new bytes(256);
        assembly ("memory-safe") {
            let buffer := mload(0x40)
            let size := add(33, mload(suffix))
            mcopy(add(buffer, 33), add(suffix, 32), mload(suffix))
            let ok := 1
            let previous := 0
            for {
                let i := 1
            } lt(i, 9) {
                i := add(i, 1)
            } {
                mstore(buffer, xor(b0, previous))
                mstore8(add(buffer, 32), i)
                let b := add(u, shl(5, i))
                ok := and(ok, staticcall(gas(), 2, buffer, size, b, 32))
                previous := mload(b)
            }
            if iszero(ok) {
                revert(0, 0)
            }
        }
    }
}
