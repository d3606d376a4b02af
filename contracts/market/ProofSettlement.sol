// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMarketProofs} from "../interfaces/IMarketProofs.sol";
import {IProofVerifier} from "../interfaces/IProofVerifier.sol";
import {ProofCall, ProofCallLibrary} from "../libraries/ProofCall.sol";
import {SettlementLog} from "../libraries/SettlementLog.sol";
import {Consensus} from "../types/Consensus.sol";
import {Entry} from "../types/Entry.sol";
import {RequestId} from "../types/Ids.sol";
import {Attempt, Fulfillment, Request} from "../types/Request.sol";
import {Settlement} from "./Settlement.sol";

/// @title How a circuit's request ends: with a proof, for the node that was drawn to make it or, after it, for whoever did.
abstract contract ProofSettlement is IMarketProofs, Settlement {
    /// [ZKP-5] Bits taken off the hash that a binding is: it is below the order of the field.
    uint256 private constant BINDING_SHIFT = 3;
    /// [ZKP-3].
    uint256 internal constant PROOF_BYTES = 256;

    /// @inheritdoc IMarketProofs
    /// @dev As `fulfill`. Who copies the proof out of a pending transaction is reimbursed for submitting it, and pays its
    /// maker: the payee is drawn, not named.
    function fulfillWithProof(
        Request calldata request_,
        Fulfillment calldata fulfillment
    ) external nonReentrant {
        RequestId requestId = _idOf(request_);
        Entry entry = _close(requestId, Status.Fulfilled);
        _checkProvable(request_);
        uint64 round = _checkWindow(request_, fulfillment.attempt, fulfillment.view_);
        Signed memory signed;
        signed.members = _membersOf(request_, fulfillment.attempt, round);
        _setSigners(signed, 1);
        _settleProven(request_, requestId, entry, signed, _proverOf(signed.members), round, fulfillment);
    }

    /// @inheritdoc IMarketProofs
    function fulfillOpenly(
        Request calldata request_,
        Fulfillment calldata fulfillment,
        address payee,
        bytes32 blinding
    ) external nonReentrant {
        RequestId requestId = _idOf(request_);
        Entry entry = _close(requestId, Status.Fulfilled);
        _checkProvable(request_);
        // The zero address stands for nobody where payments are made.
        if (payee == address(0)) revert PayeeMissing();
        uint256 attempts = request_.attempts.length;
        if (fulfillment.attempt != attempts) revert UnknownAttempt(fulfillment.attempt);
        Attempt calldata last = request_.attempts[attempts - 1];
        if (block.timestamp < last.closesAt || block.timestamp >= request_.deadline) {
            revert OutsideWindow(block.timestamp, last.closesAt, request_.deadline);
        }
        (, , bool bound, ) = IProofVerifier(request_.verifier).shape();
        if (!bound) _reveal(requestId, payee, fulfillment.certificate, blinding);
        // Credited as an account: it need not be a node.
        Signed memory signed;
        signed.count = 1;
        signed.challenger = payee;
        emit ProvenOpenly(requestId, payee);
        _settleProven(request_, requestId, entry, signed, payee, last.round, fulfillment);
    }

    /// @inheritdoc IMarketProofs
    /// @dev Without a revert when it was made before: whoever copies a commitment out of a pending transaction makes it for
    /// its author, earlier.
    function commitProof(bytes32 commitment) external {
        if (_proofCommitments[commitment] != 0) return;
        _proofCommitments[commitment] = (block.number << 64) | block.timestamp;
        emit ProofCommitted(commitment);
    }

    /// @inheritdoc IMarketProofs
    function proofGasConstants() external view returns (uint256, uint256) {
        return (GAS_PER_PROOF, GAS_PER_PROVEN_BYTE);
    }

    /// Composes what must have been proven, has it checked and settles.
    function _settleProven(
        Request calldata request_,
        RequestId requestId,
        Entry entry,
        Signed memory signed,
        address payee,
        uint64 round,
        Fulfillment calldata fulfillment
    ) private {
        if (fulfillment.exit != 0 || fulfillment.fuelUsed != 0 || fulfillment.evidenceHash != 0) {
            revert NotProven(fulfillment.exit, fulfillment.fuelUsed, fulfillment.evidenceHash);
        }
        if (fulfillment.view_ != 0) revert ViewNotAllowed(fulfillment.view_);
        bytes calldata output = fulfillment.output;
        _checkOutput(output.length, request_.outputBytesMax);
        bytes calldata input = request_.input;
        bytes calldata proof = fulfillment.certificate;
        if (proof.length != PROOF_BYTES) revert ProofsMismatch(proof.length, 1);
        ProofCall call = ProofCallLibrary.allocate(1, output.length + input.length);
        call.put(0, output, input, _bindingOf(requestId, payee), _offsetOf(proof));
        call.verify(request_.verifier);
        Result memory result = Result(round, 0, 0, PROOF_BYTES, 0);
        unchecked {
            // A proof in place of a signature; if that makes it less, the sum is right all the same.
            result.gasBeside =
                _proofGas(input.length + output.length, 0) -
                _submissionGas(1, input.length + output.length, 0);
        }
        Payment memory payment = _settle(request_, requestId, entry, signed, result, output);
        SettlementLog.fulfilled(requestId, request_.functionId, payment, fulfillment);
    }

    /// The commitment is made in an earlier block, and `LEAD_SECONDS` ago: who sees it opened is too late to copy it.
    function _reveal(RequestId requestId, address payee, bytes calldata proof, bytes32 blinding) private {
        bytes32 commitment = keccak256(abi.encode(requestId, payee, _hashOf(proof), blinding));
        uint256 committed = _proofCommitments[commitment];
        if (committed == 0) revert NotCommitted(commitment);
        uint256 revealsAt = uint64(committed) + LEAD_SECONDS;
        if (block.number <= committed >> 64 || block.timestamp < revealsAt) {
            revert RevealedTooEarly(block.timestamp, revealsAt);
        }
        delete _proofCommitments[commitment];
    }

    function _checkProvable(Request calldata request_) internal pure {
        if (request_.consensus != Consensus.Zk) revert CertificateExpected();
    }

    function _checkOutput(uint256 length, uint256 expected) internal pure {
        if (length != expected) revert OutputMismatch(length, expected);
    }

    /// @dev [ZKP-5].
    function _bindingOf(RequestId requestId, address payee) internal pure returns (uint256 binding) {
        uint256 shift = BINDING_SHIFT;
        assembly ("memory-safe") {
            mstore(0, requestId)
            mstore(32, payee)
            binding := shr(shift, keccak256(0, 64))
        }
    }

    function _offsetOf(bytes calldata data) internal pure returns (uint256 offset) {
        assembly ("memory-safe") {
            offset := data.offset
        }
    }

    /// The node drawn: its entry is `attestor (20) | number (4)`.
    function _proverOf(uint256[] memory members) internal pure returns (address) {
        return address(uint160(members[0] >> 32));
    }
}
