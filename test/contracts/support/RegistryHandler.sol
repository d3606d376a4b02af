// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {NodeRegistry} from "../../../contracts/NodeRegistry.sol";
import {NodeRegistryConfig} from "../../../contracts/types/NodeRegistryConfig.sol";
import {nodeSignature} from "./Nodes.sol";
import {vm} from "./Vm.sol";

/// @title Does to one registry whatever a number says: operator, slasher, reporter and passer-by at once.
/// @dev Two handlers given the same numbers at the same times do the same.
contract RegistryHandler {
    uint256 private constant KEYS = 24;

    NodeRegistry public immutable REGISTRY;
    uint256 private registered;
    /// How often each kind of move succeeded, for tests that ask whether they saw all.
    uint256[10] public done;

    /// Derived once: with every check it would take longer than all else.
    address[KEYS] private attestors;

    constructor(NodeRegistryConfig memory config) payable {
        for (uint256 i; i < KEYS; ++i) attestors[i] = vm.addr(i + 1);
        config.owner = address(this);
        REGISTRY = new NodeRegistry(config);
    }

    /// A contract being constructed has no code, so it cannot be a slasher yet.
    function start() external {
        REGISTRY.addSlasher(address(this));
    }

    receive() external payable {}

    function move(uint256 number) external returns (bool ok) {
        uint256 kind = number % 9;
        address attestor = attestorOf((number >> 8) % (registered < KEYS ? registered + 1 : KEYS));
        uint256 value = 1 + ((number >> 64) % 3 ether);
        if (kind == 0) return _register(number >> 8, value);
        if (kind == 1) return _try(1, abi.encodeCall(REGISTRY.bond, (attestor)), value);
        if (kind == 2) {
            uint256 stake = REGISTRY.node(attestor).stake;
            uint96 amount = uint96(number & 16 == 0 ? stake : value);
            return _try(2, abi.encodeCall(REGISTRY.unbond, (attestor, amount)), 0);
        }
        uint32 epoch = REGISTRY.currentEpoch();
        if (epoch == 0) return false;
        // Only what was sealed before this epoch: whether this one is may differ between two registries.
        uint32 before = epoch - 1;
        if (kind == 3) {
            bytes memory call = abi.encodeCall(REGISTRY.withdraw, (attestor, before, payable(address(this))));
            return _try(3, call, 0);
        }
        if (kind == 4) return _try(4, abi.encodeCall(REGISTRY.evict, (attestor, before)), 0);
        if (kind == 5 || kind == 6) return _try(5, abi.encodeCall(REGISTRY.renew, (attestor)), 0);
        if (kind == 7) {
            uint256 bps = number & 32 == 0 ? 10_000 : 1 + ((number >> 64) % 10_000);
            address reporter = number & 64 == 0 ? address(this) : address(0);
            return _try(6, abi.encodeCall(REGISTRY.slash, (attestor, bps, reporter)), 0);
        }
        return _try(7, abi.encodeCall(REGISTRY.claimReward, (payable(address(this)))), 0);
    }

    function seal() external returns (bool) {
        return _try(8, abi.encodeWithSignature("sealEpoch()"), 0);
    }

    function sealStep(uint256 nodesMax) external returns (bool) {
        return _try(9, abi.encodeWithSignature("sealEpoch(uint256)", nodesMax), 0);
    }

    /// Every stake, every unbonding stake and the one reporter's rewards.
    function owed() external view returns (uint256 sum) {
        for (uint256 i; i < KEYS; ++i) {
            address attestor = attestorOf(i);
            sum += uint256(REGISTRY.node(attestor).stake) + REGISTRY.node(attestor).unbonding;
        }
        sum += REGISTRY.rewardOf(address(this));
    }

    function attestorOf(uint256 index) public view returns (address) {
        return attestors[index];
    }

    function _register(uint256 number, uint256 value) private returns (bool) {
        uint256 key = registered % KEYS;
        bytes32 capabilities = bytes32((number >> 32) % 128);
        bytes memory signature = nodeSignature(key + 1, address(REGISTRY), address(this), 0, capabilities);
        bytes memory call = abi.encodeCall(REGISTRY.register, (attestorOf(key), 0, capabilities, signature));
        if (!_try(0, call, 1 ether + value)) return false;
        ++registered;
        return true;
    }

    function _try(uint256 kind, bytes memory call, uint256 value) private returns (bool ok) {
        (ok, ) = address(REGISTRY).call{value: value}(call);
        if (ok) ++done[kind];
    }
}
