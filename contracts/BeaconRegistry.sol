// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IBeaconRegistry} from "./interfaces/IBeaconRegistry.sol";
import {BeaconClock} from "./libraries/BeaconClock.sol";
import {Bls12381} from "./libraries/Bls12381.sol";

/// @title Verifies drand rounds through the precompiles of EIP-2537 and keeps their randomness.
/// @dev The documentation stands in `IBeaconRegistry`. Nobody owns this contract, and nothing in it can be changed.
contract BeaconRegistry is IBeaconRegistry {
    uint64 private immutable GENESIS;
    uint64 private immutable PERIOD;
    /// The public key, word by word: code is read for a fraction of what storage costs.
    bytes32 private immutable KEY_0;
    bytes32 private immutable KEY_1;
    bytes32 private immutable KEY_2;
    bytes32 private immutable KEY_3;
    bytes32 private immutable KEY_4;
    bytes32 private immutable KEY_5;
    bytes32 private immutable KEY_6;
    bytes32 private immutable KEY_7;

    /// @inheritdoc IBeaconRegistry
    uint64 public latestRound;
    /// @inheritdoc IBeaconRegistry
    mapping(uint64 round => bytes32) public randomness;

    /// @param publicKey_ a G2 point as EIP-2537 writes it (256 bytes).
    /// @param genesis the second round 1 is emitted in, since 1970.
    /// @param periodSeconds between one round and the next.
    constructor(bytes memory publicKey_, uint64 genesis, uint64 periodSeconds) {
        if (!Bls12381.isKey(publicKey_)) revert InvalidConfig("publicKey");
        if (genesis == 0) revert InvalidConfig("genesis");
        if (periodSeconds == 0) revert InvalidConfig("periodSeconds");
        GENESIS = genesis;
        PERIOD = periodSeconds;
        (KEY_0, KEY_1, KEY_2, KEY_3, KEY_4, KEY_5, KEY_6, KEY_7) = abi.decode(
            publicKey_,
            (bytes32, bytes32, bytes32, bytes32, bytes32, bytes32, bytes32, bytes32)
        );
    }

    /// @inheritdoc IBeaconRegistry
    function postRound(uint64 round, bytes calldata signature) external {
        if (randomness[round] != 0) return;
        if (round == 0) revert InvalidRound(round);
        if (signature.length != Bls12381.G1_BYTES) revert InvalidSignatureLength(signature.length);
        bytes memory point = signature;
        // The point at infinity is no signature; every other malformed point the pairing refuses.
        if (keccak256(point) == keccak256(new bytes(Bls12381.G1_BYTES))) revert InvalidSignature(round);
        bytes32 message = sha256(abi.encodePacked(round));
        if (!Bls12381.verify(publicKey(), point, message)) revert InvalidSignature(round);

        bytes32 random = sha256(Bls12381.compress(point));
        randomness[round] = random;
        if (round > latestRound) latestRound = round;
        emit RoundPosted(round, random, signature);
    }

    /// @inheritdoc IBeaconRegistry
    function roundAfter(uint64 time) external view returns (uint64) {
        return uint64(BeaconClock.roundAfter(time, GENESIS, PERIOD));
    }

    /// @inheritdoc IBeaconRegistry
    function timeOfRound(uint64 round) external view returns (uint64) {
        if (round == 0) revert InvalidRound(round);
        return uint64(BeaconClock.timeOfRound(round, GENESIS, PERIOD));
    }

    /// @inheritdoc IBeaconRegistry
    function publicKey() public view returns (bytes memory) {
        return abi.encode(KEY_0, KEY_1, KEY_2, KEY_3, KEY_4, KEY_5, KEY_6, KEY_7);
    }
}
