// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IComputeMarket} from "../interfaces/IComputeMarket.sol";
import {AttestationHash} from "../libraries/AttestationHash.sol";
import {Fees} from "../libraries/Fees.sol";
import {MerkleTree} from "../libraries/MerkleTree.sol";
import {Entry, EntryLibrary} from "../types/Entry.sol";
import {RequestId} from "../types/Ids.sol";
import {Batch, BatchResult, Request} from "../types/Request.sol";
import {Settlement} from "./Settlement.sol";

/// @title How many requests end at once: with one certificate of the committee they share.
abstract contract BatchSettlement is Settlement {
    /// What a request of a batch costs beside its share of the committee's certificate.
    uint256 private constant GAS_PER_BATCHED = 28_000;

    /// @inheritdoc IComputeMarket
    /// @dev As `fulfill`, with the committee drawn, its certificate checked and its nodes paid once. A request that is no
    /// longer open is passed over: who settles one of them first does not stop the others.
    function fulfillBatch(
        Request[] calldata requests,
        BatchResult[] calldata results,
        Batch calldata batch
    ) external nonReentrant {
        uint256 count = requests.length;
        if (count == 0 || results.length != count) revert BatchMismatch(count);
        Request calldata first = requests[0];
        // Each of these settles alone: its certificate is what a challenge is of.
        if (first.challengeWindow != 0) revert Challengeable(0);
        uint64 round = _checkWindow(first, batch.attempt, batch.view_);
        RequestId[] memory ids = new RequestId[](count);
        bytes32[] memory leaves = _leavesOf(requests, results, batch, round, ids);
        bytes32 root = MerkleTree.rootOf(leaves);
        Signed memory signed = _verify(first, batch.attempt, batch.view_, round, root, batch.certificate);
        emit BatchCertified(
            root,
            first.functionId,
            msg.sender,
            batch.attempt,
            batch.view_,
            leaves,
            batch.certificate
        );

        Entry[] memory entries = _closeAll(requests, results, signed, ids);
        uint256 reimbursed;
        for (uint256 i; i < count; ++i) {
            if (Entry.unwrap(entries[i]) == 0) continue;
            reimbursed += _settleOne(
                requests[i],
                results[i],
                ids[i],
                entries[i],
                signed.count,
                round,
                count,
                root
            );
        }
        _credit(msg.sender, reimbursed);
    }

    /// A batch's leaves: as given, and those of this transaction's requests where they are zero.
    /// All must have been drawn the same committee.
    function _leavesOf(
        Request[] calldata requests,
        BatchResult[] calldata results,
        Batch calldata batch,
        uint64 round,
        RequestId[] memory ids
    ) private view returns (bytes32[] memory leaves) {
        Request calldata first = requests[0];
        leaves = batch.leaves;
        uint256 next;
        for (uint256 place; place < leaves.length; ++place) {
            if (leaves[place] != 0) continue;
            if (next == requests.length) revert BatchMismatch(next);
            Request calldata request_ = requests[next];
            BatchResult calldata result = results[next];
            if (
                !(request_.functionId == first.functionId) ||
                request_.epoch != first.epoch ||
                request_.snapshot != first.snapshot ||
                request_.committeeSize != first.committeeSize ||
                request_.verifier != first.verifier ||
                request_.consensus != first.consensus ||
                _checkWindow(request_, batch.attempt, batch.view_) != round
            ) revert BatchMismatch(next);
            bytes calldata output = result.output;
            _checkReport(request_, result.exit, result.fuelUsed, result.evidenceHash, output.length);
            ids[next] = _idOf(request_);
            leaves[place] = AttestationHash.reportDigest(
                RequestId.unwrap(ids[next]),
                keccak256(output),
                result.exit,
                result.fuelUsed,
                result.evidenceHash
            );
            ++next;
        }
        if (next != requests.length) revert BatchMismatch(next);
    }

    /// Closes those still open, pays nodes, owner, pool and protocol for all of them, and sees to it that there is gas
    /// for every callback before the first is made.
    function _closeAll(
        Request[] calldata requests,
        BatchResult[] calldata results,
        Signed memory signed,
        RequestId[] memory ids
    ) private returns (Entry[] memory entries) {
        uint256 count = requests.length;
        entries = new Entry[](count);
        uint256 perSeat;
        uint256 royalty;
        uint256 protocolFee;
        uint256 gas;
        for (uint256 i; i < count; ++i) {
            Entry entry = _entries[ids[i]];
            if (entry.status() != Status.Open) continue;
            entries[i] = entry;
            Request calldata request_ = requests[i];
            _entries[ids[i]] = EntryLibrary.closed(Status.Fulfilled);
            perSeat += Fees.perSeat(request_.flatFeePerSeat, request_.fuelPrice, results[i].fuelUsed);
            royalty += request_.royalty;
            protocolFee += request_.protocolFee;
            gas += RESERVED_GAS + RESERVED_GAS_PER_BYTE * results[i].output.length;
            if (request_.callbackTarget != address(0)) gas += request_.callbackGas;
        }
        uint256 unsigned = _payNodes(requests[0].snapshot, signed, perSeat);
        _credit(requests[0].functionOwner, royalty);
        _addSums(unsigned, protocolFee);
        _requireGas(gas);
    }

    /// Calls back, and settles what is left of one escrow. Returns the submitter's part.
    function _settleOne(
        Request calldata request_,
        BatchResult calldata result,
        RequestId requestId,
        Entry entry,
        uint256 signers,
        uint64 round,
        uint256 count,
        bytes32 root
    ) private returns (uint256) {
        Payment memory payment;
        {
            uint256 perSeat = Fees.perSeat(request_.flatFeePerSeat, request_.fuelPrice, result.fuelUsed);
            payment.perSeat = uint96(perSeat);
            payment.pool = uint96(perSeat * (request_.committeeSize - signers));
        }
        uint256 callbackGasUsed;
        if (request_.callbackTarget != address(0)) {
            callbackGasUsed = _callBack(request_, requestId, round, result.exit, result.output);
        }
        uint256 bytesSubmitted = request_.input.length + result.output.length;
        uint256 gas = _submissionGas(signers, bytesSubmitted, callbackGasUsed);
        uint256 shared =
            (GAS_BASE + GAS_PER_SIGNATURE * signers) / count +
                GAS_PER_BATCHED +
                GAS_PER_BYTE * bytesSubmitted +
                callbackGasUsed;
        // Never more than alone, which is what the escrow was reckoned by.
        if (shared < gas) gas = shared;
        _payRest(request_, entry, payment, signers, gas, bytesSubmitted);
        emit RequestFulfilledInBatch(requestId, request_.functionId, root, payment, result);
        return payment.submitter;
    }
}
