// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {INodeRegistry} from "../../../contracts/interfaces/INodeRegistry.sol";
import {BlsMinPk} from "../../../contracts/libraries/BlsMinPk.sol";
import {CreatedAddress} from "../../../contracts/libraries/CreatedAddress.sol";
import {HashToG2} from "../../../contracts/libraries/HashToG2.sol";

/// @title The BLS libraries' functions as calls.
contract BlsHarness {
    function hashToG2(bytes calldata message, bytes calldata domainTag) external view returns (bytes memory) {
        return HashToG2.hash(message, domainTag);
    }

    /// @param key 128 bytes.
    function verify(
        bytes calldata key,
        bytes calldata signature,
        bytes32 message
    ) external view returns (bool) {
        return BlsMinPk.verify(key, signature, message, BlsMinPk.SIGNATURE_TAG);
    }

    function createdAt(address creator, uint256 nonce) external pure returns (address) {
        return CreatedAddress.created(creator, nonce);
    }
}

/// @title Nodes with the operator and number they are given: all a key registry asks of the node registry.
contract NumberedNodes {
    mapping(address attestor => INodeRegistry.Node) private _nodes;
    uint32 public currentEpoch;

    function set(address attestor, address operator, uint32 number) external {
        _nodes[attestor].operator = operator;
        _nodes[attestor].number = number;
    }

    function setEpoch(uint32 epoch) external {
        currentEpoch = epoch;
    }

    function node(address attestor) external view returns (INodeRegistry.Node memory) {
        return _nodes[attestor];
    }
}
