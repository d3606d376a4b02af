// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IComputeMarket} from "../interfaces/IComputeMarket.sol";

/// @title Who pays for a subscription's requests: an account of its own in the market.
/// @notice The market keeps balances, takes from them, and puts refunds back; so no subscription can spend another's, and
/// the adapter holds nothing. One minimal proxy a subscription; only the adapter that deployed this moves it.
contract SubscriptionAccount {
    IComputeMarket private immutable MARKET;
    address private immutable ADAPTER;

    /// @notice Only the adapter that made this account moves what it holds.
    error NotAdapter(address caller);

    modifier onlyAdapter() {
        if (msg.sender != ADAPTER) revert NotAdapter(msg.sender);
        _;
    }

    constructor(IComputeMarket market) {
        MARKET = market;
        ADAPTER = msg.sender;
    }

    /// Lets the adapter spend at most so much of the account on a request.
    function setSpendingMax(uint96 valueMax) external onlyAdapter {
        MARKET.setConsumer(ADAPTER, valueMax);
    }

    /// Pays all of the account to `to`, by the market itself.
    function claim(address payable to) external onlyAdapter returns (uint256 amount) {
        return MARKET.claim(to);
    }
}
