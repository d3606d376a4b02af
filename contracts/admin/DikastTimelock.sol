// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {INodeRegistry} from "../interfaces/INodeRegistry.sol";

/// @title Who may add a slasher, a market or a verifier, and how long everybody is warned.
/// @notice Owns the node registry, the slasher and the verifier router. What it does is announced for at least as long as
/// stake takes to be withdrawn: an operator who does not trust what is coming has left with all of it before it comes.
/// @dev Nothing it owns can take anything away or change what was added. It is its own administrator.
contract DikastTimelock is TimelockController {
    INodeRegistry private immutable NODES;

    /// @param delay seconds; below the registry's unbonding period and one epoch, in which stake may have to wait for its
    /// seal, it is refused, also later.
    error DelayTooShort(uint256 delay, uint256 delayMin);

    constructor(
        INodeRegistry nodes,
        uint256 delay,
        address[] memory proposers,
        address[] memory executors
    ) TimelockController(delay, proposers, executors, address(0)) {
        NODES = nodes;
        _checkDelay(nodes, delay);
    }

    /// @inheritdoc TimelockController
    function updateDelay(uint256 newDelay) public override {
        _checkDelay(NODES, newDelay);
        super.updateDelay(newDelay);
    }

    function _checkDelay(INodeRegistry nodes, uint256 delay) private view {
        uint256 epoch = nodes.epochStart(1) - nodes.epochStart(0);
        uint256 delayMin = nodes.unbondingPeriod() + epoch;
        if (delay < delayMin) revert DelayTooShort(delay, delayMin);
    }
}
