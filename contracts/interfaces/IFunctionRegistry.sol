// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Consensus} from "../types/Consensus.sol";
import {FunctionId} from "../types/Ids.sol";

/// @title What may be asked: immutable, content-addressed functions, and names that point to their versions.
interface IFunctionRegistry {
    enum Kind {
        Wasm,
        Circuit
    }

    enum State {
        Unknown,
        Active,
        Paused,
        Retired
    }

    /// @notice What a function is. All of it makes its id, and none of it ever changes.
    struct FunctionSpec {
        Kind kind;
        /// sha256 of the module's bytes.
        bytes32 moduleHash;
        /// The export to call; `_start` for a WASI command.
        string entry;
        /// The runtime profile: WASI provider and version of the metering. `deterministic-1` or `wasmer-1`.
        string runtime;
        /// The kinds of host calls among the permissions, a bit each (docs/spec/formats.md). None for *exact*.
        bytes32 capabilities;
        /// URLs: what of the outside it may reach, if an operator grants it too. None for *exact*.
        string[] permissions;
        Consensus consensus;
        /// How its committee agrees in that mode, as docs/spec/consensus.md writes it; empty for the defaults. Of 512 bytes at most.
        string agreement;
        uint16 committeeSize;
        /// Units a run may use, in whole millions.
        uint64 fuelLimit;
        uint64 memoryBytesMax;
        uint32 outputBytesMax;
        /// How long each attempt's committee has.
        uint32 windowSeconds;
        /// Wei each signing seat earns, in whole gwei; and wei for each unit of fuel used.
        uint96 flatFeePerSeat;
        uint64 fuelPrice;
        /// Wei its owner earns a request, in whole gwei.
        uint96 royalty;
        bytes4 verifierSelector;
        bytes32 verificationKeyHash;
        /// Seconds in which a certificate may be challenged, in whole quarters of an hour; zero for none.
        uint32 challengeWindow;
    }

    /// @notice What a request copies from its function.
    struct Terms {
        address owner;
        uint16 committeeSize;
        Consensus consensus;
        State state;
        uint32 outputBytesMax;
        uint32 windowSeconds;
        address verifier;
        uint96 flatFeePerSeat;
        uint96 royalty;
        uint64 fuelPrice;
        uint64 fuelLimit;
        uint32 challengeWindow;
        /// Its committees are drawn from the nodes that cover this set.
        bytes32 capabilities;
    }

    /// @notice A function was deployed: all of it, and where its module may be fetched.
    event FunctionDeployed(
        FunctionId indexed functionId,
        address indexed owner,
        FunctionSpec spec,
        string[] uris
    );
    /// @notice Its owner paused, unpaused or retired it.
    event FunctionStateChanged(FunctionId indexed functionId, State state);
    /// @notice A name got another version, which is what it stands for now.
    event VersionPublished(
        bytes32 indexed nameHash,
        FunctionId indexed functionId,
        string name,
        uint256 version
    );

    /// @notice The field named is out of its range.
    error InvalidSpec(string field);
    /// @notice The same function is deployed already by this account.
    error AlreadyDeployed(FunctionId functionId);
    /// @notice No function has this id.
    error UnknownFunction(FunctionId functionId);
    /// @notice Only who deployed the function may.
    error NotOwner(FunctionId functionId, address caller);
    /// @notice A retired function does not come back.
    error FunctionRetired(FunctionId functionId);
    /// @notice A name is 3 to 32 of a-z, 0-9 and the hyphen, which neither begins nor ends it.
    error InvalidName(string name);
    /// @notice The name belongs to another account.
    error NameTaken(string name, address owner);
    /// @notice Nothing was published under the name.
    error UnknownName(string name);
    /// @notice The name has fewer versions; they count from 1.
    error UnknownVersion(string name, uint256 version);

    /// @notice Registers a function owned by the caller.
    /// @param uris where the module may be fetched from; hints, not part of the id.
    function deploy(FunctionSpec calldata spec, string[] calldata uris) external returns (FunctionId);

    /// @notice The id `deploy` gives this owner and specification.
    function functionIdOf(address owner, FunctionSpec calldata spec) external pure returns (FunctionId);

    /// @notice Points a name at a function of the caller's, as its newest version. The first publisher owns the name.
    function publish(string calldata name, FunctionId functionId) external returns (uint256 version);

    /// @notice Stops new requests; open ones go on.
    function pause(FunctionId functionId) external;

    /// @notice Takes requests for a paused function again. Only its owner.
    function unpause(FunctionId functionId) external;

    /// @notice Stops new requests for good.
    function retire(FunctionId functionId) external;

    /// @notice What a request for the function is priced and settled by. All zero for an unknown one.
    function terms(FunctionId functionId) external view returns (Terms memory);

    /// @notice The newest version a name points at.
    function resolve(string calldata name) external view returns (FunctionId);

    /// @notice How many versions a name has.
    function versionCount(string calldata name) external view returns (uint256);

    /// @notice Versions count from 1.
    function versionAt(string calldata name, uint256 version) external view returns (FunctionId);

    /// @notice floor((n + f) / 2) + 1 with f = floor((n - 1) / 3); Raft: a majority; a proof needs no quorum: 0.
    function quorumOf(Consensus consensus, uint16 committeeSize) external pure returns (uint16);
}
