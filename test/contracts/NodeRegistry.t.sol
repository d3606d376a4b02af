// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {INodeRegistry} from "../../contracts/interfaces/INodeRegistry.sol";
import {NodeRegistry} from "../../contracts/NodeRegistry.sol";
import {SnapshotBlob} from "../../contracts/libraries/SnapshotBlob.sol";
import {nodeRegistryConfig, nodeSignature} from "./support/Nodes.sol";
import {vm} from "./support/Vm.sol";

/// @title Checkpoints: a snapshot holds the stake of the epoch's first second, whatever happened around it.
contract NodeRegistryTest {
    uint256 private constant KEY = 7;
    uint32 private constant EPOCH_SECONDS = 100;

    NodeRegistry private registry;
    address private attestor = vm.addr(KEY);

    function setUp() external {
        vm.warp(1_000_000);
        registry = new NodeRegistry(nodeRegistryConfig(EPOCH_SECONDS, 10, address(this)));
        bytes memory signature = nodeSignature(KEY, address(registry), address(this), 0, 0);
        registry.register{value: 50 ether}(attestor, 0, 0, signature);
    }

    /// [REG-4] [REG-5] [REG-7]
    function testFuzz_aSealHoldsTheStakeOfTheBoundary(uint256[24] calldata moves) external {
        uint256 stake = 50 ether;
        uint256 atBoundary;
        uint32 epoch = registry.currentEpoch();
        for (uint256 i; i < moves.length; ++i) {
            uint256 move = moves[i];
            vm.warp(block.timestamp + ((move >> 8) % (EPOCH_SECONDS + EPOCH_SECONDS / 2)));
            if (registry.currentEpoch() != epoch) {
                // Nothing changed since before this epoch began.
                epoch = registry.currentEpoch();
                atBoundary = stake;
            }
            if (move % 3 == 0) {
                uint256 value = 1 + ((move >> 64) % 10 ether);
                registry.bond{value: value}(attestor);
                stake += value;
            } else if (move % 3 == 1 && stake > 1 ether) {
                uint256 amount = 1 + ((move >> 64) % (stake - 1 ether));
                registry.unbond(attestor, uint96(amount));
                stake -= amount;
            } else if (atBoundary != 0 && registry.snapshotOf(epoch).sealedAt == 0) {
                registry.sealEpoch();
                INodeRegistry.Snapshot memory snapshot = registry.snapshotOf(epoch);
                require(snapshot.count == 1, "count");
                require(SnapshotBlob.cumulativeAt(snapshot.blob, 1, 0) == atBoundary / 1 gwei, "weight");
            }
            require(registry.node(attestor).stake == stake, "stake");
            require(address(registry).balance == stake + registry.node(attestor).unbonding, "balance");
        }
    }
}
