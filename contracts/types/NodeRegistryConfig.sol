// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice What a node registry is built with; none of it ever changes but the owner.
struct NodeRegistryConfig {
    /// The first second of epoch 0, not in the future.
    uint64 genesis;
    uint32 epochSeconds;
    /// The least stake a node is drawn with, and the most it can have, in wei.
    uint96 stakeMin;
    uint96 stakeMax;
    /// Seconds from the seal of an epoch without some stake to its withdrawal.
    uint32 unbondingPeriod;
    /// Places in the list: bounds what a seal can cost.
    uint32 nodesMax;
    /// Epochs a node is drawn in after it registered or renewed.
    uint32 renewEpochs;
    /// Epochs a slashed node may not renew in, after the one it was slashed in.
    uint32 jailEpochs;
    /// Adds slashers, and nothing else.
    address owner;
}
