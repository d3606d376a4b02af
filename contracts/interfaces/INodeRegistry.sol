// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Who may be drawn: nodes, their stake, and the sealed snapshots committees are drawn from.
/// @notice A node is identified by its attestation key (`attestor`), unique forever. Its operator account bonds
/// stake and owns what it earns. Stake changes count from the next sealed epoch; a snapshot holds the values at
/// the epoch's first second, so nothing that happens between the boundary and the seal bends it.
interface INodeRegistry {
    struct Node {
        address operator;
        /// The raw Ed25519 public key behind the node's libp2p peer id.
        bytes32 peerId;
        bytes32 capabilities;
        uint96 stake;
        uint96 unbonding;
        /// The first epoch without the unbonding stake.
        uint32 unbondingEpoch;
    }

    struct Snapshot {
        /// The code blob: 0x00, version, count (uint32), cumulative weights (uint64 each), attestors (20 B each).
        address blob;
        uint64 sealedAt;
        uint32 count;
    }

    event NodeRegistered(
        address indexed attestor,
        address indexed operator,
        bytes32 peerId,
        bytes32 capabilities
    );
    event StakeChanged(address indexed attestor, uint32 indexed epoch, uint96 stake);
    event Unbonding(address indexed attestor, uint96 amount, uint32 epoch);
    event Withdrawn(address indexed attestor, address to, uint96 amount);
    /// @notice A node without stake left the list: it can never be bonded again.
    event NodeLeft(address indexed attestor);
    event EpochSealed(uint32 indexed epoch, address blob, uint32 count, uint64 totalWeight);

    error InvalidConfig(string field);
    error AttestorTaken(address attestor);
    error UnknownNode(address attestor);
    error NotOperator(address attestor, address caller);
    error BadBinding(address recovered, address attestor);
    error UnknownCapabilities(bytes32 capabilities);
    error StakeTooSmall(uint256 stake, uint256 stakeMin);
    error StakeTooLarge(uint256 stake);
    error RegistryFull(uint256 nodesMax);
    error EpochAlreadySealed(uint32 epoch);
    error NothingToSeal(uint32 epoch);
    error EpochNotSealed(uint32 epoch);
    error StakeStillBonded(uint256 withdrawableAt);
    error NothingUnbonding(address attestor);
    error StillBonded(address attestor, uint256 stake);
    error TransferFailed(address to);

    /// @notice Registers a node owned by the caller and bonds the value sent.
    /// @param attestor secp256k1 address of the node's attestation key; can never be registered again.
    /// @param peerId raw Ed25519 public key of the node's libp2p identity.
    /// @param capabilities what the node offers functions outside their sandbox, a bit a kind; zero is nothing. Nothing is
    /// drawn by it yet: functions that reach outside cannot be deployed.
    /// @param bindingSignature the attestor's 65-byte EIP-712 signature over
    /// `NodeBinding(address operator,bytes32 peerId,bytes32 capabilities)`.
    function register(
        address attestor,
        bytes32 peerId,
        bytes32 capabilities,
        bytes calldata bindingSignature
    ) external payable;

    /// @notice Adds the value sent to the node's stake; counts from the next sealed epoch.
    function bond(address attestor) external payable;

    /// @notice Takes `amount` out of the node's stake from the next epoch on. What remains is zero or at least
    /// `stakeMin`. The amount joins any already unbonding, whose clock starts again.
    function unbond(address attestor, uint96 amount) external;

    /// @notice Pays out unbonded stake `unbondingPeriod` after the seal of an epoch without it.
    /// @param sealedEpoch a sealed epoch at or after the node's `unbondingEpoch`: the first is the soonest.
    function withdraw(address attestor, uint32 sealedEpoch, address payable to) external;

    /// @notice Takes a node without stake out of the list, once an epoch without it is sealed. Anyone: the list is bounded,
    /// and a place in it must cost a stake that is drawn. What is unbonding stays its operator's.
    /// @param sealedEpoch a sealed epoch at or after the node's `unbondingEpoch`.
    function evict(address attestor, uint32 sealedEpoch) external;

    /// @notice Freezes the current epoch's stakes. Anyone, once an epoch. Reverts with `NothingToSeal` when no node is
    /// eligible; but when some are on their way out, an empty snapshot is sealed, or they could never withdraw.
    function sealEpoch() external returns (uint32 epoch);

    /// @notice The least stake a node is drawn with, in wei.
    function stakeMin() external view returns (uint96);

    /// @notice Seconds between the seal of an epoch without some stake and that stake's withdrawal.
    function unbondingPeriod() external view returns (uint32);

    function currentEpoch() external view returns (uint32);

    /// @notice The first second of an epoch, since 1970.
    function epochStart(uint32 epoch) external view returns (uint64);

    /// @notice The newest sealed epoch; reverts with `EpochNotSealed` before the first seal.
    function latestSnapshot() external view returns (uint32 epoch, Snapshot memory snapshot);

    /// @notice An epoch's snapshot; all zero when it was never sealed.
    function snapshotOf(uint32 epoch) external view returns (Snapshot memory);

    function node(address attestor) external view returns (Node memory);

    function operatorOf(address attestor) external view returns (address);

    function nodeCount() external view returns (uint256);

    /// @notice A node by its place in the list; places change when a node leaves.
    function nodeAt(uint256 place) external view returns (address attestor);
}
