// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {FunctionId} from "../types/Ids.sol";

/// @title What a committee signs: the Merkle root of its reports, bound to the draw that seated it.
library AttestationHash {
    bytes32 internal constant REPORT_TYPEHASH = keccak256(
        "Report(bytes32 requestId,bytes32 outputHash,uint16 exit,uint64 fuelUsed,bytes32 evidenceHash)"
    );
    bytes32 internal constant ATTESTATION_TYPEHASH = keccak256(
        "Attestation(bytes32 functionId,uint32 epoch,uint64 round,uint8 attempt,uint32 view,bytes32 root)"
    );

    /// @dev [FMT-3]. Arguments have no bits beyond their fields' types.
    function reportDigest(
        bytes32 requestId,
        bytes32 outputHash,
        uint256 exit,
        uint256 fuelUsed,
        bytes32 evidenceHash
    ) internal pure returns (bytes32 digest) {
        bytes32 typehash = REPORT_TYPEHASH;
        assembly ("memory-safe") {
            let data := mload(0x40)
            mstore(data, typehash)
            mstore(add(data, 32), requestId)
            mstore(add(data, 64), outputHash)
            mstore(add(data, 96), exit)
            mstore(add(data, 128), fuelUsed)
            mstore(add(data, 160), evidenceHash)
            digest := keccak256(data, 192)
        }
    }

    /// @dev [FMT-4], without the domain. Arguments have no bits beyond their fields' types.
    function structHash(
        FunctionId functionId,
        uint256 epoch,
        uint256 round,
        uint256 attempt,
        uint256 view_,
        bytes32 root
    ) internal pure returns (bytes32 digest) {
        bytes32 typehash = ATTESTATION_TYPEHASH;
        assembly ("memory-safe") {
            let data := mload(0x40)
            mstore(data, typehash)
            mstore(add(data, 32), functionId)
            mstore(add(data, 64), epoch)
            mstore(add(data, 96), round)
            mstore(add(data, 128), attempt)
            mstore(add(data, 160), view_)
            mstore(add(data, 192), root)
            digest := keccak256(data, 224)
        }
    }
}
