// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IBlsKeyRegistry} from "../interfaces/IBlsKeyRegistry.sol";
import {IVerifier} from "../interfaces/IVerifier.sol";
import {BlsMinPk} from "../libraries/BlsMinPk.sol";
import {SnapshotBlob} from "../libraries/SnapshotBlob.sol";

/// @title Quorum certificates of one aggregate BLS12-381 signature. Cheapest for large committees.
/// @notice [QC-4] A certificate is a bitmap of the seats that signed and the sum of their signatures, 192 bytes; nothing else.
/// There is one such sum, and one way to write it.
contract BlsQuorumVerifier is IVerifier {
    uint256 private constant BITMAP_BYTES = 32;
    uint256 private constant CERTIFICATE_BYTES = BITMAP_BYTES + BlsMinPk.SIGNATURE_BYTES;

    IBlsKeyRegistry private immutable KEYS;

    error InvalidAggregate(uint256 signerBitmap);

    constructor(IBlsKeyRegistry keys) {
        KEYS = keys;
    }

    /// @inheritdoc IVerifier
    function verify(
        address snapshot,
        uint32,
        uint256[] calldata committee,
        uint256 quorum,
        bytes32 digest,
        bytes calldata certificate
    ) external view returns (uint256 signerBitmap) {
        if (certificate.length != CERTIFICATE_BYTES) revert MalformedCertificate(certificate.length);
        signerBitmap = uint256(bytes32(certificate));
        if (committee.length < 256 && signerBitmap >> committee.length != 0) {
            revert UnknownSigners(signerBitmap);
        }
        uint32[] memory numbers = _numbersOf(snapshot, committee, signerBitmap);
        if (numbers.length < quorum) revert QuorumNotReached(numbers.length, quorum);
        bytes memory key = KEYS.sumOf(numbers);
        if (!BlsMinPk.verify(key, certificate[BITMAP_BYTES:], digest, BlsMinPk.SIGNATURE_TAG)) {
            revert InvalidAggregate(signerBitmap);
        }
    }

    /// The numbers of the nodes whose seats signed.
    function _numbersOf(
        address snapshot,
        uint256[] calldata committee,
        uint256 signerBitmap
    ) private view returns (uint32[] memory numbers) {
        uint256 nodes = SnapshotBlob.count(snapshot);
        numbers = new uint32[](committee.length);
        uint256 signers;
        unchecked {
            for (uint256 seat; seat < committee.length; ++seat) {
                if ((signerBitmap >> seat) & 1 == 0) continue;
                numbers[signers++] = SnapshotBlob.numberAt(snapshot, nodes, committee[seat]);
            }
        }
        assembly ("memory-safe") {
            mstore(numbers, signers)
        }
    }
}
