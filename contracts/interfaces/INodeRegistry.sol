// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Who may be drawn: nodes, their stake, and the sealed snapshots committees are drawn from.
/// @notice A node is identified by its attestation key (`attestor`), unique forever. Its operator account bonds
/// stake and owns what it earns. Stake changes count from the next sealed epoch; a snapshot holds the values at
/// the epoch's first second, so nothing that happens between the boundary and the seal, or between its steps, bends it.
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
        /// Counts registrations from 0: it is never another node's. It stands in snapshots beside the attestor.
        uint32 number;
        /// The epochs the node is drawn in unless it renews: from this one, and before that one. Zero when it left.
        uint32 liveFrom;
        uint32 liveUntil;
        /// The first epoch a slashed node may renew in.
        uint32 jailedUntil;
    }

    struct Snapshot {
        /// The head, a code blob: `SnapshotBlob` describes it.
        address blob;
        uint64 sealedAt;
        uint32 count;
    }

    event NodeRegistered(
        address indexed attestor,
        address indexed operator,
        bytes32 peerId,
        bytes32 capabilities,
        uint32 number
    );
    event StakeChanged(address indexed attestor, uint32 indexed epoch, uint96 stake);
    event Unbonding(address indexed attestor, uint96 amount, uint32 epoch);
    event Withdrawn(address indexed attestor, address to, uint96 amount);
    /// @notice From this epoch on nothing but another such event changes in which epochs the node is drawn.
    event LivenessChanged(address indexed attestor, uint32 indexed epoch, uint32 liveFrom, uint32 liveUntil);
    /// @notice A node without stake left the list: it can never be bonded again.
    event NodeLeft(address indexed attestor);
    event EpochSealed(uint32 indexed epoch, address blob, uint32 count, uint64 totalWeight);
    /// @notice The nodes of a sealed epoch that cover a capability set have a snapshot of their own.
    event CapabilitiesSealed(
        bytes32 indexed capabilities,
        uint32 indexed epoch,
        address blob,
        uint32 count,
        uint64 totalWeight
    );
    event SlasherAdded(address slasher);
    /// @param amount taken from stake and unbonding stake; `reward` of it is the reporter's, the rest was burned.
    event Slashed(
        address indexed attestor,
        address indexed slasher,
        address indexed reporter,
        uint256 amount,
        uint256 reward,
        uint32 jailedUntil
    );
    event RewardClaimed(address indexed reporter, address to, uint256 amount);

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
    error NodeJailed(address attestor, uint32 jailedUntil);
    error InvalidSlasher(address slasher);
    error NotSlasher(address caller);
    error InvalidSlash(uint256 bps);
    error NoReward(address reporter);
    error TransferFailed(address to);

    /// @notice Registers a node owned by the caller and bonds the value sent. It is drawn in the next `renewEpochs` epochs.
    /// @param attestor secp256k1 address of the node's attestation key; can never be registered again.
    /// @param peerId raw Ed25519 public key of the node's libp2p identity.
    /// @param capabilities what the node offers functions outside their sandbox, a bit a kind; zero is nothing.
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

    /// @notice Says that the node runs: it is drawn in the next `renewEpochs` epochs. By the attestor or the operator. A node
    /// that lapsed, or was jailed and no longer is, is drawn again from the next epoch on.
    function renew(address attestor) external;

    /// @notice Takes a node that is not drawn for want of stake out of the list, once an epoch without what it unbonded is
    /// sealed. Anyone: the list is bounded, and a place in it must cost a stake. What a slash left of its stake is unbonded;
    /// what is unbonding stays its operator's.
    /// @param sealedEpoch a sealed epoch at or after the node's `unbondingEpoch`.
    function evict(address attestor, uint32 sealedEpoch) external;

    /// @notice Freezes the current epoch's stakes. Anyone, once an epoch. Reverts with `NothingToSeal` when no node is
    /// eligible; but when some are on their way out, an empty snapshot is sealed, or they could never withdraw.
    /// @dev For a few hundred nodes; it also finishes what steps began.
    function sealEpoch() external returns (uint32 epoch);

    /// @notice The same in steps, by whoever: each looks at no more than `nodesMax` places of the list. What an epoch that
    /// ended left half done is begun anew.
    /// @dev 704 places fit a transaction whatever is in them; many fewer waste gas, as a step stores its incomplete part.
    /// @return finished whether the epoch is sealed now.
    function sealEpoch(uint256 nodesMax) external returns (bool finished);

    /// @notice Seals those nodes of the newest sealed epoch whose registered capabilities cover this set: a snapshot of
    /// its own, for functions that need the set. Anyone, once an epoch and set, in steps of at most `nodesMax` nodes.
    /// @param capabilities one or more of the kinds that exist.
    /// @return finished whether that epoch is sealed for the set now.
    function sealCapabilities(bytes32 capabilities, uint256 nodesMax) external returns (bool finished);

    /// @notice Takes a share of a node's stake, bonded and unbonding, and keeps it from being drawn for `jailEpochs` epochs
    /// from the next one on. For slashers alone: they hold the proof, and see to it that a fault counts once.
    /// @param bps the share, of 10,000.
    /// @param reporter is owed a tenth of it; the rest is burned, and all of it when this is zero.
    /// @return amount what was taken, in wei.
    function slash(address attestor, uint256 bps, address reporter) external returns (uint256 amount);

    /// @notice Pays the caller the rewards it is owed.
    function claimReward(address payable to) external returns (uint256 amount);

    /// @notice Adds a contract that may slash, for good. By the owner.
    function addSlasher(address slasher) external;

    /// @notice Every contract that may slash.
    function slashers() external view returns (address[] memory);

    function rewardOf(address reporter) external view returns (uint256);

    /// @notice The least stake a node is drawn with, in wei.
    function stakeMin() external view returns (uint96);

    /// @notice The most stake of one node, in wei.
    function stakeMax() external view returns (uint96);

    /// @notice Seconds between the seal of an epoch without some stake and that stake's withdrawal.
    function unbondingPeriod() external view returns (uint32);

    /// @notice Epochs a node is drawn in after it registered or renewed.
    function renewEpochs() external view returns (uint32);

    /// @notice Epochs a slashed node may not renew in, after the one it was slashed in.
    function jailEpochs() external view returns (uint32);

    function currentEpoch() external view returns (uint32);

    /// @notice The first second of an epoch, since 1970.
    function epochStart(uint32 epoch) external view returns (uint64);

    /// @notice The newest sealed epoch; reverts with `EpochNotSealed` before the first seal.
    function latestSnapshot() external view returns (uint32 epoch, Snapshot memory snapshot);

    /// @notice The newest epoch sealed for a capability set; reverts with `EpochNotSealed` before the first.
    function latestSnapshot(
        bytes32 capabilities
    ) external view returns (uint32 epoch, Snapshot memory snapshot);

    /// @notice An epoch's snapshot; all zero when it was never sealed.
    function snapshotOf(uint32 epoch) external view returns (Snapshot memory);

    /// @notice An epoch's snapshot of a capability set; all zero when it was never sealed.
    function capabilitiesSnapshotOf(
        uint32 epoch,
        bytes32 capabilities
    ) external view returns (Snapshot memory);

    /// @notice How far the steps of a seal have come: of which epoch, and how many places or nodes they have looked at.
    function sealProgress(bytes32 capabilities) external view returns (uint32 epoch, uint32 next);

    function node(address attestor) external view returns (Node memory);

    function operatorOf(address attestor) external view returns (address);

    function nodeCount() external view returns (uint256);

    /// @notice Places in the list, vacant ones among them.
    function placeCount() external view returns (uint256);

    /// @notice A node by its place in the list; zero when the place is vacant.
    function nodeAt(uint256 place) external view returns (address attestor);
}
