// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IChallengeCourt} from "../../../../contracts/interfaces/IChallengeCourt.sol";
import {IMarketCore} from "../../../../contracts/interfaces/IMarketCore.sol";
import {IMarketExtension} from "../../../../contracts/interfaces/IMarketExtension.sol";
import {IMarketTypes} from "../../../../contracts/interfaces/IMarketTypes.sol";
import {ISlasher} from "../../../../contracts/interfaces/ISlasher.sol";
import {Certified} from "../../../../contracts/types/Certified.sol";
import {Fulfillment, Request} from "../../../../contracts/types/Request.sol";
import {Verdict} from "../../../../contracts/types/Verdict.sol";
import {BeaconClock} from "../../../../contracts/libraries/BeaconClock.sol";
import {MoodyConsumer} from "../Doubles.sol";
import {Vm, vm} from "../Vm.sol";
import {Submitters} from "./Submitters.sol";

/// @title Who challenges, answers challenges or lets them pass, makes requests final, and reports what was overturned.
abstract contract Challengers is Submitters {
    uint256 private constant CHALLENGER_SEATS = 3;

    /// Half of the time of one that may still be challenged: certified now, if there is none.
    function challenge(uint256 which) public now_ {
        if (which & 1 == 0) which = _challengeable(which);
        if (!_find(which, IMarketTypes.Status.Certified)) return;
        Request memory asked = requests[_found];
        Item storage item = items[_found];
        Certified memory certified = item.certified;
        uint256 seats = CHALLENGER_SEATS * asked.committeeSize;
        uint256 bond =
            seats * (FLAT_FEE + uint256(FUEL_PRICE) * FUEL_LIMIT) +
                _submissionGas(seats, asked.input.length + asked.outputBytesMax) * certified.maxFeePerGas;
        bytes memory call = abi.encodeCall(IChallengeCourt.challenge, (address(MARKET), asked, certified));
        vm.deal(CHALLENGER, CHALLENGER.balance + bond);
        bool late = clock >= uint256(certified.certifiedAt) + CHALLENGE_WINDOW;
        vm.recordLogs();
        vm.prank(CHALLENGER);
        (bool ok, ) = address(COURT).call{value: bond}(call);
        require(ok == (!late && item.verdict == Verdict.None), "challenged");
        if (!ok) return;
        bytes memory data = _dataOf(vm.getRecordedLogs(), IChallengeCourt.Challenged.selector);
        (, item.round, , item.closesAt) = abi.decode(data, (uint96, uint64, uint64, uint64));
        item.verdict = Verdict.Pending;
        item.bond = bond;
        bonds += bond;
        ++made["challenge"];
    }

    /// The larger committee says the same or something else. Its signers are whoever the number says.
    function resolve(uint256 which, uint256 bitmap, bool same, uint64 fuel) public now_ {
        if (!_findVerdict(which, Verdict.Pending)) return;
        Item storage item = items[_found];
        if (clock >= item.closesAt) return;
        _later(BeaconClock.timeOfRound(item.round, BEACON.timeOfRound(1), 3));
        BEACON.postRound(item.round, "");
        Request memory asked = requests[_found];
        Fulfillment memory judged = _judged(item, same, fuel);
        VERIFIER.set(bitmap);
        // The committee's certificate is for its own attempt.
        bytes memory call = abi.encodeCall(
            IChallengeCourt.resolve,
            (address(MARKET), asked, item.certified, judged)
        );
        judged.attempt = item.certified.attempt;
        _mustFail(
            KEEPER,
            address(COURT),
            abi.encodeCall(IChallengeCourt.resolve, (address(MARKET), asked, item.certified, judged))
        );
        uint256[] memory committee = COURT.committeeOf(address(MARKET), asked, item.certified);
        vm.prank(KEEPER);
        (bool ok, ) = address(COURT).call(call);
        require(ok, "not resolved");
        _bookResolved(asked, item, committee, bitmap, judged);
        _mustFail(KEEPER, address(COURT), call);
        ++made[item.verdict == Verdict.Upheld ? bytes32("upheld") : bytes32("overturned")];
    }

    /// Before the window of the larger committee passes.
    function challengeAndResolve(uint256 which, uint256 bitmap, bool same, uint64 fuel) external {
        challenge(which);
        resolve(which, bitmap, same, fuel);
    }

    function closeUndecided(uint256 which) public now_ {
        if (!_findVerdict(which, Verdict.Pending) && which & 2 == 0) challenge((which >> 1) << 1);
        if (!_findVerdict(which, Verdict.Pending) && !_findChallenged(which)) return;
        Item storage item = items[_found];
        bytes memory call = abi.encodeCall(IChallengeCourt.closeUndecided, (address(MARKET), item.id));
        if (item.verdict != Verdict.Pending) return _mustFail(KEEPER, address(COURT), call);
        if (clock < item.closesAt) {
            _mustFail(KEEPER, address(COURT), call);
            _later(item.closesAt);
        }
        vm.prank(KEEPER);
        COURT.closeUndecided(address(MARKET), item.id);
        _mustFail(KEEPER, address(COURT), call);
        earned[CHALLENGER] += item.bond - item.bond / 2;
        bonds -= item.bond;
        item.bond = 0;
        item.verdict = Verdict.Undecided;
        ++made["closeUndecided"];
    }

    function finalize(uint256 which, uint256 mood) public now_ {
        if (!_find(which, IMarketTypes.Status.Certified)) return;
        Request memory asked = requests[_found];
        Item storage item = items[_found];
        Verdict verdict = item.verdict;
        bool overturned = verdict == Verdict.Overturned;
        bytes memory output = overturned ? item.judgedOutput : item.output;
        bytes memory call = abi.encodeCall(IMarketExtension.finalize, (asked, item.certified, output));
        uint256 finalAt = uint256(item.certified.certifiedAt) + CHALLENGE_WINDOW;
        if (verdict == Verdict.Pending && clock >= item.closesAt) verdict = Verdict.Undecided;
        if (verdict == Verdict.Pending) return _mustFail(KEEPER, address(MARKET), call);
        if (verdict == Verdict.None && clock < finalAt) {
            _mustFail(KEEPER, address(MARKET), call);
            _later(finalAt);
        }
        CONSUMER.set(MoodyConsumer.Mood(mood % 4), MARKET, payable(THIEF));
        _tamper(asked, item.certified, output);
        vm.recordLogs();
        vm.prank(KEEPER);
        (bool ok, ) = address(MARKET).call(call);
        require(ok, "not finalised");
        Vm.Log[] memory logs = vm.getRecordedLogs();
        earned[item.certified.submitter] += item.certified.reimbursement;
        uint256 left = item.escrow - item.certified.reimbursement;
        if (verdict == Verdict.Undecided) _bookRefund(asked, item, KEEPER, left);
        else _bookFinal(asked, item, left, overturned, output, logs);
        _mustFail(KEEPER, address(MARKET), call);
        _mustFail(KEEPER, address(MARKET), abi.encodeCall(IMarketCore.expire, (asked)));
        ++made["finalize"];
    }

    function reportOverturned(uint256 which) external now_ {
        if (!_findVerdict(which, Verdict.Overturned) && !_findChallenged(which)) return;
        Item storage item = items[_found];
        bytes memory call = abi.encodeCall(
            ISlasher.reportOverturned,
            (address(MARKET), requests[_found], item.certified)
        );
        bool guilty = item.verdict == Verdict.Overturned && !item.slashed;
        if (!guilty) return _mustFail(THIEF, address(SLASHER), call);
        vm.prank(THIEF);
        (bool ok, ) = address(SLASHER).call(call);
        require(ok, "not slashed");
        item.slashed = true;
        _mustFail(THIEF, address(SLASHER), call);
        ++made["reportOverturned"];
    }

    /// Its place, which is none when there are too few nodes to ask.
    function _challengeable(uint256 which) private returns (uint256) {
        uint256 length = items.length;
        for (uint256 i; i < length; ++i) {
            Item storage item = items[((which % length) + i) % length];
            if (item.status != IMarketTypes.Status.Certified || item.verdict != Verdict.None) continue;
            if (clock < uint256(item.certified.certifiedAt) + CHALLENGE_WINDOW)
                return ((which % length) + i) % length;
        }
        // Of the function with a window.
        request((which >> 2) * 3 + 2, uint32(which), 0);
        if (items.length != length && _enter(requests[length], 0, which))
            _fulfill(length, 0, which, uint16(which >> 8), uint64(which >> 64));
        return length;
    }

    function _findVerdict(uint256 which, Verdict verdict) private returns (bool) {
        uint256 length = items.length;
        for (uint256 i; i < length; ++i) {
            _found = ((which % length) + i) % length;
            if (items[_found].verdict == verdict && !items[_found].slashed) return true;
        }
        return false;
    }

    function _findChallenged(uint256 which) private returns (bool) {
        uint256 length = items.length;
        for (uint256 i; i < length; ++i) {
            _found = ((which % length) + i) % length;
            if (items[_found].verdict != Verdict.None) return true;
        }
        return false;
    }

    function _judged(
        Item storage item,
        bool same,
        uint64 fuel
    ) private view returns (Fulfillment memory judged) {
        judged.attempt = 255;
        judged.exit = item.certified.exit;
        judged.fuelUsed = item.certified.fuelUsed;
        judged.output = item.output;
        if (same) return judged;
        judged.output = bytes.concat(bytes("another"), new bytes(fuel % 100));
        (judged.exit, judged.fuelUsed) = _exit(fuel);
    }

    /// [CHA-5] [CHA-6]
    function _bookResolved(
        Request memory asked,
        Item storage item,
        uint256[] memory committee,
        uint256 bitmap,
        Fulfillment memory judged
    ) private {
        require(committee.length == CHALLENGER_SEATS * asked.committeeSize, "the larger committee");
        uint256 perSeat = uint256(FLAT_FEE) + uint256(FUEL_PRICE) * judged.fuelUsed;
        _bookSeats(asked, committee, bitmap, perSeat, true);
        uint256 gas = _submissionGas(
            _count(bitmap, committee.length),
            asked.input.length + judged.output.length
        );
        uint256 rest = item.bond - perSeat * committee.length;
        uint256 reimbursement = gas * _price(item.certified.maxFeePerGas);
        earned[KEEPER] += reimbursement;
        bool same =
            keccak256(judged.output) == item.certified.outputHash &&
                judged.exit == item.certified.exit &&
                judged.fuelUsed == item.certified.fuelUsed;
        earned[same ? asked.requester : CHALLENGER] += rest - reimbursement;
        bonds -= item.bond;
        item.bond = 0;
        item.verdict = same ? Verdict.Upheld : Verdict.Overturned;
        item.judgedFuel = judged.fuelUsed;
        item.judgedOutput = judged.output;
    }

    function _bookFinal(
        Request memory asked,
        Item storage item,
        uint256 left,
        bool overturned,
        bytes memory output,
        Vm.Log[] memory logs
    ) private {
        bytes memory data = _dataOf(logs, IMarketTypes.RequestFinalized.selector);
        (, IMarketTypes.Payment memory payment, uint16 exit, , ) = abi.decode(
            data,
            (Verdict, IMarketTypes.Payment, uint16, uint64, bytes)
        );
        uint256 seats = asked.committeeSize;
        uint256 fuel = overturned ? item.judgedFuel : item.certified.fuelUsed;
        uint256 perSeat = uint256(FLAT_FEE) + uint256(FUEL_PRICE) * fuel;
        uint256 signers = seats;
        if (overturned) {
            earned[CHALLENGER] += perSeat * seats;
        } else {
            signers = _count(item.certified.signers, seats);
            uint256[] memory committee = MARKET.committeeOf(asked, item.certified.attempt);
            _bookSeats(asked, committee, item.certified.signers, perSeat, false);
        }
        _bookRest(
            asked,
            item,
            left - perSeat * seats,
            payment.submitter,
            _submissionGas(signers, asked.input.length + output.length),
            asked.callbackGas,
            KEEPER
        );
        uint64 round = asked.attempts[item.certified.attempt].round;
        item.failed = IMarketTypes.CallbackResult(round, uint64(clock), exit, output);
    }

    /// [CHA-2]: who says it holds more, or was somebody else's, is not believed.
    function _tamper(Request memory asked, Certified memory certified, bytes memory output) private {
        ++certified.escrow;
        bytes memory call = abi.encodeCall(IMarketExtension.finalize, (asked, certified, output));
        _mustFail(THIEF, address(MARKET), call);
        --certified.escrow;
        certified.submitter = THIEF;
        call = abi.encodeCall(IMarketExtension.finalize, (asked, certified, output));
        _mustFail(THIEF, address(MARKET), call);
    }
}
