// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IVerifier} from "../interfaces/IVerifier.sol";
import {SnapshotBlob} from "../libraries/SnapshotBlob.sol";
import {SnapshotSeats} from "../libraries/SnapshotSeats.sol";

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
        address snapshot,
        uint32,
        uint256[] calldata committee,
        uint256 quorum,
        bytes32 digest,
        bytes calldata certificate
    ) external view returns (uint256 signerBitmap) {
        uint256 length = certificate.length;
        if (length < BITMAP_BYTES) revert MalformedCertificate(length);
        signerBitmap = uint256(bytes32(certificate));
        if (committee.length < 256 && signerBitmap >> committee.length != 0) {
            revert UnknownSigners(signerBitmap);
        }
        uint256 signers = _count(signerBitmap);
        if (length != BITMAP_BYTES + SIGNATURE_BYTES * signers) revert MalformedCertificate(length);
        if (signers < quorum) revert QuorumNotReached(signers, quorum);

        bytes32[] memory attestors = SnapshotSeats.attestorsOf(
            snapshot,
            SnapshotBlob.count(snapshot),
            committee,
            signerBitmap
        );
        uint256 place = _firstUnsigned(attestors, digest, certificate);
        if (place != signers) revert InvalidAttestation(_seatOf(signerBitmap, place));
    }

    /// The first place whose signature is not its attestor's; the count of them when there is none.
    function _firstUnsigned(
        bytes32[] memory attestors,
        bytes32 digest,
        bytes calldata certificate
    ) private view returns (uint256 place) {
        assembly ("memory-safe") {
            // The precompile's arguments, and its answer behind them.
            let arguments := mload(0x40)
            mstore(arguments, digest)
            let count := mload(attestors)
            // Within the certificate, whose length was checked against the count of signatures.
            let position := add(certificate.offset, BITMAP_BYTES)
            for {} lt(place, count) {
                place := add(place, 1)
                position := add(position, SIGNATURE_BYTES)
            } {
                // EIP-2098: the top bit is the parity of y, the rest is s.
                let yParityAndS := calldataload(add(position, 32))
                let s := shr(1, shl(1, yParityAndS))
                mstore(add(arguments, 32), add(27, shr(255, yParityAndS)))
                mstore(add(arguments, 64), calldataload(position))
                mstore(add(arguments, 96), s)
                mstore(add(arguments, 128), 0)
                pop(staticcall(gas(), 1, arguments, 128, add(arguments, 128), 32))
                let recovered := mload(add(arguments, 128))
                // What recovers to nobody leaves zero, which is no attestor's address.
                let good := and(
                    eq(recovered, mload(add(attestors, shl(5, add(place, 1))))),
                    and(iszero(iszero(recovered)), iszero(gt(s, S_MAX)))
                )
                if iszero(good) {
                    break
                }
            }
        }
    }

    /// The seat of the signature at `place`.
    function _seatOf(uint256 bitmap, uint256 place) private pure returns (uint256 seat) {
        unchecked {
            for (; place != 0 || bitmap & 1 == 0; ++seat) {
                place -= bitmap & 1;
                bitmap >>= 1;
            }
        }
    }

    function _count(uint256 bits) private pure returns (uint256 ones) {
        unchecked {
            for (; bits != 0; bits &= bits - 1) ++ones;
        }
    }
}
