// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Checks proofs under one verification key, which it is made for. What a circuit's requests name as their verifier.
/// @notice A proof's public inputs are the circuit's outputs, the request's input and, if the key says so, the binding, in this
/// order [ZKP-4]. None of what is checked here is anybody's word: an answer is the same for ever.
interface IProofVerifier {
    /// @notice What is given of outputs and inputs, or of an input, is not as long as the key's circuit has it.
    error PublicInputsMismatch(uint256 length, uint256 lengthExpected);
    /// @notice That word is not below the order of the field: it would stand for another number.
    error PublicInputTooLarge(uint256 index, uint256 value);
    /// @notice A proof is 256 bytes; and there is one for each binding, and at least one.
    error MalformedProof(uint256 length);
    /// @notice The proof, or one of several, does not hold: `verifyEach` tells which. Also when a point is none.
    error InvalidProof();

    /// @notice Reverts unless every proof holds. Several cost much less together.
    /// @param publicInputs of each proof its outputs and its input, 32 bytes each; one proof's behind another's.
    /// @param bindings one for each proof; not looked at under a key without a binding.
    /// @param proofs 256 bytes each.
    function verify(
        bytes calldata publicInputs,
        uint256[] calldata bindings,
        bytes calldata proofs
    ) external view;

    /// @notice Which of them hold, one by one. Reverts only when lengths do not fit.
    /// @dev Much dearer than `verify`: for a call, not for a transaction.
    function verifyEach(
        bytes calldata publicInputs,
        uint256[] calldata bindings,
        bytes calldata proofs
    ) external view returns (bool[] memory holds);

    /// @notice Reverts unless a request with this input can be proven as far as the input's form goes.
    function checkInput(bytes calldata input) external view;

    /// @notice What a key is for.
    /// @return outputs words of a request's output.
    /// @return inputs words of its input.
    /// @return bound whether a proof says who is paid for it.
    /// @return ceremony whether the key's maker says that independent parties contributed to it.
    function shape() external view returns (uint256 outputs, uint256 inputs, bool bound, bool ceremony);
}
