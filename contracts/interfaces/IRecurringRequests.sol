// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {RequestId} from "../types/Ids.sol";
import {IMarketTypes} from "./IMarketTypes.sol";
import {IMarketAgent} from "./IMarketAgent.sol";

/// @title Requests that come again: one an interval, triggered by anyone.
/// @notice A schedule is `count` intervals of `period` seconds from `start` on. Each is triggered once at most, and only while
/// it lasts; one nobody triggered in its time is gone. Requests are paid by the owner's account in the market, triggers by its
/// purse here.
interface IRecurringRequests is IMarketAgent {
    /// @notice What is asked for. Its hash names the schedule, and is all that is kept of it: the event has the rest.
    struct Plan {
        /// Who pays, and alone may schedule and cancel it.
        address owner;
        /// The owner, or a contract that allowed both the owner and this contract (`IMarketCore.allowCallbacks`).
        address callbackTarget;
        /// Anything: tells apart schedules that ask for the same.
        bytes32 salt;
        /// Warning: `maxFeePerGas` holds for every interval; what it was too high by is refunded.
        IMarketTypes.RequestParams params;
    }

    /// @notice One slot.
    struct Schedule {
        /// The first second of interval 0.
        uint40 start;
        /// Seconds. Zero when there is no such schedule.
        uint32 period;
        uint32 count;
        /// The first interval that may still be triggered: one above the last that was.
        uint32 next;
        /// Wei: the most a trigger is paid.
        uint64 bountyMax;
    }

    /// @notice A plan was made: all of it, which its owner alone may cancel.
    event Scheduled(bytes32 indexed scheduleId, address indexed owner, Schedule schedule, Plan plan);
    /// @notice An interval's request was made.
    event Triggered(
        bytes32 indexed scheduleId,
        RequestId indexed requestId,
        address indexed caller,
        uint32 interval,
        uint256 bounty
    );
    /// @notice Its owner ended a plan.
    event ScheduleCancelled(bytes32 indexed scheduleId);

    /// @notice Only the plan's owner may.
    error NotScheduleOwner(address owner, address caller);
    /// @notice The field named is out of its range.
    error InvalidSchedule(string field);
    /// @notice The same plan runs already.
    error AlreadyScheduled(bytes32 scheduleId);
    /// @notice There is no such plan, or it was cancelled.
    error UnknownSchedule(bytes32 scheduleId);
    /// @notice The interval was triggered, or has not begun.
    error NotDue(uint256 time, uint256 opensAt);
    /// @notice The last interval is over.
    error ScheduleEnded(uint256 time, uint256 endedAt);
    /// @notice The plan pays less for gas than a block costs now.
    error BaseFeeTooHigh(uint256 baseFee, uint256 maxFeePerGas);
    /// @notice The purse, or what the plan pays, is below what the caller asks.
    error BountyTooSmall(uint256 bounty, uint256 bountyMin);

    /// @notice Schedules requests the caller pays for; the value sent fills its purse.
    /// @param plan of which the caller is the owner.
    /// @param start the first second of interval 0; zero for now. Intervals that are over already are gone.
    /// @param period seconds, at least 1.
    /// @param count of intervals, at least 1.
    /// @param bountyMax the most a trigger is paid, in wei; zero to trigger by oneself.
    /// @return scheduleId the plan's hash.
    function schedule(
        Plan calldata plan,
        uint40 start,
        uint32 period,
        uint32 count,
        uint64 bountyMax
    ) external payable returns (bytes32 scheduleId);

    /// @notice Makes the current interval's request. Anyone, once. The caller's purse is credited what its transaction cost and a
    /// quarter more, at most `bountyMax` and at most what the owner's purse has.
    /// @param bountyMin reverts when it would be paid less: the owner may have emptied the purse.
    /// @dev Reverts, and leaves the interval to be triggered, when the owner's account or cap is too low, or the base fee is above
    /// what the plan pays: nobody would submit such a result.
    function trigger(
        Plan calldata plan,
        uint256 bountyMin
    ) external returns (RequestId requestId, uint256 bounty);

    /// @notice Ends a schedule. Only its owner. Requests made go on.
    function cancel(Plan calldata plan) external;

    /// @notice All zero when there is no such schedule.
    function scheduleOf(bytes32 scheduleId) external view returns (Schedule memory);

    /// @notice The earliest interval that may still be triggered, the second it opens (now or later) and the one it closes.
    /// `closesAt` is zero when there is none.
    function dueOf(
        bytes32 scheduleId
    ) external view returns (uint256 interval, uint256 opensAt, uint256 closesAt);

    /// @notice The id of an owner's plan.
    function scheduleIdOf(Plan calldata plan) external pure returns (bytes32);
}
