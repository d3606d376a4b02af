// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IBounties} from "../../../../contracts/interfaces/IBounties.sol";
import {IMarketCore} from "../../../../contracts/interfaces/IMarketCore.sol";
import {IMarketExtension} from "../../../../contracts/interfaces/IMarketExtension.sol";
import {IMarketTypes} from "../../../../contracts/interfaces/IMarketTypes.sol";
import {Certified} from "../../../../contracts/types/Certified.sol";
import {Batch, BatchResult, Fulfillment, Request} from "../../../../contracts/types/Request.sol";
import {MoodyConsumer} from "../Doubles.sol";
import {Vm, vm} from "../Vm.sol";
import {Requesters} from "./Requesters.sol";

/// @title Who posts rounds, submits certificates, one by one and together, retries callbacks and expires what nobody answered.
abstract contract Submitters is Requesters {
    uint256 private constant GAS_PER_BATCHED = 28_000;
    uint256 private constant BATCH_MAX = 4;

    function fulfill(uint256 which, uint256 bitmap, uint8 attempt, uint16 length, uint64 fuel) external now_ {
        if (!_find(which, IMarketTypes.Status.Open)) return;
        which = _found;
        Request memory asked = requests[which];
        attempt = uint8(attempt % asked.attempts.length);
        // One that is not over, if there is one.
        while (attempt + 1 < asked.attempts.length && clock >= asked.attempts[attempt].closesAt) ++attempt;
        if (!_enter(asked, attempt, bitmap)) return;
        _fulfill(which, attempt, bitmap, length, fuel);
    }

    /// What is open of one committee, and one request that is settled already, if there is one.
    function fulfillBatch(uint256 which, uint256 bitmap, uint64 fuel) external now_ {
        // Often there is nothing to settle together: then of those just made.
        if (which % 2 == 0) {
            requestSome(bitmap >> 64, uint32(bitmap >> 48));
            which = items.length == 0 ? 0 : items.length - 1;
        }
        if (!_find(which, IMarketTypes.Status.Open)) return;
        Request memory first = requests[_found];
        if (first.challengeWindow != 0 || !_enter(first, 0, bitmap)) return;
        uint256[] memory chosen = _sharing(first);
        // Somebody was faster with one of them: that one is passed over.
        if (bitmap & (1 << 131) == 0 && _isOpen(chosen[0]) && chosen.length > 1) {
            uint256 last = chosen[chosen.length - 1];
            if (_isOpen(last)) _fulfill(last, 0, bitmap, uint16(fuel), fuel);
        }
        VERIFIER.set(bitmap);
        CONSUMER.set(MoodyConsumer.Mood((bitmap >> 128) % 4), MARKET, payable(THIEF));
        Request[] memory asked = new Request[](chosen.length);
        BatchResult[] memory results = new BatchResult[](chosen.length);
        bytes memory packed;
        for (uint256 i; i < chosen.length; ++i) {
            asked[i] = requests[chosen[i]];
            (results[i].exit, results[i].fuelUsed) = _exit(fuel >> i);
            results[i].output = new bytes((fuel >> (8 * i)) % 100);
            packed = bytes.concat(packed, _item(asked[i], results[i]));
        }
        Batch memory batch;
        batch.leaves = new bytes32[](chosen.length);
        vm.recordLogs();
        vm.prank(SUBMITTER);
        MARKET.fulfillBatch(first, packed, batch);
        _bookBatch(chosen, asked, results, bitmap, vm.getRecordedLogs());
        bytes memory again = abi.encodeCall(IMarketExtension.fulfillBatch, (first, packed, batch));
        _mustFail(SUBMITTER, address(MARKET), again);
        ++made["fulfillBatch"];
        if (chosen.length > 1) ++made["fulfillBatch of several"];
    }

    function expire(uint256 which) public now_ {
        if (!_find(which, IMarketTypes.Status.Open)) return;
        Request memory asked = requests[_found];
        Item storage item = items[_found];
        if (clock <= asked.deadline) {
            _mustFail(KEEPER, address(MARKET), abi.encodeCall(IMarketCore.expire, (asked)));
            _later(uint256(asked.deadline) + 1);
        }
        vm.prank(KEEPER);
        MARKET.expire(asked);
        _bookRefund(asked, item, KEEPER, item.escrow);
        _mustFail(KEEPER, address(MARKET), abi.encodeCall(IMarketCore.expire, (asked)));
        ++made["expire"];
    }

    function retryCallback(uint256 which, uint256 mood) external now_ {
        if (!_find(which, IMarketTypes.Status.CallbackFailed)) return;
        Request memory asked = requests[_found];
        Item storage item = items[_found];
        IMarketTypes.CallbackResult memory result = item.failed;
        if (clock >= uint256(asked.deadline) + 7 days) return;
        CONSUMER.set(MoodyConsumer.Mood(mood % 4), MARKET, payable(THIEF));
        IMarketTypes.CallbackResult memory other = item.failed;
        other.exit ^= 1;
        bytes memory call = abi.encodeCall(IMarketExtension.retryCallback, (asked, other, 1_000_000));
        _mustFail(KEEPER, address(MARKET), call);
        vm.prank(KEEPER);
        bool ok = MARKET.retryCallback(asked, result, 1_000_000);
        if (asked.callbackTarget == address(CONSUMER))
            require(ok == (mood % 4 == 0 || mood % 4 == 3), "retried");
        if (ok) item.status = IMarketTypes.Status.Fulfilled;
        ++made["retryCallback"];
    }

    /// An item of that status, from `which` on.
    function _find(uint256 which, IMarketTypes.Status status) internal returns (bool) {
        uint256 length = items.length;
        for (uint256 i; i < length; ++i) {
            _found = ((which % length) + i) % length;
            if (items[_found].status == status) return true;
        }
        return false;
    }

    uint256 internal _found;

    /// Goes to an attempt's window and posts its round, for a bounty or for nothing. False when it is over.
    function _enter(Request memory asked, uint256 attempt, uint256 number) internal returns (bool) {
        if (clock >= asked.attempts[attempt].closesAt) return false;
        _later(asked.attempts[attempt].opensAt);
        uint64 round = asked.attempts[attempt].round;
        if (BEACON.randomness(round) != 0) return true;
        if (number & (1 << 130) == 0) {
            BEACON.postRound(round, "");
            return true;
        }
        vm.prank(KEEPER);
        uint256 bounty = BOUNTIES.postRound(address(MARKET), asked, uint8(attempt), "");
        uint256 price = _price(500 gwei);
        // What the caller pays itself, and no more.
        uint256 most = 165_000 * (tx.gasprice < price ? tx.gasprice : price);
        require(bounty == (most < poolNow ? most : poolNow), "a bounty");
        poolNow -= bounty;
        earned[KEEPER] += bounty;
        bytes memory again = abi.encodeCall(
            IBounties.postRound,
            (address(MARKET), asked, uint8(attempt), "")
        );
        _mustFail(KEEPER, address(BOUNTIES), again);
        ++made["postRound"];
        return true;
    }

    /// Half of the runs trap, which costs all their fuel.
    function _exit(uint64 fuel) internal pure returns (uint16, uint64) {
        return fuel & 1 == 0 ? (0, fuel % (FUEL_LIMIT + 1)) : (uint16(0x100), FUEL_LIMIT);
    }

    /// In the window of an attempt whose round is posted.
    function _fulfill(uint256 which, uint8 attempt, uint256 bitmap, uint16 length, uint64 fuel) internal {
        Request memory asked = requests[which];
        VERIFIER.set(bitmap);
        CONSUMER.set(MoodyConsumer.Mood((bitmap >> 128) % 4), MARKET, payable(THIEF));
        Fulfillment memory fulfillment;
        fulfillment.attempt = attempt;
        fulfillment.output = new bytes(length % 1025);
        (fulfillment.exit, fulfillment.fuelUsed) = _exit(fuel);
        vm.recordLogs();
        vm.prank(SUBMITTER);
        MARKET.fulfill(asked, fulfillment);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        if (asked.challengeWindow != 0) _bookCertified(which, asked, fulfillment, bitmap, logs);
        else _bookFulfilled(which, asked, fulfillment, bitmap, logs);
        // Once: neither again nor in another way.
        _mustFail(SUBMITTER, address(MARKET), abi.encodeCall(IMarketCore.fulfill, (asked, fulfillment)));
        _mustFail(SUBMITTER, address(MARKET), abi.encodeCall(IMarketCore.expire, (asked)));
    }

    function _isOpen(uint256 which) private view returns (bool) {
        return items[which].status == IMarketTypes.Status.Open;
    }

    function _sharing(Request memory first) private view returns (uint256[] memory chosen) {
        chosen = new uint256[](BATCH_MAX);
        uint256 count;
        bool passedOver;
        for (uint256 i; i < items.length && count < BATCH_MAX; ++i) {
            Request memory each = requests[i];
            if (
                !(each.functionId == first.functionId) ||
                each.snapshot != first.snapshot ||
                each.epoch != first.epoch ||
                each.committeeSize != first.committeeSize ||
                keccak256(abi.encode(each.attempts)) != keccak256(abi.encode(first.attempts))
            ) continue;
            if (items[i].status != IMarketTypes.Status.Open) {
                if (passedOver) continue;
                passedOver = true;
            }
            chosen[count++] = i;
        }
        assembly ("memory-safe") {
            mstore(chosen, count)
        }
    }

    function _bookFulfilled(
        uint256 which,
        Request memory asked,
        Fulfillment memory fulfillment,
        uint256 bitmap,
        Vm.Log[] memory logs
    ) private {
        Item storage item = items[which];
        bytes memory data = _dataOf(logs, IMarketTypes.RequestFulfilled.selector);
        (IMarketTypes.Payment memory payment, ) = abi.decode(data, (IMarketTypes.Payment, Fulfillment));
        uint256 perSeat = uint256(FLAT_FEE) + uint256(FUEL_PRICE) * fulfillment.fuelUsed;
        _bookSeats(asked, MARKET.committeeOf(asked, fulfillment.attempt), bitmap, perSeat, false);
        _bookRest(
            asked,
            item,
            item.escrow - perSeat * asked.committeeSize,
            payment.submitter,
            _submissionGas(
                _count(bitmap, asked.committeeSize),
                asked.input.length + fulfillment.output.length
            ),
            asked.callbackGas,
            SUBMITTER
        );
        uint64 round = asked.attempts[fulfillment.attempt].round;
        item.failed = IMarketTypes.CallbackResult(round, uint64(clock), fulfillment.exit, fulfillment.output);
        ++made["fulfill"];
        if (asked.committeeSize > 21) ++made["shares recorded"];
    }

    function _bookCertified(
        uint256 which,
        Request memory asked,
        Fulfillment memory fulfillment,
        uint256 bitmap,
        Vm.Log[] memory logs
    ) private {
        Item storage item = items[which];
        bytes memory data = _dataOf(logs, IMarketTypes.RequestCertified.selector);
        (Certified memory certified, , ) = abi.decode(data, (Certified, bytes, bytes));
        require(certified.escrow == item.escrow && certified.submitter == SUBMITTER, "certified");
        uint256 gas = _submissionGas(
            _count(bitmap, asked.committeeSize),
            asked.input.length + fulfillment.output.length
        );
        require(certified.reimbursement == gas * _price(item.maxFeePerGas), "what the submitter is owed");
        item.certified = certified;
        item.output = fulfillment.output;
        item.status = IMarketTypes.Status.Certified;
        ++made["certify"];
    }

    function _bookBatch(
        uint256[] memory chosen,
        Request[] memory asked,
        BatchResult[] memory results,
        uint256 bitmap,
        Vm.Log[] memory logs
    ) private {
        uint256 next;
        uint256 perSeatSum;
        for (uint256 i; i < chosen.length; ++i) {
            Item storage item = items[chosen[i]];
            // Passed over: nothing of it changes.
            if (item.status != IMarketTypes.Status.Open) {
                ++made["passed over"];
                continue;
            }
            while (logs[next].topics[0] != IMarketTypes.RequestFulfilledInBatch.selector) ++next;
            (IMarketTypes.Payment memory payment, ) = abi.decode(
                logs[next++].data,
                (IMarketTypes.Payment, BatchResult)
            );
            uint256 perSeat = uint256(FLAT_FEE) + uint256(FUEL_PRICE) * results[i].fuelUsed;
            perSeatSum += perSeat;
            _bookRest(
                asked[i],
                item,
                item.escrow - perSeat * asked[i].committeeSize,
                payment.submitter,
                _batchGas(asked[i], results[i], bitmap, chosen.length),
                asked[i].callbackGas,
                SUBMITTER
            );
            uint64 round = asked[i].attempts[0].round;
            item.failed = IMarketTypes.CallbackResult(
                round,
                uint64(clock),
                results[i].exit,
                results[i].output
            );
        }
        _bookSeats(asked[0], MARKET.committeeOf(asked[0], 0), bitmap, perSeatSum, false);
    }

    /// [FMT-10]
    function _item(Request memory asked, BatchResult memory result) private pure returns (bytes memory) {
        bytes memory head = abi.encodePacked(
            asked.requester,
            asked.nonce,
            asked.callbackTarget,
            asked.callbackGas,
            asked.maxFeePerGas
        );
        bytes memory claimed = abi.encodePacked(
            result.exit,
            result.fuelUsed,
            uint32(asked.input.length),
            uint32(result.output.length)
        );
        return bytes.concat(head, claimed, asked.input, result.output);
    }

    /// [FEE-9]
    function _batchGas(
        Request memory asked,
        BatchResult memory result,
        uint256 bitmap,
        uint256 count
    ) private pure returns (uint256 gas) {
        uint256 signers = _count(bitmap, asked.committeeSize);
        uint256 bytes_ = asked.input.length + result.output.length;
        gas = _submissionGas(signers, 0) / count + GAS_PER_BATCHED + GAS_PER_BYTE * bytes_;
        if (gas > _submissionGas(signers, bytes_)) gas = _submissionGas(signers, bytes_);
    }

    /// [FEE-8]
    function _bookRefund(Request memory asked, Item storage item, address caller, uint256 left) internal {
        uint256 bounty = GAS_EXPIRE * _price(item.maxFeePerGas);
        if (bounty > left) bounty = left;
        earned[caller] += bounty;
        earned[asked.requester] += left - bounty;
        item.escrow = 0;
        ++item.ended;
        item.status = IMarketTypes.Status.Expired;
    }
}
