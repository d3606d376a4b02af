// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Public randomness: drand rounds of the scheme `bls-unchained-g1-rfc9380`, verified before they are stored.
interface IBeaconRegistry {
    /// @notice A round's signature was verified: its randomness is the signature's SHA-256.
    event RoundPosted(uint64 indexed round, bytes32 randomness, bytes signature);

    /// @notice A constructor argument is out of its range.
    error InvalidConfig(string field);
    /// @notice The beacon counts its rounds from 1.
    error InvalidRound(uint64 round);
    /// @notice A signature is a point of G1: 128 bytes.
    error InvalidSignatureLength(uint256 length);
    /// @notice The bytes are not the beacon's signature of that round.
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
