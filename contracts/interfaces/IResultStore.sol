// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {RequestId} from "../types/Ids.sol";
import {Request} from "../types/Request.sol";

/// @title Results kept on chain until whoever paid for them collects them.
/// @notice A callback target for requesters without a callback of their own: contracts that read when they need to, and accounts.
/// The market calls back only a target that allowed the caller of `requestFor`, and this one allows whoever is named to it. Buy
/// `callbackGasFor` the function's largest output.
interface IResultStore {
    /// @notice A result as it was certified.
    struct Result {
        /// 0 when the function succeeded; anything else is an error the committee certified.
        uint16 exit;
        /// The beacon round that drew the committee.
        uint64 round;
        /// Seconds since 1970.
        uint64 fulfilledAt;
        bytes output;
    }

    /// @notice A request's result is kept until its requester collects it.
    event ResultKept(RequestId indexed requestId, uint16 exit, uint256 outputBytes);
    /// @notice Its requester collected a result, which is gone from here.
    event ResultCollected(RequestId indexed requestId, address indexed requester);

    /// @notice Only the market calls back.
    error NotMarket(address caller);
    /// @notice Only the account that paid for the request collects its result.
    error NotRequester(address requester, address caller);
    /// @notice Nothing is kept of the request.
    error NoResult(RequestId requestId);
    /// @notice The result is longer than is kept.
    error OutputTooLarge(uint256 length, uint256 lengthMax);

    /// @notice Lets requests made by `requester` have their results kept here. Anyone, for anyone, once and for good.
    /// @dev Contracts that ask for others (`IMarketAgent`) need it for themselves and for whom they ask.
    function serve(address requester) external;

    /// @notice Returns a result and frees its storage. Only the request's requester, whose account paid for it.
    /// @param request_ as the market's `RequestSubmitted` has it.
    function collect(Request calldata request_) external returns (Result memory);

    /// @notice A result that was not collected yet; reverts with `NoResult` when there is none.
    /// @dev Warning: anyone's results stand here. An id says whose and of what: know it from your own request.
    function resultOf(RequestId requestId) external view returns (Result memory);

    /// @notice Whether there is a result to read.
    function hasResult(RequestId requestId) external view returns (bool);

    /// @notice The callback gas that keeping an output of this length takes, or little more: 27,000 and 22,400 a word up to two
    /// words; above, 60,000 and 203 a byte. Reverts above 8,192 bytes.
    function callbackGasFor(uint256 outputBytes) external pure returns (uint32);
}
