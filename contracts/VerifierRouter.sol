// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {IVerifierRouter} from "./interfaces/IVerifierRouter.sol";

/// @title Which contract checks which kind of certificate.
/// @dev The documentation stands in `IVerifierRouter`. The owner can add, and change nothing.
contract VerifierRouter is IVerifierRouter, Ownable2Step {
    mapping(bytes4 selector => address verifier) private _verifiers;

    constructor(address owner_) Ownable(owner_) {}

    /// @inheritdoc IVerifierRouter
    function add(bytes4 selector, address verifier) external onlyOwner {
        address taken = _verifiers[selector];
        if (taken != address(0)) revert SelectorTaken(selector, taken);
        if (verifier.code.length == 0) revert InvalidVerifier(verifier);
        _verifiers[selector] = verifier;
        emit VerifierAdded(selector, verifier);
    }

    /// @inheritdoc IVerifierRouter
    function verifierOf(bytes4 selector) external view returns (address verifier) {
        verifier = _verifiers[selector];
        if (verifier == address(0)) revert UnknownSelector(selector);
    }
}
