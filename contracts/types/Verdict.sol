// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice What became of a challenge. None: there was none. Undecided: its committee did not answer in time.
enum Verdict {
    None,
    Pending,
    Upheld,
    Overturned,
    Undecided
}
