// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {INodeRegistry} from "../../contracts/interfaces/INodeRegistry.sol";
import {NodeRegistry} from "../../contracts/NodeRegistry.sol";
import {SnapshotBlob} from "../../contracts/libraries/SnapshotBlob.sol";
import {nodeSignature} from "./support/Nodes.sol";
import {vm} from "./support/Vm.sol";

/// @title Checkpoints: a snapshot holds the stake of the epoch's first second, whatever happened around it.
contract NodeRegistryTest {
    uint256 private constant KEY = 7;
    uint32 private constant EPOCH_SECONDS = 100;

    NodeRegistry private registry;
    address private attestor = vm.addr(KEY);

    function setUp() external {
        vm.warp(1_000_000);
        registry = new NodeRegistry(uint64(block.timestamp), EPOCH_SECONDS, 1 ether, 0, 10);
        bytes memory signature = nodeSignature(KEY, address(registry), address(this), bytes32(0));
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
                bytes memory weights = SnapshotBlob.readWeights(snapshot.blob, snapshot.count);
                require(snapshot.count == 1, "count");
                require(uint64(bytes8(weights)) == atBoundary / 1 gwei, "weight");
            }
            require(registry.node(attestor).stake == stake, "stake");
            require(address(registry).balance == stake + registry.node(attestor).unbonding, "balance");
        }
    }
}
