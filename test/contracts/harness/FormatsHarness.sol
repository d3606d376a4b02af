// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {AttestationHash} from "../../../contracts/libraries/AttestationHash.sol";
import {Bits} from "../../../contracts/libraries/Bits.sol";
import {CodeBlob} from "../../../contracts/libraries/CodeBlob.sol";
import {MerkleTree} from "../../../contracts/libraries/MerkleTree.sol";
import {Quorum} from "../../../contracts/libraries/Quorum.sol";
import {Schedule} from "../../../contracts/libraries/Schedule.sol";
import {SnapshotSeats} from "../../../contracts/libraries/SnapshotSeats.sol";
import {SnapshotBlob} from "../../../contracts/libraries/SnapshotBlob.sol";
import {SnapshotWriter} from "../../../contracts/libraries/SnapshotWriter.sol";
import {Sortition} from "../../../contracts/libraries/Sortition.sol";
import {Consensus} from "../../../contracts/types/Consensus.sol";
import {FunctionId} from "../../../contracts/types/Ids.sol";
import {Attempt, Report} from "../../../contracts/types/Request.sol";

/// @title The libraries' functions as calls, for tests that compare them with vectors and with TypeScript.
contract FormatsHarness {
    event BlobWritten(address blob);

    /// [FMT-4], of one report.
    function attestationDigest(
        bytes32 domain,
        Report calldata report,
        FunctionId functionId,
        uint32 epoch,
        uint64 round,
        uint8 attempt,
        uint32 view_
    ) external pure returns (bytes32) {
        bytes32 root = MerkleTree.leafOf(
            AttestationHash.reportDigest(
                report.requestId,
                report.outputHash,
                report.exit,
                report.fuelUsed,
                report.evidenceHash
            )
        );
        return
            MessageHashUtils.toTypedDataHash(
                domain,
                AttestationHash.structHash(functionId, epoch, round, attempt, view_, root)
            );
    }

    function writeBlob(bytes calldata data) external returns (address blob) {
        blob = CodeBlob.write(data);
        emit BlobWritten(blob);
    }

    /// [SEL-5], as the registry writes it.
    function writeSnapshot(uint256[] calldata weights, uint256[] calldata entries) external {
        SnapshotWriter.Rows memory rows = SnapshotWriter.gather(weights.length);
        uint256 total;
        for (uint256 i; i < weights.length; ++i) {
            total += weights[i];
            SnapshotWriter.add(rows, total, entries[i]);
        }
        emit BlobWritten(SnapshotWriter.writeHead(rows, total));
    }

    /// Everything a snapshot says, as the contracts read it.
    function members(
        address head
    )
        external
        view
        returns (address[] memory attestors, uint32[] memory numbers, uint256[] memory cumulativeWeights)
    {
        uint256 nodes = SnapshotBlob.count(head);
        attestors = new address[](nodes);
        numbers = new uint32[](nodes);
        cumulativeWeights = new uint256[](nodes);
        for (uint256 i; i < nodes; ++i) {
            attestors[i] = SnapshotBlob.attestorAt(head, nodes, i);
            numbers[i] = SnapshotBlob.numberAt(head, nodes, i);
            cumulativeWeights[i] = SnapshotBlob.cumulativeAt(head, nodes, i);
        }
    }

    /// What a draw costs its caller, all accounts cold when this is called from outside.
    function drawGas(
        bytes32 seed_,
        address head,
        uint256 seats
    ) external view returns (uint256 gas, uint256[] memory members) {
        uint256 gasBefore = gasleft();
        SnapshotBlob.Weights weights = SnapshotBlob.readWeights(head);
        members = SnapshotSeats.membersOf(head, weights, Sortition.selectCommittee(seed_, weights, seats));
        gas = gasBefore - gasleft();
    }

    function committee(bytes32 seed_, address head, uint256 seats) external view returns (uint256[] memory) {
        return Sortition.selectCommittee(seed_, SnapshotBlob.readWeights(head), seats);
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

    function membersOf(address head, uint256[] calldata committee_) external view returns (uint256[] memory) {
        return SnapshotSeats.membersOf(head, SnapshotBlob.readWeights(head), committee_);
    }

    function attestorsOf(
        uint256[] calldata members_,
        uint256 bitmap
    ) external pure returns (bytes32[] memory) {
        return SnapshotSeats.attestorsOf(members_, bitmap);
    }

    function countBits(uint256 word) external pure returns (uint256) {
        return Bits.count(word);
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
