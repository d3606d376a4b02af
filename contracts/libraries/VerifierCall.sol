// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IVerifier} from "../interfaces/IVerifier.sol";

/// @title `IVerifier.verify`, called without the ABI coder.
library VerifierCall {
    /// @notice Reverts with what the verifier reverts with, and when it answers anything but one word.
    function verify(
        address verifier,
        address snapshot,
        uint256 epoch,
        uint256[] memory members,
        uint256 quorum,
        bytes32 digest,
        bytes calldata certificate
    ) internal view returns (uint256 signerBitmap) {
        bytes4 selector = IVerifier.verify.selector;
        assembly ("memory-safe") {
            // The selector, six words of head, the members and the certificate: behind the memory that is in use.
            let data := mload(0x40)
            let head := add(data, 4)
            let membersBytes := shl(5, add(mload(members), 1))
            mstore(data, selector)
            mstore(head, snapshot)
            mstore(add(head, 32), epoch)
            mstore(add(head, 64), 192)
            mstore(add(head, 96), quorum)
            mstore(add(head, 128), digest)
            mstore(add(head, 160), add(192, membersBytes))
            mcopy(add(head, 192), members, membersBytes)
            let to := add(add(head, 192), membersBytes)
            mstore(to, certificate.length)
            to := add(to, 32)
            calldatacopy(to, certificate.offset, certificate.length)
            // Padded with zeros.
            mstore(add(to, certificate.length), 0)
            to := add(to, and(add(certificate.length, 31), not(31)))
            if iszero(staticcall(gas(), verifier, data, sub(to, data), 0, 32)) {
                returndatacopy(data, 0, returndatasize())
                revert(data, returndatasize())
            }
            if iszero(eq(returndatasize(), 32)) {
                revert(0, 0)
            }
            signerBitmap := mload(0)
        }
    }
}
