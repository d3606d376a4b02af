// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title How many bits of a word are set, whichever they are.
library Bits {
    /// Adds neighbours until every 16 bits hold their own count, of at most 16; their sum, of at most 256, fits these.
    function count(uint256 word) internal pure returns (uint256 ones) {
        assembly ("memory-safe") {
            let fifths := div(not(0), 5) // 0x3333...
            ones := sub(word, and(shr(1, word), div(not(0), 3))) // 0x5555...
            ones := add(and(ones, fifths), and(shr(2, ones), fifths))
            ones := and(add(ones, shr(4, ones)), div(not(0), 17)) // 0x0f0f...
            ones := and(add(ones, shr(8, ones)), div(not(0), 257)) // 0x00ff...
            ones := shr(240, mul(ones, div(not(0), 0xffff))) // 0x0001...
        }
    }
}
