// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AttestationHash} from "../../../contracts/libraries/AttestationHash.sol";
import {CodeBlob} from "../../../contracts/libraries/CodeBlob.sol";
import {MerkleTree} from "../../../contracts/libraries/MerkleTree.sol";
import {Quorum} from "../../../contracts/libraries/Quorum.sol";
import {Schedule} from "../../../contracts/libraries/Schedule.sol";
import {SnapshotBlob} from "../../../contracts/libraries/SnapshotBlob.sol";
import {Sortition} from "../../../contracts/libraries/Sortition.sol";
import {Consensus} from "../../../contracts/types/Consensus.sol";
import {FunctionId} from "../../../contracts/types/Ids.sol";
import {Attempt, Report} from "../../../contracts/types/Request.sol";

/// @title The libraries' functions as calls, for tests that compare them with vectors and with TypeScript.
contract FormatsHarness {
    event BlobWritten(address blob);

    function writeBlob(bytes calldata data) external returns (address blob) {
        blob = CodeBlob.write(data);
        emit BlobWritten(blob);
    }

    function encodeSnapshot(
        uint64[] calldata cumulativeWeights,
        address[] calldata keys
    ) external pure returns (bytes memory) {
        return SnapshotBlob.encode(cumulativeWeights, keys, keys.length);
    }

    function attestors(address blob) external view returns (address[] memory list) {
        list = new address[](SnapshotBlob.count(blob));
        for (uint256 i; i < list.length; ++i) list[i] = SnapshotBlob.attestorAt(blob, list.length, i);
    }

    function committee(bytes32 seed_, address blob, uint256 seats) external view returns (uint256[] memory) {
        bytes memory weights = SnapshotBlob.readWeights(blob, SnapshotBlob.count(blob));
        return Sortition.selectCommittee(seed_, weights, seats);
    }

    function committeeOfWeights(
        bytes32 seed_,
        bytes calldata weights,
        uint256 seats
    ) external pure returns (uint256[] memory) {
        return Sortition.selectCommittee(seed_, weights, seats);
    }

    function seed(
        address market,
        FunctionId functionId,
        uint32 epoch,
        uint64 round,
        uint256 attempt,
        bytes32 randomness
    ) external view returns (bytes32) {
        return Sortition.seedOf(market, functionId, epoch, round, attempt, randomness);
    }

    function reportDigest(Report calldata report) public pure returns (bytes32) {
        return
            AttestationHash.reportDigest(
                report.requestId,
                report.outputHash,
                report.exit,
                report.fuelUsed,
                report.evidenceHash
            );
    }

    function reportRoot(Report calldata report) external pure returns (bytes32) {
        return MerkleTree.leafOf(reportDigest(report));
    }

    function merkleRoot(bytes32[] calldata digests) external pure returns (bytes32) {
        return MerkleTree.rootOf(digests);
    }

    function merkleRootFrom(
        bytes32 digest,
        uint256 index,
        uint256 count,
        bytes32[] calldata proof
    ) external pure returns (bytes32) {
        return MerkleTree.rootFrom(digest, index, count, proof);
    }

    function quorum(Consensus consensus, uint256 seats) external pure returns (uint256) {
        return Quorum.ofCommittee(consensus, seats);
    }

    function schedule(
        uint256 count,
        uint256 windowSeconds,
        uint256 earliest,
        uint256 latestRound,
        uint256 genesis,
        uint256 period
    ) external pure returns (Attempt[] memory, uint256 deadline) {
        return Schedule.attempts(count, windowSeconds, earliest, latestRound, genesis, period);
    }
}
