// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Who may be drawn: nodes, their stake, and the sealed snapshots committees are drawn from.
/// @notice A node is identified by its attestation key (`attestor`), unique forever. Its operator account bonds
/// stake and owns what it earns. Stake changes count from the next sealed epoch; a snapshot holds the values at
/// the epoch's first second, so nothing that happens between the boundary and the seal, or between its steps, bends it.
interface INodeRegistry {
    /// @notice A node as it stands.
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

    /// @notice A set of nodes frozen at an epoch's first second.
    struct Snapshot {
        /// The head, a code blob: `SnapshotBlob` describes it.
        address blob;
        uint64 sealedAt;
        uint32 count;
    }

    /// @notice A node was registered: its keys are bound to it for good, and so is its number.
    event NodeRegistered(
        address indexed attestor,
        address indexed operator,
        bytes32 peerId,
        bytes32 capabilities,
        uint32 number
    );
    /// @notice The node's stake from that epoch on, until another event says otherwise.
    event StakeChanged(address indexed attestor, uint32 indexed epoch, uint96 stake);
    /// @notice Stake was taken out: it can be withdrawn when it counts in no epoch any more and the unbonding
    /// period is over.
    event Unbonding(address indexed attestor, uint96 amount, uint32 epoch);
    /// @notice Unbonded stake was paid out to `to`.
    event Withdrawn(address indexed attestor, address to, uint96 amount);
    /// @notice From this epoch on nothing but another such event changes in which epochs the node is drawn.
    event LivenessChanged(address indexed attestor, uint32 indexed epoch, uint32 liveFrom, uint32 liveUntil);
    /// @notice A node without stake left the list: it can never be bonded again.
    event NodeLeft(address indexed attestor);
    /// @notice All live nodes of an epoch have a snapshot.
    event EpochSealed(uint32 indexed epoch, address blob, uint32 count, uint64 totalWeight);
    /// @notice The nodes of a sealed epoch that cover a capability set have a snapshot of their own.
    event CapabilitiesSealed(
        bytes32 indexed capabilities,
        uint32 indexed epoch,
        address blob,
        uint32 count,
        uint64 totalWeight
    );
    /// @notice A contract may slash from now on, for good.
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
    /// @notice A reporter's rewards were paid out to `to`.
    event RewardClaimed(address indexed reporter, address to, uint256 amount);

    /// @notice A constructor argument is out of its range.
    error InvalidConfig(string field);
    /// @notice The key is a node's already.
    error AttestorTaken(address attestor);
    /// @notice No node has this attestor, or it left.
    error UnknownNode(address attestor);
    /// @notice Only the account that registered the node may.
    error NotOperator(address attestor, address caller);
    /// @notice The attestor's key did not sign this registration by this operator.
    error BadBinding(address recovered, address attestor);
    /// @notice The set names a kind that does not exist, or none.
    error UnknownCapabilities(bytes32 capabilities);
    /// @notice The stake would be below the least, and not zero.
    error StakeTooSmall(uint256 stake, uint256 stakeMin);
    /// @notice A node's stake is capped, so that the weights of a full snapshot add up within 64 bits.
    error StakeTooLarge(uint256 stake);
    /// @notice As many nodes are in the list as a snapshot may hold.
    error RegistryFull(uint256 nodesMax);
    /// @notice The epoch has its snapshot.
    error EpochAlreadySealed(uint32 epoch);
    /// @notice No node was bonded and live at the epoch's first second.
    error NothingToSeal(uint32 epoch);
    /// @notice The epoch has no snapshot yet.
    error EpochNotSealed(uint32 epoch);
    /// @notice The unbonding period is not over.
    error StakeStillBonded(uint256 withdrawableAt);
    /// @notice No stake of the node is on its way out.
    error NothingUnbonding(address attestor);
    /// @notice A node with the least stake is not evicted.
    error StillBonded(address attestor, uint256 stake);
    /// @notice The node was slashed, and may renew from that epoch on.
    error NodeJailed(address attestor, uint32 jailedUntil);
    /// @notice A slasher is a contract, named once, and there are few.
    error InvalidSlasher(address slasher);
    /// @notice Only the contracts `slashers` lists may.
    error NotSlasher(address caller);
    /// @notice A penalty is between 1 and 10,000 basis points.
    error InvalidSlash(uint256 bps);
    /// @notice Nothing is owed to the account.
    error NoReward(address reporter);
    /// @notice The receiver refuses ether. Nothing was taken.
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

    /// @notice What an account earned by reports and has not claimed.
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

    /// @notice The epoch of this block's time.
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

    /// @notice A node by its attestor; all zero for an unknown one.
    function node(address attestor) external view returns (Node memory);

    /// @notice The account that registered the node; zero for an unknown one.
    function operatorOf(address attestor) external view returns (address);

    /// @notice How many nodes are in the list.
    function nodeCount() external view returns (uint256);

    /// @notice Places in the list, vacant ones among them.
    function placeCount() external view returns (uint256);

    /// @notice A node by its place in the list; zero when the place is vacant.
    function nodeAt(uint256 place) external view returns (address attestor);
}
