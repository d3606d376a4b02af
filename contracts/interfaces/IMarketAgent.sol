// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Contracts that ask the market for accounts which prepaid there, and pay whoever calls them.
/// @notice A request is paid by its account in the market, within the cap the account gave this contract there
/// (`IComputeMarket.setConsumer`). The market moves no credit between accounts, so what callers earn comes from a purse the
/// account has here: anyone fills it, what its owner ordered spends it, and its owner alone empties it.
interface IMarketAgent {
    event PurseFilled(address indexed account, address indexed from, uint256 amount);
    event PurseEmptied(address indexed account, address to, uint256 amount);

    error TargetNotAllowed(address target, address requester);
    error NothingToClaim(address account);
    error TransferFailed(address to);

    /// @notice Adds the value sent to an account's purse.
    function deposit(address account) external payable;

    /// @notice Pays the caller's purse, filled or earned, to `to`: all of it.
    function claim(address payable to) external returns (uint256 amount);

    /// @notice What `claim` pays an account now.
    function purseOf(address account) external view returns (uint256);
}
