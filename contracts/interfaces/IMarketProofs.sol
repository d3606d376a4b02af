// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {RequestId} from "../types/Ids.sol";
import {Fulfillment, Request} from "../types/Request.sol";
import {IMarketTypes} from "./IMarketTypes.sol";

/// @title How requests of circuits are settled: with a proof, which one drawn node is paid for, and after it whoever has one.
/// @notice In the code of the market's extension. The certificate of a `Fulfillment` is the proof; its exit, fuel, evidence and
/// view are zero.
interface IMarketProofs is IMarketTypes {
    /// @notice After the last attempt's window a proof was settled that `payee` is paid for.
    event ProvenOpenly(RequestId indexed requestId, address indexed payee);
    /// @notice Somebody has a proof, and shows it later.
    event ProofCommitted(bytes32 indexed commitment);

    /// @notice The request is not a circuit's: its committee's certificate settles it.
    error CertificateExpected();
    /// @notice A proof says nothing of these: they are zero.
    error NotProven(uint16 exit, uint64 fuelUsed, bytes32 evidenceHash);
    /// @notice A circuit's output has exactly as many bytes as its function says.
    error OutputMismatch(uint256 length, uint256 lengthExpected);
    /// @notice There is one proof of 256 bytes for each request.
    error ProofsMismatch(uint256 length, uint256 items);
    /// @notice Nobody committed to this proof, payee and request.
    error NotCommitted(bytes32 commitment);
    /// @notice Nobody is paid at the zero address.
    error PayeeMissing();
    /// @notice What was committed to may be shown in a later block, from then on.
    error RevealedTooEarly(uint256 time, uint256 revealsAt);

    /// @notice Settles a request with a proof, in an attempt's window. Anyone; the node drawn for that attempt is paid.
    function fulfillWithProof(Request calldata request_, Fulfillment calldata fulfillment) external;

    /// @notice Settles requests of one function and attempt, with a proof each: one node is paid for all. Anyone.
    /// @param shared any of the requests: of it, all is the others' too but for what an item says, which is not read here.
    /// @param items one behind the other, as `BatchItem` packs them; exit and fuel are zero. One that is not open is passed over.
    /// @param proofs 256 bytes for each item, in their order. If one of an open request does not hold nothing is settled:
    /// `IProofVerifier.verifyEach` tells which.
    function fulfillProofs(
        Request calldata shared,
        bytes calldata items,
        bytes calldata proofs,
        uint8 attempt
    ) external;

    /// @notice Settles a request with a proof after the last attempt's window, before the deadline. Anyone, for whom he
    /// names: a key with a binding proves that the proof is for this payee, otherwise it was committed to first.
    /// @param fulfillment its attempt is the number of attempts: the turn after the last.
    /// @param payee is credited what a seat earns.
    /// @param blinding of the commitment; not looked at under a key with a binding.
    function fulfillOpenly(
        Request calldata request_,
        Fulfillment calldata fulfillment,
        address payee,
        bytes32 blinding
    ) external;

    /// @notice Says that the sender, or somebody else, has a proof, without showing it. The first time counts.
    /// @param commitment `keccak256(abi.encode(requestId, payee, keccak256(proof), blinding))`.
    function commitProof(bytes32 commitment) external;

    /// @notice What a submitter is reimbursed for a proof in place of signatures [FEE-4], and for each byte of input and
    /// output beside what a byte is reimbursed anyway.
    function proofGasConstants() external view returns (uint256 gasPerProof, uint256 gasPerProvenByte);
}
