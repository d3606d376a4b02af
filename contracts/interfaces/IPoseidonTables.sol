// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title The numbers Poseidon computes with, as contract code.
/// @notice Each width of the permutation has constants and a matrix of its own, 4,000 to 14,336 bytes. Whoever needs a width writes its
/// table, once, for everybody: only the right one is taken. Nobody owns this contract.
interface IPoseidonTables {
    /// @notice A width's table is written.
    event PoseidonTableWritten(uint256 indexed width, address table);

    /// @notice These bytes are not the table of that width, or there is no such width: 5 to 16 there are.
    error WrongPoseidonTable(uint256 width);
    /// @notice The width has its table.
    error PoseidonTableKnown(uint256 width);

    /// @notice Writes a width's table. Anyone, once a width.
    /// @param table as `src/crypto/poseidon-table.ts` makes it.
    function write(uint256 width, bytes calldata table) external returns (address);

    /// @notice Where a width's table is: code, of which the first byte is a STOP and belongs to no table. Zero before it is written.
    function tableOf(uint256 width) external view returns (address);
}
