// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IComputeMarket} from "./interfaces/IComputeMarket.sol";
import {IMarketTypes} from "./interfaces/IMarketTypes.sol";
import {IDikastCallback} from "./interfaces/IDikastCallback.sol";
import {FunctionId, RequestId} from "./types/Ids.sol";

/// @title Base of contracts that ask for computations and are called back with the results.
/// @notice Accepts a result only from the market. The market calls back for a request once, and only a contract that made
/// it, paid for it or allowed who made it: nothing need be stored to know it again.
abstract contract DikastConsumer is IDikastCallback {
    /// @notice The market it asks, the only one it is called back by.
    IComputeMarket public immutable MARKET;

    /// @notice Only the market calls back.
    error NotMarket(address caller);

    constructor(IComputeMarket market) {
        MARKET = market;
    }

    /// Refunds may be claimed to this contract.
    receive() external payable {}

    /// @inheritdoc IDikastCallback
    function fulfillCompute(
        RequestId requestId,
        FunctionId,
        uint64,
        uint64,
        uint16 exit,
        bytes calldata output
    ) external {
        if (msg.sender != address(MARKET)) revert NotMarket(msg.sender);
        _onFulfilled(requestId, exit, output);
    }

    /// @param exit 0 when the function succeeded; 1 to 255 its own error, and `output` is what it wrote; 0x100 and above
    /// a trap or a limit, and `output` is empty.
    function _onFulfilled(RequestId requestId, uint16 exit, bytes calldata output) internal virtual;

    /// @param value at least `MARKET.quote(params)`; what is not spent becomes this contract's credit.
    function _request(
        IMarketTypes.RequestParams memory params,
        uint256 value
    ) internal returns (RequestId requestId) {
        return MARKET.request{value: value}(params);
    }

    /// Moves this contract's credit in the market to `to`.
    function _claimRefund(address payable to) internal returns (uint256 amount) {
        return MARKET.claim(to);
    }
}
