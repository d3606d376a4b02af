// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {NodeRegistry} from "../../contracts/NodeRegistry.sol";
import {NodeRegistryConfig} from "../../contracts/types/NodeRegistryConfig.sol";
import {nodeRegistryConfig} from "./support/Nodes.sol";
import {RegistryHandler} from "./support/RegistryHandler.sol";
import {vm} from "./support/Vm.sol";

/// @title Lets time pass between the moves of a registry's users.
contract StakesHandler {
    RegistryHandler public immutable HANDLER;
    uint256 private now_ = 1_000_100;

    constructor() payable {
        vm.warp(1_000_000);
        NodeRegistryConfig memory config = nodeRegistryConfig(100, 16, address(this));
        config.renewEpochs = 5;
        HANDLER = new RegistryHandler{value: address(this).balance}(config);
        HANDLER.start();
        for (uint256 i; i < 8; ++i) HANDLER.move(9 * ((i + 1) << 40));
        vm.warp(1_000_100);
        HANDLER.seal();
    }

    function move(uint256 number) external {
        HANDLER.move(number);
    }

    /// Aimed at the few nodes there are.
    function moveOne(uint256 kind, uint256 which, uint256 value) external {
        HANDLER.move(9 * (((value % 1e9) << 56) | (which % 8)) * 256 + (kind % 9));
    }

    function pass(uint256 seconds_) external {
        now_ += 1 + (seconds_ % 150);
        vm.warp(now_);
        HANDLER.sealStep(1 + (seconds_ % 16));
    }
}

/// @title The registry holds exactly what it owes.
contract StakesTest {
    StakesHandler private handler;

    function setUp() external {
        vm.deal(address(this), 1_000_000 ether);
        handler = new StakesHandler{value: 1_000_000 ether}();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    /// [REG-15]
    function invariant_theRegistryHoldsWhatItOwes() external view {
        RegistryHandler users = handler.HANDLER();
        require(address(users.REGISTRY()).balance == users.owed(), "balance");
    }

    /// [REG-14] [REG-15]: money leaves by withdrawal, by a claim or by fire, and every kind of move is made.
    function testFuzz_slashingTakesTheShareOfAll(uint256 bps, uint96 bonded, uint96 unbonding) external {
        bps = 1 + (bps % 10_000);
        NodeRegistryConfig memory config = nodeRegistryConfig(100, 4, address(this));
        RegistryHandler users = new RegistryHandler{value: 0}(config);
        NodeRegistry registry = users.REGISTRY();
        users.start();
        vm.deal(address(users), 10_000 ether);
        users.move(9 << 40);
        address attestor = users.attestorOf(0);
        uint256 first = registry.node(attestor).stake;
        bonded = uint96(bonded % 400 ether);
        unbonding = uint96(1 + (unbonding % 400 ether));
        vm.prank(address(users));
        registry.bond{value: uint256(bonded) + unbonding}(attestor);
        vm.prank(address(users));
        registry.unbond(attestor, unbonding);

        uint256 burned = address(0).balance;
        vm.prank(address(users));
        uint256 amount = registry.slash(attestor, bps, address(0xbeef));
        uint256 stake = first + bonded;
        uint256 taken = (stake * bps) / 10_000 + (uint256(unbonding) * bps) / 10_000;
        require(amount == taken, "amount");
        require(registry.node(attestor).stake == stake - (stake * bps) / 10_000, "stake");
        require(
            registry.node(attestor).unbonding == unbonding - (uint256(unbonding) * bps) / 10_000,
            "unbonding"
        );
        require(registry.rewardOf(address(0xbeef)) == taken / 10, "reward");
        require(address(0).balance - burned == taken - taken / 10, "burned");
    }
}
