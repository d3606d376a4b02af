// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {RequestId} from "../types/Ids.sol";
import {Fulfillment, Request} from "../types/Request.sol";
import {IMarketTypes} from "./IMarketTypes.sol";

/// @title Asking, settling and expiring: what a market does every day.
/// @notice In its own code.
interface IMarketCore is IMarketTypes {
    /// @notice Asks for a computation; the value sent is the escrow plus the selection fee. What is not spent is
    /// credited back to the caller.
    function request(RequestParams calldata params) external payable returns (RequestId);

    /// @notice Asks for a computation that a prepaid account pays for: `payer` is the requester, its credit pays the least
    /// value, and refunds go back to it. The caller must be the payer, or a consumer it allowed that much for a request.
    /// @param callbackTarget the caller, the payer, or a contract that allowed the caller to have it called back.
    function requestFor(
        address payer,
        address callbackTarget,
        RequestParams calldata params
    ) external returns (RequestId);

    /// @notice Whether requests made by `requester` may call the caller back.
    function allowCallbacks(address requester, bool allowed) external;

    /// @notice The least value `request` accepts for these parameters now.
    function quote(RequestParams calldata params) external view returns (uint256);

    /// @notice Settles a request. Anyone: the committee is recomputed and the certificate checked here.
    function fulfill(Request calldata request_, Fulfillment calldata fulfillment) external;

    /// @notice Refunds a request nobody certified, strictly after its deadline, less what that costs the caller, which is
    /// the caller's. Anyone; also while paused.
    function expire(Request calldata request_) external;

    /// @notice Stops or resumes new requests; nothing else.
    function setPaused(bool paused) external;

    /// @notice Whose code the market runs for what `IMarketExtension` has; it never changes.
    function extension() external view returns (address);

    /// @notice Where a request stands, and what it holds while it is open.
    function statusOf(RequestId requestId) external view returns (Status status, uint96 escrow);

    /// @notice Whether `requester` may name `target` to be called back.
    function callbacksAllowed(address target, address requester) external view returns (bool);

    /// @notice What a submitter is reimbursed [FEE-4]: gas of the transaction, of each signature and of each byte of
    /// input and output, and the tip in wei paid above the base fee.
    function gasConstants()
        external
        view
        returns (uint256 gasBase, uint256 gasPerSignature, uint256 gasPerByte, uint256 tipMax);

    /// @notice The EIP-712 digest that identifies a request.
    function requestIdOf(Request calldata request_) external view returns (RequestId);

    /// @notice EIP-712 domain: name "Dikast", version "1", this chain, this contract.
    function domainSeparator() external view returns (bytes32);
}
