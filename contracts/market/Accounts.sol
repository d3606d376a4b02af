// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMarketAccounts} from "../interfaces/IMarketAccounts.sol";
import {Ledger} from "./Ledger.sol";

/// @title How accounts and nodes pay in and are paid.
/// @dev The market's alone: its extension is another account, and what was paid in there would be lost.
abstract contract Accounts is IMarketAccounts, Ledger {
    /// @inheritdoc IMarketAccounts
    function deposit(address account) external payable {
        _credit(account, msg.value);
        emit Deposited(account, msg.sender, msg.value);
    }

    /// @inheritdoc IMarketAccounts
    function setConsumer(address consumer, uint96 valueMax) external {
        _spendingCaps[msg.sender][consumer] = valueMax;
        emit ConsumerSet(msg.sender, consumer, valueMax);
    }

    /// @inheritdoc IMarketAccounts
    function claim(address payable to) external nonReentrant returns (uint256 amount) {
        amount = creditOf(msg.sender);
        if (amount == 0) revert NothingToClaim(msg.sender);
        _credits[msg.sender] = 0;
        if (msg.sender == TREASURY) _sums.protocolFees = 0;
        emit Claimed(msg.sender, to, amount);
        _pay(to, amount);
    }

    /// @inheritdoc IMarketAccounts
    function claimNode(address attestor, address payable to) external nonReentrant returns (uint256 amount) {
        _checkOperator(attestor);
        amount = _nodeCredits[attestor];
        if (amount == 0) revert NothingToClaim(attestor);
        _nodeCredits[attestor] = 0;
        emit Claimed(attestor, to, amount);
        _pay(to, amount);
    }

    /// @inheritdoc IMarketAccounts
    function nodeCreditOf(address attestor) external view returns (uint256) {
        return _nodeCredits[attestor];
    }

    /// @inheritdoc IMarketAccounts
    function spendingCapOf(address payer, address consumer) external view returns (uint256) {
        return _spendingCaps[payer][consumer];
    }

    /// @inheritdoc IMarketAccounts
    function creditOf(address account) public view returns (uint256 amount) {
        amount = _credits[account];
        if (account == TREASURY) amount += _sums.protocolFees;
    }

    /// @inheritdoc IMarketAccounts
    function depositShares(
        bytes32[] calldata attestors,
        uint256 perSeat,
        uint256 unsignedPay
    ) external payable {
        uint256 value = perSeat * attestors.length + unsignedPay;
        if (msg.value != value) revert PaymentTooSmall(msg.value, value);
        _payAttestors(attestors, perSeat, attestors.length);
        _addSums(unsignedPay, 0);
    }

    function _pay(address payable to, uint256 amount) private {
        (bool ok, ) = to.call{value: amount}("");
        if (!ok) revert TransferFailed(to);
    }
}
