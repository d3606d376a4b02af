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

    /// @dev [FMT-3].
    function reportDigest(
        bytes32 requestId,
        bytes32 outputHash,
        uint16 exit,
        uint64 fuelUsed,
        bytes32 evidenceHash
    ) internal pure returns (bytes32) {
        return keccak256(abi.encode(REPORT_TYPEHASH, requestId, outputHash, exit, fuelUsed, evidenceHash));
    }

    /// @dev [FMT-4], without the domain.
    function structHash(
        FunctionId functionId,
        uint32 epoch,
        uint64 round,
        uint8 attempt,
        uint32 view_,
        bytes32 root
    ) internal pure returns (bytes32) {
        return keccak256(abi.encode(ATTESTATION_TYPEHASH, functionId, epoch, round, attempt, view_, root));
    }
}
