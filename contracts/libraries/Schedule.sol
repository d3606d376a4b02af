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
    ) internal pure returns (Attempt[] memory list, uint256 deadline) {
        // Unchecked: times and rounds are far below 2**64, and at most three windows of a day are added.
        unchecked {
            uint256 round = BeaconClock.roundAfter(earliest, genesis, period);
            if (round < latestRound + 2) round = latestRound + 2;
            deadline = BeaconClock.timeOfRound(round, genesis, period);
            list = _allocate(count);
            for (uint256 i; i < count; ++i) {
                if (i != 0) round = BeaconClock.roundAfter(deadline, genesis, period);
                _set(list, i, round, deadline, deadline + windowSeconds);
                deadline += windowSeconds;
            }
        }
    }

    /// An array of structs, one behind the other, without writing zeros to each first.
    function _allocate(uint256 count) private pure returns (Attempt[] memory list) {
        assembly ("memory-safe") {
            list := mload(0x40)
            mstore(list, count)
            mstore(0x40, add(list, add(32, shl(7, count))))
        }
    }

    /// Behind the length stand a pointer to each struct, then the structs of three words.
    function _set(
        Attempt[] memory list,
        uint256 i,
        uint256 round,
        uint256 opensAt,
        uint256 closesAt
    ) private pure {
        assembly ("memory-safe") {
            let attempt := add(add(list, 32), add(shl(5, mload(list)), mul(i, 96)))
            mstore(add(list, shl(5, add(i, 1))), attempt)
            mstore(attempt, round)
            mstore(add(attempt, 32), opensAt)
            mstore(add(attempt, 64), closesAt)
        }
    }
}
