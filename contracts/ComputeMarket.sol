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
import {RequestHash} from "./libraries/RequestHash.sol";
import {Schedule} from "./libraries/Schedule.sol";
import {SnapshotBlob} from "./libraries/SnapshotBlob.sol";
import {Sortition} from "./libraries/Sortition.sol";
import {RequestId} from "./types/Ids.sol";
import {MarketConfig} from "./types/MarketConfig.sol";
import {Attempt, Fulfillment, Report, Request} from "./types/Request.sol";

/// @title Requests, their escrow and their settlement.
/// @dev The documentation stands in `IComputeMarket`. The owner can pause new requests, and nothing else.
contract ComputeMarket is Ledger, EIP712, Ownable2Step {
    struct Entry {
        Status status;
        uint96 escrow;
    }

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
    uint96 private immutable SELECTION_FEE;
    uint256 private immutable PROTOCOL_FEE_BPS;
    uint256 private immutable TIP_MAX;
    uint256 private immutable GAS_BASE;
    uint256 private immutable GAS_PER_SIGNATURE;
    uint256 private immutable GAS_PER_BYTE;

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
        Totals memory totals = _totals;
        if (totals.paused) revert RequestsPaused();
        (Request memory draft, uint256 valueMin) = _draft(params);
        if (msg.value < valueMin) revert PaymentTooSmall(msg.value, valueMin);
        if (msg.value > type(uint96).max) revert PaymentTooLarge(msg.value);

        draft.nonce = totals.nonce++;
        totals.pool += SELECTION_FEE;
        _totals = totals;
        requestId = RequestId.wrap(_hashTypedDataV4(RequestHash.ofMemory(draft)));
        uint96 escrow = uint96(msg.value) - SELECTION_FEE;
        _entries[requestId] = Entry(Status.Open, escrow);
        emit RequestSubmitted(requestId, draft.functionId, msg.sender, escrow, draft);
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
        _totals.pool += payment.pool;
        _totals.protocolFees += uint88(request_.protocolFee);

        uint256 callbackGasUsed;
        if (request_.callbackTarget != address(0)) {
            bool ok;
            (ok, callbackGasUsed) = _callBack(request_, fulfillment, requestId);
            if (!ok) {
                _entries[requestId].status = Status.CallbackFailed;
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
        _totals.paused = paused;
        emit PausedSet(paused);
    }

    /// @inheritdoc IComputeMarket
    function quote(RequestParams calldata params) external view returns (uint256 valueMin) {
        (, valueMin) = _draft(params);
    }

    /// @inheritdoc IComputeMarket
    function statusOf(RequestId requestId) external view returns (Status status, uint96 escrow) {
        Entry storage entry = _entries[requestId];
        return (entry.status, entry.escrow);
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
    function domainSeparator() external view returns (bytes32) {
        return _domainSeparatorV4();
    }

    /// @inheritdoc IComputeMarket
    function requestIdOf(Request calldata request_) public view returns (RequestId) {
        return RequestId.wrap(_hashTypedDataV4(RequestHash.ofCalldata(request_)));
    }

    /// Takes the escrow out of an open request.
    function _close(RequestId requestId, Status status) private returns (uint96 escrow) {
        Entry memory entry = _entries[requestId];
        if (entry.status != Status.Open) revert RequestNotOpen(requestId, entry.status);
        _entries[requestId] = Entry(status, 0);
        return entry.escrow;
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

    /// The request these parameters make now, but for its nonce, and the least value that pays for it.
    function _draft(
        RequestParams calldata params
    ) private view returns (Request memory draft, uint256 valueMin) {
        IFunctionRegistry.Terms memory terms = FUNCTIONS.terms(params.functionId);
        if (terms.state != IFunctionRegistry.State.Active) revert FunctionNotActive(params.functionId);
        if (params.input.length > INPUT_BYTES_MAX) {
            revert InputTooLarge(params.input.length, INPUT_BYTES_MAX);
        }
        if (params.callbackGas > CALLBACK_GAS_MAX) {
            revert CallbackGasTooLarge(params.callbackGas, CALLBACK_GAS_MAX);
        }
        uint256 seats = _seats(params.committeeSize, terms.committeeSize);
        (draft.epoch, draft.snapshot) = _snapshotFor(seats);
        uint256 protocolFee = Fees.protocolFee(seats, terms.flatFeePerSeat, PROTOCOL_FEE_BPS);

        draft.requester = msg.sender;
        draft.functionId = params.functionId;
        draft.consensus = terms.consensus;
        draft.committeeSize = uint16(seats);
        draft.verifier = terms.verifier;
        draft.functionOwner = terms.owner;
        if (params.callbackGas != 0) draft.callbackTarget = msg.sender;
        draft.callbackGas = params.callbackGas;
        draft.outputBytesMax = terms.outputBytesMax;
        draft.flatFeePerSeat = terms.flatFeePerSeat;
        draft.fuelPrice = terms.fuelPrice;
        draft.fuelLimit = terms.fuelLimit;
        draft.royalty = terms.royalty;
        // Never cut short in a request that is paid for: it is part of a value below 2**96.
        draft.protocolFee = uint96(protocolFee);
        draft.maxFeePerGas = params.maxFeePerGas;
        draft.input = params.input;
        draft.attempts = _schedule(params.attempts, terms.windowSeconds);
        draft.deadline = draft.attempts[draft.attempts.length - 1].closesAt;

        uint256 submissionGas = _submissionGas(
            seats,
            params.input.length + terms.outputBytesMax,
            params.callbackGas
        );
        valueMin =
            uint256(SELECTION_FEE) +
            seats * Fees.perSeat(terms.flatFeePerSeat, terms.fuelPrice, terms.fuelLimit) +
            terms.royalty +
            protocolFee +
            submissionGas * params.maxFeePerGas;
    }

    function _seats(uint256 asked, uint256 least) private pure returns (uint256) {
        if (asked == 0) return least;
        if (asked < least) revert CommitteeTooSmall(asked, least);
        if (asked > COMMITTEE_SIZE_MAX) revert CommitteeTooLarge(asked, COMMITTEE_SIZE_MAX);
        return asked;
    }

    /// The newest snapshot, which must be recent and large enough.
    function _snapshotFor(uint256 seats) private view returns (uint32 epoch, address blob) {
        INodeRegistry.Snapshot memory snapshot;
        (epoch, snapshot) = NODES.latestSnapshot();
        uint256 currentEpoch = (block.timestamp - EPOCH_ZERO) / EPOCH_SECONDS;
        if (currentEpoch - epoch > EPOCH_AGE_MAX) revert StaleEpoch(epoch, uint32(currentEpoch));
        if (seats > snapshot.count) revert NotEnoughNodes(snapshot.count, seats);
        return (epoch, snapshot.blob);
    }

    function _schedule(uint256 asked, uint256 windowSeconds) private view returns (Attempt[] memory) {
        if (asked > ATTEMPTS_MAX) revert TooManyAttempts(asked);
        return
            Schedule.attempts(
                asked == 0 ? ATTEMPTS_MAX : asked,
                windowSeconds,
                block.timestamp + LEAD_SECONDS,
                BEACON.latestRound(),
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
        bytes32 randomness = BEACON.randomness(round);
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
        return GAS_BASE + GAS_PER_SIGNATURE * signatures + GAS_PER_BYTE * length + callbackGas;
    }
}
