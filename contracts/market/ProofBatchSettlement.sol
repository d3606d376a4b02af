// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMarketProofs} from "../interfaces/IMarketProofs.sol";
import {MerkleTree} from "../libraries/MerkleTree.sol";
import {ProofCall, ProofCallLibrary} from "../libraries/ProofCall.sol";
import {RequestHash} from "../libraries/RequestHash.sol";
import {BatchItem} from "../types/BatchItem.sol";
import {Closed} from "../types/Closed.sol";
import {Request} from "../types/Request.sol";
import {BatchSettlement} from "./BatchSettlement.sol";
import {ProofSettlement} from "./ProofSettlement.sol";

/// @title How many requests of one circuit end at once: with a proof each, which cost much less to check together.
abstract contract ProofBatchSettlement is BatchSettlement, ProofSettlement {
    /// What a proof of a batch costs beside its share of what the others need too: a pairing and two multiplications.
    uint256 private constant GAS_PER_BATCHED_PROOF = 52_000;

    /// @inheritdoc IMarketProofs
    /// @dev As `fulfillBatch`. A proof that does not hold comes from the caller and from nobody else, so it is the caller's
    /// loss: to look for it here would cost five pairings for each of the others, which the same caller finds out for nothing.
    function fulfillProofs(
        Request calldata request_,
        bytes calldata items,
        bytes calldata proofs,
        uint8 attempt
    ) external nonReentrant {
        _checkProvable(request_);
        Shared memory shared = _read(request_);
        shared.round = _checkWindow(request_, attempt, 0);
        bytes32[] memory leaves = new bytes32[](proofs.length / PROOF_BYTES);
        if (proofs.length % PROOF_BYTES != 0) revert ProofsMismatch(proofs.length, leaves.length);
        Sum memory sum;
        Closed closed = _closeAll(shared, RequestHash.template(request_), items, leaves, sum);
        // Without one that is open nothing ties the rest to a request that was ever made.
        if (sum.open == 0) revert BatchMismatch(sum.items);
        Signed memory signed;
        signed.members = _membersOf(request_, attempt, uint64(shared.round));
        _setSigners(signed, 1);
        _prove(request_, shared, closed, sum, items, proofs, leaves, signed, attempt);
        _payNodes(signed, sum.perSeat);
        _credit(request_.functionOwner, request_.royalty * sum.open);
        _addSums(0, request_.protocolFee * sum.open);
        shared.bytesSubmitted = items.length;
        shared.dataFee = _dataFee(items.length);
        // For every callback before the first is made.
        _requireGas(sum.gas);
        shared.signers = 1;
        // Of what was proven: the input of the request given here is bound to nothing.
        shared.gas = _gasOfProof(closed.item().inputLength() + request_.outputBytesMax, sum.items);
        _credit(msg.sender, _settleAll(shared, closed, sum.open));
    }

    /// Has the proofs of those that were open checked, and logs them.
    function _prove(
        Request calldata request_,
        Shared memory shared,
        Closed closed,
        Sum memory sum,
        bytes calldata items,
        bytes calldata proofs,
        bytes32[] memory leaves,
        Signed memory signed,
        uint8 attempt
    ) private {
        uint256 open = sum.open;
        // An open request's input is as long as its circuit has it: those of all are.
        ProofCall call = ProofCallLibrary.allocate(open, closed.item().inputLength() + shared.outputBytesMax);
        _compose(shared, call, closed, items, _offsetOf(proofs), leaves, _proverOf(signed.members), open);
        call.verify(request_.verifier);
        assembly ("memory-safe") {
            // Those that were open stand first.
            mstore(leaves, open)
        }
        shared.root = MerkleTree.rootOf(leaves);
        emit BatchCertified(shared.root, shared.functionId, msg.sender, attempt, 0, leaves, call.proofs());
    }

    /// What must have been proven of those that were open; their items are found again by where they stand. Their leaves are
    /// moved to the front.
    function _compose(
        Shared memory shared,
        ProofCall call,
        Closed closed,
        bytes calldata items,
        uint256 proof,
        bytes32[] memory leaves,
        address payee,
        uint256 open
    ) private pure {
        uint256 inputBytes = closed.item().inputLength();
        BatchItem item = BatchItem.wrap(_offsetOf(items));
        uint256 next;
        for (uint256 place; next < open; ++place) {
            if (BatchItem.unwrap(item) == BatchItem.unwrap(closed.item())) {
                if (item.exit() != 0 || item.fuelUsed() != 0) {
                    revert NotProven(uint16(item.exit()), uint64(item.fuelUsed()), 0);
                }
                _checkOutput(item.outputLength(), shared.outputBytesMax);
                if (item.inputLength() != inputBytes) revert BatchMismatch(place);
                call.put(next, item.output(), item.input(), _bindingOf(closed.requestId(), payee), proof);
                leaves[next] = leaves[place];
                closed = closed.next();
                ++next;
            }
            item = item.next();
            proof += PROOF_BYTES;
        }
    }

    /// [FEE-9], but for bytes and callback: never more than alone, which is what the escrow was reckoned by.
    function _gasOfProof(uint256 length, uint256 items) private view returns (uint256 gas) {
        uint256 alone = _proofGas(length, 0) - GAS_PER_BYTE * length;
        gas = alone / items + GAS_PER_BATCHED + GAS_PER_BATCHED_PROOF;
        if (gas > alone) gas = alone;
    }
}
