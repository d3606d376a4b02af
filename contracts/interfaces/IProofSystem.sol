// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Where the verification keys of one kind of proof are registered: what a selector of the router means for circuits.
interface IProofSystem {
    /// @notice A key can be named by its hash from now on.
    event KeyRegistered(
        bytes32 indexed keyHash,
        address indexed verifier,
        uint8 flags,
        uint16 outputs,
        uint16 inputs
    );

    /// @notice The key is malformed, or anybody can forge proofs under it. `field` is the first part that is wrong.
    error InvalidKey(string field);

    /// @notice Keeps a key for good. Anyone. A key that is known stays as it is.
    /// @param key [ZKP-1]: `flags (1) | outputs (2) | inputs (2) | alpha (64) | beta (128) | gamma (128) | delta (128) | IC (64
    /// each)`.
    /// @return verifier the `IProofVerifier` of this key.
    function register(bytes calldata key) external returns (address verifier);

    /// @notice The key's `IProofVerifier`; zero when the key is not registered.
    /// @param keyHash Keccak-256 of the key's bytes.
    function keyVerifier(bytes32 keyHash) external view returns (address);
}
