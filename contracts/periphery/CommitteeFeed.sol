// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {DikastConsumer} from "../DikastConsumer.sol";
import {ICommitteeFeed} from "../interfaces/ICommitteeFeed.sol";
import {IComputeMarket} from "../interfaces/IComputeMarket.sol";
import {IMarketTypes} from "../interfaces/IMarketTypes.sol";
import {INodeRegistry} from "../interfaces/INodeRegistry.sol";
import {IStandingCommittees} from "../interfaces/IStandingCommittees.sol";
import {Bits} from "../libraries/Bits.sol";
import {CommitteeObservation} from "../libraries/CommitteeObservation.sol";
import {FunctionId, RequestId} from "../types/Ids.sol";

/// @title A value that a standing committee observes again and again.
/// @dev The documentation stands in `ICommitteeFeed`.
///
/// The feed's balance is never less than `_owed`: what a request may come to is added before it is asked, at the dearest, and
/// members are paid from nothing else. Whoever asks chooses the second, once a period; the value is that of a majority that signed.
///
/// The callback reverts when it is not the market's, or not of an open request of this feed, and for no other reason: what is no
/// answer is logged as such, so that no proof can leave a request that must be tried again.
contract CommitteeFeed is ICommitteeFeed, DikastConsumer {
    /// @dev A request that is not answered.
    struct Ask {
        uint64 askedAt;
        uint32 epoch;
    }

    /// @dev An `Answer` in one slot. Times below 2**40 last for 34,000 years.
    struct Kept {
        uint128 value;
        uint40 askedAt;
        uint32 epoch;
        uint8 count;
        uint32 bitmap;
    }

    uint256 private constant SIZE_MIN = 4;
    uint256 private constant SIZE_MAX = 30;
    uint256 private constant ATTEMPTS_MAX = 3;
    /// A group's counters have 8 bits, 30 of them in a word: none overflows in so many answers.
    uint256 private constant GROUP_ANSWERS = 255;
    uint256 private constant COUNTER_BITS = 8;
    uint256 private constant COUNTER_MAX = 255;
    /// A callback can be tried again for a week after the deadline, and attempts last three days at most.
    uint256 private constant RETRIED_SECONDS_MAX = 14 days;
    /// A first answer takes less; it is what the callback is given that counts.
    uint256 private constant CALLBACK_GAS_MIN = 130_000;

    IStandingCommittees private immutable COMMITTEES;
    INodeRegistry private immutable NODES;

    FunctionId private immutable FUNCTION_ID;
    uint16 private immutable SIZE;
    uint16 private immutable QUORUM;
    uint32 private immutable PERIOD_SECONDS;
    uint16 private immutable EPOCH_AGE_MAX;
    uint32 private immutable CALLBACK_GAS;
    uint8 private immutable ATTEMPTS;
    uint64 private immutable MAX_FEE_PER_GAS;
    uint96 private immutable SEAT_PAY;

    Kept private _latest;
    /// What members are owed, and what they will be if open requests are answered by all of them.
    uint128 private _owed;
    uint64 private _askedAt;
    mapping(RequestId requestId => Ask) private _asks;
    /// @inheritdoc ICommitteeFeed
    mapping(uint32 epoch => uint256) public answersOf;
    mapping(uint32 epoch => mapping(uint256 group => uint256)) private _unpaid;

    constructor(
        IComputeMarket market,
        IStandingCommittees committees_,
        INodeRegistry nodes,
        Config memory config_
    ) DikastConsumer(market) {
        if (config_.size < SIZE_MIN || config_.size > SIZE_MAX) revert InvalidConfig("size");
        // The node that proves chooses among the observations: of two thirds, half are a third of the seats.
        if (3 * config_.quorum < 2 * config_.size || config_.quorum > config_.size) {
            revert InvalidConfig("quorum");
        }
        if (config_.periodSeconds == 0) revert InvalidConfig("periodSeconds");
        if (config_.callbackGas < CALLBACK_GAS_MIN) revert InvalidConfig("callbackGas");
        if (config_.attempts > ATTEMPTS_MAX) revert InvalidConfig("attempts");
        COMMITTEES = committees_;
        NODES = nodes;
        FUNCTION_ID = config_.functionId;
        SIZE = config_.size;
        QUORUM = config_.quorum;
        PERIOD_SECONDS = config_.periodSeconds;
        EPOCH_AGE_MAX = config_.epochAgeMax;
        CALLBACK_GAS = config_.callbackGas;
        ATTEMPTS = config_.attempts;
        MAX_FEE_PER_GAS = config_.maxFeePerGas;
        SEAT_PAY = config_.seatPay;
    }

    /// @inheritdoc ICommitteeFeed
    function ask() external payable returns (RequestId requestId) {
        uint256 nextAt = nextAskAt();
        if (block.timestamp < nextAt) revert AskedTooSoon(block.timestamp, nextAt);
        // Nobody would submit its answer, and what expires costs the feed.
        if (block.basefee > MAX_FEE_PER_GAS) revert BaseFeeTooHigh(block.basefee, MAX_FEE_PER_GAS);
        (uint32 epoch, uint256 keyRoot) = COMMITTEES.latest(SIZE);
        uint32 currentEpoch = NODES.currentEpoch();
        if (uint256(epoch) + EPOCH_AGE_MAX < currentEpoch) revert StaleCommittee(epoch, currentEpoch);
        uint64 askedAt = uint64(block.timestamp);
        _askedAt = askedAt;

        // What earlier requests did not spend.
        if (MARKET.creditOf(address(this)) != 0) _claimRefund(payable(address(this)));
        IMarketTypes.RequestParams memory params = _params(keyRoot, askedAt);
        uint256 value = MARKET.quote(params);
        uint256 pay = uint256(SIZE) * SEAT_PAY;
        uint256 free = address(this).balance - _owed;
        if (value + pay > free) revert Underfunded(free, value + pay);
        _owed += uint128(pay);
        requestId = _request(params, value);
        _asks[requestId] = Ask(askedAt, epoch);
        emit Asked(requestId, askedAt, epoch, keyRoot);
    }

    /// @inheritdoc ICommitteeFeed
    function release(RequestId requestId) external {
        Ask memory its = _asks[requestId];
        if (its.askedAt == 0) revert UnknownRequest(requestId);
        (IMarketTypes.Status status, ) = MARKET.statusOf(requestId);
        bool isOver =
            status == IMarketTypes.Status.Expired ||
                (status == IMarketTypes.Status.CallbackFailed &&
                    block.timestamp > its.askedAt + RETRIED_SECONDS_MAX);
        if (!isOver) revert StillOpen(requestId);
        _close(requestId, 0);
        emit Released(requestId);
    }

    /// @inheritdoc ICommitteeFeed
    function claimSeats(
        uint32 epoch,
        uint16 slot,
        uint256[] calldata groups,
        address payable to
    ) external returns (uint256 amount) {
        if (slot >= SIZE) revert UnknownSlot(slot);
        address attestor = address(uint160(COMMITTEES.membersOf(epoch, SIZE)[slot] >> 32));
        if (NODES.operatorOf(attestor) != msg.sender) revert NotNodeOperator(attestor, msg.sender);
        uint256 seats;
        uint256 shift = COUNTER_BITS * slot;
        for (uint256 i; i < groups.length; ++i) {
            uint256 word = _unpaid[epoch][groups[i]];
            seats += (word >> shift) & COUNTER_MAX;
            _unpaid[epoch][groups[i]] = word & ~(COUNTER_MAX << shift);
        }
        if (seats == 0) revert NothingToClaim(epoch, slot);
        amount = seats * SEAT_PAY;
        _owed -= uint128(amount);
        emit SeatsPaid(epoch, slot, msg.sender, to, amount);
        (bool ok, ) = to.call{value: amount}("");
        if (!ok) revert TransferFailed(to);
    }

    /// @inheritdoc ICommitteeFeed
    function latestAnswer() external view returns (Answer memory) {
        Kept memory kept = _latest;
        return Answer(kept.value, kept.askedAt, kept.epoch, kept.count, kept.bitmap);
    }

    /// @inheritdoc ICommitteeFeed
    function askOf(RequestId requestId) external view returns (uint64 askedAt, uint32 epoch) {
        Ask memory its = _asks[requestId];
        return (its.askedAt, its.epoch);
    }

    /// @inheritdoc ICommitteeFeed
    function price() external view returns (uint256) {
        // Of whichever root and second: the price is of how long an input is.
        return MARKET.quote(_params(0, 0)) + uint256(SIZE) * SEAT_PAY;
    }

    /// @inheritdoc ICommitteeFeed
    function available() external view returns (uint256) {
        return address(this).balance + MARKET.creditOf(address(this)) - _owed;
    }

    /// @inheritdoc ICommitteeFeed
    function unpaidSeats(uint32 epoch, uint16 slot, uint256 group) external view returns (uint256) {
        if (slot >= SIZE) revert UnknownSlot(slot);
        return (_unpaid[epoch][group] >> (COUNTER_BITS * slot)) & COUNTER_MAX;
    }

    /// @inheritdoc ICommitteeFeed
    function config() external view returns (Config memory) {
        return
            Config(
                FUNCTION_ID,
                SIZE,
                QUORUM,
                PERIOD_SECONDS,
                EPOCH_AGE_MAX,
                CALLBACK_GAS,
                ATTEMPTS,
                MAX_FEE_PER_GAS,
                SEAT_PAY
            );
    }

    /// @inheritdoc ICommitteeFeed
    function committees() external view returns (address) {
        return address(COMMITTEES);
    }

    /// @inheritdoc ICommitteeFeed
    function nextAskAt() public view returns (uint256) {
        return _askedAt == 0 ? 0 : uint256(_askedAt) + PERIOD_SECONDS;
    }

    /// @dev That the result is the median of values these members signed, and in which context: that the proof says, which the market has
    /// checked against the key root and context of the request. It also says that the count is that of the bitmap's bits; that is
    /// counted again, so that what is owed follows from who is paid, whatever circuit the feed was made for.
    function _onFulfilled(RequestId requestId, uint16 exit, bytes calldata output) internal override {
        Ask memory its = _asks[requestId];
        if (its.askedAt == 0) revert UnknownRequest(requestId);
        (uint128 value, uint8 count, uint256 bitmap) = CommitteeObservation.unpack(
            output.length == 32 ? uint256(bytes32(output)) : 0
        );
        if (exit != 0 || output.length != 32 || bitmap >> SIZE != 0 || Bits.count(bitmap) != count) {
            _refuse(requestId, Refusal.Malformed);
            return;
        }
        if (count < QUORUM) {
            _refuse(requestId, Refusal.NoQuorum);
            return;
        }
        _close(requestId, count);
        uint256 group = answersOf[its.epoch]++ / GROUP_ANSWERS;
        _unpaid[its.epoch][group] += _spread(bitmap);
        if (its.askedAt > _latest.askedAt) {
            _latest = Kept(value, uint40(its.askedAt), its.epoch, count, uint32(bitmap));
        }
        emit Answered(requestId, its.askedAt, its.epoch, value, count, uint32(bitmap));
    }

    function _refuse(RequestId requestId, Refusal refusal) private {
        _close(requestId, 0);
        emit Refused(requestId, refusal);
    }

    /// Frees what was set aside for seats that earned nothing.
    function _close(RequestId requestId, uint256 paidSeats) private {
        delete _asks[requestId];
        _owed -= uint128((SIZE - paidSeats) * SEAT_PAY);
    }

    /// Bit i becomes one in the i-th counter.
    function _spread(uint256 bitmap) private pure returns (uint256 counters) {
        unchecked {
            for (uint256 shift; bitmap != 0; shift += COUNTER_BITS) {
                counters |= (bitmap & 1) << shift;
                bitmap >>= 1;
            }
        }
    }

    function _params(
        uint256 keyRoot,
        uint64 askedAt
    ) private view returns (IMarketTypes.RequestParams memory) {
        bytes32 subject = CommitteeObservation.subjectOf(FUNCTION_ID, askedAt);
        return
            IMarketTypes.RequestParams({
                functionId: FUNCTION_ID,
                committeeSize: 0,
                attempts: ATTEMPTS,
                callbackGas: CALLBACK_GAS,
                maxFeePerGas: MAX_FEE_PER_GAS,
                challengeWindow: 0,
                input: abi.encode(keyRoot, CommitteeObservation.contextOf(address(this), subject))
            });
    }
}
