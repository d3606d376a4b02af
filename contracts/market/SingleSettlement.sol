// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMarketCore} from "../interfaces/IMarketCore.sol";
import {AttestationHash} from "../libraries/AttestationHash.sol";
import {MerkleTree} from "../libraries/MerkleTree.sol";
import {SettlementLog} from "../libraries/SettlementLog.sol";
import {Certified} from "../types/Certified.sol";
import {Consensus} from "../types/Consensus.sol";
import {Entry, EntryLibrary} from "../types/Entry.sol";
import {RequestId} from "../types/Ids.sol";
import {Fulfillment, Request} from "../types/Request.sol";
import {Settlement} from "./Settlement.sol";

/// @title How a request ends alone: with a certificate, or by expiring.
abstract contract SingleSettlement is IMarketCore, Settlement {
    /// @inheritdoc IMarketCore
    /// @dev The order of settlement:
    /// 1. the request is closed, before anything is called: it can be settled once;
    /// 2. signers, pool, function owner and protocol are paid, none of which depends on the callback;
    /// 3. the callback runs with exactly the gas the requester bought, behind the guard that closes every way out of
    ///    the ledger. It can revert, burn its gas or return megabytes: what it costs is bounded, and nothing is undone;
    ///    it can make new requests, which share no state with this one;
    /// 4. only then are the submitter, for the callback gas really used, and the requester, for the rest, credited.
    ///    Nothing after the call can fail but for the submitter's own gas limit.
    function fulfill(Request calldata request_, Fulfillment calldata fulfillment) external nonReentrant {
        RequestId requestId = _idOf(request_);
        Entry entry = _close(requestId, Status.Fulfilled);
        bytes calldata output = fulfillment.output;
        uint64 round = _checkWindow(request_, fulfillment.attempt, fulfillment.view_);
        _checkReport(
            request_,
            fulfillment.exit,
            fulfillment.fuelUsed,
            fulfillment.evidenceHash,
            output.length
        );
        bytes32 leaf = AttestationHash.reportDigest(
            RequestId.unwrap(requestId),
            _hashOf(output),
            fulfillment.exit,
            fulfillment.fuelUsed,
            fulfillment.evidenceHash
        );
        Signed memory signed = _verify(
            request_,
            fulfillment.attempt,
            fulfillment.view_,
            round,
            MerkleTree.leafOf(leaf),
            fulfillment.certificate
        );

        if (request_.challengeWindow != 0) {
            return _certify(request_, requestId, entry, signed, fulfillment);
        }
        Payment memory payment = _settle(
            request_,
            requestId,
            entry,
            signed,
            Result(round, fulfillment.exit, fulfillment.fuelUsed, fulfillment.certificate.length, 0),
            output
        );
        SettlementLog.fulfilled(requestId, request_.functionId, payment, fulfillment);
    }

    /// @inheritdoc IMarketCore
    function expire(Request calldata request_) external nonReentrant {
        RequestId requestId = _idOf(request_);
        Entry entry = _close(requestId, Status.Expired);
        if (block.timestamp <= request_.deadline) revert NotExpired(block.timestamp, request_.deadline);
        _refund(request_, requestId, entry);
    }

    /// @dev In place of a settlement: nobody is paid yet.
    function _certify(
        Request calldata request_,
        RequestId requestId,
        Entry entry,
        Signed memory signed,
        Fulfillment calldata fulfillment
    ) private {
        bytes calldata output = fulfillment.output;
        Certified memory certified;
        certified.escrow = entry.escrow();
        certified.maxFeePerGas = uint64(_maxFeeOf(request_, entry));
        certified.certifiedAt = uint64(block.timestamp);
        certified.submitter = msg.sender;
        certified.attempt = fulfillment.attempt;
        certified.exit = fulfillment.exit;
        certified.fuelUsed = fulfillment.fuelUsed;
        certified.outputHash = keccak256(output);
        certified.signers = signed.bitmap;
        // What the others may get at most stays, whatever a data fee has become, and half of the rest for who makes it final.
        uint256 length = request_.input.length + output.length;
        uint256 reimbursement = _submissionGas(signed.count, length, 0) * _gasPrice(certified.maxFeePerGas);
        uint256 forData = _dataFee(length);
        if (forData != 0) {
            uint256 others = _escrowMin(request_, certified.maxFeePerGas);
            uint256 dataFeeMax = (certified.escrow - others) / 2;
            reimbursement += forData < dataFeeMax ? forData : dataFeeMax;
        }
        certified.reimbursement = uint96(reimbursement);
        bytes32 hash;
        assembly ("memory-safe") {
            hash := keccak256(certified, CERTIFIED_BYTES)
        }
        _entries[requestId] = EntryLibrary.certified(hash);
        emit RequestCertified(
            requestId,
            request_.functionId,
            msg.sender,
            certified,
            output,
            fulfillment.certificate
        );
    }

    /// Within its bounds, and nothing an exact function may not have.
    function _checkReport(
        Request calldata request_,
        uint16 exit,
        uint64 fuelUsed,
        bytes32 evidenceHash,
        uint256 outputLength
    ) internal pure {
        _checkResult(request_.outputBytesMax, request_.fuelLimit, exit, fuelUsed, outputLength);
        if (evidenceHash != 0 && request_.consensus == Consensus.Exact) {
            revert EvidenceNotAllowed(evidenceHash);
        }
    }
}
