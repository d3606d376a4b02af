// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IChallengeCourt} from "../interfaces/IChallengeCourt.sol";
import {IMarketExtension} from "../interfaces/IMarketExtension.sol";
import {Certified} from "../types/Certified.sol";
import {Entry, EntryLibrary} from "../types/Entry.sol";
import {RequestId} from "../types/Ids.sol";
import {Request} from "../types/Request.sol";
import {Verdict} from "../types/Verdict.sol";
import {Settlement} from "./Settlement.sol";

/// @title Requests whose certificate may be challenged before anyone is paid or called back.
/// @dev Of a certified request the market keeps one hash; the escrow is part of what is hashed.
abstract contract Challengeable is IMarketExtension, Settlement {
    /// @inheritdoc IMarketExtension
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
            Result(round, ruling.exit, ruling.fuelUsed, 0, 0),
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

    /// @inheritdoc IMarketExtension
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
}
