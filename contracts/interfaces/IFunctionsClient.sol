// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title What a consumer written for Chainlink Functions is called back with.
interface IFunctionsClient {
    /// @param response what the function gave, when it succeeded; empty otherwise.
    /// @param err why it did not; empty when it did.
    function handleOracleFulfillment(bytes32 requestId, bytes calldata response, bytes calldata err) external;
}
