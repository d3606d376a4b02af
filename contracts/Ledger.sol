// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IComputeMarket} from "./interfaces/IComputeMarket.sol";
import {INodeRegistry} from "./interfaces/INodeRegistry.sol";

/// @title Who is owed what. Every payment is a credit its owner pulls, so nobody's failure to receive blocks another.
/// @dev The market's balance is always the sum of open escrows, credits, the pool and the protocol's fees.
abstract contract Ledger is IComputeMarket, ReentrancyGuardTransient {
    /// @dev One slot, which a settlement touches once.
    struct Sums {
        /// Pay of seats that did not sign. The pool's other part, selection fees, follows from the count of requests.
        uint128 unsignedPay;
        uint128 protocolFees;
    }

    INodeRegistry internal immutable NODES;
    address internal immutable TREASURY;

    Sums internal _sums;
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
        if (msg.sender == TREASURY) _sums.protocolFees = 0;
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
    function creditOf(address account) public view returns (uint256 amount) {
        amount = _credits[account];
        if (account == TREASURY) amount += _sums.protocolFees;
    }

    function _credit(address account, uint256 amount) internal {
        if (amount != 0) _credits[account] += amount;
    }

    function _creditNode(address attestor, uint256 amount) internal {
        if (amount != 0) _nodeCredits[attestor] += amount;
    }

    /// Each is part of an escrow below 2**96: 2**32 of the largest would be needed to overflow.
    function _addSums(uint256 unsignedPay, uint256 protocolFee) internal {
        Sums memory sums = _sums;
        unchecked {
            sums.unsignedPay += uint128(unsignedPay);
            sums.protocolFees += uint128(protocolFee);
        }
        _sums = sums;
    }

    function _pay(address payable to, uint256 amount) private {
        (bool ok, ) = to.call{value: amount}("");
        if (!ok) revert TransferFailed(to);
    }
}
