// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMarketTypes} from "../interfaces/IMarketTypes.sol";
import {IFunctionRegistry} from "../interfaces/IFunctionRegistry.sol";
import {FunctionId, RequestId} from "../types/Ids.sol";
import {Intake} from "../types/Intake.sol";
import {Attempt} from "../types/Request.sol";
import {RequestHash} from "./RequestHash.sol";

/// @title A request being made: written once, hashed where it stands, and logged from there.
/// @dev By hand, for 6,000 gas less than the compiler's way. In memory stand the data of `RequestSubmitted`: the escrow,
/// the offset of the request (64), and the request as the ABI encodes it. Its head is 22 words: the 20 static fields in
/// the order of `Request`, then the offsets of the input and of the attempts, which follow it.
/// `hashStruct` covers the same 20 words with a type hash before them and two hashes behind: these are put in the places
/// of the three offsets for as long as it takes to hash.
library RequestDraft {
    /// @dev Everything but what comes from the function's terms and the intake.
    struct Details {
        uint256 seats;
        uint256 deadline;
        uint256 callbackGas;
        uint256 protocolFee;
        uint256 maxFeePerGas;
        address requester;
        address callbackTarget;
    }

    /// @param terms as the function registry gave them: no word has bits beyond its type.
    /// @param attempts structs that stand one behind the other, as `Schedule.attempts` returns them.
    /// @return data where the event's data begin; @return size their length; @return structHash [FMT-2].
    function write(
        FunctionId functionId,
        IFunctionRegistry.Terms memory terms,
        Intake intake,
        Details memory details,
        Attempt[] memory attempts,
        bytes calldata input
    ) internal view returns (uint256 data, uint256 size, bytes32 structHash) {
        data = _writeHead(functionId, terms, intake, details);
        bytes32 inputHash;
        bytes32 attemptsHash;
        uint256 attemptsOffset;
        (size, attemptsOffset, inputHash, attemptsHash) = _writeTail(data, attempts, input);
        bytes32 typehash = RequestHash.REQUEST_TYPEHASH;
        assembly ("memory-safe") {
            mstore(0x40, add(data, size))
            mstore(add(data, 32), typehash)
            mstore(add(data, 704), inputHash)
            mstore(add(data, 736), attemptsHash)
            structHash := keccak256(add(data, 32), 736)
            mstore(add(data, 32), 64)
            mstore(add(data, 704), 704)
            mstore(add(data, 736), attemptsOffset)
        }
    }

    /// @notice Emits `RequestSubmitted`.
    function log(
        uint256 data,
        uint256 size,
        RequestId requestId,
        FunctionId functionId,
        address requester,
        uint256 escrow
    ) internal {
        bytes32 topic = IMarketTypes.RequestSubmitted.selector;
        assembly ("memory-safe") {
            mstore(data, escrow)
            log4(data, size, topic, requestId, functionId, requester)
        }
    }

    /// The 20 static fields, from the third word on.
    function _writeHead(
        FunctionId functionId,
        IFunctionRegistry.Terms memory terms,
        Intake intake,
        Details memory details
    ) private view returns (uint256 data) {
        assembly ("memory-safe") {
            data := mload(0x40)
            mstore(add(data, 0x40), mload(add(details, 0xa0)))
            mstore(add(data, 0x60), functionId)
            mstore(add(data, 0x80), shr(216, intake)) // nonce
            mstore(add(data, 0xa0), and(shr(160, intake), 0xffffffff)) // epoch
            mstore(add(data, 0xc0), shr(96, shl(96, intake))) // snapshot
            mstore(add(data, 0xe0), mload(add(terms, 0x40))) // consensus
            mstore(add(data, 0x100), mload(details)) // committeeSize
            mstore(add(data, 0x120), mload(add(terms, 0xc0))) // verifier
            mstore(add(data, 0x140), mload(terms)) // functionOwner
            mstore(add(data, 0x160), mload(add(details, 0x20))) // deadline
            let callbackGas := mload(add(details, 0x40))
            mstore(add(data, 0x180), mul(mload(add(details, 0xc0)), iszero(iszero(callbackGas))))
            mstore(add(data, 0x1a0), callbackGas)
            mstore(add(data, 0x1c0), mload(add(terms, 0x80))) // outputBytesMax
            mstore(add(data, 0x1e0), mload(add(terms, 0x160))) // challengeWindow
            mstore(add(data, 0x200), mload(add(terms, 0xe0))) // flatFeePerSeat
            mstore(add(data, 0x220), mload(add(terms, 0x120))) // fuelPrice
            mstore(add(data, 0x240), mload(add(terms, 0x140))) // fuelLimit
            mstore(add(data, 0x260), mload(add(terms, 0x100))) // royalty
            mstore(add(data, 0x280), mload(add(details, 0x60))) // protocolFee
            mstore(add(data, 0x2a0), mload(add(details, 0x80))) // maxFeePerGas
        }
    }

    /// Behind the head's 22 words: the input, padded with zeros, and the attempts.
    function _writeTail(
        uint256 data,
        Attempt[] memory attempts,
        bytes calldata input
    ) private pure returns (uint256 size, uint256 attemptsOffset, bytes32 inputHash, bytes32 attemptsHash) {
        bytes32 typehash = RequestHash.ATTEMPT_TYPEHASH;
        assembly ("memory-safe") {
            let tail := add(data, 0x320)
            mstore(sub(tail, 32), input.length)
            let padded := and(add(input.length, 31), not(31))
            // The last word first, so that what the input does not cover of it is zero.
            mstore(add(tail, sub(padded, mul(32, iszero(iszero(padded))))), 0)
            calldatacopy(tail, input.offset, input.length)
            inputHash := keccak256(tail, input.length)
            tail := add(tail, padded)
            attemptsOffset := sub(sub(tail, data), 0x40)

            let count := mload(attempts)
            mstore(tail, count)
            tail := add(tail, 32)
            // One copy: behind the pointers the structs stand in a row.
            let words := mul(count, 96)
            mcopy(tail, add(add(attempts, 32), shl(5, count)), words)
            let end := add(tail, words)
            size := sub(end, data)
            // Scratch, behind the data: a type hash and one attempt, then the hashes.
            mstore(end, typehash)
            let hashes := add(end, 128)
            let next := hashes
            for {} lt(tail, end) {
                tail := add(tail, 96)
            } {
                mcopy(add(end, 32), tail, 96)
                mstore(next, keccak256(end, 128))
                next := add(next, 32)
            }
            attemptsHash := keccak256(hashes, sub(next, hashes))
        }
    }
}
