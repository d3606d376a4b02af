// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Public randomness: drand rounds of the scheme `bls-unchained-g1-rfc9380`, verified before they are stored.
interface IBeaconRegistry {
    event RoundPosted(uint64 indexed round, bytes32 randomness, bytes signature);

    error InvalidConfig(string field);
    error InvalidRound(uint64 round);
    error InvalidSignatureLength(uint256 length);
    error InvalidSignature(uint64 round);

    /// @notice Verifies and stores a round; a round already stored is left as it is, and nothing reverts.
    /// @param signature the round's G1 signature, decompressed as EIP-2537 writes it (128 bytes).
    function postRound(uint64 round, bytes calldata signature) external;

    /// @notice sha256 of the round's compressed signature, or zero when it is not posted.
    function randomness(uint64 round) external view returns (bytes32);

    /// @notice The newest posted round: a lower bound on real time.
    function latestRound() external view returns (uint64);

    /// @notice The first round emitted strictly after `time` (seconds since 1970).
    function roundAfter(uint64 time) external view returns (uint64);

    /// @notice The second a round is emitted in. Round 1 is emitted at genesis.
    function timeOfRound(uint64 round) external view returns (uint64);

    /// @notice The beacon's public key, a G2 point as EIP-2537 writes it (256 bytes).
    function publicKey() external view returns (bytes memory);
}
