// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IVerifier} from "../interfaces/IVerifier.sol";
import {Bits} from "../libraries/Bits.sol";

/// @title Quorum certificates of secp256k1 signatures. Cheapest for committees of up to about 27 seats.
/// @notice [QC-2] A certificate is a bitmap of the seats that signed and one EIP-2098 signature for each, in ascending
/// order of seat; nothing else, so that there is one certificate for a set of signatures.
contract EcdsaQuorumVerifier is IVerifier {
    uint256 private constant BITMAP_BYTES = 32;
    uint256 private constant SIGNATURE_BYTES = 64;
    /// Half the order of secp256k1: a signature above it is another's mirror image (EIP-2).
    uint256 private constant S_MAX = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;

    /// @inheritdoc IVerifier
    function verify(
        address,
        uint32,
        uint256[] calldata members,
        uint256 quorum,
        bytes32 digest,
        bytes calldata certificate
    ) external view returns (uint256 signerBitmap) {
        uint256 length = certificate.length;
        if (length < BITMAP_BYTES) revert MalformedCertificate(length);
        signerBitmap = uint256(bytes32(certificate));
        if (members.length < 256 && signerBitmap >> members.length != 0) {
            revert UnknownSigners(signerBitmap);
        }
        uint256 signers = Bits.count(signerBitmap);
        if (length != BITMAP_BYTES + SIGNATURE_BYTES * signers) revert MalformedCertificate(length);
        if (signers < quorum) revert QuorumNotReached(signers, quorum);
        uint256 unsigned = _firstUnsigned(members, signerBitmap, digest, certificate);
        if (unsigned != members.length) revert InvalidAttestation(unsigned);
    }

    /// The first seat of the bitmap whose signature is not its attestor's; the count of seats when there is none.
    function _firstUnsigned(
        uint256[] calldata members,
        uint256 bitmap,
        bytes32 digest,
        bytes calldata certificate
    ) private view returns (uint256 seat) {
        assembly ("memory-safe") {
            // The precompile's arguments.
            let arguments := mload(0x40)
            mstore(arguments, digest)
            // Within the certificate, whose length was checked against the count of signatures.
            let position := add(certificate.offset, BITMAP_BYTES)
            let member := members.offset
            for {} bitmap {} {
                if and(bitmap, 1) {
                    // EIP-2098: the top bit is the parity of y, the rest is s.
                    let s := calldataload(add(position, 32))
                    mstore(add(arguments, 32), add(27, shr(255, s)))
                    s := shr(1, shl(1, s))
                    mstore(add(arguments, 64), calldataload(position))
                    mstore(add(arguments, 96), s)
                    // What recovers to nobody returns nothing, and zero is no attestor's address.
                    mstore(0, 0)
                    pop(staticcall(gas(), 1, arguments, 128, 0, 32))
                    let recovered := mload(0)
                    // Not the attestor's, nobody's, or a signature's mirror image.
                    if or(
                        or(xor(recovered, shr(32, calldataload(member))), iszero(recovered)),
                        gt(s, S_MAX)
                    ) {
                        break
                    }
                    position := add(position, SIGNATURE_BYTES)
                }
                bitmap := shr(1, bitmap)
                member := add(member, 32)
            }
            seat := shr(5, sub(member, members.offset))
            if iszero(bitmap) {
                seat := members.length
            }
        }
    }
}
