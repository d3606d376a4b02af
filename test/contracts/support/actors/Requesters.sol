// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMarketAccounts} from "../../../../contracts/interfaces/IMarketAccounts.sol";
import {IMarketCore} from "../../../../contracts/interfaces/IMarketCore.sol";
import {IMarketExtension} from "../../../../contracts/interfaces/IMarketExtension.sol";
import {IMarketTypes} from "../../../../contracts/interfaces/IMarketTypes.sol";
import {INodeRegistry} from "../../../../contracts/interfaces/INodeRegistry.sol";
import {Request} from "../../../../contracts/types/Request.sol";
import {Vm, vm} from "../Vm.sol";
import {Books} from "./Books.sol";

/// @title Who asks, by themselves and through prepaid accounts, and adds to what they paid.
abstract contract Requesters is Books {
    function request(uint256 number, uint32 callbackGas, uint96 surplus) public now_ {
        (IMarketTypes.RequestParams memory params, bool possible) = _params(number, callbackGas);
        if (!possible) return;
        address requester = [ALICE, BOB, address(CONSUMER)][(number >> 64) % 3];
        uint256 value = _quote(params) + (surplus % 1 ether);
        vm.deal(requester, requester.balance + value);
        vm.recordLogs();
        vm.prank(requester);
        MARKET.request{value: value}(params);
        _bookRequest(requester, value);
        ++made["request"];
    }

    /// Of one function and second, so that they share rounds and may be settled together.
    function requestSome(uint256 number, uint32 callbackGas) public now_ {
        uint256 rest = number % (1 << 64);
        for (uint256 i; i < 2 + (number % 3); ++i) request(rest | (i << 64), callbackGas, uint96(i));
    }

    function requestFor(uint256 number, uint32 callbackGas) external now_ {
        (IMarketTypes.RequestParams memory params, bool possible) = _params(number, callbackGas);
        if (!possible) return;
        uint256 value = _quote(params);
        address payer = number & (1 << 70) == 0 ? ALICE : BOB;
        uint256 credit = earned[payer] - spent[payer];
        if (credit < value) _deposit(payer, value - credit);
        vm.prank(payer);
        MARKET.setConsumer(AGENT, uint96(value));
        // A wei less than it takes is not enough, nor is another's permission.
        bytes memory call = abi.encodeCall(IMarketCore.requestFor, (payer, THIEF, params));
        _mustFail(THIEF, address(MARKET), call);
        vm.prank(payer);
        MARKET.setConsumer(AGENT, uint96(value - 1));
        _mustFail(AGENT, address(MARKET), abi.encodeCall(IMarketCore.requestFor, (payer, AGENT, params)));
        _mustFail(AGENT, address(MARKET), abi.encodeCall(IMarketCore.requestFor, (payer, THIEF, params)));
        vm.prank(payer);
        MARKET.setConsumer(AGENT, uint96(value));
        vm.recordLogs();
        vm.prank(AGENT);
        MARKET.requestFor(payer, number & (1 << 71) == 0 ? AGENT : payer, params);
        spent[payer] += value;
        _bookRequest(payer, value);
        ++made["requestFor"];
    }

    function deposit(uint256 who, uint96 value) external now_ {
        _deposit(accounts()[who % 10], value % 1 ether);
        ++made["deposit"];
    }

    /// Whoever is not the requester, may not; and below the least escrow of the higher price nobody.
    function topUp(uint256 which, uint96 value, uint64 maxFeePerGas) external now_ {
        if (items.length == 0) return;
        which %= items.length;
        Request memory asked = requests[which];
        Item storage item = items[which];
        maxFeePerGas %= 200 gwei;
        bytes memory call = abi.encodeCall(IMarketExtension.topUp, (asked, maxFeePerGas));
        _mustFail(THIEF, address(MARKET), call);
        if (item.status != IMarketTypes.Status.Open) return _mustFail(asked.requester, address(MARKET), call);
        uint64 raised = maxFeePerGas < item.maxFeePerGas ? item.maxFeePerGas : maxFeePerGas;
        uint256 least = _escrowMin(asked, raised);
        uint256 added = value % 1 ether;
        if (item.escrow + added < least) {
            _mustFail(asked.requester, address(MARKET), call);
            added = least - item.escrow;
        }
        vm.deal(asked.requester, asked.requester.balance + added);
        vm.prank(asked.requester);
        MARKET.topUp{value: added}(asked, maxFeePerGas);
        item.escrow += added;
        item.maxFeePerGas = raised;
        ++made["topUp"];
    }

    function claim(uint256 who) public now_ {
        address account = accounts()[who % 10];
        uint256 owed = earned[account] - spent[account];
        if (owed == 0)
            return
                _mustFail(account, address(MARKET), abi.encodeCall(IMarketAccounts.claim, (payable(THIEF))));
        uint256 before = KEEPER.balance;
        vm.prank(account);
        require(MARKET.claim(payable(KEEPER)) == owed && KEEPER.balance == before + owed, "claimed");
        spent[account] += owed;
        _mustFail(account, address(MARKET), abi.encodeCall(IMarketAccounts.claim, (payable(KEEPER))));
        ++made["claim"];
    }

    /// [FEE-2], written out again.
    function _escrowMin(Request memory asked, uint256 maxFeePerGas) internal pure returns (uint256) {
        uint256 seats = asked.committeeSize;
        uint256 gas = _submissionGas(seats, asked.input.length + asked.outputBytesMax);
        uint256 transactions = asked.challengeWindow == 0 ? 1 : 2;
        return
            seats * (FLAT_FEE + uint256(FUEL_PRICE) * FUEL_LIMIT) +
            ROYALTY +
            (seats * FLAT_FEE * PROTOCOL_FEE_BPS) / 10_000 +
            (transactions * gas + asked.callbackGas) * maxFeePerGas;
    }

    /// @return params of a function there are nodes enough for.
    function _params(
        uint256 number,
        uint32 callbackGas
    ) private view returns (IMarketTypes.RequestParams memory params, bool) {
        Function memory function_ = functions[number % 3];
        (, INodeRegistry.Snapshot memory snapshot) = REGISTRY.latestSnapshot();
        uint256 seats = function_.seats + ((number >> 8) % 5);
        if (function_.seats == 22)
            seats = 22 + ((number >> 8) % (snapshot.count > 22 ? snapshot.count - 21 : 1));
        params.functionId = function_.id;
        params.committeeSize = uint16(seats);
        params.attempts = uint8((number >> 16) % 4);
        params.callbackGas = callbackGas % 4 == 0 ? 0 : 30_000 + (callbackGas % 100_000);
        params.maxFeePerGas = uint64((number >> 32) % 100 gwei);
        params.input = new bytes((number >> 24) % 70);
        uint256 needed = function_.challengeWindow == 0 ? seats : 3 * seats;
        return (params, snapshot.count >= needed);
    }

    /// [MKT-3]: the quote is the selection fee and the least escrow.
    function _quote(IMarketTypes.RequestParams memory params) private view returns (uint256 value) {
        value = MARKET.quote(params);
        Request memory asked;
        asked.committeeSize = params.committeeSize;
        asked.input = params.input;
        asked.outputBytesMax = 1024;
        asked.callbackGas = params.callbackGas;
        if (_hasWindow(params)) asked.challengeWindow = CHALLENGE_WINDOW;
        require(value == SELECTION_FEE + _escrowMin(asked, params.maxFeePerGas), "the quote");
    }

    function _hasWindow(IMarketTypes.RequestParams memory params) private view returns (bool) {
        return params.functionId == functions[2].id;
    }

    function _deposit(address account, uint256 value) private {
        MARKET.deposit{value: value}(account);
        earned[account] += value;
    }

    function _bookRequest(address requester, uint256 value) private {
        bytes memory data = _dataOf(vm.getRecordedLogs(), IMarketTypes.RequestSubmitted.selector);
        (, Request memory asked) = abi.decode(data, (uint96, Request));
        require(asked.requester == requester, "requester");
        requests.push(asked);
        Item storage item = items.push();
        item.id = MARKET.requestIdOf(asked);
        item.status = IMarketTypes.Status.Open;
        item.escrow = value - SELECTION_FEE;
        item.maxFeePerGas = asked.maxFeePerGas;
        poolNow += SELECTION_FEE;
    }
}
