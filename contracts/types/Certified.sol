// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice A certified request of a function with a challenge window, until it is final. The market keeps its hash; who
/// challenges, resolves or finalises brings it, from the event.
/// @dev Static words only: in memory, in calldata and in the ABI's encoding the same bytes.
struct Certified {
    /// Wei the request holds, and what the submitter is owed of it.
    uint96 escrow;
    uint96 reimbursement;
    /// The requester's limit when it was certified, in wei a unit of gas.
    uint64 maxFeePerGas;
    /// Seconds since 1970: the challenge window begins here.
    uint64 certifiedAt;
    address submitter;
    uint8 attempt;
    uint16 exit;
    uint64 fuelUsed;
    bytes32 outputHash;
    /// Bit i is set when seat i of the attempt's committee signed.
    uint256 signers;
}
