// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice How a committee agrees. Only `Exact` is accepted today; the other numbers are reserved.
enum Consensus {
    Exact,
    Pbft,
    Aggregate,
    Raft,
    Zk
}
