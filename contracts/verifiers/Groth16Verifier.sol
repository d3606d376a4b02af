// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IProofSystem} from "../interfaces/IProofSystem.sol";
import {IProofVerifier} from "../interfaces/IProofVerifier.sol";
import {Bn254} from "../libraries/Bn254.sol";
import {CodeBlob} from "../libraries/CodeBlob.sol";
import {Groth16} from "../libraries/Groth16.sol";

/// @title Verification keys of Groth16 over BN254, and the proofs under them.
/// @notice Nobody owns it. Each key gets a contract of its own, which is what a request names: 45 bytes that run this code
/// (ERC-1167), and the key behind them. There proofs are checked; here keys are registered.
contract Groth16Verifier is IProofSystem, IProofVerifier {
    /// Of ERC-1167; the key begins behind it.
    uint256 private constant PROXY_BYTES = 45;
    uint256 private constant WORD_BYTES = 32;
    uint8 private constant FLAG_CEREMONY = 1;
    uint8 private constant FLAG_BOUND = 2;
    uint8 private constant FLAGS = FLAG_CEREMONY | FLAG_BOUND;

    address private immutable SELF = address(this);

    mapping(bytes32 keyHash => address) private _verifiers;

    /// @notice Keys are registered with the proof system itself, proofs checked by a key's own contract.
    error WrongContract(address called);

    /// @inheritdoc IProofSystem
    function register(bytes calldata key) external returns (address verifier) {
        if (address(this) != SELF) revert WrongContract(address(this));
        bytes32 keyHash = keccak256(key);
        verifier = _verifiers[keyHash];
        if (verifier != address(0)) return verifier;
        (uint8 flags, uint16 outputs, uint16 inputs) = _checkKey(key);
        verifier = CodeBlob.write(
            abi.encodePacked(
                hex"363d3d373d3d3d363d73",
                address(this),
                hex"5af43d82803e903d91602b57fd5bf3",
                key
            )
        );
        _verifiers[keyHash] = verifier;
        emit KeyRegistered(keyHash, verifier, flags, outputs, inputs);
    }

    /// @inheritdoc IProofSystem
    function keyVerifier(bytes32 keyHash) external view returns (address) {
        return _verifiers[keyHash];
    }

    /// @inheritdoc IProofVerifier
    function verify(
        bytes calldata publicInputs,
        uint256[] calldata bindings,
        bytes calldata proofs
    ) external view {
        Groth16.Work memory work = _prepare(publicInputs.length, bindings.length, proofs.length);
        _checkWords(publicInputs);
        if (work.bound) {
            for (uint256 i; i < bindings.length; ++i) {
                if (bindings[i] >= Bn254.R) revert PublicInputTooLarge(i, bindings[i]);
            }
        }
        if (!Groth16.holds(work, publicInputs, bindings, proofs)) revert InvalidProof();
    }

    /// @inheritdoc IProofVerifier
    function verifyEach(
        bytes calldata publicInputs,
        uint256[] calldata bindings,
        bytes calldata proofs
    ) external view returns (bool[] memory holds) {
        uint256 count = bindings.length;
        uint256 size = _prepare(publicInputs.length, count, proofs.length).words * WORD_BYTES;
        holds = new bool[](count);
        for (uint256 i; i < count; ++i) {
            // What is no point costs all the gas its check has: no more than a share of what there is.
            (holds[i], ) = address(this).staticcall{gas: gasleft() / (count - i + 1)}(
                abi.encodeCall(
                    IProofVerifier.verify,
                    (
                        publicInputs[i * size:(i + 1) * size],
                        bindings[i:i + 1],
                        proofs[i * Groth16.PROOF_BYTES:(i + 1) * Groth16.PROOF_BYTES]
                    )
                )
            );
        }
    }

    /// @inheritdoc IProofVerifier
    function checkInput(bytes calldata input) external view {
        (, , uint256 inputs) = _head();
        if (input.length != inputs * WORD_BYTES) {
            revert PublicInputsMismatch(input.length, inputs * WORD_BYTES);
        }
        _checkWords(input);
    }

    /// @inheritdoc IProofVerifier
    function shape() external view returns (uint256 outputs, uint256 inputs, bool bound, bool ceremony) {
        uint256 flags;
        (flags, outputs, inputs) = _head();
        bound = flags & FLAG_BOUND != 0;
        ceremony = flags & FLAG_CEREMONY != 0;
    }

    /// What the code this runs as says of its key.
    function _head() private view returns (uint256 flags, uint256 outputs, uint256 inputs) {
        if (address(this) == SELF) revert WrongContract(address(this));
        assembly ("memory-safe") {
            mstore(0, 0)
            extcodecopy(address(), 27, PROXY_BYTES, 5)
            let head := mload(0)
            flags := shr(32, head)
            outputs := and(shr(16, head), 0xffff)
            inputs := and(head, 0xffff)
        }
    }

    /// Lengths: as many proofs as bindings, one at least, and as many public inputs as they have.
    function _prepare(
        uint256 inputBytes,
        uint256 count,
        uint256 proofBytes
    ) private view returns (Groth16.Work memory work) {
        (uint256 flags, uint256 outputs, uint256 inputs) = _head();
        if (count == 0 || proofBytes != count * Groth16.PROOF_BYTES) revert MalformedProof(proofBytes);
        uint256 expected = count * (outputs + inputs) * WORD_BYTES;
        if (inputBytes != expected) revert PublicInputsMismatch(inputBytes, expected);
        work.key = address(this);
        work.keyOffset = PROXY_BYTES;
        work.words = outputs + inputs;
        work.bound = flags & FLAG_BOUND != 0;
        work.count = count;
    }

    /// Each below the order of the field.
    function _checkWords(bytes calldata words) private pure {
        uint256 end;
        uint256 word;
        uint256 r = Bn254.R;
        assembly ("memory-safe") {
            word := words.offset
            end := add(word, words.length)
            for {} lt(word, end) {
                word := add(word, 32)
            } {
                if iszero(lt(calldataload(word), r)) {
                    break
                }
            }
        }
        if (word == end) return;
        uint256 value;
        assembly ("memory-safe") {
            value := calldataload(word)
            word := shr(5, sub(word, words.offset))
        }
        revert PublicInputTooLarge(word, value);
    }

    /// [ZKP-2] The length its head says, points that are points, and a second phase that somebody contributed to.
    function _checkKey(bytes memory key) private view returns (uint8 flags, uint16 outputs, uint16 inputs) {
        if (key.length < Groth16.FIXED_BYTES) revert InvalidKey("length");
        uint256 points;
        assembly ("memory-safe") {
            let head := shr(216, mload(add(key, 32)))
            flags := shr(32, head)
            outputs := and(shr(16, head), 0xffff)
            inputs := and(head, 0xffff)
            points := add(key, 37)
        }
        if (flags > FLAGS) revert InvalidKey("flags");
        uint256 count = uint256(outputs) + inputs + (flags & FLAG_BOUND == 0 ? 1 : 2);
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
