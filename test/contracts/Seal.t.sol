// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {NodeRegistry} from "../../contracts/NodeRegistry.sol";
import {INodeRegistry} from "../../contracts/interfaces/INodeRegistry.sol";
import {SnapshotBlob} from "../../contracts/libraries/SnapshotBlob.sol";
import {NodeRegistryConfig} from "../../contracts/types/NodeRegistryConfig.sol";
import {nodeRegistryConfig, nodeSignature} from "./support/Nodes.sol";
import {RegistryHandler} from "./support/RegistryHandler.sol";
import {vm} from "./support/Vm.sol";

/// @title A seal in steps gives what a seal at the epoch's first second gives, whatever happens between the steps.
contract SealTest {
    uint32 private constant EPOCH_SECONDS = 1000;

    RegistryHandler private atOnce;
    RegistryHandler private inSteps;

    function setUp() external {
        vm.warp(1_000_000);
        NodeRegistryConfig memory config = nodeRegistryConfig(EPOCH_SECONDS, 12, address(this));
        config.renewEpochs = 3;
        config.jailEpochs = 1;
        atOnce = new RegistryHandler{value: 1_000_000 ether}(config);
        inSteps = new RegistryHandler{value: 1_000_000 ether}(config);
        atOnce.start();
        inSteps.start();
        for (uint256 i; i < 10; ++i) _moveBoth(9 * ((i + 1) << 40));
    }

    /// [REG-5] [REG-10] [REG-13] [REG-14]: two registries live the same life; one is sealed at once at each boundary, the other
    /// in steps with moves between them.
    function testFuzz_stepsSealWhatTheBoundaryHeld(uint256[20] calldata moves, uint256 steps) external {
        uint256 next;
        for (uint256 epoch = 1; epoch <= 5; ++epoch) {
            vm.warp(1_000_000 + epoch * EPOCH_SECONDS);
            bool sealed_ = atOnce.seal();
            bool finished;
            for (uint256 i; i < 4; ++i) {
                if (!finished) finished = _step(steps >> (8 * i));
                vm.warp(1_000_000 + epoch * EPOCH_SECONDS + 100 * (i + 1));
                _moveBoth(moves[next++]);
            }
            if (!finished) finished = _step(type(uint256).max);
            require(finished == sealed_, "one sealed, the other not");
            if (sealed_) _requireSame(uint32(epoch));
        }
    }

    /// [REG-10]: what an epoch that ended left half done is begun anew.
    function testFuzz_anEpochThatEndsIsForgotten(uint256[6] calldata moves, uint256 step) external {
        vm.warp(1_000_000 + EPOCH_SECONDS);
        inSteps.sealStep(1 + (step % 9));
        (, uint32 looked) = inSteps.REGISTRY().sealProgress(0);
        require(looked == 1 + (step % 9), "no step was made");
        for (uint256 i; i < moves.length; ++i) _moveBoth(moves[i]);
        vm.warp(1_000_000 + 2 * EPOCH_SECONDS);
        bool sealed_ = atOnce.seal();
        inSteps.sealStep(2);
        inSteps.sealStep(3);
        require(_step(type(uint256).max) == sealed_, "one sealed, the other not");
        if (sealed_) _requireSame(2);
    }

    /// Whether the epoch is sealed after a step of up to four places, or of any number.
    function _step(uint256 number) private returns (bool) {
        inSteps.sealStep(number == type(uint256).max ? number : number % 5);
        NodeRegistry registry = inSteps.REGISTRY();
        return registry.snapshotOf(registry.currentEpoch()).sealedAt != 0;
    }

    function _moveBoth(uint256 number) private {
        bool ok = atOnce.move(number);
        require(inSteps.move(number) == ok, "one moved, the other not");
    }

    function _requireSame(uint32 epoch) private view {
        INodeRegistry.Snapshot memory a = atOnce.REGISTRY().snapshotOf(epoch);
        INodeRegistry.Snapshot memory b = inSteps.REGISTRY().snapshotOf(epoch);
        require(keccak256(a.blob.code) == keccak256(b.blob.code), "snapshots differ");
        require(a.count == SnapshotBlob.count(b.blob), "count");
    }
}

/// @title Many nodes: parts, and what a step of their seal costs.
contract LargeSealTest {
    uint256 private constant TRANSACTION_GAS_MAX = 16_700_000;
    uint256 private constant TRANSACTION_GAS = 22_000;

    /// [REG-10] [SEL-5]: steps of sizes that do not divide the parts give the rows a single pass gives.
    function test_aSealInUnevenStepsGivesTheSameRows() external {
        NodeRegistry registry = _registryOf(1_500);
        uint16[6] memory steps = [1, 703, 1, 500, 204, 91];
        for (uint256 i; i < steps.length; ++i) {
            require(registry.sealEpoch(steps[i]) == (i == 5), "finished");
        }
        _requireAll(registry, 1_500);
    }

    /// [REG-10]: a step that ends with a full part, when nobody follows it.
    function test_aFullHeadMayBeSealedInTwoSteps() external {
        NodeRegistry registry = _registryOf(705);
        address last = registry.nodeAt(704);
        registry.unbond(last, 1 ether);
        vm.warp(registry.epochStart(2));
        require(!registry.sealEpoch(704) && registry.sealEpoch(704), "finished");
        _requireAll(registry, 704);
        require(registry.snapshotOf(registry.currentEpoch()).blob.code.length > 704 * 32, "not in the head");
    }

    /// [REG-9] [REG-10]: 4,096 nodes, each step within a transaction, and a capability set that half of them cover.
    function test_4096NodesAreSealedInSteps() external {
        NodeRegistry registry = _registryOf(4_096);
        uint256 steps;
        for (bool finished; !finished; ++steps) {
            uint256 gas = gasleft();
            finished = registry.sealEpoch(704);
            require(gas - gasleft() + TRANSACTION_GAS < TRANSACTION_GAS_MAX, "a step of the epoch");
        }
        require(steps == 6, "steps");
        _requireAll(registry, 4_096);

        for (bool finished; !finished;) {
            uint256 gas = gasleft();
            finished = registry.sealCapabilities(bytes32(uint256(1)), 704);
            require(gas - gasleft() + TRANSACTION_GAS < TRANSACTION_GAS_MAX, "a step of the set");
        }
        (, INodeRegistry.Snapshot memory set) = registry.latestSnapshot(bytes32(uint256(1)));
        require(set.count == 2_048, "set");
        for (uint256 i; i < 2_048; i += 89) {
            require(SnapshotBlob.numberAt(set.blob, 2_048, i) == 2 * i + 1, "covers");
            uint256 before = i == 0 ? 0 : SnapshotBlob.cumulativeAt(set.blob, 2_048, i - 1);
            uint256 weight = SnapshotBlob.cumulativeAt(set.blob, 2_048, i) - before;
            require(weight == 1 ether / 1 gwei + 2 * i + 1, "weight");
        }
    }

    /// Node i has the number i, a stake of 1 ether and i gwei, and offers http when i is odd; their first epoch begins.
    function _registryOf(uint256 nodes) private returns (NodeRegistry registry) {
        vm.warp(1_000_000);
        registry = new NodeRegistry(nodeRegistryConfig(1_000, 4_096, address(this)));
        for (uint256 i; i < nodes; ++i) {
            bytes32 capabilities = bytes32(i & 1);
            bytes memory signature = nodeSignature(i + 1, address(registry), address(this), 0, capabilities);
            uint256 stake = 1 ether + (nodes == 705 ? 0 : i * 1 gwei);
            registry.register{value: stake}(vm.addr(i + 1), 0, capabilities, signature);
        }
        vm.warp(registry.epochStart(1));
    }

    function _requireAll(NodeRegistry registry, uint256 nodes) private view {
        address head = registry.snapshotOf(registry.currentEpoch()).blob;
        require(SnapshotBlob.count(head) == nodes, "count");
        uint256 sum;
        for (uint256 i; i < nodes; ++i) {
            sum += registry.node(registry.nodeAt(i)).stake / 1 gwei;
            require(SnapshotBlob.numberAt(head, nodes, i) == i, "number");
            require(SnapshotBlob.attestorAt(head, nodes, i) == registry.nodeAt(i), "attestor");
            require(SnapshotBlob.cumulativeAt(head, nodes, i) == sum, "weight");
        }
    }
}
