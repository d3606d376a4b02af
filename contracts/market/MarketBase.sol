// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IBeaconRegistry} from "../interfaces/IBeaconRegistry.sol";
import {IChallengeCourt} from "../interfaces/IChallengeCourt.sol";
import {IDataFee} from "../interfaces/IDataFee.sol";
import {IFunctionRegistry} from "../interfaces/IFunctionRegistry.sol";
import {AttestationHash} from "../libraries/AttestationHash.sol";
import {Fees} from "../libraries/Fees.sol";
import {RegistryReader} from "../libraries/RegistryReader.sol";
import {RequestHash} from "../libraries/RequestHash.sol";
import {SnapshotBlob} from "../libraries/SnapshotBlob.sol";
import {SnapshotSeats} from "../libraries/SnapshotSeats.sol";
import {Sortition} from "../libraries/Sortition.sol";
import {Consensus} from "../types/Consensus.sol";
import {Entry} from "../types/Entry.sol";
import {RequestId} from "../types/Ids.sol";
import {Intake} from "../types/Intake.sol";
import {MarketConfig} from "../types/MarketConfig.sol";
import {Attempt, Request} from "../types/Request.sol";
import {Ledger} from "./Ledger.sol";

/// @title What asking and settling share: the market's constants, its entries, and what is derived from a request.
/// @dev The market and its extension are built on this with the same configuration: both have the same constants, and what is
/// stored up to here stands in the same slots of both [MKT-24].
abstract contract MarketBase is Ledger, EIP712 {
    using RegistryReader for IBeaconRegistry;

    uint256 private constant PROTOCOL_FEE_BPS_MAX = 2_000;
    /// What the adapter of a data fee is given: more than any needs that reads a few words.
    uint256 private constant DATA_FEE_GAS = 200_000;
    /// Of a request, and of another try of its callback.
    uint256 internal constant CALLBACK_GAS_MAX = 2_000_000;
    /// A word of input or output is a public input of a proof: a multiplication of 6,000 gas (EIP-1108), and its addition.
    uint256 internal constant GAS_PER_PROVEN_BYTE = 210;

    IBeaconRegistry internal immutable BEACON;
    IFunctionRegistry internal immutable FUNCTIONS;
    IChallengeCourt internal immutable COURT;
    address internal immutable BOUNTIES;
    /// The registries' clocks never change, so they are copied: reading them costs nothing.
    uint256 internal immutable EPOCH_ZERO;
    uint256 internal immutable EPOCH_SECONDS;
    uint256 internal immutable BEACON_GENESIS;
    uint256 internal immutable BEACON_PERIOD;

    uint256 internal immutable LEAD_SECONDS;
    uint256 internal immutable EPOCH_AGE_MAX;
    uint256 internal immutable SELECTION_FEE;
    uint256 internal immutable PROTOCOL_FEE_BPS;
    uint256 internal immutable TIP_MAX;
    uint256 internal immutable GAS_BASE;
    uint256 internal immutable GAS_PER_SIGNATURE;
    uint256 internal immutable GAS_PER_BYTE;
    uint256 internal immutable GAS_PER_PROOF;
    IDataFee internal immutable DATA_FEE;

    Intake internal _intake;
    mapping(RequestId => Entry) internal _entries;
    /// When somebody committed to a proof that is shown later: the block's number (192) and time (64).
    mapping(bytes32 commitment => uint256) internal _proofCommitments;

    constructor(
        MarketConfig memory config
    ) Ledger(config.nodeRegistry, config.treasury) EIP712("Dikast", "1") {
        if (config.treasury == address(0)) revert InvalidConfig("treasury");
        if (config.protocolFeeBps > PROTOCOL_FEE_BPS_MAX) revert InvalidConfig("protocolFeeBps");
        if (address(config.court).code.length == 0) revert InvalidConfig("court");
        BEACON = config.beaconRegistry;
        FUNCTIONS = config.functionRegistry;
        COURT = config.court;
        BOUNTIES = config.bounties;
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
        GAS_PER_PROOF = config.gasPerProof;
        DATA_FEE = config.dataFee;
    }

    /// @dev The EIP-712 digest that identifies a request [FMT-2].
    function _idOf(Request calldata request_) internal view returns (RequestId) {
        return RequestId.wrap(_hashTypedDataV4(RequestHash.ofCalldata(request_)));
    }

    function _attempt(Request calldata request_, uint256 attempt) internal pure returns (Attempt calldata) {
        if (attempt >= request_.attempts.length) revert UnknownAttempt(attempt);
        return request_.attempts[attempt];
    }

    /// The digest a committee signs [FMT-4].
    function _attestationDigest(
        Request calldata request_,
        uint8 attempt,
        uint32 view_,
        uint64 round,
        bytes32 root
    ) internal view returns (bytes32) {
        return
            _hashTypedDataV4(
                AttestationHash.structHash(request_.functionId, request_.epoch, round, attempt, view_, root)
            );
    }

    /// The committee of an attempt: places in the snapshot, and what it draws them with.
    function _draw(
        Request calldata request_,
        uint256 attempt,
        uint64 round
    ) internal view returns (uint256[] memory committee, SnapshotBlob.Weights weights) {
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
        weights = SnapshotBlob.readWeights(request_.snapshot);
        committee = Sortition.selectCommittee(seed, weights, request_.committeeSize);
    }

    /// The committee's entries of the snapshot, `attestor (20) | number (4)`, in the order drawn.
    function _membersOf(
        Request calldata request_,
        uint256 attempt,
        uint64 round
    ) internal view returns (uint256[] memory) {
        (uint256[] memory committee, SnapshotBlob.Weights weights) = _draw(request_, attempt, round);
        return SnapshotSeats.membersOf(request_.snapshot, weights, committee);
    }

    /// @dev [FEE-4]. Wei a unit of gas.
    function _gasPrice(uint256 maxFeePerGas) internal view returns (uint256) {
        uint256 price = block.basefee + TIP_MAX;
        return price < maxFeePerGas ? price : maxFeePerGas;
    }

    /// The requester's own limit: what the request says, or what it was raised to.
    function _maxFeeOf(Request calldata request_, Entry entry) internal pure returns (uint256) {
        uint256 raised = entry.maxFeePerGas();
        return raised > request_.maxFeePerGas ? raised : request_.maxFeePerGas;
    }

    function _submissionGas(
        uint256 signatures,
        uint256 length,
        uint256 callbackGas
    ) internal view returns (uint256) {
        unchecked {
            // Counts of at most 32 bits, but for the 17 of a length.
            return GAS_BASE + GAS_PER_SIGNATURE * signatures + GAS_PER_BYTE * length + callbackGas;
        }
    }

    /// With a proof in place of signatures, of which each word of input and output is a public input.
    function _proofGas(uint256 length, uint256 callbackGas) internal view returns (uint256) {
        unchecked {
            // As above.
            return GAS_BASE + GAS_PER_PROOF + (GAS_PER_BYTE + GAS_PER_PROVEN_BYTE) * length + callbackGas;
        }
    }

    /// @dev [FEE-2]: the least escrow of a request whose limit is `maxFeePerGas`.
    function _escrowMin(Request calldata request_, uint256 maxFeePerGas) internal view returns (uint256) {
        uint256 seats = request_.committeeSize;
        uint256 length = request_.input.length + request_.outputBytesMax;
        return
            seats * Fees.perSeat(request_.flatFeePerSeat, request_.fuelPrice, request_.fuelLimit) +
            request_.royalty +
            request_.protocolFee +
            (
                request_.consensus == Consensus.Zk
                    ? _proofGas(length, request_.callbackGas)
                    : _submissionGasMax(seats, length, request_.callbackGas, request_.challengeWindow)
            ) *
                maxFeePerGas;
    }

    /// With a challenge window there are two transactions, to certify and to finalise.
    function _submissionGasMax(
        uint256 seats,
        uint256 length,
        uint256 callbackGas,
        uint256 challengeWindow
    ) internal view returns (uint256 gas) {
        gas = _submissionGas(seats, length, callbackGas);
        if (challengeWindow != 0) gas += _submissionGas(seats, length, 0);
    }

    /// Zero on a chain without such a fee. The adapter is part of the market's constants, and outlives what it asks: one that
    /// reverts, or burns more gas than it is given, is as one that answers zero, and no answer is above what an escrow holds.
    function _dataFee(uint256 length) internal view returns (uint256 fee) {
        address adapter = address(DATA_FEE);
        if (adapter == address(0)) return 0;
        bytes4 selector = IDataFee.dataFee.selector;
        assembly ("memory-safe") {
            mstore(0, selector)
            mstore(4, length)
            // From right to left: the size is of this call's answer.
            if and(gt(returndatasize(), 31), staticcall(DATA_FEE_GAS, adapter, 0, 36, 0, 32)) {
                fee := mload(0)
            }
        }
        if (fee > type(uint96).max) fee = type(uint96).max;
    }

    /// @dev Every request paid the same selection fee, so they need not be summed.
    function _poolNow() internal view returns (uint256) {
        return uint256(_intake.requests()) * SELECTION_FEE + _sums.unsignedPay - _poolSpent;
    }
}
