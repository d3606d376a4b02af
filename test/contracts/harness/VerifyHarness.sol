// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {IBeaconRegistry} from "../../../contracts/interfaces/IBeaconRegistry.sol";
import {AttestationHash} from "../../../contracts/libraries/AttestationHash.sol";
import {MerkleTree} from "../../../contracts/libraries/MerkleTree.sol";
import {Quorum} from "../../../contracts/libraries/Quorum.sol";
import {RegistryReader} from "../../../contracts/libraries/RegistryReader.sol";
import {RequestHash} from "../../../contracts/libraries/RequestHash.sol";
import {SnapshotBlob} from "../../../contracts/libraries/SnapshotBlob.sol";
import {SnapshotSeats} from "../../../contracts/libraries/SnapshotSeats.sol";
import {Sortition} from "../../../contracts/libraries/Sortition.sol";
import {VerifierCall} from "../../../contracts/libraries/VerifierCall.sol";
import {Fulfillment, Request} from "../../../contracts/types/Request.sol";

/// @title What a settlement checks, without the settling: for gas figures.
contract VerifyHarness {
    using RegistryReader for IBeaconRegistry;

    IBeaconRegistry private immutable BEACON;
    address private immutable MARKET;
    bytes32 private immutable DOMAIN;

    error Refused();

    constructor(IBeaconRegistry beacon, address market, bytes32 domain) {
        BEACON = beacon;
        MARKET = market;
        DOMAIN = domain;
    }

    /// The market's own steps: id, round, draw, digest, certificate.
    function verify(Request calldata request_, Fulfillment calldata fulfillment) external view {
        bytes32 id = MessageHashUtils.toTypedDataHash(DOMAIN, RequestHash.ofCalldata(request_));
        uint64 round = request_.attempts[fulfillment.attempt].round;
        bytes32 leaf = AttestationHash.reportDigest(
            id,
            keccak256(fulfillment.output),
            fulfillment.exit,
            fulfillment.fuelUsed,
            fulfillment.evidenceHash
        );
        bytes32 digest = MessageHashUtils.toTypedDataHash(
            DOMAIN,
            AttestationHash.structHash(
                request_.functionId,
                request_.epoch,
                round,
                fulfillment.attempt,
                fulfillment.view_,
                MerkleTree.leafOf(leaf)
            )
        );
        uint256[] memory members = _draw(request_, fulfillment.attempt, round);
        uint256 signers = VerifierCall.verify(
            request_.verifier,
            request_.snapshot,
            request_.epoch,
            members,
            Quorum.ofCommittee(request_.consensus, members.length),
            digest,
            fulfillment.certificate
        );
        if (signers == 0) revert Refused();
    }

    /// The signatures alone, of seats whose attestors are read from a snapshot.
    function verifySeats(
        address verifier,
        address head,
        uint256[] calldata committee,
        bytes32 digest,
        bytes calldata certificate
    ) external view {
        uint256[] memory members = SnapshotSeats.membersOf(head, SnapshotBlob.readWeights(head), committee);
        if (VerifierCall.verify(verifier, head, 0, members, committee.length, digest, certificate) == 0) {
            revert Refused();
        }
    }

    /// What others do: OpenZeppelin's recovery in a loop, with signers in storage.
    mapping(address => bool) private _known;

    function know(address[] calldata signers) external {
        for (uint256 i; i < signers.length; ++i) _known[signers[i]] = true;
    }

    function verifyWithOpenZeppelin(bytes32 digest, bytes[] calldata signatures) external view {
        for (uint256 i; i < signatures.length; ++i) {
            if (!_known[ECDSA.recover(digest, signatures[i])]) revert Refused();
        }
    }

    function _draw(
        Request calldata request_,
        uint256 attempt,
        uint64 round
    ) private view returns (uint256[] memory) {
        bytes32 seed = Sortition.seedOf(
            MARKET,
            request_.functionId,
            request_.epoch,
            round,
            attempt,
            BEACON.readRandomness(round)
        );
        SnapshotBlob.Weights weights = SnapshotBlob.readWeights(request_.snapshot);
        return
            SnapshotSeats.membersOf(
                request_.snapshot,
                weights,
                Sortition.selectCommittee(seed, weights, request_.committeeSize)
            );
    }
}
