// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title How large a committee hears a challenge [CHA-4].
library ChallengeSeats {
    /// Of a function with a challenge window: the larger committee has more seats, and with it no more than 256 are drawn.
    uint256 internal constant COMMITTEE_SIZE_MAX = 127;
    uint256 private constant SEATS_DRAWN_MAX = 256;

    /// @param committeeSize at most `COMMITTEE_SIZE_MAX`.
    function seatsFor(uint256 committeeSize) internal pure returns (uint256 seats) {
        unchecked {
            seats = 3 * committeeSize;
            if (seats + committeeSize > SEATS_DRAWN_MAX) seats = SEATS_DRAWN_MAX - committeeSize;
        }
    }
}
