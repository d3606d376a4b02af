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

    address private constant MODEXP = address(0x05);
    address private constant G1_ADD = address(0x0b);
    address private constant PAIRING = address(0x0f);
    address private constant MAP_TO_G1 = address(0x10);

    uint256 internal constant G1_BYTES = 128;
    uint256 internal constant G2_BYTES = 256;

    /// The suite's tag, followed by its length (43).
    bytes private constant DST_PRIME = "BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_\x2b";

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
    ) internal view returns (bool) {
        (bool ok, bytes memory result) = PAIRING.staticcall(
            bytes.concat(signature, G2_NEGATED, hashToG1(message), publicKey)
        );
        return ok && result.length == 32 && uint256(bytes32(result)) == 1;
    }

    /// @notice Whether this is a point of G2, of the right order and not at infinity.
    function isKey(bytes memory point) internal view returns (bool) {
        if (point.length != G2_BYTES || keccak256(point) == keccak256(new bytes(G2_BYTES))) return false;
        (bool ok, ) = PAIRING.staticcall(bytes.concat(new bytes(G1_BYTES), point));
        return ok;
    }

    /// @notice RFC 9380 `hash_to_curve` of 32 bytes.
    function hashToG1(bytes32 message) internal view returns (bytes memory point) {
        // expand_message_xmd to 128 bytes: two elements of 64.
        bytes32 b0 = sha256(abi.encodePacked(new bytes(64), message, uint16(128), uint8(0), DST_PRIME));
        bytes32 b1 = sha256(abi.encodePacked(b0, uint8(1), DST_PRIME));
        bytes32 b2 = sha256(abi.encodePacked(b0 ^ b1, uint8(2), DST_PRIME));
        bytes32 b3 = sha256(abi.encodePacked(b0 ^ b2, uint8(3), DST_PRIME));
        bytes32 b4 = sha256(abi.encodePacked(b0 ^ b3, uint8(4), DST_PRIME));
        bytes memory q0 = _call(MAP_TO_G1, _reduce(b1, b2));
        bytes memory q1 = _call(MAP_TO_G1, _reduce(b3, b4));
        return _call(G1_ADD, bytes.concat(q0, q1));
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

    /// 64 bytes modulo p, as a field element.
    function _reduce(bytes32 high, bytes32 low) private view returns (bytes memory) {
        return
            _call(
                MODEXP,
                abi.encodePacked(uint256(64), uint256(1), uint256(64), high, low, uint8(1), P_HIGH, P_LOW)
            );
    }

    function _call(address precompile, bytes memory input) private view returns (bytes memory output) {
        bool ok;
        (ok, output) = precompile.staticcall(input);
        // Cannot fail on a chain that has the precompile: every input is built here.
        assert(ok && output.length != 0);
    }
}
