// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {DikastConsumer} from "../../../contracts/DikastConsumer.sol";
import {IComputeMarket} from "../../../contracts/interfaces/IComputeMarket.sol";
import {IMarketTypes} from "../../../contracts/interfaces/IMarketTypes.sol";
import {FunctionId, RequestId} from "../../../contracts/types/Ids.sol";

/// @title The least consumer: one function, its terms fixed.
contract PlainConsumer is DikastConsumer {
    FunctionId private immutable FUNCTION_ID;
    uint8 private immutable ATTEMPTS;

    constructor(IComputeMarket market, FunctionId functionId, uint8 attempts) DikastConsumer(market) {
        FUNCTION_ID = functionId;
        ATTEMPTS = attempts;
    }

    function ask(bytes calldata input) external payable {
        IMarketTypes.RequestParams memory params = IMarketTypes.RequestParams({
            functionId: FUNCTION_ID,
            committeeSize: 0,
            attempts: ATTEMPTS,
            callbackGas: 100_000,
            maxFeePerGas: 10 gwei,
            challengeWindow: 0,
            input: input
        });
        _request(params, msg.value);
    }

    function _onFulfilled(RequestId, uint16, bytes calldata) internal override {}
}
