// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Which contract checks which kind of certificate. Append-only: a selector never changes its meaning.
interface IVerifierRouter {
    event VerifierAdded(bytes4 indexed selector, address verifier);

    error SelectorTaken(bytes4 selector, address verifier);
    error UnknownSelector(bytes4 selector);
    error InvalidVerifier(address verifier);

    function add(bytes4 selector, address verifier) external;

    /// @notice Reverts with `UnknownSelector` when nothing is registered.
    function verifierOf(bytes4 selector) external view returns (address);
}
