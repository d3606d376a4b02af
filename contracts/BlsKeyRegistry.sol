// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IBlsKeyRegistry} from "./interfaces/IBlsKeyRegistry.sol";
import {INodeRegistry} from "./interfaces/INodeRegistry.sol";
import {BlsMinPk} from "./libraries/BlsMinPk.sol";
import {CodeBlob} from "./libraries/CodeBlob.sol";
import {CreatedAddress} from "./libraries/CreatedAddress.sol";

/// @title The nodes' BLS12-381 keys, as contract code.
/// @dev The documentation stands in `IBlsKeyRegistry`. A key is first a blob of its own; `pack` copies those of 256 nodes,
/// 24,576 bytes, into one. A blob is named by the nonce it was created with, eight to a slot: the packs of 2,048 nodes are
/// found by reading one slot. No byte stands before a pack's first key: it is below 0x1b, as p's first byte is, and each such
/// opcode halts on an empty stack, so that calling the blob does nothing.
contract BlsKeyRegistry is IBlsKeyRegistry {
    bytes32 private constant POSSESSION_TYPE = keccak256("dikast.bls-possession.v1");
    uint256 private constant KEY_BYTES = 96;
    uint256 private constant GROUP_KEYS = 256;
    /// Packs remembered while summing: of 4,096 nodes, without looking one up twice.
    uint256 private constant PACKS_REMEMBERED = 16;

    INodeRegistry private immutable NODES;

    mapping(bytes32 keyHash => bool) private _taken;
    /// Nonces of 32 bits, eight to a word: of a node's own blob, and of a group's pack. Zero is none.
    mapping(uint256 word => uint256) private _blobs;
    mapping(uint256 word => uint256) private _packs;
    mapping(uint256 group => uint16) private _packed;
    /// How often this contract created another.
    uint32 private _created;

    constructor(INodeRegistry nodes) {
        NODES = nodes;
    }

    /// @inheritdoc IBlsKeyRegistry
    function register(address attestor, bytes calldata key, bytes calldata proof) external {
        INodeRegistry.Node memory node = NODES.node(attestor);
        if (node.operator != msg.sender) revert NotNodeOperator(attestor, msg.sender);
        if (key.length != KEY_BYTES || proof.length != BlsMinPk.SIGNATURE_BYTES) {
            revert MalformedKey(key.length, proof.length);
        }
        bytes32 keyHash = keccak256(key);
        if (_taken[keyHash]) revert BlsKeyTaken(keyHash);
        uint32 number = node.number;
        if (_nonceAt(_blobs, number) != 0) revert BlsKeyAlreadyRegistered(attestor);
        bytes memory point = new bytes(128);
        assembly ("memory-safe") {
            calldatacopy(add(point, 48), key.offset, 48)
            calldatacopy(add(point, 112), add(key.offset, 48), 48)
        }
        bytes32 digest = possessionDigest(attestor, key);
        if (!BlsMinPk.verify(point, proof, digest, BlsMinPk.POSSESSION_TAG))
            revert InvalidPossession(attestor);

        _taken[keyHash] = true;
        _write(_blobs, number, key);
        emit BlsKeyRegistered(attestor, number, key);
    }

    /// @inheritdoc IBlsKeyRegistry
    function pack(uint32 group) external returns (address blob) {
        (bytes memory keys, uint256 count) = _gather(group);
        if (count <= _packed[group]) revert NothingToPack(group);
        _packed[group] = uint16(count);
        blob = _write(_packs, group, keys);
        emit BlsKeysPacked(group, blob, uint16(count));
    }

    /// @inheritdoc IBlsKeyRegistry
    function sumOf(uint32[] calldata numbers) external view returns (bytes memory sum) {
        uint256[PACKS_REMEMBERED] memory remembered;
        uint256 left;
        assembly ("memory-safe") {
            // The sum's 128 bytes, and the key's as the addition takes them.
            sum := mload(0x40)
            mstore(0x40, add(sum, 288))
            mstore(sum, 128)
            left := add(sum, 32)
            // Of each coordinate's 64 bytes the first 16 stay zero.
            calldatacopy(left, calldatasize(), 256)
        }
        uint256 key = left + 128;
        uint256 failed;
        unchecked {
            for (uint256 i; i < numbers.length; ++i) {
                uint32 number = numbers[i];
                _load(key + 16, _packFor(remembered, number >> 8), KEY_BYTES * (number & 255));
                if (_hasNoX(key)) {
                    _load(key + 16, _blobOf(_blobs, number), 0);
                    if (_hasNoX(key)) revert BlsKeyNotRegistered(number);
                }
                assembly ("memory-safe") {
                    // y moves up by 16 bytes, and zeros take their place.
                    let y := add(key, 64)
                    mcopy(add(y, 16), y, 48)
                    mstore(y, shr(128, mload(y)))
                    failed := or(failed, iszero(staticcall(gas(), 0x0b, left, 256, left, 128)))
                }
            }
        }
        assert(failed == 0);
    }

    /// @inheritdoc IBlsKeyRegistry
    function keyOf(uint32 number) external view returns (bytes memory) {
        return _blobOf(_blobs, number).code;
    }

    /// @inheritdoc IBlsKeyRegistry
    function packOf(uint32 group) external view returns (address, uint16) {
        return (_blobOf(_packs, group), _packed[group]);
    }

    /// @inheritdoc IBlsKeyRegistry
    function possessionDigest(address attestor, bytes calldata key) public view returns (bytes32) {
        return keccak256(abi.encode(POSSESSION_TYPE, block.chainid, address(this), attestor, keccak256(key)));
    }

    /// A group's keys, each in its node's place, up to the last node that has one. What was packed is copied as it is.
    function _gather(uint256 group) private view returns (bytes memory keys, uint256 count) {
        address before = _blobOf(_packs, group);
        keys = new bytes(GROUP_KEYS * KEY_BYTES);
        assembly ("memory-safe") {
            extcodecopy(before, add(keys, 32), 0, mload(keys))
        }
        uint256 places;
        for (uint256 place; place < GROUP_KEYS; ++place) {
            uint256 number = group * GROUP_KEYS + place;
            if (_nonceAt(_blobs, number) == 0) continue;
            ++count;
            places = place + 1;
            uint256 key;
            assembly ("memory-safe") {
                key := add(add(keys, 32), mul(place, KEY_BYTES))
            }
            if (_isNone(key)) _load(key, _blobOf(_blobs, number), 0);
        }
        assembly ("memory-safe") {
            mstore(keys, mul(places, KEY_BYTES))
        }
    }

    /// The pack of a group, looked up once for each of the places it is remembered in.
    function _packFor(
        uint256[PACKS_REMEMBERED] memory remembered,
        uint256 group
    ) private view returns (address blob) {
        // Numbers have 32 bits, so groups have 24: the mark tells one that was looked up from a place not used.
        uint256 mark = (1 << 24) | group;
        uint256 place;
        uint256 entry;
        assembly ("memory-safe") {
            place := add(remembered, shl(5, mod(group, PACKS_REMEMBERED)))
            entry := mload(place)
        }
        if (entry >> 160 == mark) return address(uint160(entry));
        blob = _blobOf(_packs, group);
        assembly ("memory-safe") {
            mstore(place, or(shl(160, mark), blob))
        }
    }

    function _write(
        mapping(uint256 => uint256) storage nonces,
        uint256 index,
        bytes memory data
    ) private returns (address blob) {
        uint32 nonce = ++_created;
        blob = CodeBlob.write(data);
        uint256 shift = (index & 7) << 5;
        nonces[index >> 3] =
            (nonces[index >> 3] & ~(uint256(type(uint32).max) << shift)) | (uint256(nonce) << shift);
    }

    function _nonceAt(
        mapping(uint256 => uint256) storage nonces,
        uint256 index
    ) private view returns (uint256) {
        return uint32(nonces[index >> 3] >> ((index & 7) << 5));
    }

    /// An account without code when there is none.
    function _blobOf(
        mapping(uint256 => uint256) storage nonces,
        uint256 index
    ) private view returns (address) {
        uint256 nonce = _nonceAt(nonces, index);
        return nonce == 0 ? address(0) : CreatedAddress.created(address(this), nonce);
    }

    /// Reads the 96 bytes of a key; zeros past the end of the code.
    function _load(uint256 key, address blob, uint256 offset) private view {
        assembly ("memory-safe") {
            extcodecopy(blob, key, offset, KEY_BYTES)
        }
    }

    /// The same of a key 16 bytes on. No key has an x of zero: the curve's points there have an order of 3.
    function _hasNoX(uint256 point) private pure returns (bool none) {
        assembly ("memory-safe") {
            none := iszero(or(mload(point), mload(add(point, 32))))
        }
    }

    /// No key is all zeros: the curve has no point (0, 0).
    function _isNone(uint256 key) private pure returns (bool none) {
        assembly ("memory-safe") {
            none := iszero(or(mload(key), or(mload(add(key, 32)), mload(add(key, 64)))))
        }
    }
}
