// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice EIP-712 digest of a whole `Request`: identifies it across chains and markets.
type RequestId is bytes32;

/// @notice Content address of a function: the digest of its owner and its specification.
type FunctionId is bytes32;

using {requestIdEq as ==} for RequestId global;
using {functionIdEq as ==} for FunctionId global;

function requestIdEq(RequestId a, RequestId b) pure returns (bool) {
    return RequestId.unwrap(a) == RequestId.unwrap(b);
}

function functionIdEq(FunctionId a, FunctionId b) pure returns (bool) {
    return FunctionId.unwrap(a) == FunctionId.unwrap(b);
}
