// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {vm} from "./Vm.sol";

/// [FMT-6], written out again: what the attestor's key signs for its operator.
function nodeSignature(
    uint256 key,
    address registry,
    address operator,
    bytes32 peerId
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
            bytes32(0)
        )
    );
    (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, keccak256(abi.encodePacked(hex"1901", domain, binding)));
    return abi.encodePacked(r, s, v);
}
