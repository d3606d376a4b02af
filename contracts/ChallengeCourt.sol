// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {IBeaconRegistry} from "./interfaces/IBeaconRegistry.sol";
import {IChallengeCourt} from "./interfaces/IChallengeCourt.sol";
import {IComputeMarket} from "./interfaces/IComputeMarket.sol";
import {IVerifier} from "./interfaces/IVerifier.sol";
import {AttestationHash} from "./libraries/AttestationHash.sol";
import {BeaconClock} from "./libraries/BeaconClock.sol";
import {ChallengeSeats} from "./libraries/ChallengeSeats.sol";
import {Fees} from "./libraries/Fees.sol";
import {MerkleTree} from "./libraries/MerkleTree.sol";
import {Quorum} from "./libraries/Quorum.sol";
import {Schedule} from "./libraries/Schedule.sol";
import {SnapshotBlob} from "./libraries/SnapshotBlob.sol";
import {SnapshotSeats} from "./libraries/SnapshotSeats.sol";
import {Sortition} from "./libraries/Sortition.sol";
import {Certified} from "./types/Certified.sol";
import {RequestId} from "./types/Ids.sol";
import {Attempt, Fulfillment, Request} from "./types/Request.sol";
import {Verdict} from "./types/Verdict.sol";

/// @title Second opinions.
/// @dev The documentation stands in `IChallengeCourt`. Nobody owns this contract. It holds the bonds of pending challenges
/// and nothing else: all it pays goes through the market's ledger, where its owner pulls it.
contract ChallengeCourt is IChallengeCourt, ReentrancyGuardTransient {
    /// @dev Four slots. The window's first second is the round's.
    struct Challenge {
        address challenger;
        uint96 bond;
        uint64 round;
        uint64 closesAt;
        uint64 fuelUsed;
        uint16 exit;
        Verdict verdict;
        bytes32 certifiedHash;
        bytes32 outputHash;
    }

    /// What the committee signs as its attempt: none a request can have.
    uint8 private constant ATTEMPT = 255;
    uint16 private constant EXIT_TRAP = 0x100;
    /// The requester names a price of gas and pays the real one: it must not keep challengers away.
    uint256 private constant BOND_GAS_PRICE_MAX = 500 gwei;
    /// Its window, in those of the request's own attempts: there is one, and all of it runs anew.
    uint256 private constant WINDOWS = 2;
    /// And at least: nodes drawn by surprise have to fetch the module first.
    uint256 private constant WINDOW_SECONDS_MIN = 10 minutes;

    IBeaconRegistry private immutable BEACON;
    uint256 private immutable BEACON_GENESIS;
    uint256 private immutable BEACON_PERIOD;
    uint256 private immutable LEAD_SECONDS;

    mapping(address market => mapping(RequestId => Challenge)) private _challenges;

    constructor(IBeaconRegistry beacon, uint256 leadSeconds) {
        if (address(beacon).code.length == 0) revert InvalidConfig("beacon");
        BEACON = beacon;
        BEACON_GENESIS = beacon.timeOfRound(1);
        BEACON_PERIOD = beacon.timeOfRound(2) - BEACON_GENESIS;
        LEAD_SECONDS = leadSeconds;
    }

    /// @inheritdoc IChallengeCourt
    function challenge(
        address market,
        Request calldata request_,
        Certified calldata certified
    ) external payable nonReentrant {
        RequestId requestId = IComputeMarket(market).checkCertified(request_, certified);
        uint256 challengeBefore = uint256(certified.certifiedAt) + request_.challengeWindow;
        if (block.timestamp >= challengeBefore) {
            revert NotChallengeable(requestId, block.timestamp, challengeBefore);
        }
        Challenge storage record = _challenges[market][requestId];
        if (record.verdict != Verdict.None) revert AlreadyChallenged(requestId, record.challenger);
        uint256 bond = bondOf(market, request_, certified);
        if (msg.value != bond || bond > type(uint96).max) revert BondMismatch(msg.value, bond);

        Attempt memory window = _windowFrom(block.timestamp, request_);
        record.challenger = msg.sender;
        record.bond = uint96(bond);
        record.round = window.round;
        record.closesAt = window.closesAt;
        record.verdict = Verdict.Pending;
        record.certifiedHash = keccak256(abi.encode(certified));
        emit Challenged(
            market,
            requestId,
            msg.sender,
            uint96(bond),
            window.round,
            window.opensAt,
            window.closesAt
        );
    }

    /// @inheritdoc IChallengeCourt
    /// @dev The verdict is written before anything is paid; the market credits, and calls nobody.
    function resolve(
        address market,
        Request calldata request_,
        Certified calldata certified,
        Fulfillment calldata fulfillment
    ) external nonReentrant returns (Verdict verdict) {
        // While a challenge is pending the market keeps the request as certified: both arguments are what they were then.
        RequestId requestId = IComputeMarket(market).checkCertified(request_, certified);
        Challenge storage record = _challenges[market][requestId];
        _checkOpen(record, requestId);
        _checkReport(request_, fulfillment);
        bytes32 outputHash = keccak256(fulfillment.output);
        uint256[] memory members = SnapshotSeats.membersOf(
            request_.snapshot,
            SnapshotBlob.readWeights(request_.snapshot),
            _draw(market, request_, certified, record.round)
        );
        uint256 signers = _verify(
            market,
            request_,
            fulfillment,
            record.round,
            members,
            AttestationHash.reportDigest(
                RequestId.unwrap(requestId),
                outputHash,
                fulfillment.exit,
                fulfillment.fuelUsed,
                0
            )
        );

        bool same =
            outputHash == certified.outputHash &&
                fulfillment.exit == certified.exit &&
                fulfillment.fuelUsed == certified.fuelUsed;
        verdict = same ? Verdict.Upheld : Verdict.Overturned;
        record.verdict = verdict;
        if (!same) {
            record.exit = fulfillment.exit;
            record.fuelUsed = fulfillment.fuelUsed;
            record.outputHash = outputHash;
        }
        _settle(market, request_, certified, fulfillment, record, requestId, members, signers);
    }

    /// @inheritdoc IChallengeCourt
    function closeUndecided(address market, RequestId requestId) external nonReentrant {
        Challenge storage record = _challenges[market][requestId];
        if (record.verdict != Verdict.Pending) revert NotPending(requestId, record.verdict);
        if (block.timestamp < record.closesAt) revert StillOpen(requestId, record.closesAt);
        record.verdict = Verdict.Undecided;
        uint256 burned = record.bond / 2;
        uint256 returned = record.bond - burned;
        IComputeMarket(market).deposit{value: returned}(record.challenger);
        emit ChallengeUndecided(market, requestId, burned, returned);
        // It takes what it is sent: nobody is there.
        (bool ok, ) = address(0).call{value: burned}("");
        assert(ok);
    }

    /// @inheritdoc IChallengeCourt
    function rulingOf(address market, RequestId requestId) external view returns (Ruling memory ruling) {
        Challenge storage record = _challenges[market][requestId];
        ruling.verdict = record.verdict;
        ruling.challenger = record.challenger;
        if (ruling.verdict == Verdict.Pending && block.timestamp >= record.closesAt) {
            ruling.verdict = Verdict.Undecided;
        }
        if (ruling.verdict == Verdict.Overturned) {
            ruling.exit = record.exit;
            ruling.fuelUsed = record.fuelUsed;
            ruling.outputHash = record.outputHash;
        }
    }

    /// @inheritdoc IChallengeCourt
    function challengedOf(address market, RequestId requestId) external view returns (bytes32, address) {
        Challenge storage record = _challenges[market][requestId];
        return (record.certifiedHash, record.challenger);
    }

    /// @inheritdoc IChallengeCourt
    function committeeOf(
        address market,
        Request calldata request_,
        Certified calldata certified
    ) external view returns (uint256[] memory) {
        RequestId requestId = IComputeMarket(market).requestIdOf(request_);
        Challenge storage record = _challenges[market][requestId];
        if (record.certifiedHash != keccak256(abi.encode(certified))) {
            revert NotPending(requestId, record.verdict);
        }
        return _draw(market, request_, certified, record.round);
    }

    /// @inheritdoc IChallengeCourt
    function bondOf(
        address market,
        Request calldata request_,
        Certified calldata certified
    ) public view returns (uint256) {
        uint256 seats = ChallengeSeats.seatsFor(request_.committeeSize);
        uint256 length = request_.input.length + request_.outputBytesMax;
        (uint256 gas, ) = _submissionGas(market, seats, length);
        return
            seats * Fees.perSeat(request_.flatFeePerSeat, request_.fuelPrice, request_.fuelLimit) +
            gas * (certified.maxFeePerGas < BOND_GAS_PRICE_MAX ? certified.maxFeePerGas : BOND_GAS_PRICE_MAX);
    }

    /// @inheritdoc IChallengeCourt
    function seatsFor(uint256 committeeSize) external pure returns (uint256) {
        return ChallengeSeats.seatsFor(committeeSize);
    }

    /// Pays committee, pool and resolver out of the bond, and the rest to whom the verdict gives it.
    function _settle(
        address market,
        Request calldata request_,
        Certified calldata certified,
        Fulfillment calldata fulfillment,
        Challenge storage record,
        RequestId requestId,
        uint256[] memory members,
        uint256 signers
    ) private {
        bytes32[] memory attestors = SnapshotSeats.attestorsOf(members, signers);
        uint256 perSeat = Fees.perSeat(request_.flatFeePerSeat, request_.fuelPrice, fulfillment.fuelUsed);
        // The bond was as much for every seat, at the fuel's limit.
        uint256 rest = record.bond - perSeat * members.length;
        uint256 unsignedPay = perSeat * (members.length - attestors.length);
        IComputeMarket(market).depositShares{value: perSeat * members.length}(
            attestors,
            perSeat,
            unsignedPay
        );
        uint256 length = request_.input.length + fulfillment.output.length;
        uint256 reimbursement = _reimbursement(market, certified, attestors.length, length);
        if (reimbursement > rest) reimbursement = rest;
        rest -= reimbursement;
        Verdict verdict = record.verdict;
        emit ChallengeResolved(
            market,
            requestId,
            msg.sender,
            verdict,
            perSeat,
            unsignedPay,
            reimbursement,
            fulfillment
        );
        IComputeMarket(market).deposit{value: reimbursement}(msg.sender);
        address owed = verdict == Verdict.Upheld ? request_.requester : record.challenger;
        IComputeMarket(market).deposit{value: rest}(owed);
    }

    function _checkOpen(Challenge storage record, RequestId requestId) private view {
        if (record.verdict != Verdict.Pending) revert NotPending(requestId, record.verdict);
        uint256 opensAt = BeaconClock.timeOfRound(record.round, BEACON_GENESIS, BEACON_PERIOD);
        if (block.timestamp < opensAt || block.timestamp >= record.closesAt) {
            revert OutsideChallenge(block.timestamp, opensAt, record.closesAt);
        }
    }

    /// As the market checks a report of an exact function.
    function _checkReport(Request calldata request_, Fulfillment calldata fulfillment) private pure {
        if (
            fulfillment.attempt != ATTEMPT ||
            fulfillment.view_ != 0 ||
            fulfillment.evidenceHash != 0 ||
            fulfillment.output.length > request_.outputBytesMax ||
            fulfillment.fuelUsed > request_.fuelLimit ||
            (fulfillment.exit >= EXIT_TRAP && fulfillment.fuelUsed != request_.fuelLimit)
        ) revert NotAChallengeReport();
    }

    function _verify(
        address market,
        Request calldata request_,
        Fulfillment calldata fulfillment,
        uint64 round,
        uint256[] memory members,
        bytes32 reportDigest
    ) private view returns (uint256 signers) {
        bytes32 structHash = AttestationHash.structHash(
            request_.functionId,
            request_.epoch,
            round,
            ATTEMPT,
            0,
            MerkleTree.leafOf(reportDigest)
        );
        return
            IVerifier(request_.verifier).verify(
                request_.snapshot,
                request_.epoch,
                members,
                Quorum.ofCommittee(request_.consensus, members.length),
                MessageHashUtils.toTypedDataHash(IComputeMarket(market).domainSeparator(), structHash),
                fulfillment.certificate
            );
    }

    /// The larger committee [CHA-4]: as many more are drawn as there are members to leave out.
    function _draw(
        address market,
        Request calldata request_,
        Certified calldata certified,
        uint64 round
    ) private view returns (uint256[] memory committee) {
        bytes32 randomness = BEACON.randomness(round);
        if (randomness == 0) revert RoundNotPosted(round);
        bytes32 seed = Sortition.seedOf(
            market,
            request_.functionId,
            request_.epoch,
            round,
            ATTEMPT,
            randomness
        );
        uint256 nodes = SnapshotBlob.count(request_.snapshot);
        SnapshotBlob.Weights weights = SnapshotBlob.readWeights(request_.snapshot);
        uint256 seats = ChallengeSeats.seatsFor(request_.committeeSize);
        uint256 excluded = request_.committeeSize;
        if (nodes < seats + excluded) return Sortition.selectCommittee(seed, weights, seats);

        uint256[] memory first = IComputeMarket(market).committeeOf(request_, certified.attempt);
        uint256[] memory leftOut = new uint256[]((nodes + 255) >> 8);
        for (uint256 i; i < first.length; ++i) leftOut[first[i] >> 8] |= 1 << (first[i] & 255);
        uint256[] memory drawn = Sortition.selectCommittee(seed, weights, seats + excluded);
        committee = new uint256[](seats);
        uint256 seat;
        for (uint256 i; seat < seats; ++i) {
            uint256 index = drawn[i];
            if ((leftOut[index >> 8] >> (index & 255)) & 1 == 0) committee[seat++] = index;
        }
    }

    function _windowFrom(uint256 time, Request calldata request_) private view returns (Attempt memory) {
        Attempt calldata first = request_.attempts[0];
        uint256 windowSeconds = WINDOWS * (first.closesAt - first.opensAt);
        if (windowSeconds < WINDOW_SECONDS_MIN) windowSeconds = WINDOW_SECONDS_MIN;
        (Attempt[] memory windows, ) = Schedule.attempts(
            1,
            windowSeconds,
            time + LEAD_SECONDS,
            BEACON.latestRound(),
            BEACON_GENESIS,
            BEACON_PERIOD
        );
        return windows[0];
    }

    function _reimbursement(
        address market,
        Certified calldata certified,
        uint256 signatures,
        uint256 length
    ) private view returns (uint256) {
        (uint256 gas, uint256 tipMax) = _submissionGas(market, signatures, length);
        uint256 price = block.basefee + tipMax;
        return gas * (price < certified.maxFeePerGas ? price : certified.maxFeePerGas);
    }

    function _submissionGas(
        address market,
        uint256 signatures,
        uint256 length
    ) private view returns (uint256 gas, uint256 tipMax) {
        uint256 base;
        uint256 perSignature;
        uint256 perByte;
        (base, perSignature, perByte, tipMax) = IComputeMarket(market).gasConstants();
        gas = base + perSignature * signatures + perByte * length;
    }
}
