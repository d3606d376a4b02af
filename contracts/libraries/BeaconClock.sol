// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title When a beacon's rounds are emitted: round 1 at genesis, then one every period.
/// @dev Warning: unchecked. Arguments are times, rounds and periods of at most 64 bits, and `period` is positive.
library BeaconClock {
    /// `round` is positive.
    function timeOfRound(uint256 round, uint256 genesis, uint256 period) internal pure returns (uint256) {
        unchecked {
            return genesis + (round - 1) * period;
        }
    }

    /// The first round emitted strictly after `time`.
    function roundAfter(uint256 time, uint256 genesis, uint256 period) internal pure returns (uint256) {
        unchecked {
            return time < genesis ? 1 : (time - genesis) / period + 2;
        }
    }
}
