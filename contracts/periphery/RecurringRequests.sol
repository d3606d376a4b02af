// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IComputeMarket} from "../interfaces/IComputeMarket.sol";
import {IRecurringRequests} from "../interfaces/IRecurringRequests.sol";
import {RequestId} from "../types/Ids.sol";
import {MarketAgent} from "./MarketAgent.sol";

/// @title Requests that come again.
/// @dev The documentation stands in `IRecurringRequests`. Which interval it is follows from the clock alone, so none can be made
/// up for. Whoever triggers chooses the second within an interval, and nothing else: the round that draws the committee is
/// later than it, and there is one draw an interval.
contract RecurringRequests is IRecurringRequests, MarketAgent {
    /// Of a trigger, outside what is measured: the transaction's 21,000, the plan's words in calldata (3,500), the two purses
    /// (10,000 once the caller has earned before), the event.
    uint256 private constant GAS_AROUND = 41_000;
    /// Of a byte of input: calldata.
    uint256 private constant GAS_PER_BYTE = 16;
    /// A quarter above cost, or nobody would watch the clock.
    uint256 private constant BOUNTY_PERCENT = 125;

    uint256 private immutable TIP_MAX;

    mapping(bytes32 scheduleId => Schedule) private _schedules;

    constructor(IComputeMarket market) MarketAgent(market) {
        (, , , TIP_MAX) = market.gasConstants();
    }

    /// @inheritdoc IRecurringRequests
    function schedule(
        Plan calldata plan,
        uint40 start,
        uint32 period,
        uint32 count,
        uint64 bountyMax
    ) external payable returns (bytes32 scheduleId) {
        _checkOwner(plan);
        if (period == 0) revert InvalidSchedule("period");
        if (start == 0) start = uint40(block.timestamp);
        if (block.timestamp >= uint256(start) + uint256(period) * count) revert InvalidSchedule("count");
        scheduleId = scheduleIdOf(plan);
        if (_schedules[scheduleId].period != 0) revert AlreadyScheduled(scheduleId);
        Schedule memory its = Schedule(start, period, count, 0, bountyMax);
        _schedules[scheduleId] = its;
        emit Scheduled(scheduleId, msg.sender, its, plan);
        if (msg.value != 0) _fill(msg.sender);
    }

    /// @inheritdoc IRecurringRequests
    function trigger(
        Plan calldata plan,
        uint256 bountyMin
    ) external returns (RequestId requestId, uint256 bounty) {
        uint256 gasBefore = gasleft();
        bytes32 scheduleId = scheduleIdOf(plan);
        Schedule memory its = _schedules[scheduleId];
        if (its.period == 0) revert UnknownSchedule(scheduleId);
        uint32 interval = _intervalNow(its);
        uint256 maxFeePerGas = plan.params.maxFeePerGas;
        if (block.basefee > maxFeePerGas) revert BaseFeeTooHigh(block.basefee, maxFeePerGas);

        _schedules[scheduleId].next = interval + 1;
        requestId = _ask(plan.owner, plan.callbackTarget, plan.params);

        uint256 gas = gasBefore - gasleft() + GAS_AROUND + GAS_PER_BYTE * plan.params.input.length;
        bounty = _bounty(gas, its.bountyMax, purseOf(plan.owner));
        if (bounty < bountyMin) revert BountyTooSmall(bounty, bountyMin);
        _payFrom(plan.owner, msg.sender, bounty);
        emit Triggered(scheduleId, requestId, msg.sender, interval, bounty);
    }

    /// @inheritdoc IRecurringRequests
    function cancel(Plan calldata plan) external {
        _checkOwner(plan);
        bytes32 scheduleId = scheduleIdOf(plan);
        if (_schedules[scheduleId].period == 0) revert UnknownSchedule(scheduleId);
        delete _schedules[scheduleId];
        emit ScheduleCancelled(scheduleId);
    }

    /// @inheritdoc IRecurringRequests
    function scheduleOf(bytes32 scheduleId) external view returns (Schedule memory) {
        return _schedules[scheduleId];
    }

    /// @inheritdoc IRecurringRequests
    function dueOf(
        bytes32 scheduleId
    ) external view returns (uint256 interval, uint256 opensAt, uint256 closesAt) {
        Schedule memory its = _schedules[scheduleId];
        if (its.period == 0) return (0, 0, 0);
        if (block.timestamp > its.start) interval = (block.timestamp - its.start) / its.period;
        if (interval < its.next) interval = its.next;
        if (interval >= its.count) return (interval, 0, 0);
        opensAt = its.start + interval * its.period;
        closesAt = opensAt + its.period;
    }

    /// @inheritdoc IRecurringRequests
    function scheduleIdOf(Plan calldata plan) public pure returns (bytes32) {
        return keccak256(abi.encode(plan));
    }

    function _checkOwner(Plan calldata plan) private view {
        if (msg.sender != plan.owner) revert NotScheduleOwner(plan.owner, msg.sender);
    }

    /// The interval the clock is in; reverts when it was triggered, or there is none.
    function _intervalNow(Schedule memory its) private view returns (uint32) {
        if (block.timestamp < its.start) revert NotDue(block.timestamp, its.start);
        uint256 interval = (block.timestamp - its.start) / its.period;
        if (interval >= its.count) {
            revert ScheduleEnded(block.timestamp, its.start + uint256(its.count) * its.period);
        }
        if (interval < its.next) {
            revert NotDue(block.timestamp, its.start + uint256(its.next) * its.period);
        }
        return uint32(interval);
    }

    /// What `gas` costs and a quarter more, within both bounds. The price is the caller's own, and no more than the market pays a
    /// submitter: a tip to oneself earns nothing.
    function _bounty(uint256 gas, uint256 bountyMax, uint256 purse) private view returns (uint256 bounty) {
        uint256 price = block.basefee + TIP_MAX;
        if (tx.gasprice < price) price = tx.gasprice;
        bounty = (gas * price * BOUNTY_PERCENT) / 100;
        if (bounty > bountyMax) bounty = bountyMax;
        if (bounty > purse) bounty = purse;
    }
}
