// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Which contract checks which kind of certificate. Append-only: a selector never changes its meaning.
interface IVerifierRouter {
    /// @notice A selector means this verifier, for good.
    event VerifierAdded(bytes4 indexed selector, address verifier);

    /// @notice A selector never changes its meaning.
    error SelectorTaken(bytes4 selector, address verifier);
    /// @notice The selector means nothing yet.
    error UnknownSelector(bytes4 selector);
    /// @notice A verifier is a contract.
    error InvalidVerifier(address verifier);

    /// @notice Gives a selector its meaning, for good. Only the owner.
    function add(bytes4 selector, address verifier) external;

    /// @notice Reverts with `UnknownSelector` when nothing is registered.
    function verifierOf(bytes4 selector) external view returns (address);
}
