// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IDikastCallback} from "../interfaces/IDikastCallback.sol";
import {FunctionId, RequestId} from "../types/Ids.sol";

/// @title What a callback is called with: `IDikastCallback.fulfillCompute`, encoded without the ABI coder.
library CallbackData {
    /// Arguments have no bits beyond their types.
    function encode(
        RequestId requestId,
        FunctionId functionId,
        uint256 round,
        uint256 fulfilledAt,
        uint256 exit,
        bytes calldata output
    ) internal pure returns (bytes memory data) {
        bytes4 selector = IDikastCallback.fulfillCompute.selector;
        assembly ("memory-safe") {
            data := mload(0x40)
            let head := add(data, 36)
            mstore(add(data, 32), selector)
            mstore(head, requestId)
            mstore(add(head, 32), functionId)
            mstore(add(head, 64), round)
            mstore(add(head, 96), fulfilledAt)
            mstore(add(head, 128), exit)
            mstore(add(head, 160), 192)
            mstore(add(head, 192), output.length)
            let next := add(head, 224)
            calldatacopy(next, output.offset, output.length)
            next := add(next, output.length)
            // Padded with zeros.
            mstore(next, 0)
            next := add(next, and(sub(0, output.length), 31))
            mstore(data, sub(next, add(data, 32)))
            mstore(0x40, and(add(next, 31), not(31)))
        }
    }
}
