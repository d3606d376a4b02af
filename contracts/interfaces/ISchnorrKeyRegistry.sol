// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title The nodes' BabyJubJub keys, with which members of standing committees sign what a circuit checks.
/// @notice A node's operator registers its key once, for good. All of what a circuit assumes of a key is checked here, at once: its
/// point is on the curve and of prime order [CIR-8], and whoever registers it has its secret [CIR-9]. Nobody owns this contract, and
/// nothing written here is ever changed.
interface ISchnorrKeyRegistry {
    /// @notice A key and what shows that it is one. Points are in Montgomery form, coordinates below the field's order.
    struct KeyProof {
        /// The key: u of its point A. v is even.
        uint256 u;
        uint256 v;
        /// An eighth of A: a point T with 8 T = A. Only a point of prime order has one, and so A need not be multiplied by that order.
        uint256 eighthU;
        uint256 eighthV;
        /// The signature of the value 0 in `possessionContext`.
        uint256 e;
        uint256 s;
    }

    /// @notice A node has its key, which counts from that epoch on.
    event SchnorrKeyRegistered(
        address indexed attestor,
        uint32 indexed number,
        uint256 key,
        uint32 fromEpoch
    );

    /// @notice Only the account that registered the node gives it a key.
    error NotNodeOperator(address attestor, address caller);
    /// @notice A node's key is registered once, for good.
    error SchnorrKeyAlreadyRegistered(address attestor);
    /// @notice The key is another node's.
    error SchnorrKeyTaken(uint256 key);
    /// @notice The point is not a key's: a coordinate is out of range, v is odd, or the point is not eight times a point of the curve.
    error InvalidSchnorrKey(uint256 key);
    /// @notice The signature is not the key's own, of 0, for this node, registry and chain.
    error InvalidSchnorrPossession(address attestor);
    /// @notice The hash's table is not written: `IPoseidonTables.write` does that.
    error PoseidonTableMissing(uint256 width);

    /// @notice Gives the node its key, for good. Only its operator. It counts from the next epoch on: what an epoch's committee signs with
    /// is known before the epoch begins.
    function register(address attestor, KeyProof calldata proof) external;

    /// @notice A node's key in an epoch; zero when it had none by then. No key is zero.
    function keyOf(uint32 number, uint32 epoch) external view returns (uint256);

    /// @notice A node's key and the first epoch it counts in; zero when it has none.
    function keyOf(uint32 number) external view returns (uint256 key, uint32 fromEpoch);

    /// @notice The context [CIR-9] a key signs 0 in, to be registered here for this node.
    function possessionContext(address attestor) external view returns (uint256);
}
