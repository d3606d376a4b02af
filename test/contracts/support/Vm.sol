// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title The cheat codes these tests use.
interface Vm {
    struct Log {
        bytes32[] topics;
        bytes data;
        address emitter;
    }

    function addr(uint256 privateKey) external pure returns (address);

    function assume(bool condition) external pure;

    function deal(address account, uint256 balance) external;

    function fee(uint256 baseFee) external;

    function getRecordedLogs() external returns (Log[] memory);

    function prank(address caller) external;

    function recordLogs() external;

    function sign(uint256 privateKey, bytes32 digest) external pure returns (uint8 v, bytes32 r, bytes32 s);

    function txGasPrice(uint256 price) external;

    function warp(uint256 timestamp) external;
}

Vm constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
