// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IBlsKeyRegistry} from "../interfaces/IBlsKeyRegistry.sol";
import {IVerifier} from "../interfaces/IVerifier.sol";
import {BlsMinPk} from "../libraries/BlsMinPk.sol";

/// @title Quorum certificates of one aggregate BLS12-381 signature. Cheapest for large committees.
/// @notice [QC-4] A certificate is a bitmap of the seats that signed and the sum of their signatures, 192 bytes; nothing else.
/// There is one such sum, and one way to write it.
contract BlsQuorumVerifier is IVerifier {
    uint256 private constant BITMAP_BYTES = 32;
    uint256 private constant CERTIFICATE_BYTES = BITMAP_BYTES + BlsMinPk.SIGNATURE_BYTES;

    IBlsKeyRegistry private immutable KEYS;

    /// @notice The sum of signatures is not that of the marked seats' keys over this report.
    error InvalidAggregate(uint256 signerBitmap);

    constructor(IBlsKeyRegistry keys) {
        KEYS = keys;
    }

    /// @inheritdoc IVerifier
    function verify(
        address,
        uint32,
        uint256[] calldata members,
        uint256 quorum,
        bytes32 digest,
        bytes calldata certificate
    ) external view returns (uint256 signerBitmap) {
        if (certificate.length != CERTIFICATE_BYTES) revert MalformedCertificate(certificate.length);
        signerBitmap = uint256(bytes32(certificate));
        if (members.length < 256 && signerBitmap >> members.length != 0) {
            revert UnknownSigners(signerBitmap);
        }
        uint32[] memory numbers = _numbersOf(members, signerBitmap);
        if (numbers.length < quorum) revert QuorumNotReached(numbers.length, quorum);
        bytes memory key = KEYS.sumOf(numbers);
        if (!BlsMinPk.verify(key, certificate[BITMAP_BYTES:], digest, BlsMinPk.SIGNATURE_TAG)) {
            revert InvalidAggregate(signerBitmap);
        }
    }

    /// The numbers of the nodes whose seats signed.
    function _numbersOf(
        uint256[] calldata members,
        uint256 signerBitmap
    ) private pure returns (uint32[] memory numbers) {
        assembly ("memory-safe") {
            numbers := mload(0x40)
            let next := add(numbers, 32)
            let member := members.offset
            for {} signerBitmap {} {
                if and(signerBitmap, 1) {
                    mstore(next, and(calldataload(member), 0xffffffff))
                    next := add(next, 32)
                }
                signerBitmap := shr(1, signerBitmap)
                member := add(member, 32)
            }
            mstore(numbers, shr(5, sub(next, add(numbers, 32))))
            mstore(0x40, next)
        }
    }
}
