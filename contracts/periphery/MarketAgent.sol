// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IComputeMarket} from "../interfaces/IComputeMarket.sol";
import {IMarketTypes} from "../interfaces/IMarketTypes.sol";
import {IMarketAgent} from "../interfaces/IMarketAgent.sol";
import {RequestId} from "../types/Ids.sol";

/// @title Asks the market for others, and keeps the purses callers are paid from.
/// @dev The documentation stands in `IMarketAgent`. Nobody owns this contract. Its balance is always the sum of the purses.
abstract contract MarketAgent is IMarketAgent {
    /// @notice The market its requests are made in.
    IComputeMarket public immutable MARKET;

    mapping(address account => uint256) private _purses;

    constructor(IComputeMarket market) {
        MARKET = market;
    }

    /// @inheritdoc IMarketAgent
    function deposit(address account) external payable {
        _fill(account);
    }

    /// @inheritdoc IMarketAgent
    function claim(address payable to) external returns (uint256 amount) {
        amount = _purses[msg.sender];
        if (amount == 0) revert NothingToClaim(msg.sender);
        _purses[msg.sender] = 0;
        emit PurseEmptied(msg.sender, to, amount);
        (bool ok, ) = to.call{value: amount}("");
        if (!ok) revert TransferFailed(to);
    }

    /// @inheritdoc IMarketAgent
    function purseOf(address account) public view returns (uint256) {
        return _purses[account];
    }

    function _fill(address account) internal {
        _purses[account] += msg.value;
        emit PurseFilled(account, msg.sender, msg.value);
    }

    /// Warning: `amount` must be in the purse.
    function _payFrom(address payer, address to, uint256 amount) internal {
        if (amount == 0) return;
        _purses[payer] -= amount;
        _purses[to] += amount;
    }

    /// @dev The market only asks whether the target allowed this contract. That serves everybody, so whom the target allowed
    /// to ask is checked here: a contract that trusts this one for its owner's requests is not called back with a stranger's.
    function _ask(
        address payer,
        address callbackTarget,
        IMarketTypes.RequestParams calldata params
    ) internal returns (RequestId) {
        if (callbackTarget != payer && !MARKET.callbacksAllowed(callbackTarget, payer)) {
            revert TargetNotAllowed(callbackTarget, payer);
        }
        return MARKET.requestFor(payer, callbackTarget, params);
    }
}
