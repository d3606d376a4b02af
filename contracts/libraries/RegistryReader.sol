// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IBeaconRegistry} from "../interfaces/IBeaconRegistry.sol";
import {IFunctionRegistry} from "../interfaces/IFunctionRegistry.sol";
import {FunctionId} from "../types/Ids.sol";

/// @title The market's reads of its registries, without the ABI decoder.
/// @dev Warning: for registries the market was built with, and answers of one or more full words: a static struct is
/// the same bytes in the ABI's encoding and in memory, so an answer that is not checked field by field is used as it is.
library RegistryReader {
    uint256 private constant TERMS_BYTES = 416;

    /// @notice The registry gave no answer, or one of another length.
    error RegistryUnreadable(address registry);

    function readTerms(
        IFunctionRegistry registry,
        FunctionId functionId
    ) internal view returns (IFunctionRegistry.Terms memory terms) {
        _read(address(registry), IFunctionRegistry.terms.selector, FunctionId.unwrap(functionId), terms);
    }

    function readLatestRound(IBeaconRegistry registry) internal view returns (uint256 round) {
        return _readWord(address(registry), IBeaconRegistry.latestRound.selector, 0);
    }

    function readRandomness(IBeaconRegistry registry, uint64 round) internal view returns (bytes32) {
        return
            bytes32(
                _readWord(address(registry), IBeaconRegistry.randomness.selector, bytes32(uint256(round)))
            );
    }

    function _read(
        address registry,
        bytes4 selector,
        bytes32 argument,
        IFunctionRegistry.Terms memory answer
    ) private view {
        bool ok;
        assembly ("memory-safe") {
            mstore(0, selector)
            mstore(4, argument)
            ok := staticcall(gas(), registry, 0, 36, answer, TERMS_BYTES)
            ok := and(ok, eq(returndatasize(), TERMS_BYTES))
        }
        if (!ok) revert RegistryUnreadable(registry);
    }

    function _readWord(
        address registry,
        bytes4 selector,
        bytes32 argument
    ) private view returns (uint256 answer) {
        bool ok;
        assembly ("memory-safe") {
            mstore(0, selector)
            mstore(4, argument)
            ok := staticcall(gas(), registry, 0, 36, 0, 32)
            ok := and(ok, eq(returndatasize(), 32))
            answer := mload(0)
        }
        if (!ok) revert RegistryUnreadable(registry);
    }
}
