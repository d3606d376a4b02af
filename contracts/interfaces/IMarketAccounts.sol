// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IMarketTypes} from "./IMarketTypes.sol";

/// @title Who is owed what, and how they are paid.
/// @notice In the market's own code: no other contract ever holds what it owes.
interface IMarketAccounts is IMarketTypes {
    /// @notice Adds the value sent to an account's credit, which `requestFor` spends and `claim` pays out.
    function deposit(address account) external payable;

    /// @notice Lets `consumer` make requests the caller pays for, of at most `valueMax` wei each; zero ends that.
    function setConsumer(address consumer, uint96 valueMax) external;

    /// @notice Pays nodes with the value sent, as a settlement pays its signers.
    /// @param attestors as words; the value is `perSeat` for each of them and what goes to the pool.
    function depositShares(
        bytes32[] calldata attestors,
        uint256 perSeat,
        uint256 unsignedPay
    ) external payable;

    /// @notice Pays the caller's credit to `to`.
    function claim(address payable to) external returns (uint256 amount);

    /// @notice Pays a node's earnings to `to`. Only its operator: the node's own hot key cannot.
    function claimNode(address attestor, address payable to) external returns (uint256 amount);

    /// @notice What `consumer` may spend of the payer's account for one request.
    function spendingCapOf(address payer, address consumer) external view returns (uint256);

    /// @notice What `claim` pays an account now: refunds, royalties, reimbursements, and the treasury's fees.
    function creditOf(address account) external view returns (uint256);

    /// @notice What `claimNode` pays for a node now.
    function nodeCreditOf(address attestor) external view returns (uint256);
}
