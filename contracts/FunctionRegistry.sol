// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IFunctionRegistry} from "./interfaces/IFunctionRegistry.sol";
import {IProofSystem} from "./interfaces/IProofSystem.sol";
import {IProofVerifier} from "./interfaces/IProofVerifier.sol";
import {IVerifierRouter} from "./interfaces/IVerifierRouter.sol";
import {ChallengeSeats} from "./libraries/ChallengeSeats.sol";
import {Quorum} from "./libraries/Quorum.sol";
import {Consensus} from "./types/Consensus.sol";
import {FunctionId} from "./types/Ids.sol";

/// @title Functions, their terms and their names.
/// @dev The documentation stands in `IFunctionRegistry`. Nobody owns this contract.
contract FunctionRegistry is IFunctionRegistry {
    /// @dev What a request copies, in two full slots: a third would cost every request 2,100 gas.
    struct Record {
        address owner;
        uint40 royaltyGwei;
        /// The committee's size less one.
        uint8 lastSeat;
        /// From the lowest bit: seconds of a committee's window (17), quarters of an hour of the challenge window (7).
        uint24 windows;
        uint24 fuelPriceWei;
        address verifier;
        uint40 flatFeePerSeatGwei;
        uint16 outputBytesMax;
        uint24 fuelLimitSteps;
        /// From the lowest bit: the consensus (4), the state (4).
        uint8 mode;
        uint8 capabilities;
    }

    /// @dev A name's owner, and what it stood for, in order.
    struct Name {
        address owner;
        FunctionId[] versions;
    }

    bytes32 private constant FUNCTION_TAG = keccak256("dikast.function.v1");
    bytes32 private constant RUNTIME_DETERMINISTIC = keccak256("deterministic-1");
    bytes32 private constant RUNTIME_WASMER = keccak256("wasmer-1");

    /// Below four a committee survives no fault; above 256 the certificate's bitmap is too short.
    uint256 private constant COMMITTEE_SIZE_MIN = 4;
    uint256 private constant COMMITTEE_SIZE_MAX = 256;
    uint256 private constant WINDOW_SECONDS_MAX = 1 days;
    uint256 private constant WINDOW_BITS = 17;
    uint256 private constant CHALLENGE_STEP_SECONDS = 15 minutes;
    /// Up to 31 hours and 45 minutes.
    uint256 private constant CHALLENGE_STEPS_MAX = 127;
    uint256 private constant OUTPUT_BYTES_MAX = 32_768;
    uint256 private constant MEMORY_BYTES_MAX = 1 << 30;
    /// Fees are kept in gwei, up to 1,099 of the currency, so that they fit the slots of the addresses they belong to.
    uint256 private constant FEE_STEP_WEI = 1 gwei;
    uint256 private constant FEE_STEPS_MAX = type(uint40).max;
    /// Fuel limits are kept in millions, up to 1.6e13: more than any run has time for.
    uint256 private constant FUEL_STEP = 1_000_000;
    uint256 private constant FUEL_STEPS_MAX = type(uint24).max;
    /// Of a unit of fuel: 0.0168 of the currency for a thousand million.
    uint256 private constant FUEL_PRICE_WEI_MAX = type(uint24).max;
    uint256 private constant ENTRY_BYTES_MAX = 64;
    uint256 private constant PERMISSIONS_MAX = 64;
    uint256 private constant PERMISSION_BYTES_MAX = 256;
    uint256 private constant AGREEMENT_BYTES_MAX = 512;
    /// Kinds of host calls that exist [HOST-4].
    uint256 private constant CAPABILITIES = 7;
    uint256 private constant STATE_SHIFT = 4;
    uint8 private constant CONSENSUS_MASK = 0x0f;
    uint256 private constant URIS_MAX = 8;
    uint256 private constant URI_BYTES_MAX = 256;
    uint256 private constant NAME_BYTES_MIN = 3;
    uint256 private constant NAME_BYTES_MAX = 32;

    IVerifierRouter private immutable ROUTER;

    mapping(FunctionId => Record) private _records;
    mapping(bytes32 nameHash => Name) private _names;

    constructor(IVerifierRouter router) {
        ROUTER = router;
    }

    /// @inheritdoc IFunctionRegistry
    function deploy(
        FunctionSpec calldata spec,
        string[] calldata uris
    ) external returns (FunctionId functionId) {
        address verifier = _checkSpec(spec);
        _checkUris(uris);
        functionId = functionIdOf(msg.sender, spec);
        if (_stateOf(_records[functionId]) != State.Unknown) revert AlreadyDeployed(functionId);
        _records[functionId] = Record({
            owner: msg.sender,
            royaltyGwei: uint40(spec.royalty / FEE_STEP_WEI),
            lastSeat: uint8(spec.committeeSize - 1),
            windows: uint24(
                spec.windowSeconds | ((spec.challengeWindow / CHALLENGE_STEP_SECONDS) << WINDOW_BITS)
            ),
            fuelPriceWei: uint24(spec.fuelPrice),
            verifier: verifier,
            flatFeePerSeatGwei: uint40(spec.flatFeePerSeat / FEE_STEP_WEI),
            outputBytesMax: uint16(spec.outputBytesMax),
            fuelLimitSteps: uint24(spec.fuelLimit / FUEL_STEP),
            mode: uint8(spec.consensus) | uint8(uint256(State.Active) << STATE_SHIFT),
            capabilities: uint8(uint256(spec.capabilities))
        });
        emit FunctionDeployed(functionId, msg.sender, spec, uris);
    }

    /// @inheritdoc IFunctionRegistry
    function publish(string calldata name, FunctionId functionId) external returns (uint256 version) {
        if (_stateOf(_owned(functionId)) == State.Retired) revert FunctionRetired(functionId);
        if (!_isName(bytes(name))) revert InvalidName(name);
        bytes32 nameHash = keccak256(bytes(name));
        Name storage entry = _names[nameHash];
        if (entry.owner == address(0)) entry.owner = msg.sender;
        else if (entry.owner != msg.sender) revert NameTaken(name, entry.owner);
        entry.versions.push(functionId);
        version = entry.versions.length;
        emit VersionPublished(nameHash, functionId, name, version);
    }

    /// @inheritdoc IFunctionRegistry
    function pause(FunctionId functionId) external {
        _setState(functionId, State.Paused);
    }

    /// @inheritdoc IFunctionRegistry
    function unpause(FunctionId functionId) external {
        _setState(functionId, State.Active);
    }

    /// @inheritdoc IFunctionRegistry
    function retire(FunctionId functionId) external {
        _setState(functionId, State.Retired);
    }

    /// @inheritdoc IFunctionRegistry
    function terms(FunctionId functionId) external view returns (Terms memory terms_) {
        Record storage record = _records[functionId];
        // Unpacked by hand, from the fields of `Record` to those of `Terms`. A static struct is the same bytes in memory
        // and in the ABI's encoding: it is returned without a copy.
        assembly ("memory-safe") {
            let gweis := 0xffffffffff
            let slot0 := sload(record.slot)
            let slot1 := sload(add(record.slot, 1))
            mstore(terms_, shr(96, shl(96, slot0))) // owner
            let state := and(shr(244, slot1), 0xf)
            // An unknown function has no committee: the size less one is zero, and so is the size.
            mstore(add(terms_, 0x20), add(and(shr(200, slot0), 0xff), iszero(iszero(state)))) // committeeSize
            mstore(add(terms_, 0x40), and(shr(240, slot1), 0xf)) // consensus
            mstore(add(terms_, 0x60), state)
            mstore(add(terms_, 0x80), and(shr(200, slot1), 0xffff)) // outputBytesMax
            let windows := and(shr(208, slot0), 0xffffff)
            mstore(add(terms_, 0xa0), and(windows, 0x1ffff)) // windowSeconds
            mstore(add(terms_, 0xc0), shr(96, shl(96, slot1))) // verifier
            mstore(add(terms_, 0xe0), mul(and(shr(160, slot1), gweis), 1000000000)) // flatFeePerSeat
            mstore(add(terms_, 0x100), mul(and(shr(160, slot0), gweis), 1000000000)) // royalty
            mstore(add(terms_, 0x120), shr(232, slot0)) // fuelPrice
            mstore(add(terms_, 0x140), mul(and(shr(216, slot1), 0xffffff), 1000000)) // fuelLimit
            mstore(add(terms_, 0x160), mul(shr(17, windows), 900)) // challengeWindow
            mstore(add(terms_, 0x180), shr(248, slot1)) // capabilities
            return(terms_, 0x1a0)
        }
    }

    /// @inheritdoc IFunctionRegistry
    function resolve(string calldata name) external view returns (FunctionId) {
        FunctionId[] storage versions = _versions(name);
        return versions[versions.length - 1];
    }

    /// @inheritdoc IFunctionRegistry
    function versionCount(string calldata name) external view returns (uint256) {
        return _names[keccak256(bytes(name))].versions.length;
    }

    /// @inheritdoc IFunctionRegistry
    function versionAt(string calldata name, uint256 version) external view returns (FunctionId) {
        FunctionId[] storage versions = _versions(name);
        if (version == 0 || version > versions.length) revert UnknownVersion(name, version);
        return versions[version - 1];
    }

    /// @inheritdoc IFunctionRegistry
    function functionIdOf(address owner, FunctionSpec calldata spec) public pure returns (FunctionId) {
        return FunctionId.wrap(keccak256(abi.encode(FUNCTION_TAG, owner, keccak256(abi.encode(spec)))));
    }

    /// @inheritdoc IFunctionRegistry
    function quorumOf(Consensus consensus, uint16 committeeSize) external pure returns (uint16) {
        return uint16(Quorum.ofCommittee(consensus, committeeSize));
    }

    function _setState(FunctionId functionId, State state) private {
        Record storage record = _owned(functionId);
        if (_stateOf(record) == State.Retired) revert FunctionRetired(functionId);
        record.mode = (record.mode & CONSENSUS_MASK) | uint8(uint256(state) << STATE_SHIFT);
        emit FunctionStateChanged(functionId, state);
    }

    function _owned(FunctionId functionId) private view returns (Record storage record) {
        record = _records[functionId];
        if (_stateOf(record) == State.Unknown) revert UnknownFunction(functionId);
        if (record.owner != msg.sender) revert NotOwner(functionId, msg.sender);
    }

    function _stateOf(Record storage record) private view returns (State) {
        return State(record.mode >> STATE_SHIFT);
    }

    function _versions(string calldata name) private view returns (FunctionId[] storage versions) {
        versions = _names[keccak256(bytes(name))].versions;
        if (versions.length == 0) revert UnknownName(name);
    }

    /// What the network can run today. The error names the first field it cannot.
    /// @return verifier what checks its certificates, or proofs under its key.
    function _checkSpec(FunctionSpec calldata spec) private view returns (address verifier) {
        // A circuit is proven and a module is agreed on: neither is settled as the other.
        if ((spec.kind == Kind.Circuit) != (spec.consensus == Consensus.Zk)) revert InvalidSpec("kind");
        if (spec.moduleHash == 0) revert InvalidSpec("moduleHash");
        uint256 entryBytes = bytes(spec.entry).length;
        if (entryBytes == 0 || entryBytes > ENTRY_BYTES_MAX) revert InvalidSpec("entry");
        if (!_isRuntime(keccak256(bytes(spec.runtime)))) revert InvalidSpec("runtime");
        _checkPermissions(spec);
        if (bytes(spec.agreement).length > AGREEMENT_BYTES_MAX) revert InvalidSpec("agreement");
        if (!_isCommittee(spec)) revert InvalidSpec("committeeSize");
        // No limit is no function: nothing would run.
        if (spec.fuelLimit == 0 || !_fits(spec.fuelLimit, FUEL_STEP, FUEL_STEPS_MAX)) {
            revert InvalidSpec("fuelLimit");
        }
        if (spec.fuelPrice > FUEL_PRICE_WEI_MAX) revert InvalidSpec("fuelPrice");
        if (spec.memoryBytesMax == 0 || spec.memoryBytesMax > MEMORY_BYTES_MAX) {
            revert InvalidSpec("memoryBytesMax");
        }
        if (spec.outputBytesMax == 0 || spec.outputBytesMax > OUTPUT_BYTES_MAX) {
            revert InvalidSpec("outputBytesMax");
        }
        if (spec.windowSeconds == 0 || spec.windowSeconds > WINDOW_SECONDS_MAX) {
            revert InvalidSpec("windowSeconds");
        }
        _checkChallenge(spec);
        if (!_fits(spec.flatFeePerSeat, FEE_STEP_WEI, FEE_STEPS_MAX)) revert InvalidSpec("flatFeePerSeat");
        if (!_fits(spec.royalty, FEE_STEP_WEI, FEE_STEPS_MAX)) revert InvalidSpec("royalty");
        return spec.kind == Kind.Circuit ? _checkCircuit(spec) : _checkModule(spec);
    }

    /// One node proves; a committee of fewer than four survives no fault.
    function _isCommittee(FunctionSpec calldata spec) private pure returns (bool) {
        if (spec.kind == Kind.Circuit) return spec.committeeSize == 1;
        return spec.committeeSize >= COMMITTEE_SIZE_MIN && spec.committeeSize <= COMMITTEE_SIZE_MAX;
    }

    function _checkModule(FunctionSpec calldata spec) private view returns (address verifier) {
        if (spec.verificationKeyHash != 0) revert InvalidSpec("verificationKeyHash");
        // The router is append-only: what a selector means now it means forever.
        verifier = ROUTER.verifierOf(spec.verifierSelector);
        (bool isProofSystem, ) = _keyVerifier(verifier, 0);
        if (isProofSystem) revert InvalidSpec("verifierSelector");
    }

    /// Its key is registered and gives its output the length it has; nothing of it is left to a committee.
    function _checkCircuit(FunctionSpec calldata spec) private view returns (address verifier) {
        if (spec.capabilities != 0) revert InvalidSpec("capabilities");
        if (spec.permissions.length != 0) revert InvalidSpec("permissions");
        // A proof does not tell how much fuel its witness took.
        if (spec.fuelPrice != 0) revert InvalidSpec("fuelPrice");
        bool isProofSystem;
        (isProofSystem, verifier) = _keyVerifier(
            ROUTER.verifierOf(spec.verifierSelector),
            spec.verificationKeyHash
        );
        if (!isProofSystem) revert InvalidSpec("verifierSelector");
        if (verifier.code.length == 0) revert InvalidSpec("verificationKeyHash");
        (uint256 outputs, , , ) = IProofVerifier(verifier).shape();
        if (spec.outputBytesMax != outputs * 32) revert InvalidSpec("outputBytesMax");
    }

    /// @return isProofSystem whether keys are registered there at all: what checks certificates has no such function.
    /// @return verifier the key's; zero when it is not registered.
    function _keyVerifier(
        address system,
        bytes32 keyHash
    ) private view returns (bool isProofSystem, address verifier) {
        bytes memory answer;
        (isProofSystem, answer) = system.staticcall(abi.encodeCall(IProofSystem.keyVerifier, (keyHash)));
        isProofSystem = isProofSystem && answer.length == 32;
        if (isProofSystem) verifier = abi.decode(answer, (address));
    }

    /// A challenge is of an exact function, and heard by a larger committee.
    function _checkChallenge(FunctionSpec calldata spec) private pure {
        if (spec.challengeWindow == 0) return;
        // Of another mode a second committee may give another answer, and neither is wrong.
        if (spec.consensus != Consensus.Exact) revert InvalidSpec("challengeWindow");
        if (!_fits(spec.challengeWindow, CHALLENGE_STEP_SECONDS, CHALLENGE_STEPS_MAX)) {
            revert InvalidSpec("challengeWindow");
        }
        if (spec.committeeSize > ChallengeSeats.COMMITTEE_SIZE_MAX) revert InvalidSpec("committeeSize");
    }

    /// Bounded in every mode. That the capabilities are those of the permissions is not checked: a contract parses no URL.
    function _checkPermissions(FunctionSpec calldata spec) private pure {
        string[] calldata permissions = spec.permissions;
        uint256 count = permissions.length;
        if (count > PERMISSIONS_MAX) revert InvalidSpec("permissions");
        for (uint256 i; i < count; ++i) {
            uint256 length = bytes(permissions[i]).length;
            if (length == 0 || length > PERMISSION_BYTES_MAX) revert InvalidSpec("permissions");
        }
        if (uint256(spec.capabilities) >> CAPABILITIES != 0) revert InvalidSpec("capabilities");
        if (spec.consensus != Consensus.Exact) return;
        // What the world outside answers differs from node to node: no two reports would be equal.
        if (spec.capabilities != 0) revert InvalidSpec("capabilities");
        if (count != 0) revert InvalidSpec("permissions");
    }

    function _isRuntime(bytes32 nameHash) private pure returns (bool) {
        return nameHash == RUNTIME_DETERMINISTIC || nameHash == RUNTIME_WASMER;
    }

    /// Whether a record can hold the value: so many whole steps.
    function _fits(uint256 value, uint256 step, uint256 stepsMax) private pure returns (bool) {
        return value % step == 0 && value / step <= stepsMax;
    }

    function _checkUris(string[] calldata uris) private pure {
        if (uris.length > URIS_MAX) revert InvalidSpec("uris");
        for (uint256 i; i < uris.length; ++i) {
            if (bytes(uris[i]).length > URI_BYTES_MAX) revert InvalidSpec("uris");
        }
    }

    /// 3 to 32 of a-z, 0-9 and the hyphen, which neither begins nor ends a name.
    function _isName(bytes calldata name) private pure returns (bool) {
        uint256 length = name.length;
        if (length < NAME_BYTES_MIN || length > NAME_BYTES_MAX) return false;
        if (name[0] == "-" || name[length - 1] == "-") return false;
        for (uint256 i; i < length; ++i) {
            bytes1 c = name[i];
            bool letter = c >= "a" && c <= "z";
            bool digit = c >= "0" && c <= "9";
            if (!letter && !digit && c != "-") return false;
        }
        return true;
    }
}
