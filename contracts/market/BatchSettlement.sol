// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMarketExtension} from "../interfaces/IMarketExtension.sol";
import {AttestationHash} from "../libraries/AttestationHash.sol";
import {CallbackData} from "../libraries/CallbackData.sol";
import {Fees} from "../libraries/Fees.sol";
import {MerkleTree} from "../libraries/MerkleTree.sol";
import {RequestHash} from "../libraries/RequestHash.sol";
import {SettlementLog} from "../libraries/SettlementLog.sol";
import {BatchItem} from "../types/BatchItem.sol";
import {Closed, ClosedLibrary} from "../types/Closed.sol";
import {Entry, EntryLibrary} from "../types/Entry.sol";
import {FunctionId, RequestId} from "../types/Ids.sol";
import {Batch, Request} from "../types/Request.sol";
import {Settlement} from "./Settlement.sol";

/// @title How many requests end at once: with one certificate of the committee they share.
abstract contract BatchSettlement is IMarketExtension, Settlement {
    /// What a request of a batch costs beside its share of the committee's certificate.
    uint256 internal constant GAS_PER_BATCHED = 28_000;

    /// @dev What all requests of a batch have in common, read once.
    struct Shared {
        FunctionId functionId;
        uint256 committeeSize;
        uint256 outputBytesMax;
        uint256 flatFeePerSeat;
        uint256 fuelPrice;
        uint256 fuelLimit;
        /// Royalty and protocol fee.
        uint256 fees;
        uint256 round;
        bytes32 root;
        uint256 signers;
        /// What a submitter is reimbursed of each, but for its bytes and its callback.
        uint256 gas;
        /// Bytes of all items, and the data fee of them.
        uint256 bytesSubmitted;
        uint256 dataFee;
    }

    /// @dev Those of a batch, and what those that were open come to.
    struct Sum {
        uint256 items;
        uint256 open;
        uint256 perSeat;
        /// For their callbacks and for what follows each.
        uint256 gas;
    }

    /// @inheritdoc IMarketExtension
    /// @dev As `fulfill`, with the committee drawn, its certificate checked and its nodes paid once. A request that is no
    /// longer open is passed over: who settles one of them first does not stop the others. That each was drawn the same
    /// committee need not be checked: they share all it is drawn by, and a request that does not has another id.
    function fulfillBatch(
        Request calldata request_,
        bytes calldata items,
        Batch calldata batch
    ) external nonReentrant {
        // Each of these settles alone: its certificate is what a challenge is of.
        if (request_.challengeWindow != 0) revert Challengeable(0);
        Shared memory shared = _read(request_);
        shared.round = _checkWindow(request_, batch.attempt, batch.view_);
        bytes32[] memory leaves = batch.leaves;
        Sum memory sum;
        Closed closed = _closeAll(shared, RequestHash.template(request_), items, leaves, sum);
        // Without one that is open nothing ties the rest to a request that was ever made.
        if (sum.open == 0) revert BatchMismatch(sum.items);
        shared.root = MerkleTree.rootOf(leaves);
        Signed memory signed = _verify(
            request_,
            batch.attempt,
            batch.view_,
            uint64(shared.round),
            shared.root,
            batch.certificate
        );
        emit BatchCertified(
            shared.root,
            shared.functionId,
            msg.sender,
            batch.attempt,
            batch.view_,
            leaves,
            batch.certificate
        );
        uint256 unsigned = _payNodes(signed, sum.perSeat);
        _credit(request_.functionOwner, request_.royalty * sum.open);
        _addSums(unsigned, request_.protocolFee * sum.open);
        shared.bytesSubmitted = items.length;
        shared.dataFee = _dataFee(items.length);
        // For every callback before the first is made.
        _requireGas(sum.gas);
        shared.signers = signed.count;
        shared.gas = _gasOf(signed.count, sum.items);
        _credit(msg.sender, _settleAll(shared, closed, sum.open));
    }

    function _read(Request calldata request_) internal pure returns (Shared memory shared) {
        shared.functionId = request_.functionId;
        shared.committeeSize = request_.committeeSize;
        shared.outputBytesMax = request_.outputBytesMax;
        shared.flatFeePerSeat = request_.flatFeePerSeat;
        shared.fuelPrice = request_.fuelPrice;
        shared.fuelLimit = request_.fuelLimit;
        shared.fees = uint256(request_.royalty) + request_.protocolFee;
    }

    /// Takes the escrow out of those still open, and puts the digests of their reports in the places of zeros.
    /// @param words of `RequestHash.template`.
    /// @return closed the first of those that were open.
    function _closeAll(
        Shared memory shared,
        uint256 words,
        bytes calldata items,
        bytes32[] memory leaves,
        Sum memory sum
    ) internal returns (Closed closed) {
        bytes32 domain = _domainSeparatorV4();
        closed = ClosedLibrary.allocate(leaves.length);
        BatchItem item;
        uint256 left = items.length;
        assembly ("memory-safe") {
            item := items.offset
        }
        Closed last = closed;
        unchecked {
            for (uint256 place; place < leaves.length; ++place) {
                if (leaves[place] != 0) continue;
                uint256 size = BatchItem.unwrap(item.next()) - BatchItem.unwrap(item);
                // A head that is not within the list, and what it says of lengths, is longer than what is left too.
                if (size > left) revert BatchMismatch(sum.items);
                left -= size;
                RequestId requestId = RequestId.wrap(RequestHash.idOfItem(words, item, domain));
                leaves[place] = _leafOf(shared, item, requestId);
                Entry entry = _entries[requestId];
                if (entry.status() == Status.Open) {
                    _entries[requestId] = EntryLibrary.closed(Status.Fulfilled);
                    last = last.push(item, requestId, entry);
                    _add(shared, item, sum);
                }
                ++sum.items;
                item = BatchItem.wrap(BatchItem.unwrap(item) + size);
            }
        }
        if (sum.items == 0 || left != 0) revert BatchMismatch(sum.items);
    }

    function _add(Shared memory shared, BatchItem item, Sum memory sum) private pure {
        // Each is part of an escrow below 2**96, or gas that a transaction must have.
        unchecked {
            ++sum.open;
            sum.perSeat += Fees.perSeat(shared.flatFeePerSeat, shared.fuelPrice, item.fuelUsed());
            sum.gas += RESERVED_GAS + RESERVED_GAS_PER_BYTE * item.outputLength();
            if (item.callbackTarget() != address(0)) sum.gas += item.callbackGas();
        }
    }

    function _leafOf(
        Shared memory shared,
        BatchItem item,
        RequestId requestId
    ) private pure returns (bytes32) {
        bytes calldata output = item.output();
        uint256 exit = item.exit();
        uint256 fuelUsed = item.fuelUsed();
        _checkResult(shared.outputBytesMax, shared.fuelLimit, exit, fuelUsed, output.length);
        return AttestationHash.reportDigest(RequestId.unwrap(requestId), _hashOf(output), exit, fuelUsed, 0);
    }

    /// [FEE-9], but for bytes and callback: never more than alone, which is what the escrow was reckoned by.
    function _gasOf(uint256 signers, uint256 items) private view returns (uint256 gas) {
        uint256 alone = _submissionGas(signers, 0, 0);
        gas = alone / items + GAS_PER_BATCHED;
        if (gas > alone) gas = alone;
    }

    /// Calls back, and settles what is left of each escrow. Returns the submitter's part of all.
    function _settleAll(
        Shared memory shared,
        Closed closed,
        uint256 open
    ) internal returns (uint256 reimbursed) {
        Payment memory payment;
        uint256 free;
        assembly ("memory-safe") {
            free := mload(0x40)
        }
        unchecked {
            for (; open != 0; --open) {
                _settleOne(shared, closed, payment);
                // Nothing of one is needed for the next: memory is paid for once, and not for all outputs.
                assembly ("memory-safe") {
                    mstore(0x40, free)
                }
                reimbursed += payment.submitter;
                closed = closed.next();
            }
        }
    }

    function _settleOne(Shared memory shared, Closed closed, Payment memory payment) private {
        BatchItem item = closed.item();
        RequestId requestId = closed.requestId();
        uint256 gas = shared.gas;
        // All of these are parts of an escrow below 2**96, as [FEE-2] has it.
        unchecked {
            address target = item.callbackTarget();
            if (target != address(0)) {
                bytes memory data = CallbackData.encode(
                    requestId,
                    shared.functionId,
                    shared.round,
                    block.timestamp,
                    item.exit(),
                    item.output()
                );
                gas += _callBackTo(target, item.callbackGas(), requestId, data);
            }
            uint256 perSeat = Fees.perSeat(shared.flatFeePerSeat, shared.fuelPrice, item.fuelUsed());
            payment.perSeat = uint96(perSeat);
            payment.pool = uint96(perSeat * (shared.committeeSize - shared.signers));
            _payRestTo(
                item.requester(),
                closed.entry(),
                payment,
                perSeat * shared.committeeSize + shared.fees,
                _owed(shared, item, closed.entry(), gas)
            );
        }
        SettlementLog.fulfilledInBatch(requestId, shared.functionId, shared.root, payment, item);
    }

    /// @param gas but for bytes.
    function _owed(
        Shared memory shared,
        BatchItem item,
        Entry entry,
        uint256 gas
    ) private view returns (uint256 owed) {
        // But for the data fee, which is checked, each factor is bounded by its type.
        uint256 forData = shared.dataFee;
        if (forData != 0) {
            owed =
                (forData * (BatchItem.unwrap(item.next()) - BatchItem.unwrap(item))) / shared.bytesSubmitted;
        }
        uint256 length = item.inputLength() + item.outputLength();
        uint256 maxFee = item.maxFeePerGas();
        if (entry.maxFeePerGas() > maxFee) maxFee = entry.maxFeePerGas();
        owed += (gas + GAS_PER_BYTE * length) * _gasPrice(maxFee);
    }
}
