// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Contracts that ask the market for accounts which prepaid there, and pay whoever calls them.
/// @notice A request is paid by its account in the market, within the cap the account gave this contract there
/// (`IMarketAccounts.setConsumer`). The market moves no credit between accounts, so what callers earn comes from a purse the
/// account has here: anyone fills it, what its owner ordered spends it, and its owner alone empties it.
interface IMarketAgent {
    /// @notice An account's purse grew by what was sent or earned.
    event PurseFilled(address indexed account, address indexed from, uint256 amount);
    /// @notice An account's purse was paid out to `to`.
    event PurseEmptied(address indexed account, address to, uint256 amount);

    /// @notice In the market the target must allow the account that pays, and this contract.
    error TargetNotAllowed(address target, address requester);
    /// @notice The account's purse is empty.
    error NothingToClaim(address account);
    /// @notice The receiver refuses ether. Nothing was taken from the purse.
    error TransferFailed(address to);

    /// @notice Adds the value sent to an account's purse.
    function deposit(address account) external payable;

    /// @notice Pays the caller's purse, filled or earned, to `to`: all of it.
    function claim(address payable to) external returns (uint256 amount);

    /// @notice What `claim` pays an account now.
    function purseOf(address account) external view returns (uint256);
}
