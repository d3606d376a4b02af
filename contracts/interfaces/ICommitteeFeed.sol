// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {FunctionId, RequestId} from "../types/Ids.sol";

/// @title A value that a standing committee observes again and again, each answer proven to be the median of signed observations.
/// @notice Anyone may ask, at most once a period, and anyone may pay: the feed asks the market with what it holds. Members whose
/// observations are in an answer are owed `seatPay` each, which is set aside before the market is asked. Nobody owns this contract.
/// Warning: a standing committee is a weaker mode than one drawn for a request. Its members are known for an epoch; see
/// docs/spec/standing-committees.md.
interface ICommitteeFeed {
    /// @notice What a feed fixes for good.
    struct Config {
        /// A `committee-feed-N` circuit for `size` members: public inputs key root and context, output the packed statement.
        FunctionId functionId;
        /// Seats of the committee, 4 to 30, and how many of them an answer has at least: two thirds or more. Provers wait for floor((n + f) / 2) + 1
        /// of them, f = floor((n - 1) / 3), and a little for the others: with a larger quorum answers are refused when members are away.
        uint16 size;
        uint16 quorum;
        /// Seconds between two requests, at least.
        uint32 periodSeconds;
        /// How many epochs ago a committee's epoch may have begun when it is asked.
        uint16 epochAgeMax;
        /// Bought for the callback: an answer takes 130,000 at most.
        uint32 callbackGas;
        /// Provers that may try, 1 to 3; zero for 3.
        uint8 attempts;
        /// Wei a unit of gas: the most a submitter is reimbursed.
        uint64 maxFeePerGas;
        /// Wei for each member whose observation is in an answer.
        uint96 seatPay;
    }

    /// @notice An answer, and who gave it.
    struct Answer {
        uint128 value;
        /// The second it was asked for, since 1970; zero before the first answer.
        uint64 askedAt;
        uint32 epoch;
        /// How many observations it is the median of, and whose: bit i is slot i's.
        uint8 count;
        uint32 bitmap;
    }

    /// @notice Why a request that was settled gave no answer.
    enum Refusal {
        /// The exit is not 0, or the output is not one word that packs a statement of a committee of this size.
        Malformed,
        /// Fewer observations than the quorum.
        NoQuorum
    }

    /// @notice The committee was asked. Members sign in the context of `askedAt`.
    event Asked(RequestId indexed requestId, uint64 indexed askedAt, uint32 indexed epoch, uint256 keyRoot);
    /// @notice An answer came. It is `latestAnswer` unless a later one came first.
    event Answered(
        RequestId indexed requestId,
        uint64 indexed askedAt,
        uint32 indexed epoch,
        uint128 value,
        uint8 count,
        uint32 bitmap
    );
    /// @notice A request was settled by what is no answer.
    event Refused(RequestId indexed requestId, Refusal refusal);
    /// @notice A request will not be answered: what was set aside for it is free.
    event Released(RequestId indexed requestId);
    /// @notice A member's seats were paid.
    event SeatsPaid(
        uint32 indexed epoch,
        uint16 indexed slot,
        address indexed operator,
        address to,
        uint256 amount
    );

    /// @notice A field of the configuration is out of its range.
    error InvalidConfig(string field);
    /// @notice The period since the last request is not over.
    error AskedTooSoon(uint256 time, uint256 nextAt);
    /// @notice No root of a younger epoch counts.
    error StaleCommittee(uint32 epoch, uint32 currentEpoch);
    /// @notice A unit of gas costs more than the feed reimburses.
    error BaseFeeTooHigh(uint256 baseFee, uint256 maxFeePerGas);
    /// @notice The feed holds less than the request and its members' pay come to.
    error Underfunded(uint256 available, uint256 required);
    /// @notice The request is not this feed's, or was answered or released.
    error UnknownRequest(RequestId requestId);
    /// @notice The request may still be answered.
    error StillOpen(RequestId requestId);
    /// @notice The epoch's committee has fewer seats.
    error UnknownSlot(uint16 slot);
    /// @notice Only the account that registered the member's node may.
    error NotNodeOperator(address attestor, address caller);
    /// @notice No seat of this slot is unpaid in these groups.
    error NothingToClaim(uint32 epoch, uint16 slot);
    /// @notice The receiver refuses ether. Nothing was taken.
    error TransferFailed(address to);

    /// @notice Asks the committee that counts now. Anyone, at most once a period, with any value or none: it is added to what the feed has.
    function ask() external payable returns (RequestId requestId);

    /// @notice Frees what is set aside for a request that expired, or whose callback failed and cannot be tried again. Anyone.
    function release(RequestId requestId) external;

    /// @notice Pays the seats of a member in an epoch to `to`. Only the operator of its node.
    /// @param slot the member's place in `StandingCommittees.membersOf(epoch, size)`.
    /// @param groups which 255 answers: 0 for the epoch's first.
    function claimSeats(
        uint32 epoch,
        uint16 slot,
        uint256[] calldata groups,
        address payable to
    ) external returns (uint256 amount);

    /// @notice The answer asked for last, of those that came; all zero before the first.
    function latestAnswer() external view returns (Answer memory);

    /// @notice Of a request that is not answered: when it was asked, and the committee's epoch. Zeros for any other.
    function askOf(RequestId requestId) external view returns (uint64 askedAt, uint32 epoch);

    /// @notice The second from which on the feed may be asked.
    function nextAskAt() external view returns (uint256);

    /// @notice What one request takes out of what the feed has: the market's price now, and all members' pay.
    function price() external view returns (uint256);

    /// @notice What the feed has for requests, in wei: its balance and its credit in the market, less what members are owed or may be.
    function available() external view returns (uint256);

    /// @notice How many answers an epoch's committee gave.
    function answersOf(uint32 epoch) external view returns (uint256);

    /// @notice How many unpaid seats a slot has in a group of 255 answers.
    function unpaidSeats(uint32 epoch, uint16 slot, uint256 group) external view returns (uint256);

    /// @notice What the feed was made with.
    function config() external view returns (Config memory);

    /// @notice Whose roots are asked for.
    function committees() external view returns (address);
}
