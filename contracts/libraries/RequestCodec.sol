// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IComputeMarket} from "../interfaces/IComputeMarket.sol";
import {FunctionId, RequestId} from "../types/Ids.sol";
import {Attempt, Request} from "../types/Request.sol";

/// @title A request's two encodings: EIP-712 `hashStruct` for its id [FMT-2], the ABI's for its event.
/// @dev By hand, for a third of the gas. A request's first 20 fields are one word each and stand next to each other in
/// calldata, in memory and in both encodings, so they are copied as they are. Words in calldata may carry bits beyond
/// their type: such a request hashes to an id nobody opened.
library RequestCodec {
    bytes32 private constant ATTEMPT_TYPEHASH =
        keccak256("Attempt(uint64 round,uint64 opensAt,uint64 closesAt)");
    bytes32 private constant REQUEST_TYPEHASH =
        keccak256(
            "Request(address requester,bytes32 functionId,uint64 nonce,uint32 epoch,address snapshot,"
            "uint8 consensus,uint16 committeeSize,address verifier,address functionOwner,uint64 deadline,"
            "address callbackTarget,uint32 callbackGas,uint32 outputBytesMax,uint32 challengeWindow,"
            "uint96 flatFeePerSeat,uint64 fuelPrice,uint64 fuelLimit,uint96 royalty,uint96 protocolFee,"
            "uint64 maxFeePerGas,bytes input,Attempt[] attempts)"
            "Attempt(uint64 round,uint64 opensAt,uint64 closesAt)"
        );

    function ofCalldata(Request calldata request) internal pure returns (bytes32 digest) {
        Attempt[] calldata attempts = request.attempts;
        bytes calldata input = request.input;
        bytes32 attemptTypehash = ATTEMPT_TYPEHASH;
        bytes32 requestTypehash = REQUEST_TYPEHASH;
        assembly ("memory-safe") {
            // Past the free memory pointer, which stays: nothing here outlives the function.
            let buffer := mload(0x40)
            calldatacopy(buffer, input.offset, input.length)
            let inputHash := keccak256(buffer, input.length)
            let hashes := add(buffer, 128)
            let next := hashes
            mstore(buffer, attemptTypehash)
            let end := add(attempts.offset, mul(attempts.length, 96))
            for { let attempt := attempts.offset } lt(attempt, end) { attempt := add(attempt, 96) } {
                calldatacopy(add(buffer, 32), attempt, 96)
                mstore(next, keccak256(buffer, 128))
                next := add(next, 32)
            }
            let attemptsHash := keccak256(hashes, sub(next, hashes))
            mstore(buffer, requestTypehash)
            calldatacopy(add(buffer, 32), request, 640)
            mstore(add(buffer, 672), inputHash)
            mstore(add(buffer, 704), attemptsHash)
            digest := keccak256(buffer, 736)
        }
    }

    /// @notice The struct hash of a request whose input is still in calldata.
    /// @param draft its field `input` is not read.
    function ofDraft(Request memory draft, bytes calldata input) internal pure returns (bytes32 digest) {
        Attempt[] memory attempts = draft.attempts;
        bytes32 attemptTypehash = ATTEMPT_TYPEHASH;
        bytes32 requestTypehash = REQUEST_TYPEHASH;
        assembly ("memory-safe") {
            let buffer := mload(0x40)
            calldatacopy(buffer, input.offset, input.length)
            let inputHash := keccak256(buffer, input.length)
            let hashes := add(buffer, 128)
            let next := hashes
            mstore(buffer, attemptTypehash)
            let end := add(attempts, shl(5, mload(attempts)))
            for { let pointer := attempts } lt(pointer, end) {} {
                pointer := add(pointer, 32)
                mcopy(add(buffer, 32), mload(pointer), 96)
                mstore(next, keccak256(buffer, 128))
                next := add(next, 32)
            }
            let attemptsHash := keccak256(hashes, sub(next, hashes))
            mstore(buffer, requestTypehash)
            mcopy(add(buffer, 32), draft, 640)
            mstore(add(buffer, 672), inputHash)
            mstore(add(buffer, 704), attemptsHash)
            digest := keccak256(buffer, 736)
        }
    }

    /// @notice Emits `RequestSubmitted`.
    /// @param draft its field `input` is not read.
    function logSubmitted(
        RequestId requestId,
        uint256 escrow,
        Request memory draft,
        bytes calldata input
    ) internal {
        Attempt[] memory attempts = draft.attempts;
        FunctionId functionId = draft.functionId;
        address requester = draft.requester;
        bytes32 topic = IComputeMarket.RequestSubmitted.selector;
        assembly ("memory-safe") {
            let data := mload(0x40)
            mstore(data, escrow)
            mstore(add(data, 32), 64)
            let head := add(data, 64)
            mcopy(head, draft, 640)
            // The two dynamic fields: the input after the head's 22 words, then the attempts.
            mstore(add(head, 640), 704)
            let tail := add(head, 704)
            mstore(tail, input.length)
            tail := add(tail, 32)
            // The last word's padding must be zero, and what is past the end of calldata reads zero.
            calldatacopy(tail, calldatasize(), and(add(input.length, 31), not(31)))
            calldatacopy(tail, input.offset, input.length)
            tail := add(tail, and(add(input.length, 31), not(31)))
            mstore(add(head, 672), sub(tail, head))
            let count := mload(attempts)
            mstore(tail, count)
            tail := add(tail, 32)
            let end := add(attempts, shl(5, count))
            for { let pointer := attempts } lt(pointer, end) {} {
                pointer := add(pointer, 32)
                mcopy(tail, mload(pointer), 96)
                tail := add(tail, 96)
            }
            log4(data, sub(tail, data), topic, requestId, functionId, requester)
        }
    }
}
