// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {IChallengeCourt} from "./interfaces/IChallengeCourt.sol";
import {IComputeMarket} from "./interfaces/IComputeMarket.sol";
import {IMarketTypes} from "./interfaces/IMarketTypes.sol";
import {INodeRegistry} from "./interfaces/INodeRegistry.sol";
import {ISlasher} from "./interfaces/ISlasher.sol";
import {IVerifier} from "./interfaces/IVerifier.sol";
import {AttestationHash} from "./libraries/AttestationHash.sol";
import {MerkleTree} from "./libraries/MerkleTree.sol";
import {SnapshotBlob} from "./libraries/SnapshotBlob.sol";
import {SnapshotSeats} from "./libraries/SnapshotSeats.sol";
import {Certified} from "./types/Certified.sol";
import {Consensus} from "./types/Consensus.sol";
import {RequestId} from "./types/Ids.sol";
import {Report, Request} from "./types/Request.sol";
import {Verdict} from "./types/Verdict.sol";

/// @title Faults that signatures alone prove.
/// @dev The documentation stands in `ISlasher`. The owner can add markets, and take none away.
contract Slasher is ISlasher, Ownable2Step {
    /// Of a node's stake, bonded and unbonding.
    uint256 private constant EQUIVOCATION_BPS = 5_000;
    uint256 private constant OVERTURNED_BPS = 5_000;

    INodeRegistry private immutable NODES;

    /// A verdict of fewer judges slashes nobody [SLA-6]: who may challenge again and again would be drawn a quorum of them one day.
    uint256 private immutable JUDGES_MIN;

    mapping(address market => bytes32) private _domains;
    mapping(bytes32 fault => bool) private _slashed;

    /// @param judgesMin seats of the least committee whose verdict slashes.
    constructor(INodeRegistry nodes, address owner_, uint256 judgesMin) Ownable(owner_) {
        NODES = nodes;
        JUDGES_MIN = judgesMin;
    }

    /// @inheritdoc ISlasher
    function addMarket(address market) external onlyOwner {
        if (market.code.length == 0) revert InvalidMarket(market);
        _domains[market] = IComputeMarket(market).domainSeparator();
        emit MarketAdded(market);
    }

    /// @inheritdoc ISlasher
    function reportEquivocation(
        address market,
        SignedReport calldata first,
        SignedReport calldata second
    ) external returns (address attestor) {
        bytes32 domain = _domainOf(market);
        if (first.attempt != second.attempt || first.view_ != second.view_) revert NotOneRequest();
        (bytes32 firstDigest, bytes32 secondDigest) = _digests(first.report, second.report);
        attestor = _signerOf(domain, firstDigest, first);
        address other = _signerOf(domain, secondDigest, second);
        if (attestor != other) revert NotOneSigner(attestor, other);
        bytes32 requestId = first.report.requestId;
        if (!_slash(market, attestor, requestId, first.attempt, first.view_)) {
            revert AlreadySlashed(attestor, requestId);
        }
    }

    /// @inheritdoc ISlasher
    /// @dev The market draws the committee and the request names its verifier: both are bound by the request's id, which
    /// the reports name.
    function reportCertificates(
        address market,
        Request calldata request_,
        uint8 attempt,
        uint32 view_,
        CertifiedReport calldata first,
        CertifiedReport calldata second
    ) external returns (uint256 slashed) {
        bytes32 domain = _domainOf(market);
        RequestId requestId = IComputeMarket(market).requestIdOf(request_);
        (IMarketTypes.Status status, ) = IComputeMarket(market).statusOf(requestId);
        // What was never submitted could name a verifier of its own.
        if (status == IMarketTypes.Status.None) revert NotOneRequest();
        if (first.report.requestId != RequestId.unwrap(requestId)) revert NotOneRequest();
        (bytes32 firstDigest, bytes32 secondDigest) = _digests(first.report, second.report);
        uint256[] memory members = _membersOf(market, request_, attempt);
        uint256 ofFirst = _signersOf(domain, request_, attempt, view_, members, firstDigest, first);
        uint256 ofSecond = _signersOf(domain, request_, attempt, view_, members, secondDigest, second);
        uint256 both = ofFirst & ofSecond;
        if (both == 0) revert NoSignerOfBoth(ofFirst, ofSecond);
        bytes32[] memory attestors = SnapshotSeats.attestorsOf(members, both);
        for (uint256 i; i < attestors.length; ++i) {
            address attestor = address(uint160(uint256(attestors[i])));
            if (_slash(market, attestor, RequestId.unwrap(requestId), attempt, view_)) ++slashed;
        }
        if (slashed == 0) revert AlreadySlashed(address(0), RequestId.unwrap(requestId));
    }

    /// @inheritdoc ISlasher
    /// @dev The market names its court, and the court keeps the hash of what it overturned: with the request's id that binds
    /// both arguments. Only *exact* functions have challenges, so only deterministic runs are judged.
    function reportOverturned(
        address market,
        Request calldata request_,
        Certified calldata certified
    ) external returns (uint256 slashed) {
        _domainOf(market);
        RequestId requestId = IComputeMarket(market).requestIdOf(request_);
        IChallengeCourt court = IChallengeCourt(IComputeMarket(market).court());
        IChallengeCourt.Ruling memory ruling = court.rulingOf(market, requestId);
        (bytes32 certifiedHash, address challenger) = court.challengedOf(market, requestId);
        if (
            ruling.verdict != Verdict.Overturned ||
            request_.consensus != Consensus.Exact ||
            certifiedHash != keccak256(abi.encode(certified))
        ) revert NotOverturned(RequestId.unwrap(requestId));
        uint256 judges = court.seatsFor(request_.committeeSize);
        if (judges < JUDGES_MIN) revert TooFewJudges(judges, JUDGES_MIN);
        bytes32 fault = keccak256(abi.encode(market, requestId));
        if (_slashed[fault]) revert AlreadySlashed(address(0), RequestId.unwrap(requestId));
        _slashed[fault] = true;

        bytes32[] memory attestors = SnapshotSeats.attestorsOf(
            _membersOf(market, request_, certified.attempt),
            certified.signers
        );
        slashed = attestors.length;
        for (uint256 i; i < slashed; ++i) {
            address attestor = address(uint160(uint256(attestors[i])));
            emit Overturned(attestor, market, RequestId.unwrap(requestId), challenger);
            NODES.slash(attestor, OVERTURNED_BPS, challenger);
        }
    }

    /// @inheritdoc ISlasher
    function isMarket(address market) external view returns (bool) {
        return _domains[market] != 0;
    }

    /// @inheritdoc ISlasher
    function wasSlashed(
        address market,
        address attestor,
        bytes32 requestId,
        uint8 attempt,
        uint32 view_
    ) external view returns (bool) {
        return _slashed[_faultOf(market, attestor, requestId, attempt, view_)];
    }

    function _slash(
        address market,
        address attestor,
        bytes32 requestId,
        uint8 attempt,
        uint32 view_
    ) private returns (bool isNew) {
        bytes32 fault = _faultOf(market, attestor, requestId, attempt, view_);
        if (_slashed[fault]) return false;
        _slashed[fault] = true;
        emit Equivocated(attestor, market, requestId, attempt, view_, msg.sender);
        NODES.slash(attestor, EQUIVOCATION_BPS, msg.sender);
        return true;
    }

    function _faultOf(
        address market,
        address attestor,
        bytes32 requestId,
        uint8 attempt,
        uint32 view_
    ) private pure returns (bytes32) {
        return keccak256(abi.encode(market, attestor, requestId, attempt, view_));
    }

    function _domainOf(address market) private view returns (bytes32 domain) {
        domain = _domains[market];
        if (domain == 0) revert UnknownMarket(market);
    }

    /// The digests of two reports of one request, which differ.
    function _digests(
        Report calldata first,
        Report calldata second
    ) private pure returns (bytes32 firstDigest, bytes32 secondDigest) {
        if (first.requestId != second.requestId) revert NotOneRequest();
        firstDigest = _digestOf(first);
        secondDigest = _digestOf(second);
        if (firstDigest == secondDigest) revert SameReport(firstDigest);
    }

    function _digestOf(Report calldata report) private pure returns (bytes32) {
        return
            AttestationHash.reportDigest(
                report.requestId,
                report.outputHash,
                report.exit,
                report.fuelUsed,
                report.evidenceHash
            );
    }

    function _signerOf(
        bytes32 domain,
        bytes32 reportDigest,
        SignedReport calldata signed
    ) private pure returns (address) {
        bytes32 root = MerkleTree.rootFrom(reportDigest, signed.index, signed.count, signed.proof);
        bytes32 digest = AttestationHash.structHash(
            signed.functionId,
            signed.epoch,
            signed.round,
            signed.attempt,
            signed.view_,
            root
        );
        // Reverts on a malformed signature.
        return ECDSA.recover(MessageHashUtils.toTypedDataHash(domain, digest), signed.r, signed.yParityAndS);
    }

    /// The committee's entries of the snapshot.
    function _membersOf(
        address market,
        Request calldata request_,
        uint8 attempt
    ) private view returns (uint256[] memory) {
        return
            SnapshotSeats.membersOf(
                request_.snapshot,
                SnapshotBlob.readWeights(request_.snapshot),
                IComputeMarket(market).committeeOf(request_, attempt)
            );
    }

    function _signersOf(
        bytes32 domain,
        Request calldata request_,
        uint8 attempt,
        uint32 view_,
        uint256[] memory members,
        bytes32 reportDigest,
        CertifiedReport calldata certified
    ) private view returns (uint256 bitmap) {
        bytes32 root = MerkleTree.rootFrom(reportDigest, certified.index, certified.count, certified.proof);
        bytes32 structHash = AttestationHash.structHash(
            request_.functionId,
            request_.epoch,
            request_.attempts[attempt].round,
            attempt,
            view_,
            root
        );
        return
            IVerifier(request_.verifier).verify(
                request_.snapshot,
                request_.epoch,
                members,
                1,
                MessageHashUtils.toTypedDataHash(domain, structHash),
                certified.certificate
            );
    }
}
