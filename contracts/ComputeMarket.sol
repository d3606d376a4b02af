// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {Proxy} from "@openzeppelin/contracts/proxy/Proxy.sol";
import {IBeaconRegistry} from "./interfaces/IBeaconRegistry.sol";
import {IFunctionRegistry} from "./interfaces/IFunctionRegistry.sol";
import {IMarketCore} from "./interfaces/IMarketCore.sol";
import {IMarketExtension} from "./interfaces/IMarketExtension.sol";
import {INodeRegistry} from "./interfaces/INodeRegistry.sol";
import {IProofVerifier} from "./interfaces/IProofVerifier.sol";
import {ChallengeSeats} from "./libraries/ChallengeSeats.sol";
import {Fees} from "./libraries/Fees.sol";
import {RegistryReader} from "./libraries/RegistryReader.sol";
import {RequestDraft} from "./libraries/RequestDraft.sol";
import {Schedule} from "./libraries/Schedule.sol";
import {Accounts} from "./market/Accounts.sol";
import {MarketBase} from "./market/MarketBase.sol";
import {SingleSettlement} from "./market/SingleSettlement.sol";
import {Consensus} from "./types/Consensus.sol";
import {Entry, EntryLibrary} from "./types/Entry.sol";
import {FunctionId, RequestId} from "./types/Ids.sol";
import {Intake} from "./types/Intake.sol";
import {MarketConfig} from "./types/MarketConfig.sol";
import {Attempt, Request} from "./types/Request.sol";

/// @title Requests, their escrow and their settlement.
/// @dev The documentation stands in `IComputeMarket`. The owner can pause new requests, and nothing else.
/// What it has no function for it runs as its extension's, over its own storage. That is no way to upgrade it: the extension
/// is part of its code, named once and built with the same constants.
contract ComputeMarket is SingleSettlement, Accounts, Ownable2Step, Proxy {
    using RegistryReader for IBeaconRegistry;
    using RegistryReader for IFunctionRegistry;

    uint256 private constant COMMITTEE_SIZE_MAX = 256;
    uint256 private constant ATTEMPTS_MAX = 3;
    /// As long as a function's may be.
    uint256 private constant CHALLENGE_WINDOW_MAX = 127 * 15 minutes;
    uint256 private constant INPUT_BYTES_MAX = 32_768;
    /// Of a data fee when a request is made, for it may have risen when it is settled.
    uint256 private constant DATA_FEE_MARGIN = 2;

    address private immutable EXTENSION;

    /// Storage of the market alone stands behind what it shares with its extension [MKT-24].
    mapping(address target => mapping(address requester => bool)) private _callbackAllowed;

    /// @param owner_ may pause new requests, and nothing else.
    constructor(
        MarketConfig memory config,
        address owner_,
        IMarketExtension extension_
    ) MarketBase(config) Ownable(owner_) {
        EXTENSION = address(extension_);
        if (EXTENSION.code.length == 0 || extension_.configHash() != keccak256(abi.encode(config))) {
            revert InvalidConfig("extension");
        }
    }

    /// @dev Ether without a call is nobody's.
    receive() external payable {
        revert EtherRefused();
    }

    /// @inheritdoc IMarketCore
    function request(RequestParams calldata params) external payable returns (RequestId requestId) {
        if (msg.value > type(uint96).max) revert PaymentTooLarge(msg.value);
        return _submit(params, msg.sender, msg.sender, msg.value, address(0));
    }

    /// @inheritdoc IMarketCore
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

    /// @inheritdoc IMarketCore
    function allowCallbacks(address requester, bool allowed) external {
        _callbackAllowed[msg.sender][requester] = allowed;
        emit CallbacksAllowed(msg.sender, requester, allowed);
    }

    /// @inheritdoc IMarketCore
    function setPaused(bool paused) external onlyOwner {
        _intake = _intake.withPaused(paused);
        emit PausedSet(paused);
    }

    /// @inheritdoc IMarketCore
    function quote(RequestParams calldata params) external view returns (uint256) {
        RequestDraft.Details memory details;
        IFunctionRegistry.Terms memory terms = FUNCTIONS.readTerms(params.functionId);
        Intake intake = _eligible(_currentIntake(_epochNow()), terms.capabilities);
        return _price(params, params.input.length, terms, intake, details);
    }

    /// @inheritdoc IMarketCore
    function extension() external view returns (address) {
        return EXTENSION;
    }

    /// @inheritdoc IMarketCore
    function statusOf(RequestId requestId) external view returns (Status status, uint96 escrow) {
        Entry entry = _entries[requestId];
        status = entry.status();
        if (status == Status.Open) escrow = entry.escrow();
    }

    /// @inheritdoc IMarketCore
    function gasConstants() external view returns (uint256, uint256, uint256, uint256) {
        return (GAS_BASE, GAS_PER_SIGNATURE, GAS_PER_BYTE, TIP_MAX);
    }

    /// @inheritdoc IMarketCore
    function domainSeparator() external view returns (bytes32) {
        return _domainSeparatorV4();
    }

    /// @inheritdoc IMarketCore
    function requestIdOf(Request calldata request_) external view returns (RequestId) {
        return _idOf(request_);
    }

    /// @inheritdoc IMarketCore
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
        Intake drawn = _eligible(intake, terms.capabilities);
        uint256 valueMin = _price(params, input.length, terms, drawn, details);
        if (consumer != address(0)) {
            value = valueMin;
            if (value > type(uint96).max) revert PaymentTooLarge(value);
            _spend(requester, consumer, value);
        } else if (value < valueMin) revert PaymentTooSmall(value, valueMin);
        Attempt[] memory attempts;
        (attempts, details.deadline) = _schedule(params.attempts, terms.windowSeconds);
        // [TIME-4] After the last node anybody may prove.
        if (terms.consensus == Consensus.Zk) details.deadline += terms.windowSeconds;

        _intake = intake.withRequest();
        (uint256 data, uint256 size, bytes32 structHash) = RequestDraft.write(
            functionId,
            terms,
            drawn,
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
        uint256 challengeWindow = _challengeWindow(params.challengeWindow, terms);
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
            uint256 gas;
            if (terms.consensus == Consensus.Zk) {
                // One node proves, and what nobody can prove is not asked for.
                if (seats != 1) revert CommitteeTooLarge(seats, 1);
                IProofVerifier(terms.verifier).checkInput(params.input);
                gas = _proofGas(bytesMax, callbackGas);
            } else gas = _submissionGasMax(seats, bytesMax, callbackGas, challengeWindow);
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

    /// The function's, or a longer one that the requester asks for. Kept in its terms, from where the request takes it.
    function _challengeWindow(
        uint256 asked,
        IFunctionRegistry.Terms memory terms
    ) private pure returns (uint256) {
        uint256 least = terms.challengeWindow;
        if (asked == 0) return least;
        if (asked < least || asked > CHALLENGE_WINDOW_MAX || terms.consensus != Consensus.Exact) {
            revert InvalidChallengeWindow(asked);
        }
        terms.challengeWindow = uint32(asked);
        return asked;
    }

    /// The intake as a function's requests see it: with the newest snapshot of the nodes that cover what it needs.
    function _eligible(Intake intake, bytes32 capabilities) private view returns (Intake) {
        if (capabilities == 0) return intake;
        (uint32 epoch, INodeRegistry.Snapshot memory snapshot) = NODES.latestSnapshot(capabilities);
        return intake.withSnapshot(snapshot.blob, epoch, uint16(snapshot.count));
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

    function _implementation() internal view override returns (address) {
        return EXTENSION;
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
