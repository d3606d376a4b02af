// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title The nodes' BLS12-381 keys, which large committees sign with.
/// @notice A node's operator registers its key once, with a proof that it holds the secret: a key's sum with others says
/// something about its holder only if nobody can choose a key by looking at the others'. Nobody owns this contract, and
/// nothing written here is ever changed.
interface IBlsKeyRegistry {
    /// @param key 96 bytes: x, y.
    event BlsKeyRegistered(address indexed attestor, uint32 indexed number, bytes key);
    /// @param group the nodes numbered 256 group to 256 group + 255.
    event BlsKeysPacked(uint32 indexed group, address blob, uint16 keys);

    /// @notice Only the account that registered the node gives it a key.
    error NotNodeOperator(address attestor, address caller);
    /// @notice A key is 96 bytes and a proof of possession 192.
    error MalformedKey(uint256 keyBytes, uint256 proofBytes);
    /// @notice The key is another node's.
    error BlsKeyTaken(bytes32 keyHash);
    /// @notice A node's key is registered once, for good.
    error BlsKeyAlreadyRegistered(address attestor);
    /// @notice The proof is not the key's own signature for this node, registry and chain.
    error InvalidPossession(address attestor);
    /// @notice The node has no key.
    error BlsKeyNotRegistered(uint32 number);
    /// @notice No key of the group was registered since it was packed.
    error NothingToPack(uint32 group);

    /// @notice Gives the node its BLS key, for good. Only its operator.
    /// @param key 96 bytes: the coordinates x and y of a point of G1 of the right order, not infinity; nobody's before.
    /// @param proof 192 bytes: the key's signature, under the tag for proofs of possession, over `possessionDigest`.
    function register(address attestor, bytes calldata key, bytes calldata proof) external;

    /// @notice Copies the keys of up to 256 nodes into one code blob, so that reading many touches one account. Anyone,
    /// whenever the group has keys that its blob has not. What keys say is not changed by it.
    function pack(uint32 group) external returns (address blob);

    /// @notice The sum of the keys of nodes, by their numbers: 128 bytes, as EIP-2537 writes a point.
    /// @dev Reverts with `BlsKeyNotRegistered` when one has none. A number given twice is added twice.
    function sumOf(uint32[] calldata numbers) external view returns (bytes memory sum);

    /// @notice What a key signs to show that its secret is held, by whom, and for which registry of which chain.
    function possessionDigest(address attestor, bytes calldata key) external view returns (bytes32);

    /// @notice A node's key, 96 bytes; empty when it has none.
    function keyOf(uint32 number) external view returns (bytes memory key);

    /// @notice How many of a group's keys its blob holds, and where it is; zero before the first `pack`.
    function packOf(uint32 group) external view returns (address blob, uint16 keys);
}
