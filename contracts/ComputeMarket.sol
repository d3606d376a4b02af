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
import {RequestCodec} from "./libraries/RequestCodec.sol";
import {Schedule} from "./libraries/Schedule.sol";
import {SnapshotBlob} from "./libraries/SnapshotBlob.sol";
import {Sortition} from "./libraries/Sortition.sol";
import {Entry, EntryLibrary} from "./types/Entry.sol";
import {RequestId} from "./types/Ids.sol";
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
    /// What the CALL itself may cost before any gas is passed on: a cold account, and what surrounds it.
    uint256 private constant CALL_GAS = 4_000;

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
        Intake intake = _currentIntake();
        if (intake.paused()) revert RequestsPaused();
        IFunctionRegistry.Terms memory terms = FUNCTIONS.readTerms(params.functionId);
        (uint256 seats, uint256 protocolFee, uint256 valueMin) = _price(params, terms, intake);
        if (msg.value < valueMin) revert PaymentTooSmall(msg.value, valueMin);
        if (msg.value > type(uint96).max) revert PaymentTooLarge(msg.value);
        (Attempt[] memory attempts, uint256 deadline) = _schedule(params.attempts, terms.windowSeconds);
        bytes calldata input = params.input;
        Request memory draft = Request({
            requester: msg.sender,
            functionId: params.functionId,
            nonce: intake.requests(),
            epoch: intake.epoch(),
            snapshot: intake.snapshot(),
            consensus: terms.consensus,
            committeeSize: uint16(seats),
            verifier: terms.verifier,
            functionOwner: terms.owner,
            deadline: uint64(deadline),
            callbackTarget: params.callbackGas == 0 ? address(0) : msg.sender,
            callbackGas: params.callbackGas,
            outputBytesMax: terms.outputBytesMax,
            challengeWindow: 0,
            flatFeePerSeat: terms.flatFeePerSeat,
            fuelPrice: terms.fuelPrice,
            fuelLimit: terms.fuelLimit,
            royalty: terms.royalty,
            // Not cut short: it is part of the value, which is below 2**96.
            protocolFee: uint96(protocolFee),
            maxFeePerGas: params.maxFeePerGas,
            // Stays in calldata: the codec takes it from there.
            input: "",
            attempts: attempts
        });

        _intake = intake.withRequest();
        requestId = RequestId.wrap(_hashTypedDataV4(RequestCodec.ofDraft(draft, input)));
        uint96 escrow;
        unchecked {
            // The least value includes the selection fee.
            escrow = uint96(msg.value - SELECTION_FEE);
        }
        _entries[requestId] = EntryLibrary.make(Status.Open, escrow);
        RequestCodec.logSubmitted(requestId, escrow, draft, input);
    }

    /// @inheritdoc IComputeMarket
    /// @dev The order of settlement:
    /// 1. the request is closed, before anything is called: it can be settled once;
    /// 2. signers, pool, function owner and protocol are paid, none of which depends on the callback;
    /// 3. the callback runs with exactly the gas the requester bought, behind the guard that closes every way out of
    ///    the ledger. It can revert, burn its gas or return megabytes: what it costs is bounded, and nothing is undone;
    /// 4. only then are the submitter, for the callback gas really used, and the requester, for the rest, credited.
    ///    Nothing after the call can fail but for the submitter's own gas limit.
    function fulfill(Request calldata request_, Fulfillment calldata fulfillment) external nonReentrant {
        RequestId requestId = requestIdOf(request_);
        uint256 escrow = _close(requestId, Status.Fulfilled);
        _checkFulfillment(request_, fulfillment);

        Payment memory payment;
        uint256 signers;
        (payment, signers) = _payCommittee(request_, fulfillment, _digest(request_, fulfillment, requestId));
        _credit(request_.functionOwner, request_.royalty);
        _addSums(payment.pool, request_.protocolFee);

        uint256 callbackGasUsed;
        if (request_.callbackTarget != address(0)) {
            bool ok;
            (ok, callbackGasUsed) = _callBack(request_, fulfillment, requestId);
            if (!ok) {
                _entries[requestId] = EntryLibrary.make(Status.CallbackFailed, 0);
                emit CallbackFailed(requestId);
            }
        }

        uint256 submitter = _reimbursement(request_, fulfillment, signers, callbackGasUsed);
        payment.submitter = uint96(submitter);
        // The escrow was at least the sum of the greatest value of each of these [FEE-2].
        payment.refund = uint96(
            escrow -
                uint256(payment.perSeat) * signers -
                payment.pool -
                request_.royalty -
                request_.protocolFee -
                submitter
        );
        _credit(msg.sender, submitter);
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
    function quote(RequestParams calldata params) external view returns (uint256 valueMin) {
        (, , valueMin) = _price(params, FUNCTIONS.readTerms(params.functionId), _currentIntake());
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
    function committeeOf(
        Request calldata request_,
        uint8 attempt
    ) external view returns (uint256[] memory committee) {
        if (attempt >= request_.attempts.length) revert UnknownAttempt(attempt);
        (committee, ) = _draw(request_, attempt);
    }

    /// @inheritdoc IComputeMarket
    function attestationDigest(
        Request calldata request_,
        uint8 attempt,
        uint32 view_,
        Report calldata report
    ) external view returns (bytes32) {
        if (attempt >= request_.attempts.length) revert UnknownAttempt(attempt);
        bytes32 root = AttestationHash.rootOf(report);
        return _hashTypedDataV4(AttestationHash.structHash(request_, attempt, view_, root));
    }

    /// @inheritdoc IComputeMarket
    function gasConstants() external view returns (uint256, uint256, uint256, uint256) {
        return (GAS_BASE, GAS_PER_SIGNATURE, GAS_PER_BYTE, TIP_MAX);
    }

    /// @inheritdoc IComputeMarket
    function domainSeparator() external view returns (bytes32) {
        return _domainSeparatorV4();
    }

    /// @inheritdoc IComputeMarket
    function requestIdOf(Request calldata request_) public view returns (RequestId) {
        return RequestId.wrap(_hashTypedDataV4(RequestCodec.ofCalldata(request_)));
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
        bytes32 digest
    ) private returns (Payment memory payment, uint256 signers) {
        (uint256[] memory committee, uint256 nodes) = _draw(request_, fulfillment.attempt);
        uint256 signerBitmap = IVerifier(request_.verifier).verify(
            request_.snapshot,
            request_.epoch,
            committee,
            Quorum.ofCommittee(request_.consensus, committee.length),
            digest,
            fulfillment.certificate
        );
        uint256 perSeat = Fees.perSeat(request_.flatFeePerSeat, request_.fuelPrice, fulfillment.fuelUsed);
        for (uint256 seat; seat < committee.length; ++seat) {
            if ((signerBitmap >> seat) & 1 == 0) continue;
            _creditNode(SnapshotBlob.attestorAt(request_.snapshot, nodes, committee[seat]), perSeat);
            ++signers;
        }
        // Below the escrow, which is a uint96.
        payment.perSeat = uint96(perSeat);
        payment.pool = uint96(perSeat * (committee.length - signers));
    }

    /// Warning: the target is hostile. It gets its gas or the whole transaction reverts, so that no submitter can make
    /// it fail by sending too little (EIP-150 withholds a 64th); nothing it returns is copied.
    function _callBack(
        Request calldata request_,
        Fulfillment calldata fulfillment,
        RequestId requestId
    ) private returns (bool ok, uint256 gasUsed) {
        bytes memory data = abi.encodeCall(
            IDikastCallback.fulfillCompute,
            (
                requestId,
                request_.functionId,
                request_.attempts[fulfillment.attempt].round,
                uint64(block.timestamp),
                fulfillment.exit,
                fulfillment.output
            )
        );
        address target = request_.callbackTarget;
        uint256 gasBought = request_.callbackGas;
        uint256 required = (gasBought * 64) / 63 + CALL_GAS;
        uint256 gasBefore = gasleft();
        if (gasBefore < required) revert NotEnoughGas(gasBefore, required);
        assembly ("memory-safe") {
            ok := call(gasBought, target, 0, add(data, 32), mload(data), 0, 0)
        }
        gasUsed = gasBefore - gasleft();
        if (gasUsed > gasBought) gasUsed = gasBought;
    }

    /// Checks what is asked against the function's terms and the snapshot; the least value that pays for it.
    function _price(
        RequestParams calldata params,
        IFunctionRegistry.Terms memory terms,
        Intake intake
    ) private view returns (uint256 seats, uint256 protocolFee, uint256 valueMin) {
        if (terms.state != IFunctionRegistry.State.Active) revert FunctionNotActive(params.functionId);
        uint256 inputLength = params.input.length;
        if (inputLength > INPUT_BYTES_MAX) revert InputTooLarge(inputLength, INPUT_BYTES_MAX);
        uint256 callbackGas = params.callbackGas;
        if (callbackGas > CALLBACK_GAS_MAX) revert CallbackGasTooLarge(callbackGas, CALLBACK_GAS_MAX);
        if (params.attempts > ATTEMPTS_MAX) revert TooManyAttempts(params.attempts);
        seats = _seats(params.committeeSize, terms.committeeSize);
        _checkSnapshot(intake, seats);
        // Every factor is bounded by its type: the sum stays far below 2**256.
        unchecked {
            protocolFee = Fees.protocolFee(seats, terms.flatFeePerSeat, PROTOCOL_FEE_BPS);
            valueMin =
                SELECTION_FEE +
                seats *
                Fees.perSeat(terms.flatFeePerSeat, terms.fuelPrice, terms.fuelLimit) +
                terms.royalty +
                protocolFee +
                _submissionGas(seats, inputLength + terms.outputBytesMax, callbackGas) *
                params.maxFeePerGas;
        }
    }

    function _seats(uint256 asked, uint256 least) private pure returns (uint256) {
        if (asked == 0) return least;
        if (asked < least) revert CommitteeTooSmall(asked, least);
        if (asked > COMMITTEE_SIZE_MAX) revert CommitteeTooLarge(asked, COMMITTEE_SIZE_MAX);
        return asked;
    }

    /// The intake with the newest snapshot in it. The registry is asked once an epoch, and until the epoch is sealed.
    function _currentIntake() private view returns (Intake intake) {
        intake = _intake;
        if (intake.epoch() == _epochNow() && intake.snapshot() != address(0)) return intake;
        (uint32 epoch, INodeRegistry.Snapshot memory snapshot) = NODES.latestSnapshot();
        return intake.withSnapshot(snapshot.blob, epoch, uint16(snapshot.count));
    }

    function _checkSnapshot(Intake intake, uint256 seats) private view {
        unchecked {
            // The registry seals no epoch before it begins.
            uint256 epochNow = _epochNow();
            if (epochNow - intake.epoch() > EPOCH_AGE_MAX) revert StaleEpoch(intake.epoch(), uint32(epochNow));
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
        return
            Schedule.attempts(
                asked == 0 ? ATTEMPTS_MAX : asked,
                windowSeconds,
                block.timestamp + LEAD_SECONDS,
                BEACON.readLatestRound(),
                BEACON_GENESIS,
                BEACON_PERIOD
            );
    }

    /// In its window, within its bounds, and nothing an exact function may not have.
    function _checkFulfillment(Request calldata request_, Fulfillment calldata fulfillment) private view {
        if (fulfillment.attempt >= request_.attempts.length) revert UnknownAttempt(fulfillment.attempt);
        Attempt calldata attempt = request_.attempts[fulfillment.attempt];
        if (block.timestamp < attempt.opensAt || block.timestamp >= attempt.closesAt) {
            revert OutsideWindow(block.timestamp, attempt.opensAt, attempt.closesAt);
        }
        if (fulfillment.output.length > request_.outputBytesMax) {
            revert OutputTooLarge(fulfillment.output.length, request_.outputBytesMax);
        }
        if (fulfillment.fuelUsed > request_.fuelLimit) {
            revert FuelAboveLimit(fulfillment.fuelUsed, request_.fuelLimit);
        }
        // [QC-3] Functions of other kinds are not deployable yet.
        if (fulfillment.evidenceHash != 0) revert EvidenceNotAllowed(fulfillment.evidenceHash);
        if (fulfillment.view_ != 0) revert ViewNotAllowed(fulfillment.view_);
    }

    /// The digest the committee signed, if it signed this output.
    function _digest(
        Request calldata request_,
        Fulfillment calldata fulfillment,
        RequestId requestId
    ) private view returns (bytes32) {
        bytes32 root = AttestationHash.rootOf(
            Report({
                requestId: RequestId.unwrap(requestId),
                outputHash: keccak256(fulfillment.output),
                exit: fulfillment.exit,
                fuelUsed: fulfillment.fuelUsed,
                evidenceHash: fulfillment.evidenceHash
            })
        );
        return
            _hashTypedDataV4(
                AttestationHash.structHash(request_, fulfillment.attempt, fulfillment.view_, root)
            );
    }

    function _draw(
        Request calldata request_,
        uint256 attempt
    ) private view returns (uint256[] memory committee, uint256 nodes) {
        uint64 round = request_.attempts[attempt].round;
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
        nodes = SnapshotBlob.count(request_.snapshot);
        bytes memory weights = SnapshotBlob.readWeights(request_.snapshot, nodes);
        committee = Sortition.selectCommittee(seed, weights, request_.committeeSize);
    }

    /// @dev [FEE-4].
    function _reimbursement(
        Request calldata request_,
        Fulfillment calldata fulfillment,
        uint256 signers,
        uint256 callbackGasUsed
    ) private view returns (uint256) {
        uint256 price = block.basefee + TIP_MAX;
        if (price > request_.maxFeePerGas) price = request_.maxFeePerGas;
        uint256 length = request_.input.length + fulfillment.output.length;
        return price * _submissionGas(signers, length, callbackGasUsed);
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
