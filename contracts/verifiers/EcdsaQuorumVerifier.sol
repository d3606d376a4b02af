// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IVerifier} from "../interfaces/IVerifier.sol";
import {SnapshotBlob} from "../libraries/SnapshotBlob.sol";

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

        uint256 nodes = SnapshotBlob.count(snapshot);
        uint256 place;
        uint256 seat;
        for (uint256 bits = signerBitmap; bits != 0; bits >>= 1) {
            if (bits & 1 == 1) {
                address attestor = SnapshotBlob.attestorAt(snapshot, nodes, committee[seat]);
                if (!_signed(attestor, digest, certificate, place)) revert InvalidAttestation(seat);
                unchecked {
                    ++place;
                }
            }
            unchecked {
                ++seat;
            }
        }
    }

    /// Whether the certificate's signature at `place` is the attestor's.
    function _signed(
        address attestor,
        bytes32 digest,
        bytes calldata certificate,
        uint256 place
    ) private pure returns (bool) {
        bytes32 r;
        uint256 yParityAndS;
        assembly ("memory-safe") {
            // Within the certificate, whose length was checked against the count of signatures.
            let position := add(certificate.offset, add(BITMAP_BYTES, mul(place, SIGNATURE_BYTES)))
            r := calldataload(position)
            yParityAndS := calldataload(add(position, 32))
        }
        // EIP-2098: the top bit is the parity of y, the rest is s.
        uint256 s = yParityAndS & (type(uint256).max >> 1);
        if (s > S_MAX) return false;
        address recovered = ecrecover(digest, uint8(27 + (yParityAndS >> 255)), r, bytes32(s));
        return recovered != address(0) && recovered == attestor;
    }

    function _count(uint256 bits) private pure returns (uint256 ones) {
        unchecked {
            for (; bits != 0; bits &= bits - 1) ++ones;
        }
    }
}
