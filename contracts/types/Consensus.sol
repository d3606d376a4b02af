// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice How a committee agrees [docs/spec/consensus.md]: on identical reports of its own, on one report that is proposed and
/// checked, on a rule over signed observations, or on whatever its leader reports. A proof needs no committee: `Zk` is a
/// circuit's, and nothing else's.
enum Consensus {
    Exact,
    Pbft,
    Aggregate,
    Raft,
    Zk
}
