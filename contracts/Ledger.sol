// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IComputeMarket} from "./interfaces/IComputeMarket.sol";
import {INodeRegistry} from "./interfaces/INodeRegistry.sol";

/// @title Who is owed what. Every payment is a credit its owner pulls, so nobody's failure to receive blocks another.
/// @dev The market's balance is always the sum of open escrows, credits, the pool and the protocol's fees.
abstract contract Ledger is IComputeMarket, ReentrancyGuardTransient {
    /// @dev One slot: a request touches it once for its nonce and selection fee, a settlement once for both sums.
    struct Totals {
        uint64 nonce;
        bool paused;
        uint96 pool;
        uint88 protocolFees;
    }

    INodeRegistry internal immutable NODES;
    address internal immutable TREASURY;

    Totals internal _totals;
    mapping(address account => uint256) private _credits;
    /// Apart from accounts: an attestor's hot key must not be able to claim what its operator earned.
    mapping(address attestor => uint256) private _nodeCredits;

    constructor(INodeRegistry nodes, address treasury) {
        NODES = nodes;
        TREASURY = treasury;
    }

    /// @inheritdoc IComputeMarket
    function claim(address payable to) external nonReentrant returns (uint256 amount) {
        amount = creditOf(msg.sender);
        if (amount == 0) revert NothingToClaim(msg.sender);
        _credits[msg.sender] = 0;
        if (msg.sender == TREASURY) _totals.protocolFees = 0;
        emit Claimed(msg.sender, to, amount);
        _pay(to, amount);
    }

    /// @inheritdoc IComputeMarket
    function claimNode(address attestor, address payable to) external nonReentrant returns (uint256 amount) {
        if (NODES.operatorOf(attestor) != msg.sender) revert NotOperator(attestor, msg.sender);
        amount = _nodeCredits[attestor];
        if (amount == 0) revert NothingToClaim(attestor);
        _nodeCredits[attestor] = 0;
        emit Claimed(attestor, to, amount);
        _pay(to, amount);
    }

    /// @inheritdoc IComputeMarket
    function nodeCreditOf(address attestor) external view returns (uint256) {
        return _nodeCredits[attestor];
    }

    /// @inheritdoc IComputeMarket
    function pool() external view returns (uint256) {
        return _totals.pool;
    }

    /// @inheritdoc IComputeMarket
    function creditOf(address account) public view returns (uint256 amount) {
        amount = _credits[account];
        if (account == TREASURY) amount += _totals.protocolFees;
    }

    function _credit(address account, uint256 amount) internal {
        if (amount != 0) _credits[account] += amount;
    }

    function _creditNode(address attestor, uint256 amount) internal {
        if (amount != 0) _nodeCredits[attestor] += amount;
    }

    function _pay(address payable to, uint256 amount) private {
        (bool ok, ) = to.call{value: amount}("");
        if (!ok) revert TransferFailed(to);
    }
}
