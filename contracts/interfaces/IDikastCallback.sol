// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {FunctionId, RequestId} from "../types/Ids.sol";

/// @title What the market calls on a request's callback target.
interface IDikastCallback {
    /// @param round the beacon round that drew the committee; @param fulfilledAt seconds since 1970.
    /// @param exit 0 when the function succeeded; anything else is an error the committee certified.
    function fulfillCompute(
        RequestId requestId,
        FunctionId functionId,
        uint64 round,
        uint64 fulfilledAt,
        uint16 exit,
        bytes calldata output
    ) external;
}
