// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {INodeRegistry} from "./interfaces/INodeRegistry.sol";
import {IPoseidonTables} from "./interfaces/IPoseidonTables.sol";
import {ISchnorrKeyRegistry} from "./interfaces/ISchnorrKeyRegistry.sol";
import {BabyJubJub} from "./libraries/BabyJubJub.sol";
import {Bn254} from "./libraries/Bn254.sol";
import {Poseidon} from "./libraries/Poseidon.sol";

/// @title The nodes' BabyJubJub keys.
/// @dev The documentation stands in `ISchnorrKeyRegistry`.
///
/// Why nobody can have a key accepted that a circuit must not meet, whatever hints come with it:
/// - T = (eighthU, eighthV) is on the curve, by its equation. So T is in a group of 8 l elements, and the order of 8 T divides l.
/// - (u, v) is 8 T, by comparison. So it is on the curve without being asked, and of order l or 1.
/// - It is not the neutral point, which has no u and v. So its order is l, which is prime.
/// - v is even, so that of a point and its opposite, which have the same u, it is the one the key names. Its u is below r, so that one
///   key is not registered as two.
/// - Any (e, s) in range is checked by the equation and the hash: nothing else is given, and e is compared with all 128 bits.
/// - What is signed names this node, contract and chain, in a context no observation is ever made in.
contract SchnorrKeyRegistry is ISchnorrKeyRegistry {
    bytes32 private constant POSSESSION_TYPE = keccak256("dikast.schnorr-possession.v1");
    /// Of the hash of four words.
    uint256 private constant WIDTH = 5;
    /// Below it a hash has one decomposition in a circuit [CIR-12].
    uint256 private constant HASH_ABOVE = 3 << 252;
    uint256 private constant CHALLENGE_ABOVE = 1 << 128;
    /// Digests are cut to 253 bits, and are field elements.
    uint256 private constant CONTEXT_SHIFT = 3;

    INodeRegistry private immutable NODES;
    address private immutable TABLE;

    mapping(uint32 number => uint256) private _keys;
    /// Zero for what is nobody's key: epoch 0 is never the first, since it is the next of one.
    mapping(uint256 key => uint32) private _fromEpoch;

    constructor(INodeRegistry nodes, IPoseidonTables tables) {
        NODES = nodes;
        TABLE = tables.tableOf(WIDTH);
        if (TABLE == address(0)) revert PoseidonTableMissing(WIDTH);
    }

    /// @inheritdoc ISchnorrKeyRegistry
    function register(address attestor, KeyProof calldata proof) external {
        INodeRegistry.Node memory node = NODES.node(attestor);
        if (node.operator != msg.sender) revert NotNodeOperator(attestor, msg.sender);
        uint32 number = node.number;
        uint256 key = proof.u;
        if (_keys[number] != 0) revert SchnorrKeyAlreadyRegistered(attestor);
        if (_fromEpoch[key] != 0) revert SchnorrKeyTaken(key);
        if (!_isOfPrimeOrder(proof)) revert InvalidSchnorrKey(key);
        if (!_isPossessed(attestor, proof)) revert InvalidSchnorrPossession(attestor);

        uint32 fromEpoch = NODES.currentEpoch() + 1;
        _keys[number] = key;
        _fromEpoch[key] = fromEpoch;
        emit SchnorrKeyRegistered(attestor, number, key, fromEpoch);
    }

    /// @inheritdoc ISchnorrKeyRegistry
    function keyOf(uint32 number, uint32 epoch) external view returns (uint256) {
        (uint256 key, uint32 fromEpoch) = keyOf(number);
        return epoch < fromEpoch ? 0 : key;
    }

    /// @inheritdoc ISchnorrKeyRegistry
    function keyOf(uint32 number) public view returns (uint256 key, uint32 fromEpoch) {
        key = _keys[number];
        fromEpoch = key == 0 ? 0 : _fromEpoch[key];
    }

    /// @inheritdoc ISchnorrKeyRegistry
    function possessionContext(address attestor) public view returns (uint256) {
        bytes32 digest = keccak256(abi.encode(POSSESSION_TYPE, block.chainid, address(this), attestor));
        return uint256(digest) >> CONTEXT_SHIFT;
    }

    function _isOfPrimeOrder(KeyProof calldata proof) private pure returns (bool) {
        (uint256 u, uint256 v) = (proof.u, proof.v);
        // What has no projective point: the comparison below would be of zeros.
        if (u >= Bn254.R || v >= Bn254.R || v == 0 || v & 1 == 1 || u == Bn254.R - 1) return false;
        if (!BabyJubJub.isPoint(proof.eighthU, proof.eighthV)) return false;
        BabyJubJub.Point memory point = BabyJubJub.fromMontgomery(proof.eighthU, proof.eighthV);
        BabyJubJub.double(point);
        BabyJubJub.double(point);
        BabyJubJub.double(point);
        return BabyJubJub.isSame(point, BabyJubJub.fromMontgomery(u, v));
    }

    /// [CIR-12]: R' = s B - c A has the hash that e is of.
    function _isPossessed(address attestor, KeyProof calldata proof) private view returns (bool) {
        (uint256 e, uint256 s) = (proof.e, proof.s);
        if (e >= CHALLENGE_ABOVE || s >= BabyJubJub.L) return false;
        BabyJubJub.Point memory nonce = BabyJubJub.combine(
            s,
            CHALLENGE_ABOVE + 2 * e + 1,
            BabyJubJub.fromMontgomery(proof.u, proof.v)
        );
        if (BabyJubJub.isNeutral(nonce)) return false;
        // The capacity, the four words, of which the last is the value: 0.
        uint256[] memory state = new uint256[](WIDTH);
        state[1] = BabyJubJub.montgomeryU(nonce);
        state[2] = proof.u;
        state[3] = possessionContext(attestor);
        uint256 hash = Poseidon.permute(TABLE, state);
        return hash < HASH_ABOVE && hash % CHALLENGE_ABOVE == e;
    }
}
