// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IBeaconRegistry} from "./interfaces/IBeaconRegistry.sol";
import {IComputeMarket} from "./interfaces/IComputeMarket.sol";
import {IFunctionRegistry} from "./interfaces/IFunctionRegistry.sol";
import {INodeRegistry} from "./interfaces/INodeRegistry.sol";
import {ChallengeSeats} from "./libraries/ChallengeSeats.sol";
import {Fees} from "./libraries/Fees.sol";
import {RegistryReader} from "./libraries/RegistryReader.sol";
import {RequestDraft} from "./libraries/RequestDraft.sol";
import {Schedule} from "./libraries/Schedule.sol";
import {BatchSettlement} from "./market/BatchSettlement.sol";
import {Challengeable} from "./market/Challengeable.sol";
import {MarketBase} from "./market/MarketBase.sol";
import {Entry, EntryLibrary} from "./types/Entry.sol";
import {FunctionId, RequestId} from "./types/Ids.sol";
import {Intake} from "./types/Intake.sol";
import {MarketConfig} from "./types/MarketConfig.sol";
import {Attempt, Request} from "./types/Request.sol";

/// @title Requests, their escrow and their settlement.
/// @dev The documentation stands in `IComputeMarket`. The owner can pause new requests, and nothing else.
contract ComputeMarket is BatchSettlement, Challengeable {
    using RegistryReader for IBeaconRegistry;
    using RegistryReader for IFunctionRegistry;

    uint256 private constant COMMITTEE_SIZE_MAX = 256;
    uint256 private constant ATTEMPTS_MAX = 3;
    uint256 private constant INPUT_BYTES_MAX = 32_768;
    /// Of a data fee when a request is made, for it may have risen when it is settled.
    uint256 private constant DATA_FEE_MARGIN = 2;

    mapping(address target => mapping(address requester => bool)) private _callbackAllowed;

    constructor(MarketConfig memory config) MarketBase(config) {}

    /// @inheritdoc IComputeMarket
    function request(RequestParams calldata params) external payable returns (RequestId requestId) {
        if (msg.value > type(uint96).max) revert PaymentTooLarge(msg.value);
        return _submit(params, msg.sender, msg.sender, msg.value, address(0));
    }

    /// @inheritdoc IComputeMarket
    function requestFor(
        address payer,
        address callbackTarget,
        RequestParams calldata params
    ) external returns (RequestId requestId) {
        if (
            callbackTarget != msg.sender &&
            callbackTarget != payer &&
            !_callbackAllowed[callbackTarget][msg.sender]
        ) revert CallbackNotAllowed(callbackTarget, msg.sender);
        return _submit(params, payer, callbackTarget, 0, msg.sender);
    }

    /// @inheritdoc IComputeMarket
    function allowCallbacks(address requester, bool allowed) external {
        _callbackAllowed[msg.sender][requester] = allowed;
        emit CallbacksAllowed(msg.sender, requester, allowed);
    }

    /// @inheritdoc IComputeMarket
    function topUp(Request calldata request_, uint64 maxFeePerGas) external payable {
        if (msg.sender != request_.requester) revert NotRequester(request_.requester, msg.sender);
        RequestId requestId = _idOf(request_);
        Entry entry = _entries[requestId];
        if (entry.status() != Status.Open) revert RequestNotOpen(requestId, entry.status());
        uint256 maxFeeBefore = _maxFeeOf(request_, entry);
        if (maxFeePerGas < maxFeeBefore) maxFeePerGas = uint64(maxFeeBefore);
        uint256 escrow = entry.escrow() + msg.value;
        if (escrow > type(uint96).max) revert PaymentTooLarge(msg.value);
        uint256 escrowMin = _escrowMin(request_, maxFeePerGas);
        if (escrow < escrowMin) revert PaymentTooSmall(escrow, escrowMin);
        _entries[requestId] = EntryLibrary.open(uint96(escrow), maxFeePerGas);
        emit RequestToppedUp(requestId, uint96(escrow), maxFeePerGas);
    }

    /// @inheritdoc IComputeMarket
    function payBounty(address account, uint256 amount) external returns (uint256 bounty) {
        if (msg.sender != BOUNTIES) revert NotBounties(msg.sender);
        uint256 left = _poolNow();
        bounty = amount < left ? amount : left;
        _poolSpent += bounty;
        _credit(account, bounty);
    }

    /// @inheritdoc IComputeMarket
    function setPaused(bool paused) external onlyOwner {
        _intake = _intake.withPaused(paused);
        emit PausedSet(paused);
    }

    /// @inheritdoc IComputeMarket
    function quote(RequestParams calldata params) external view returns (uint256) {
        RequestDraft.Details memory details;
        Intake intake = _currentIntake(_epochNow());
        return _price(params, params.input.length, FUNCTIONS.readTerms(params.functionId), intake, details);
    }

    /// @inheritdoc IComputeMarket
    function pool() external view returns (uint256) {
        return _poolNow();
    }

    /// @inheritdoc IComputeMarket
    function bounties() external view returns (address) {
        return BOUNTIES;
    }

    /// @inheritdoc IComputeMarket
    function statusOf(RequestId requestId) external view returns (Status status, uint96 escrow) {
        Entry entry = _entries[requestId];
        status = entry.status();
        if (status == Status.Open) escrow = entry.escrow();
    }

    /// @inheritdoc IComputeMarket
    function gasConstants() external view returns (uint256, uint256, uint256, uint256) {
        return (GAS_BASE, GAS_PER_SIGNATURE, GAS_PER_BYTE, TIP_MAX);
    }

    /// @inheritdoc IComputeMarket
    function dataFee() external view returns (address) {
        return address(DATA_FEE);
    }

    /// @inheritdoc IComputeMarket
    function committeeOf(
        Request calldata request_,
        uint8 attempt
    ) external view returns (uint256[] memory committee) {
        (committee, ) = _draw(request_, attempt, _attempt(request_, attempt).round);
    }

    /// @inheritdoc IComputeMarket
    function domainSeparator() external view returns (bytes32) {
        return _domainSeparatorV4();
    }

    /// @inheritdoc IComputeMarket
    function requestIdOf(Request calldata request_) external view returns (RequestId) {
        return _idOf(request_);
    }

    /// @inheritdoc IComputeMarket
    function callbacksAllowed(address target, address requester) external view returns (bool) {
        return _callbackAllowed[target][requester];
    }

    /// @param value what was sent; when `consumer` is not zero, the least value is taken from the requester's account.
    function _submit(
        RequestParams calldata params,
        address requester,
        address callbackTarget,
        uint256 value,
        address consumer
    ) private returns (RequestId requestId) {
        Intake intake = _currentIntake(_epochNow());
        if (intake.paused()) revert RequestsPaused();
        FunctionId functionId = params.functionId;
        bytes calldata input = params.input;
        IFunctionRegistry.Terms memory terms = FUNCTIONS.readTerms(functionId);
        RequestDraft.Details memory details;
        details.requester = requester;
        details.callbackTarget = callbackTarget;
        uint256 valueMin = _price(params, input.length, terms, intake, details);
        if (consumer != address(0)) {
            value = valueMin;
            if (value > type(uint96).max) revert PaymentTooLarge(value);
            _spend(requester, consumer, value);
        } else if (value < valueMin) revert PaymentTooSmall(value, valueMin);
        Attempt[] memory attempts;
        (attempts, details.deadline) = _schedule(params.attempts, terms.windowSeconds);

        _intake = intake.withRequest();
        (uint256 data, uint256 size, bytes32 structHash) = RequestDraft.write(
            functionId,
            terms,
            intake,
            details,
            attempts,
            input
        );
        requestId = RequestId.wrap(_hashTypedDataV4(structHash));
        uint96 escrow;
        unchecked {
            // The least value includes the selection fee.
            escrow = uint96(value - SELECTION_FEE);
        }
        _entries[requestId] = EntryLibrary.open(escrow, 0);
        RequestDraft.log(data, size, requestId, functionId, requester, escrow);
    }

    /// Checks what is asked against the function's terms and the snapshot, and fills in all details but the deadline.
    function _price(
        RequestParams calldata params,
        uint256 length,
        IFunctionRegistry.Terms memory terms,
        Intake intake,
        RequestDraft.Details memory details
    ) private view returns (uint256 valueMin) {
        if (terms.state != IFunctionRegistry.State.Active) revert FunctionNotActive(params.functionId);
        if (length > INPUT_BYTES_MAX) revert InputTooLarge(length, INPUT_BYTES_MAX);
        uint256 callbackGas = params.callbackGas;
        if (callbackGas > CALLBACK_GAS_MAX) revert CallbackGasTooLarge(callbackGas, CALLBACK_GAS_MAX);
        if (params.attempts > ATTEMPTS_MAX) revert TooManyAttempts(params.attempts);
        uint256 seats = _seats(params.committeeSize, terms.committeeSize);
        uint256 challengeWindow = terms.challengeWindow;
        if (challengeWindow != 0) {
            if (seats > ChallengeSeats.COMMITTEE_SIZE_MAX) {
                revert CommitteeTooLarge(seats, ChallengeSeats.COMMITTEE_SIZE_MAX);
            }
            _checkSnapshot(intake, ChallengeSeats.seatsFor(seats));
        } else _checkSnapshot(intake, seats);
        uint256 maxFeePerGas = params.maxFeePerGas;
        uint256 flatFee = terms.flatFeePerSeat;
        // Every factor is bounded by its type: the sum stays far below 2**256.
        unchecked {
            // As a field of the request it is not cut short: it is part of a value below 2**96.
            uint256 protocolFee = Fees.protocolFee(seats, flatFee, PROTOCOL_FEE_BPS);
            uint256 bytesMax = length + terms.outputBytesMax;
            uint256 gas = _submissionGasMax(seats, bytesMax, callbackGas, challengeWindow);
            valueMin =
                SELECTION_FEE +
                seats * Fees.perSeat(flatFee, terms.fuelPrice, terms.fuelLimit) +
                terms.royalty +
                protocolFee +
                gas * maxFeePerGas;
            details.seats = seats;
            details.callbackGas = callbackGas;
            details.protocolFee = protocolFee;
            details.maxFeePerGas = maxFeePerGas;
            uint256 dataFeeMax = _dataFee(bytesMax);
            if (dataFeeMax != 0) valueMin += dataFeeMax * DATA_FEE_MARGIN * (challengeWindow == 0 ? 1 : 2);
        }
    }

    function _seats(uint256 asked, uint256 least) private pure returns (uint256) {
        if (asked == 0) return least;
        if (asked < least) revert CommitteeTooSmall(asked, least);
        if (asked > COMMITTEE_SIZE_MAX) revert CommitteeTooLarge(asked, COMMITTEE_SIZE_MAX);
        return asked;
    }

    /// The intake with the newest snapshot in it. The registry is asked once an epoch, and until the epoch is sealed.
    function _currentIntake(uint256 epochNow) private view returns (Intake intake) {
        intake = _intake;
        if (intake.epoch() == epochNow && intake.snapshot() != address(0)) return intake;
        (uint32 epoch, INodeRegistry.Snapshot memory snapshot) = NODES.latestSnapshot();
        return intake.withSnapshot(snapshot.blob, epoch, uint16(snapshot.count));
    }

    function _checkSnapshot(Intake intake, uint256 seats) private view {
        unchecked {
            // The registry seals no epoch before it begins.
            uint256 epochNow = _epochNow();
            if (epochNow - intake.epoch() > EPOCH_AGE_MAX) {
                revert StaleEpoch(intake.epoch(), uint32(epochNow));
            }
        }
        if (seats > intake.nodes()) revert NotEnoughNodes(intake.nodes(), seats);
    }

    function _epochNow() private view returns (uint256) {
        unchecked {
            // The registry was built after its first epoch began.
            return (block.timestamp - EPOCH_ZERO) / EPOCH_SECONDS;
        }
    }

    function _schedule(
        uint256 asked,
        uint256 windowSeconds
    ) private view returns (Attempt[] memory attempts, uint256 deadline) {
        uint256 earliest;
        unchecked {
            earliest = block.timestamp + LEAD_SECONDS;
        }
        uint256 latestRound = BEACON.readLatestRound();
        uint256 count = asked == 0 ? ATTEMPTS_MAX : asked;
        return Schedule.attempts(count, windowSeconds, earliest, latestRound, BEACON_GENESIS, BEACON_PERIOD);
    }
}
