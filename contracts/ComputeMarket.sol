// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Ledger} from "./Ledger.sol";
import {IBeaconRegistry} from "./interfaces/IBeaconRegistry.sol";
import {IComputeMarket} from "./interfaces/IComputeMarket.sol";
import {IDikastCallback} from "./interfaces/IDikastCallback.sol";
import {IFunctionRegistry} from "./interfaces/IFunctionRegistry.sol";
import {INodeRegistry} from "./interfaces/INodeRegistry.sol";
import {IVerifier} from "./interfaces/IVerifier.sol";
import {AttestationHash} from "./libraries/AttestationHash.sol";
import {Fees} from "./libraries/Fees.sol";
import {Quorum} from "./libraries/Quorum.sol";
import {RegistryReader} from "./libraries/RegistryReader.sol";
import {RequestDraft} from "./libraries/RequestDraft.sol";
import {RequestHash} from "./libraries/RequestHash.sol";
import {Schedule} from "./libraries/Schedule.sol";
import {SnapshotBlob} from "./libraries/SnapshotBlob.sol";
import {Sortition} from "./libraries/Sortition.sol";
import {Entry, EntryLibrary} from "./types/Entry.sol";
import {FunctionId, RequestId} from "./types/Ids.sol";
import {Intake} from "./types/Intake.sol";
import {MarketConfig} from "./types/MarketConfig.sol";
import {Attempt, Fulfillment, Report, Request} from "./types/Request.sol";

/// @title Requests, their escrow and their settlement.
/// @dev The documentation stands in `IComputeMarket`. The owner can pause new requests, and nothing else.
contract ComputeMarket is Ledger, EIP712, Ownable2Step {
    using RegistryReader for IBeaconRegistry;
    using RegistryReader for IFunctionRegistry;

    uint256 private constant COMMITTEE_SIZE_MAX = 256;
    uint256 private constant ATTEMPTS_MAX = 3;
    uint256 private constant INPUT_BYTES_MAX = 32_768;
    uint256 private constant CALLBACK_GAS_MAX = 2_000_000;
    uint256 private constant PROTOCOL_FEE_BPS_MAX = 2_000;
    /// Exits from here on are traps and limits [EXIT-1]: they cost all the fuel there was.
    uint16 private constant EXIT_TRAP = 0x100;
    /// Gas kept back from a callback: for the CALL itself (a cold account that delegates to another, EIP-7702: 5,200) and
    /// for what follows it (two accounts credited for the first time, 44,200, a status, the event's topics). More than the
    /// 64th EIP-150 withholds of any callback's gas (31,746), which is part of it.
    uint256 private constant RESERVED_GAS = 66_000;
    /// And for each byte of output and certificate, which the event brings: 8 for the log, the rest for memory.
    uint256 private constant RESERVED_GAS_PER_BYTE = 11;

    IBeaconRegistry private immutable BEACON;
    IFunctionRegistry private immutable FUNCTIONS;
    /// The registries' clocks never change, so they are copied: reading them costs nothing.
    uint256 private immutable EPOCH_ZERO;
    uint256 private immutable EPOCH_SECONDS;
    uint256 private immutable BEACON_GENESIS;
    uint256 private immutable BEACON_PERIOD;

    uint256 private immutable LEAD_SECONDS;
    uint256 private immutable EPOCH_AGE_MAX;
    uint256 private immutable SELECTION_FEE;
    uint256 private immutable PROTOCOL_FEE_BPS;
    uint256 private immutable TIP_MAX;
    uint256 private immutable GAS_BASE;
    uint256 private immutable GAS_PER_SIGNATURE;
    uint256 private immutable GAS_PER_BYTE;

    Intake private _intake;
    mapping(RequestId => Entry) private _entries;

    constructor(
        MarketConfig memory config
    ) Ledger(config.nodeRegistry, config.treasury) EIP712("Dikast", "1") Ownable(config.owner) {
        if (config.treasury == address(0)) revert InvalidConfig("treasury");
        if (config.protocolFeeBps > PROTOCOL_FEE_BPS_MAX) revert InvalidConfig("protocolFeeBps");
        BEACON = config.beaconRegistry;
        FUNCTIONS = config.functionRegistry;
        EPOCH_ZERO = config.nodeRegistry.epochStart(0);
        EPOCH_SECONDS = config.nodeRegistry.epochStart(1) - config.nodeRegistry.epochStart(0);
        BEACON_GENESIS = config.beaconRegistry.timeOfRound(1);
        BEACON_PERIOD = config.beaconRegistry.timeOfRound(2) - config.beaconRegistry.timeOfRound(1);
        LEAD_SECONDS = config.leadSeconds;
        EPOCH_AGE_MAX = config.epochAgeMax;
        SELECTION_FEE = config.selectionFee;
        PROTOCOL_FEE_BPS = config.protocolFeeBps;
        TIP_MAX = config.tipMax;
        GAS_BASE = config.gasBase;
        GAS_PER_SIGNATURE = config.gasPerSignature;
        GAS_PER_BYTE = config.gasPerByte;
    }

    /// @inheritdoc IComputeMarket
    function request(RequestParams calldata params) external payable returns (RequestId requestId) {
        Intake intake = _currentIntake(_epochNow());
        if (intake.paused()) revert RequestsPaused();
        FunctionId functionId = params.functionId;
        bytes calldata input = params.input;
        IFunctionRegistry.Terms memory terms = FUNCTIONS.readTerms(functionId);
        RequestDraft.Details memory details;
        uint256 valueMin = _price(params, input.length, terms, intake, details);
        if (msg.value < valueMin) revert PaymentTooSmall(msg.value, valueMin);
        if (msg.value > type(uint96).max) revert PaymentTooLarge(msg.value);
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
            escrow = uint96(msg.value - SELECTION_FEE);
        }
        _entries[requestId] = EntryLibrary.make(Status.Open, escrow);
        RequestDraft.log(data, size, requestId, functionId, escrow);
    }

    /// @inheritdoc IComputeMarket
    /// @dev The order of settlement:
    /// 1. the request is closed, before anything is called: it can be settled once;
    /// 2. signers, pool, function owner and protocol are paid, none of which depends on the callback;
    /// 3. the callback runs with exactly the gas the requester bought, behind the guard that closes every way out of
    ///    the ledger. It can revert, burn its gas or return megabytes: what it costs is bounded, and nothing is undone;
    ///    it can make new requests, which share no state with this one;
    /// 4. only then are the submitter, for the callback gas really used, and the requester, for the rest, credited.
    ///    Nothing after the call can fail but for the submitter's own gas limit.
    function fulfill(Request calldata request_, Fulfillment calldata fulfillment) external nonReentrant {
        RequestId requestId = requestIdOf(request_);
        uint256 escrow = _close(requestId, Status.Fulfilled);
        bytes calldata output = fulfillment.output;
        uint64 round = _checkFulfillment(request_, fulfillment, output.length);
        bytes32 digest = _digest(request_, fulfillment, requestId, round, keccak256(output));

        (Payment memory payment, uint256 signers) = _payCommittee(request_, fulfillment, round, digest);
        _credit(request_.functionOwner, request_.royalty);
        _addSums(payment.pool, request_.protocolFee);

        uint256 callbackGasUsed;
        if (request_.callbackTarget != address(0)) {
            bool ok;
            (ok, callbackGasUsed) = _callBack(request_, requestId, round, fulfillment);
            if (!ok) {
                _entries[requestId] = EntryLibrary.make(Status.CallbackFailed, 0);
                emit CallbackFailed(requestId);
            }
        }

        uint256 submissionGas = _submissionGas(
            signers,
            request_.input.length + output.length,
            callbackGasUsed
        );
        // The escrow was at least the sum of the greatest value of each of these [FEE-2], all below 2**96.
        unchecked {
            uint256 submitter = submissionGas * _gasPrice(request_.maxFeePerGas);
            uint256 paid = payment.perSeat * signers + payment.pool + request_.royalty + request_.protocolFee;
            payment.submitter = uint96(submitter);
            payment.refund = uint96(escrow - paid - submitter);
        }
        _credit(msg.sender, payment.submitter);
        _credit(request_.requester, payment.refund);
        emit RequestFulfilled(requestId, request_.functionId, msg.sender, payment, fulfillment);
    }

    /// @inheritdoc IComputeMarket
    function expire(Request calldata request_) external nonReentrant {
        RequestId requestId = requestIdOf(request_);
        uint96 refund = _close(requestId, Status.Expired);
        if (block.timestamp <= request_.deadline) revert NotExpired(block.timestamp, request_.deadline);
        _credit(request_.requester, refund);
        emit RequestExpired(requestId, refund);
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
    /// @dev Every request paid the same selection fee, so they need not be summed.
    function pool() external view returns (uint256) {
        return uint256(_intake.requests()) * SELECTION_FEE + _sums.unsignedPay;
    }

    /// @inheritdoc IComputeMarket
    function statusOf(RequestId requestId) external view returns (Status status, uint96 escrow) {
        Entry entry = _entries[requestId];
        return (entry.status(), entry.escrow());
    }

    /// @inheritdoc IComputeMarket
    function gasConstants() external view returns (uint256, uint256, uint256, uint256) {
        return (GAS_BASE, GAS_PER_SIGNATURE, GAS_PER_BYTE, TIP_MAX);
    }

    /// @inheritdoc IComputeMarket
    function committeeOf(
        Request calldata request_,
        uint8 attempt
    ) external view returns (uint256[] memory committee) {
        (committee, ) = _draw(request_, attempt, _attempt(request_, attempt).round);
    }

    /// @inheritdoc IComputeMarket
    function attestationDigest(
        Request calldata request_,
        uint8 attempt,
        uint32 view_,
        Report calldata report
    ) external view returns (bytes32) {
        bytes32 reportDigest = AttestationHash.reportDigest(
            report.requestId,
            report.outputHash,
            report.exit,
            report.fuelUsed,
            report.evidenceHash
        );
        return _attestationDigest(request_, attempt, view_, _attempt(request_, attempt).round, reportDigest);
    }

    /// @inheritdoc IComputeMarket
    function domainSeparator() external view returns (bytes32) {
        return _domainSeparatorV4();
    }

    /// @inheritdoc IComputeMarket
    function requestIdOf(Request calldata request_) public view returns (RequestId) {
        return RequestId.wrap(_hashTypedDataV4(RequestHash.ofCalldata(request_)));
    }

    /// Takes the escrow out of an open request.
    function _close(RequestId requestId, Status status) private returns (uint96 escrow) {
        Entry entry = _entries[requestId];
        if (entry.status() != Status.Open) revert RequestNotOpen(requestId, entry.status());
        _entries[requestId] = EntryLibrary.make(status, 0);
        return entry.escrow();
    }

    /// Draws the committee, checks its certificate, and credits those who signed.
    function _payCommittee(
        Request calldata request_,
        Fulfillment calldata fulfillment,
        uint64 round,
        bytes32 digest
    ) private returns (Payment memory payment, uint256 signers) {
        (uint256[] memory committee, uint256 nodes) = _draw(request_, fulfillment.attempt, round);
        address snapshot = request_.snapshot;
        uint256 signerBitmap = IVerifier(request_.verifier).verify(
            snapshot,
            request_.epoch,
            committee,
            Quorum.ofCommittee(request_.consensus, committee.length),
            digest,
            fulfillment.certificate
        );
        uint256 perSeat = Fees.perSeat(request_.flatFeePerSeat, request_.fuelPrice, fulfillment.fuelUsed);
        // Below the escrow, which is a uint96: the committee's size times this is part of it.
        unchecked {
            for (uint256 seat; seat < committee.length; ++seat) {
                if ((signerBitmap >> seat) & 1 == 0) continue;
                _creditNode(SnapshotBlob.attestorAt(snapshot, nodes, committee[seat]), perSeat);
                ++signers;
            }
            payment.perSeat = uint96(perSeat);
            payment.pool = uint96(perSeat * (committee.length - signers));
        }
    }

    /// Warning: the target is hostile. It gets its gas or the whole transaction reverts, so that no submitter can make
    /// it fail by sending too little; and what follows has gas of its own, so that a gas limit estimated while the target
    /// spent nothing is enough when it burns all. Nothing it returns is copied.
    function _callBack(
        Request calldata request_,
        RequestId requestId,
        uint64 round,
        Fulfillment calldata fulfillment
    ) private returns (bool ok, uint256 gasUsed) {
        bytes calldata output = fulfillment.output;
        bytes memory data = abi.encodeCall(
            IDikastCallback.fulfillCompute,
            (requestId, request_.functionId, round, uint64(block.timestamp), fulfillment.exit, output)
        );
        address target = request_.callbackTarget;
        uint256 gasBought = request_.callbackGas;
        uint256 bytesLogged = output.length + fulfillment.certificate.length;
        uint256 required = gasBought + RESERVED_GAS + RESERVED_GAS_PER_BYTE * bytesLogged;
        uint256 gasBefore = gasleft();
        if (gasBefore < required) revert NotEnoughGas(gasBefore, required);
        assembly ("memory-safe") {
            ok := call(gasBought, target, 0, add(data, 32), mload(data), 0, 0)
        }
        gasUsed = gasBefore - gasleft();
        if (gasUsed > gasBought) gasUsed = gasBought;
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
        _checkSnapshot(intake, seats);
        uint256 maxFeePerGas = params.maxFeePerGas;
        uint256 flatFee = terms.flatFeePerSeat;
        // Every factor is bounded by its type: the sum stays far below 2**256.
        unchecked {
            // As a field of the request it is not cut short: it is part of a value below 2**96.
            uint256 protocolFee = Fees.protocolFee(seats, flatFee, PROTOCOL_FEE_BPS);
            uint256 gas = _submissionGas(seats, length + terms.outputBytesMax, callbackGas);
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

    function _attempt(Request calldata request_, uint256 attempt) private pure returns (Attempt calldata) {
        if (attempt >= request_.attempts.length) revert UnknownAttempt(attempt);
        return request_.attempts[attempt];
    }

    /// In its window, within its bounds, and nothing an exact function may not have. Returns the attempt's round.
    function _checkFulfillment(
        Request calldata request_,
        Fulfillment calldata fulfillment,
        uint256 outputLength
    ) private view returns (uint64) {
        Attempt calldata attempt = _attempt(request_, fulfillment.attempt);
        if (block.timestamp < attempt.opensAt || block.timestamp >= attempt.closesAt) {
            revert OutsideWindow(block.timestamp, attempt.opensAt, attempt.closesAt);
        }
        if (outputLength > request_.outputBytesMax) {
            revert OutputTooLarge(outputLength, request_.outputBytesMax);
        }
        if (fulfillment.fuelUsed > request_.fuelLimit) {
            revert FuelAboveLimit(fulfillment.fuelUsed, request_.fuelLimit);
        }
        if (fulfillment.exit >= EXIT_TRAP && fulfillment.fuelUsed != request_.fuelLimit) {
            revert FuelBelowLimit(fulfillment.fuelUsed, request_.fuelLimit);
        }
        // [QC-3] Functions of other kinds are not deployable yet.
        if (fulfillment.evidenceHash != 0) revert EvidenceNotAllowed(fulfillment.evidenceHash);
        if (fulfillment.view_ != 0) revert ViewNotAllowed(fulfillment.view_);
        return attempt.round;
    }

    /// The digest the committee signed, if it signed this output.
    function _digest(
        Request calldata request_,
        Fulfillment calldata fulfillment,
        RequestId requestId,
        uint64 round,
        bytes32 outputHash
    ) private view returns (bytes32) {
        bytes32 reportDigest = AttestationHash.reportDigest(
            RequestId.unwrap(requestId),
            outputHash,
            fulfillment.exit,
            fulfillment.fuelUsed,
            fulfillment.evidenceHash
        );
        return _attestationDigest(request_, fulfillment.attempt, fulfillment.view_, round, reportDigest);
    }

    function _attestationDigest(
        Request calldata request_,
        uint8 attempt,
        uint32 view_,
        uint64 round,
        bytes32 reportDigest
    ) private view returns (bytes32) {
        bytes32 root = AttestationHash.rootOf(reportDigest);
        return
            _hashTypedDataV4(
                AttestationHash.structHash(request_.functionId, request_.epoch, round, attempt, view_, root)
            );
    }

    function _draw(
        Request calldata request_,
        uint256 attempt,
        uint64 round
    ) private view returns (uint256[] memory committee, uint256 nodes) {
        bytes32 randomness = BEACON.readRandomness(round);
        if (randomness == 0) revert BeaconNotPosted(round);
        bytes32 seed = Sortition.seedOf(
            address(this),
            request_.functionId,
            request_.epoch,
            round,
            attempt,
            randomness
        );
        address snapshot = request_.snapshot;
        nodes = SnapshotBlob.count(snapshot);
        SnapshotBlob.Weights memory weights = SnapshotBlob.readWeights(snapshot, nodes);
        committee = Sortition.selectCommittee(seed, weights, request_.committeeSize);
    }

    /// @dev [FEE-4].
    function _gasPrice(uint256 maxFeePerGas) private view returns (uint256) {
        uint256 price = block.basefee + TIP_MAX;
        return price < maxFeePerGas ? price : maxFeePerGas;
    }

    function _submissionGas(
        uint256 signatures,
        uint256 length,
        uint256 callbackGas
    ) private view returns (uint256) {
        unchecked {
            // Counts of at most 32 bits, but for the 17 of a length.
            return GAS_BASE + GAS_PER_SIGNATURE * signatures + GAS_PER_BYTE * length + callbackGas;
        }
    }
}
