// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title What a rollup charges for a transaction's data beside its gas.
/// @notice One adapter for each kind of rollup; a market on a chain without such a fee has none.
interface IDataFee {
    /// @param length the transaction's bytes, about.
    /// @return Wei.
    function dataFee(uint256 length) external view returns (uint256);
}
