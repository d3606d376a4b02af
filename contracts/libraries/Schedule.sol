// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {BeaconClock} from "./BeaconClock.sol";
import {Attempt} from "../types/Request.sol";

/// @title When each committee of a request may act, and which round draws it.
library Schedule {
    /// @dev [TIME-1], [TIME-2]. No committee is known before its window can open: the first round is not emitted before
    /// `earliest`, nor is it one that is posted or may be known already; a later one is emitted after its window opens.
    function attempts(
        uint256 count,
        uint256 windowSeconds,
        uint256 earliest,
        uint256 latestRound,
        uint256 genesis,
        uint256 period
    ) internal pure returns (Attempt[] memory list) {
        list = new Attempt[](count);
        uint256 round = BeaconClock.roundAfter(earliest, genesis, period);
        if (round < latestRound + 2) round = latestRound + 2;
        uint256 opensAt = BeaconClock.timeOfRound(round, genesis, period);
        for (uint256 i; i < count; ++i) {
            if (i != 0) round = BeaconClock.roundAfter(opensAt, genesis, period);
            uint256 closesAt = opensAt + windowSeconds;
            list[i] = Attempt(uint64(round), uint64(opensAt), uint64(closesAt));
            opensAt = closesAt;
        }
    }
}
