// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Bits} from "../libraries/Bits.sol";
import {CallbackData} from "../libraries/CallbackData.sol";
import {Fees} from "../libraries/Fees.sol";
import {Quorum} from "../libraries/Quorum.sol";
import {SnapshotSeats} from "../libraries/SnapshotSeats.sol";
import {VerifierCall} from "../libraries/VerifierCall.sol";
import {Consensus} from "../types/Consensus.sol";
import {Entry, EntryLibrary} from "../types/Entry.sol";
import {RequestId} from "../types/Ids.sol";
import {Attempt, Request} from "../types/Request.sol";
import {MarketBase} from "./MarketBase.sol";

/// @title What every way to end a request shares: its checks, its payments and its callback.
/// @dev Part of the market and of its extension.
abstract contract Settlement is MarketBase {
    /// Exits from here on are traps and limits [EXIT-1]: they cost all the fuel there was.
    uint16 private constant EXIT_TRAP = 0x100;
    /// Gas kept back from a callback: for the CALL itself (a cold account that delegates to another, EIP-7702: 5,200) and
    /// for what follows it (two accounts credited for the first time, 44,200, a status, the event's topics). More than the
    /// 64th EIP-150 withholds of any callback's gas (31,746), which is part of it.
    uint256 internal constant RESERVED_GAS = 66_000;
    /// And for each byte of output and certificate, which the event brings: 8 for the log, the rest for memory.
    uint256 internal constant RESERVED_GAS_PER_BYTE = 11;
    /// What `expire` costs, of the requester's submission allowance.
    uint256 private constant GAS_EXPIRE = 48_000;
    /// Of a `Certified`.
    uint256 internal constant CERTIFIED_BYTES = 320;

    /// @dev Who signed, and for what share.
    struct Signed {
        /// The committee's entries of the snapshot: `attestor (20) | number (4)`.
        uint256[] members;
        uint256 bitmap;
        uint256 count;
        /// Who gets what `count` seats earned in their stead, when they were found wrong.
        address challenger;
    }

    /// @dev What it settles with.
    struct Result {
        uint64 round;
        uint16 exit;
        uint64 fuelUsed;
        /// What the event holds beside the output.
        uint256 bytesBeside;
        /// What the submitter is reimbursed beside a signature for each signer.
        uint256 gasBeside;
    }

    /// Takes the escrow out of an open request. Returns the entry as it was.
    function _close(RequestId requestId, Status status) internal returns (Entry entry) {
        entry = _entries[requestId];
        if (entry.status() != Status.Open) revert RequestNotOpen(requestId, entry.status());
        _entries[requestId] = EntryLibrary.closed(status);
    }

    /// Gives an escrow back, less what that costs the caller.
    function _refund(Request calldata request_, RequestId requestId, Entry entry) internal {
        uint256 refund = entry.escrow();
        // The submission allowance, which is part of the escrow, is more than this.
        uint256 bounty = GAS_EXPIRE * _gasPrice(_maxFeeOf(request_, entry));
        if (bounty > refund) bounty = refund;
        unchecked {
            refund -= bounty;
        }
        _credit(msg.sender, bounty);
        _credit(request_.requester, refund);
        emit RequestExpired(requestId, uint96(refund), uint96(bounty), msg.sender);
    }

    /// In its window, with a view an exact function may have. Returns the attempt's round.
    function _checkWindow(
        Request calldata request_,
        uint8 attemptIndex,
        uint32 view_
    ) internal view returns (uint64) {
        Attempt calldata attempt = _attempt(request_, attemptIndex);
        if (block.timestamp < attempt.opensAt || block.timestamp >= attempt.closesAt) {
            revert OutsideWindow(block.timestamp, attempt.opensAt, attempt.closesAt);
        }
        // [QC-3] An exact function's nodes run it and sign: there is nothing to try again.
        if (view_ != 0 && request_.consensus == Consensus.Exact) revert ViewNotAllowed(view_);
        return attempt.round;
    }

    function _checkResult(
        uint256 outputBytesMax,
        uint256 fuelLimit,
        uint256 exit,
        uint256 fuelUsed,
        uint256 outputLength
    ) internal pure {
        if (outputLength > outputBytesMax) revert OutputTooLarge(outputLength, outputBytesMax);
        if (fuelUsed > fuelLimit) revert FuelAboveLimit(uint64(fuelUsed), uint64(fuelLimit));
        if (exit >= EXIT_TRAP && fuelUsed != fuelLimit) {
            revert FuelBelowLimit(uint64(fuelUsed), uint64(fuelLimit));
        }
    }

    function _hashOf(bytes calldata data) internal pure returns (bytes32 digest) {
        assembly ("memory-safe") {
            let buffer := mload(0x40)
            calldatacopy(buffer, data.offset, data.length)
            digest := keccak256(buffer, data.length)
        }
    }

    /// Draws the committee and checks its certificate over the root.
    function _verify(
        Request calldata request_,
        uint8 attempt,
        uint32 view_,
        uint64 round,
        bytes32 root,
        bytes calldata certificate
    ) internal view returns (Signed memory signed) {
        signed.members = _membersOf(request_, attempt, round);
        uint256 quorum = Quorum.ofCommittee(request_.consensus, signed.members.length);
        // A circuit's node proves: with a quorum of nobody, what nobody signed would settle it.
        if (quorum == 0) revert ProofExpected();
        uint256 bitmap = VerifierCall.verify(
            request_.verifier,
            request_.snapshot,
            request_.epoch,
            signed.members,
            quorum,
            _attestationDigest(request_, attempt, view_, round, root),
            certificate
        );
        _setSigners(signed, bitmap);
    }

    function _setSigners(Signed memory signed, uint256 bitmap) internal pure {
        signed.bitmap = bitmap;
        signed.count = Bits.count(bitmap);
    }

    /// Pays everyone and calls back, in the order `fulfill` tells.
    function _settle(
        Request calldata request_,
        RequestId requestId,
        Entry entry,
        Signed memory signed,
        Result memory result,
        bytes calldata output
    ) internal returns (Payment memory payment) {
        uint256 perSeat = Fees.perSeat(request_.flatFeePerSeat, request_.fuelPrice, result.fuelUsed);
        payment.perSeat = uint96(perSeat);
        payment.pool = _payNodes(signed, perSeat);
        uint256 fees = request_.royalty;
        _credit(request_.functionOwner, fees);
        {
            uint256 protocolFee = request_.protocolFee;
            _addSums(payment.pool, protocolFee);
            unchecked {
                // Both below 2**96.
                fees += protocolFee;
            }
        }
        uint256 bytesSubmitted = request_.input.length + output.length;
        // Before the callback: what it costs to ask is no part of what is kept back for after it.
        uint256 forData = _dataFee(bytesSubmitted);

        uint256 callbackGasUsed;
        if (request_.callbackTarget != address(0)) {
            _requireGas(
                request_.callbackGas +
                    RESERVED_GAS +
                    RESERVED_GAS_PER_BYTE * (output.length + result.bytesBeside)
            );
            callbackGasUsed = _callBack(request_, requestId, result.round, result.exit, output);
        }
        uint256 gas = _submissionGas(signed.count, bytesSubmitted, callbackGasUsed);
        unchecked {
            gas += result.gasBeside;
        }
        _payRestTo(
            request_.requester,
            entry,
            payment,
            perSeat * signed.count + payment.pool + fees,
            gas * _gasPrice(_maxFeeOf(request_, entry)) + forData
        );
        _credit(msg.sender, payment.submitter);
    }

    /// Credits those who signed, or keeps a record they claim from. Returns what the others would have earned.
    function _payNodes(Signed memory signed, uint256 perSeat) internal returns (uint96 unsigned) {
        if (signed.challenger != address(0)) {
            _credit(signed.challenger, perSeat * signed.count);
            return 0;
        }
        uint256 seats = signed.members.length;
        _payAttestors(SnapshotSeats.attestorsOf(signed.members, signed.bitmap), perSeat, seats);
        // Below the escrow, which is a uint96: the committee's size times this is part of it.
        unchecked {
            unsigned = uint96(perSeat * (seats - signed.count));
        }
    }

    /// Fills in what the submitter and the requester get of an escrow, and credits the requester.
    /// @param paid what others were paid of the escrow.
    /// @param submitter what the submitter is owed, if so much is left.
    function _payRestTo(
        address requester,
        Entry entry,
        Payment memory payment,
        uint256 paid,
        uint256 submitter
    ) internal {
        // The escrow was at least the sum of the greatest value of each of these [FEE-2], all below 2**96, but for the
        // data fee, which is cut to what is left.
        unchecked {
            uint256 left = uint256(entry.escrow()) - paid;
            if (submitter > left) submitter = left;
            payment.submitter = uint96(submitter);
            payment.refund = uint96(left - submitter);
        }
        _credit(requester, payment.refund);
    }

    function _callBack(
        Request calldata request_,
        RequestId requestId,
        uint64 round,
        uint16 exit,
        bytes calldata output
    ) internal returns (uint256 gasUsed) {
        bytes memory data = CallbackData.encode(
            requestId,
            request_.functionId,
            round,
            block.timestamp,
            exit,
            output
        );
        return _callBackTo(request_.callbackTarget, request_.callbackGas, requestId, data);
    }

    /// Warning: the target is hostile. It gets its gas or the whole transaction reverts, so that no submitter can make
    /// it fail by sending too little; and what follows has gas of its own, so that a gas limit estimated while the target
    /// spent nothing is enough when it burns all. Nothing it returns is copied.
    function _callBackTo(
        address target,
        uint256 gasBought,
        RequestId requestId,
        bytes memory data
    ) internal returns (uint256 gasUsed) {
        uint256 gasBefore = gasleft();
        bool ok = _call(target, gasBought, data);
        unchecked {
            gasUsed = gasBefore - gasleft();
        }
        if (gasUsed > gasBought) gasUsed = gasBought;
        if (!ok) {
            _entries[requestId] = EntryLibrary.failed(keccak256(data));
            emit CallbackFailed(requestId);
        }
    }

    function _call(address target, uint256 gasGiven, bytes memory data) internal returns (bool ok) {
        assembly ("memory-safe") {
            ok := call(gasGiven, target, 0, add(data, 32), mload(data), 0, 0)
        }
    }

    function _requireGas(uint256 required) internal view {
        uint256 available = gasleft();
        if (available < required) revert NotEnoughGas(available, required);
    }
}
