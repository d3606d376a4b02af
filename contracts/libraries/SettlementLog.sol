// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMarketTypes} from "../interfaces/IMarketTypes.sol";
import {BatchItem} from "../types/BatchItem.sol";
import {FunctionId, RequestId} from "../types/Ids.sol";
import {Fulfillment} from "../types/Request.sol";

/// @title The events of a settlement, written without the ABI coder.
/// @dev What a submitter sent is encoded anew, as the ABI does: it may have come with gaps or in another order.
/// Warning: static fields are copied as they came. The caller has read each of them, which reverts where a word has bits
/// beyond its type.
library SettlementLog {
    /// @notice Emits `RequestFulfilled`.
    /// @dev Data: the payment (4 words), the offset of the fulfillment; its 5 static fields, the offsets of the output and
    /// of the certificate, and these two.
    function fulfilled(
        RequestId requestId,
        FunctionId functionId,
        IMarketTypes.Payment memory payment,
        Fulfillment calldata fulfillment
    ) internal {
        bytes calldata output = fulfillment.output;
        bytes calldata certificate = fulfillment.certificate;
        bytes32 topic = IMarketTypes.RequestFulfilled.selector;
        assembly ("memory-safe") {
            let data := mload(0x40)
            mcopy(data, payment, 128)
            mstore(add(data, 128), 160)
            calldatacopy(add(data, 160), fulfillment, 160)
            mstore(add(data, 320), 224)
            let next := add(data, 384)
            mstore(next, output.length)
            next := add(next, 32)
            calldatacopy(next, output.offset, output.length)
            next := add(next, output.length)
            mstore(next, 0)
            next := add(next, and(sub(0, output.length), 31))
            mstore(add(data, 352), sub(next, add(data, 160)))
            mstore(next, certificate.length)
            next := add(next, 32)
            calldatacopy(next, certificate.offset, certificate.length)
            next := add(next, certificate.length)
            mstore(next, 0)
            next := add(next, and(sub(0, certificate.length), 31))
            log4(data, sub(next, data), topic, requestId, functionId, caller())
        }
    }

    /// @notice Emits `RequestFulfilledInBatch`.
    /// @dev Data: the payment (4 words), the offset of the result; its 3 static fields, the offset of the output, and this.
    function fulfilledInBatch(
        RequestId requestId,
        FunctionId functionId,
        bytes32 root,
        IMarketTypes.Payment memory payment,
        BatchItem item
    ) internal {
        uint256 exit = item.exit();
        uint256 fuelUsed = item.fuelUsed();
        bytes calldata output = item.output();
        bytes32 topic = IMarketTypes.RequestFulfilledInBatch.selector;
        assembly ("memory-safe") {
            let data := mload(0x40)
            mcopy(data, payment, 128)
            mstore(add(data, 128), 160)
            mstore(add(data, 160), exit)
            mstore(add(data, 192), fuelUsed)
            mstore(add(data, 224), 0) // evidenceHash
            mstore(add(data, 256), 128)
            mstore(add(data, 288), output.length)
            let next := add(data, 320)
            calldatacopy(next, output.offset, output.length)
            next := add(next, output.length)
            mstore(next, 0)
            next := add(next, and(sub(0, output.length), 31))
            log4(data, sub(next, data), topic, requestId, functionId, root)
        }
    }
}
