// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Bls12381} from "../../../contracts/libraries/Bls12381.sol";
import {BlsMinPk} from "../../../contracts/libraries/BlsMinPk.sol";
import {CodeBlob} from "../../../contracts/libraries/CodeBlob.sol";

/// @title The two ways to place keys and signatures, each at its best, as transactions: for test/bench/bls.ts.
/// @dev Both read the keys of the signers alone from blobs whose addresses are handed to them, 4 bytes a number, and add them
/// up: what a registry's look-ups cost is the same for both but for the number of blobs, which is the keys' size.
contract BlsSchemes {
    event BlobWritten(address blob);

    error Refused();

    function writeBlob(bytes calldata data) external {
        emit BlobWritten(CodeBlob.write(data));
    }

    /// Keys in G1, 96 bytes, 256 to a blob; the signature in G2, 192 bytes.
    function checkMinPk(
        address[] calldata blobs,
        bytes calldata numbers,
        bytes calldata signature,
        bytes32 message
    ) external {
        bytes memory sum = new bytes(128);
        bool ok = true;
        for (uint256 at; at < numbers.length; at += 4) {
            uint256 node = uint32(bytes4(numbers[at:at + 4]));
            address blob = blobs[node >> 8];
            assembly ("memory-safe") {
                let left := mload(0x40)
                mcopy(left, add(sum, 32), 128)
                extcodecopy(blob, add(left, 256), mul(96, and(node, 255)), 96)
                let high := mload(add(left, 256))
                let middle := mload(add(left, 288))
                mstore(add(left, 128), shr(128, high))
                mstore(add(left, 160), or(shl(128, high), shr(128, middle)))
                mstore(add(left, 192), shr(128, shl(128, middle)))
                mstore(add(left, 224), mload(add(left, 320)))
                ok := and(ok, staticcall(gas(), 0x0b, left, 256, add(sum, 32), 128))
            }
        }
        if (!ok || !BlsMinPk.verify(sum, signature, message, BlsMinPk.SIGNATURE_TAG)) revert Refused();
    }

    /// Keys in G2, 192 bytes, 128 to a blob; the signature in G1, 96 bytes. Its tag is the beacon's, of the same length.
    function checkMinSig(
        address[] calldata blobs,
        bytes calldata numbers,
        bytes calldata signature,
        bytes32 message
    ) external {
        bytes memory sum = new bytes(256);
        bool ok = true;
        for (uint256 at; at < numbers.length; at += 4) {
            uint256 node = uint32(bytes4(numbers[at:at + 4]));
            address blob = blobs[node >> 7];
            assembly ("memory-safe") {
                let left := mload(0x40)
                mcopy(left, add(sum, 32), 256)
                let key := add(left, 512)
                extcodecopy(blob, key, mul(192, and(node, 127)), 192)
                for {
                    let to := add(left, 256)
                    let from := key
                } lt(from, add(key, 192)) {
                    to := add(to, 64)
                    from := add(from, 48)
                } {
                    mstore(to, shr(128, mload(from)))
                    mstore(add(to, 32), mload(add(from, 16)))
                }
                ok := and(ok, staticcall(gas(), 0x0d, left, 512, add(sum, 32), 256))
            }
        }
        bytes memory point = new bytes(128);
        assembly ("memory-safe") {
            calldatacopy(add(point, 48), signature.offset, 48)
            calldatacopy(add(point, 112), add(signature.offset, 48), 48)
        }
        if (!ok || !Bls12381.verify(sum, point, message)) revert Refused();
    }
}
