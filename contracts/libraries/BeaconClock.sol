// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title When a beacon's rounds are emitted: round 1 at genesis, then one every period.
library BeaconClock {
    /// @dev `round` is positive.
    function timeOfRound(uint256 round, uint256 genesis, uint256 period) internal pure returns (uint256) {
        return genesis + (round - 1) * period;
    }

    /// The first round emitted strictly after `time`.
    function roundAfter(uint256 time, uint256 genesis, uint256 period) internal pure returns (uint256) {
        return time < genesis ? 1 : (time - genesis) / period + 2;
    }
}
