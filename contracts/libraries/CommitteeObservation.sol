// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {FunctionId} from "../types/Ids.sol";

/// @title What a committee's observations are signed for, and what a proof of them says.
/// @dev `src/crypto/committee-proof.ts` is the same, and both are held to `test/vectors/standing-committees.json`.
library CommitteeObservation {
    bytes32 private constant OBSERVATION_TYPE = keccak256("dikast.committee-observation.v1");
    /// Digests are cut to 253 bits, and are field elements.
    uint256 private constant CONTEXT_SHIFT = 3;
    uint256 private constant COUNT_AT = 128;
    uint256 private constant BITMAP_AT = 136;

    /// @notice The context [CIR-9] of what is observed for `subject` of `consumer`, a contract of this chain.
    function contextOf(address consumer, bytes32 subject) internal view returns (uint256) {
        return
            uint256(keccak256(abi.encode(OBSERVATION_TYPE, block.chainid, consumer, subject))) >>
            CONTEXT_SHIFT;
    }

    /// @notice A feed's subject: which circuit, and the second it was asked.
    function subjectOf(FunctionId functionId, uint64 askedAt) internal pure returns (bytes32) {
        return keccak256(abi.encode(functionId, askedAt));
    }

    /// @notice [CIR-7]: result + 2^128 count + 2^136 bitmap.
    /// @dev Warning: `bitmap` has fewer than 118 bits, or the word is no field element.
    function pack(uint128 result, uint8 count, uint256 bitmap) internal pure returns (uint256) {
        return result | (uint256(count) << COUNT_AT) | (bitmap << BITMAP_AT);
    }

    /// @notice The three of a packed statement. That `count` bits of the bitmap are set is what the circuit proves.
    function unpack(uint256 packed) internal pure returns (uint128 result, uint8 count, uint256 bitmap) {
        return (uint128(packed), uint8(packed >> COUNT_AT), packed >> BITMAP_AT);
    }
}
