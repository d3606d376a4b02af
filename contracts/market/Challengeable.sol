// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IChallengeCourt} from "../interfaces/IChallengeCourt.sol";
import {IComputeMarket} from "../interfaces/IComputeMarket.sol";
import {Certified} from "../types/Certified.sol";
import {Entry, EntryLibrary} from "../types/Entry.sol";
import {RequestId} from "../types/Ids.sol";
import {Fulfillment, Request} from "../types/Request.sol";
import {Verdict} from "../types/Verdict.sol";
import {Settlement} from "./Settlement.sol";

/// @title Requests whose certificate may be challenged before anyone is paid or called back.
/// @dev Of a certified request the market keeps one hash; the escrow is part of what is hashed.
abstract contract Challengeable is Settlement {
    /// Of a `Certified`.
    uint256 private constant CERTIFIED_BYTES = 320;

    /// @inheritdoc IComputeMarket
    /// @dev As `fulfill`: closed before anything is called, and the callback before the last credits.
    function finalize(
        Request calldata request_,
        Certified calldata certified,
        bytes calldata output
    ) external nonReentrant {
        RequestId requestId = checkCertified(request_, certified);
        IChallengeCourt.Ruling memory ruling = COURT.rulingOf(address(this), requestId);
        Verdict verdict = ruling.verdict;
        uint256 finalAt = uint256(certified.certifiedAt) + request_.challengeWindow;
        if (verdict == Verdict.Pending || (verdict == Verdict.None && block.timestamp < finalAt)) {
            revert NotFinal(requestId, finalAt);
        }
        // What is left is shared out as an open request's escrow.
        _credit(certified.submitter, certified.reimbursement);
        Entry entry = EntryLibrary.open(certified.escrow - certified.reimbursement, certified.maxFeePerGas);
        if (verdict == Verdict.Undecided) {
            _entries[requestId] = EntryLibrary.closed(Status.Expired);
            return _refund(request_, requestId, entry);
        }
        if (verdict != Verdict.Overturned) {
            ruling.exit = certified.exit;
            ruling.fuelUsed = certified.fuelUsed;
            ruling.outputHash = certified.outputHash;
        }
        if (keccak256(output) != ruling.outputHash) revert NotCertified(requestId);
        _entries[requestId] = EntryLibrary.closed(Status.Fulfilled);

        uint64 round = _attempt(request_, certified.attempt).round;
        Signed memory signed;
        if (verdict == Verdict.Overturned) {
            signed.count = request_.committeeSize;
            signed.challenger = ruling.challenger;
        } else {
            signed.members = _membersOf(request_, certified.attempt, round);
            _setSigners(signed, certified.signers);
        }
        Payment memory payment = _settle(
            request_,
            requestId,
            entry,
            signed,
            Result(round, ruling.exit, ruling.fuelUsed, 0),
            output
        );
        emit RequestFinalized(
            requestId,
            request_.functionId,
            msg.sender,
            verdict,
            payment,
            ruling.exit,
            ruling.fuelUsed,
            output
        );
    }

    /// @inheritdoc IComputeMarket
    function checkCertified(
        Request calldata request_,
        Certified calldata certified
    ) public view returns (RequestId requestId) {
        requestId = _idOf(request_);
        bytes32 hash;
        assembly ("memory-safe") {
            // Behind what is in use, and left there.
            let free := mload(0x40)
            calldatacopy(free, certified, CERTIFIED_BYTES)
            hash := keccak256(free, CERTIFIED_BYTES)
        }
        if (Entry.unwrap(_entries[requestId]) != Entry.unwrap(EntryLibrary.certified(hash))) {
            revert NotCertified(requestId);
        }
    }

    /// @inheritdoc IComputeMarket
    function court() external view returns (address) {
        return address(COURT);
    }

    /// @dev In place of a settlement: nobody is paid yet.
    function _certify(
        Request calldata request_,
        RequestId requestId,
        Entry entry,
        Signed memory signed,
        Fulfillment calldata fulfillment
    ) internal override {
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
}
