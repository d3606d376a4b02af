// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {NodeRegistryConfig} from "../../../contracts/types/NodeRegistryConfig.sol";
import {vm} from "./Vm.sol";

/// [FMT-6], written out again: what the attestor's key signs for its operator.
function nodeSignature(
    uint256 key,
    address registry,
    address operator,
    bytes32 peerId,
    bytes32 capabilities
) view returns (bytes memory) {
    bytes32 domain = keccak256(
        abi.encode(
            keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
            keccak256("Dikast"),
            keccak256("1"),
            block.chainid,
            registry
        )
    );
    bytes32 binding = keccak256(
        abi.encode(
            keccak256("NodeBinding(address operator,bytes32 peerId,bytes32 capabilities)"),
            operator,
            peerId,
            capabilities
        )
    );
    (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, keccak256(abi.encodePacked(hex"1901", domain, binding)));
    return abi.encodePacked(r, s, v);
}

/// A registry's figures for tests: epochs from now on, stakes of 1 to 1,000 ether.
function nodeRegistryConfig(
    uint32 epochSeconds,
    uint32 nodesMax,
    address owner
) view returns (NodeRegistryConfig memory) {
    return
        NodeRegistryConfig({
            genesis: uint64(block.timestamp),
            epochSeconds: epochSeconds,
            stakeMin: 1 ether,
            stakeMax: 1_000 ether,
            unbondingPeriod: 0,
            nodesMax: nodesMax,
            renewEpochs: 1_000,
            jailEpochs: 2,
            owner: owner
        });
}
