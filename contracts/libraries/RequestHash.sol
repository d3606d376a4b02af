// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {BatchItem} from "../types/BatchItem.sol";
import {Attempt, Request} from "../types/Request.sol";

/// @title EIP-712 `hashStruct` of a request, from calldata.
/// @dev [FMT-2]. By hand, for a third of the gas. The first 20 fields are one word each and stand next to each other in
/// calldata as in the hash, so they are copied as they are. Words may carry bits beyond their type: such a request hashes
/// to an id nobody opened.
library RequestHash {
    bytes32 internal constant ATTEMPT_TYPEHASH = keccak256(
        "Attempt(uint64 round,uint64 opensAt,uint64 closesAt)"
    );
    bytes32 internal constant REQUEST_TYPEHASH = keccak256(
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
            for {
                let attempt := attempts.offset
            } lt(attempt, end) {
                attempt := add(attempt, 96)
            } {
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

    /// @notice What is hashed of a request, in memory: for `idOfItem`, which hashes others that differ as items do.
    function template(Request calldata request) internal pure returns (uint256 words) {
        Attempt[] calldata attempts = request.attempts;
        bytes32 attemptTypehash = ATTEMPT_TYPEHASH;
        bytes32 requestTypehash = REQUEST_TYPEHASH;
        assembly ("memory-safe") {
            words := mload(0x40)
            let buffer := add(words, 736)
            mstore(0x40, buffer)
            mstore(buffer, attemptTypehash)
            let hashes := add(buffer, 128)
            let next := hashes
            let attempt := attempts.offset
            for {
                let end := add(attempt, mul(attempts.length, 96))
            } lt(attempt, end) {
                attempt := add(attempt, 96)
            } {
                calldatacopy(add(buffer, 32), attempt, 96)
                mstore(next, keccak256(buffer, 128))
                next := add(next, 32)
            }
            mstore(words, requestTypehash)
            calldatacopy(add(words, 32), request, 640)
            mstore(add(words, 704), keccak256(hashes, sub(next, hashes)))
        }
    }

    /// @param words as `template` returns them.
    /// @return id the EIP-712 digest under this domain.
    function idOfItem(uint256 words, BatchItem item, bytes32 domain) internal pure returns (bytes32 id) {
        bytes calldata input = item.input();
        address requester = item.requester();
        uint256 nonce = item.nonce();
        address target = item.callbackTarget();
        uint256 callbackGas = item.callbackGas();
        uint256 maxFeePerGas = item.maxFeePerGas();
        assembly ("memory-safe") {
            let buffer := mload(0x40)
            calldatacopy(buffer, input.offset, input.length)
            mstore(add(words, 672), keccak256(buffer, input.length))
            // Behind the type hash each field has its word.
            mstore(add(words, 32), requester)
            mstore(add(words, 96), nonce)
            mstore(add(words, 352), target)
            mstore(add(words, 384), callbackGas)
            mstore(add(words, 640), maxFeePerGas)
            mstore(buffer, shl(240, 0x1901))
            mstore(add(buffer, 2), domain)
            mstore(add(buffer, 34), keccak256(words, 736))
            id := keccak256(buffer, 66)
        }
    }
}
