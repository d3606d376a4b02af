// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Request} from "../types/Request.sol";

/// @title EIP-712 `hashStruct` of a `Request`, from calldata and from memory.
/// @dev [FMT-2]. A request's first 20 fields are one word each and stand next to each other in both encodings, so they
/// are copied as they are. Words in calldata may carry bits beyond their type: such a request hashes to an id nobody
/// opened.
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
        bytes32 inputHash = keccak256(request.input);
        bytes32[] memory attempts = new bytes32[](request.attempts.length);
        for (uint256 i; i < attempts.length; ++i) {
            attempts[i] = keccak256(abi.encode(ATTEMPT_TYPEHASH, request.attempts[i]));
        }
        bytes32 attemptsHash = keccak256(abi.encodePacked(attempts));
        bytes32 typehash = REQUEST_TYPEHASH;
        assembly ("memory-safe") {
            let buffer := mload(0x40)
            mstore(buffer, typehash)
            calldatacopy(add(buffer, 32), request, 640)
            mstore(add(buffer, 672), inputHash)
            mstore(add(buffer, 704), attemptsHash)
            digest := keccak256(buffer, 736)
        }
    }

    function ofMemory(Request memory request) internal pure returns (bytes32 digest) {
        bytes32 inputHash = keccak256(request.input);
        bytes32[] memory attempts = new bytes32[](request.attempts.length);
        for (uint256 i; i < attempts.length; ++i) {
            attempts[i] = keccak256(abi.encode(ATTEMPT_TYPEHASH, request.attempts[i]));
        }
        bytes32 attemptsHash = keccak256(abi.encodePacked(attempts));
        bytes32 typehash = REQUEST_TYPEHASH;
        assembly ("memory-safe") {
            let buffer := mload(0x40)
            mstore(buffer, typehash)
            mcopy(add(buffer, 32), request, 640)
            mstore(add(buffer, 672), inputHash)
            mstore(add(buffer, 704), attemptsHash)
            digest := keccak256(buffer, 736)
        }
    }
}
