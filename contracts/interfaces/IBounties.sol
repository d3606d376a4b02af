// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {RequestId} from "../types/Ids.sol";
import {Request} from "../types/Request.sol";

/// @title Pays for what keeps a market going: rounds posted, epochs sealed.
/// @notice Out of the market's pool, as far as there is enough in it, as credit in the market.
interface IBounties {
    /// @notice The caller was credited in that market, from its pool.
    event BountyPaid(address indexed market, address indexed account, uint256 amount);

    /// @notice The market knows no such open request: its round is worth nothing.
    error RequestNotWaiting(RequestId requestId);
    /// @notice The request has no such attempt.
    error UnknownRound(uint256 attempt);
    /// @notice The attempt's window is over.
    error RoundTooLate(uint256 time, uint256 closesAt);
    /// @notice The round is known: a second posting helps nobody.
    error RoundAlreadyPosted(uint64 round);

    /// @notice Posts the round of an open request's attempt, before its window closes, and pays the caller for it.
    /// @param signature as for `IBeaconRegistry.postRound`.
    function postRound(
        address market,
        Request calldata request_,
        uint8 attempt,
        bytes calldata signature
    ) external returns (uint256 bounty);

    /// @notice Seals the current epoch, or goes on with that by a step, and pays the caller the gas of it.
    /// @return finished whether the epoch is sealed now.
    function sealEpoch(address market) external returns (bool finished, uint256 bounty);
}
