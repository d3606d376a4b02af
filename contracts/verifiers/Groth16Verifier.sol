// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IProofSystem} from "../interfaces/IProofSystem.sol";
import {Bn254} from "../libraries/Bn254.sol";
import {CodeBlob} from "../libraries/CodeBlob.sol";
import {Groth16} from "../libraries/Groth16.sol";
import {Groth16KeyVerifier} from "./Groth16KeyVerifier.sol";

/// @title Verification keys of Groth16 over BN254, each of which gets a contract of its own that checks proofs under it.
/// @notice Nobody owns it. What a request names is that contract: nothing about a key can change between asking and settling.
contract Groth16Verifier is IProofSystem {
    uint8 private constant FLAG_BOUND = 2;
    uint8 private constant FLAGS = 3;
    /// What fits a contract behind the code that checks proofs, and costs less than a tenth of a block.
    uint256 private constant PUBLIC_INPUTS_MAX = 256;

    mapping(bytes32 keyHash => address) private _verifiers;

    /// @inheritdoc IProofSystem
    function register(bytes calldata key) external returns (address verifier) {
        bytes32 keyHash = keccak256(key);
        verifier = _verifiers[keyHash];
        if (verifier != address(0)) return verifier;
        (uint8 flags, uint16 outputs, uint16 inputs) = _checkKey(key);
        verifier = CodeBlob.write(
            abi.encodePacked(type(Groth16KeyVerifier).runtimeCode, key, uint16(key.length))
        );
        _verifiers[keyHash] = verifier;
        emit KeyRegistered(keyHash, verifier, flags, outputs, inputs);
    }

    /// @inheritdoc IProofSystem
    function keyVerifier(bytes32 keyHash) external view returns (address) {
        return _verifiers[keyHash];
    }

    /// [ZKP-2] The length its head says, points that are points, and a second phase that somebody contributed to.
    function _checkKey(bytes memory key) private view returns (uint8 flags, uint16 outputs, uint16 inputs) {
        if (key.length < Groth16.FIXED_BYTES) revert InvalidKey("length");
        uint256 points;
        assembly ("memory-safe") {
            points := add(key, 37)
        }
        {
            (uint256 flags_, uint256 outputs_, uint256 inputs_) = Groth16.headOf(key);
            (flags, outputs, inputs) = (uint8(flags_), uint16(outputs_), uint16(inputs_));
        }
        if (flags > FLAGS) revert InvalidKey("flags");
        uint256 count = uint256(outputs) + inputs + (flags & FLAG_BOUND == 0 ? 1 : 2);
        if (count > PUBLIC_INPUTS_MAX + 1) revert InvalidKey("inputs");
        if (key.length != Groth16.FIXED_BYTES + Bn254.G1_BYTES * count) revert InvalidKey("length");
        if (!Bn254.areG1(points, 1)) revert InvalidKey("alpha");
        points += Bn254.G1_BYTES;
        if (!Bn254.isG2(points)) revert InvalidKey("beta");
        points += Bn254.G2_BYTES;
        if (!Bn254.isG2(points)) revert InvalidKey("gamma");
        points += Bn254.G2_BYTES;
        if (!Bn254.isG2(points)) revert InvalidKey("delta");
        // Whoever knows delta / gamma forges: up to its sign a point is known by its x, of which the half tells enough.
        uint256 gammaX1;
        uint256 deltaX1;
        assembly ("memory-safe") {
            gammaX1 := mload(sub(points, 128))
            deltaX1 := mload(points)
        }
        if (deltaX1 == gammaX1 || deltaX1 == Bn254.G2_X1) revert InvalidKey("delta");
        points += Bn254.G2_BYTES;
        if (!Bn254.areG1(points, count)) revert InvalidKey("IC");
    }
}
