// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IBeaconRegistry} from "./interfaces/IBeaconRegistry.sol";
import {INodeRegistry} from "./interfaces/INodeRegistry.sol";
import {IPoseidonTables} from "./interfaces/IPoseidonTables.sol";
import {ISchnorrKeyRegistry} from "./interfaces/ISchnorrKeyRegistry.sol";
import {IStandingCommittees} from "./interfaces/IStandingCommittees.sol";
import {Bn254} from "./libraries/Bn254.sol";
import {Poseidon} from "./libraries/Poseidon.sol";
import {SnapshotBlob} from "./libraries/SnapshotBlob.sol";
import {SnapshotSeats} from "./libraries/SnapshotSeats.sol";
import {Sortition} from "./libraries/Sortition.sol";

/// @title Committees that stand for an epoch, and the roots of their keys.
/// @dev The documentation stands in `IStandingCommittees`. Its balance is the bonds of posts that are not final, and credits.
///
/// What a poster can do to others, and cannot:
/// - A wrong root never counts if anyone has it computed before its time is over, which the bond pays for: everything `check` needs is
///   there when a root is posted, and stays. It delays nothing either, since `check` makes the right one final at once.
/// - A poster who finds itself wrong, before others are paid for it, loses half of the bond to nobody.
/// - Only the newest sealed epoch is posted. With older ones, all right, somebody could keep newer ones waiting for ever.
/// - One root at most waits for each size, and no other size is touched by it.
contract StandingCommittees is IStandingCommittees {
    /// @dev Two slots.
    struct Post {
        uint256 keyRoot;
        uint32 epoch;
        /// Zero once it is final.
        uint64 finalAt;
        address poster;
    }

    bytes32 private constant SEED_TAG = keccak256("dikast.standing-committee.v1");
    /// [CIR-13]: first of a list's sponge, above eight bits for how many keys it has.
    uint256 private constant KEYS_DOMAIN = uint256(keccak256("dikast.committee-keys.v1")) >> 16;
    /// Fewer have no quorum that stands a faulty member; circuits have slots for so many (docs/spec/circuits.md).
    uint256 private constant SIZE_MIN = 4;
    uint256 private constant SIZE_MAX = 30;
    /// A day: longer would keep a committee from being used in its epochs.
    uint32 private constant CHALLENGE_SECONDS_MAX = 1 days;
    uint32 private constant LEAD_SECONDS_MAX = 1 hours;

    INodeRegistry private immutable NODES;
    IBeaconRegistry private immutable BEACON;
    ISchnorrKeyRegistry private immutable KEYS;
    IPoseidonTables private immutable TABLES;
    /// @inheritdoc IStandingCommittees
    uint256 public immutable bond;
    /// @inheritdoc IStandingCommittees
    uint32 public immutable challengeSeconds;
    /// @inheritdoc IStandingCommittees
    uint32 public immutable leadSeconds;

    /// The last of each size; until it is final the one before it stands in `_finals`.
    mapping(uint16 size => Post) private _posts;
    mapping(uint16 size => Post) private _finals;
    /// Of roots that are final: epoch (32) and size (16).
    mapping(uint256 keyRoot => uint256) private _committees;
    /// @inheritdoc IStandingCommittees
    mapping(address account => uint256) public creditOf;

    /// @param bond_ wei: above what `check` costs when gas is dear, since it is what pays for it.
    /// @param leadSeconds_ the chain's clock is right to within it, or whoever seals could know the round.
    constructor(
        INodeRegistry nodes,
        IBeaconRegistry beacon,
        ISchnorrKeyRegistry keys,
        IPoseidonTables tables,
        uint256 bond_,
        uint32 challengeSeconds_,
        uint32 leadSeconds_
    ) {
        if (bond_ == 0 || bond_ > type(uint96).max) revert InvalidConfig("bond");
        if (challengeSeconds_ == 0 || challengeSeconds_ > CHALLENGE_SECONDS_MAX) {
            revert InvalidConfig("challengeSeconds");
        }
        if (leadSeconds_ > LEAD_SECONDS_MAX) revert InvalidConfig("leadSeconds");
        NODES = nodes;
        BEACON = beacon;
        KEYS = keys;
        TABLES = tables;
        bond = bond_;
        challengeSeconds = challengeSeconds_;
        leadSeconds = leadSeconds_;
    }

    /// @inheritdoc IStandingCommittees
    function post(uint32 epoch, uint16 size, uint256 keyRoot) external payable {
        if (msg.value != bond) revert BondMismatch(msg.value, bond);
        if (keyRoot >= Bn254.R) revert InvalidKeyRoot(keyRoot);
        // All that `check` needs, so that it can decide this post whenever it is asked to.
        _checkNew(epoch, size);
        _draw(epoch, size);
        _tableOf(size);

        uint64 finalAt = uint64(block.timestamp) + challengeSeconds;
        _posts[size] = Post(keyRoot, epoch, finalAt, msg.sender);
        emit CommitteePosted(epoch, size, keyRoot, msg.sender, finalAt);
    }

    /// @inheritdoc IStandingCommittees
    function check(uint32 epoch, uint16 size) external {
        Post storage last = _posts[size];
        bool isPosted = last.epoch == epoch && _isUndecided(last);
        if (!isPosted) _checkNew(epoch, size);
        uint256 keyRoot = computeKeyRoot(epoch, size);
        bool isRight = true;
        if (isPosted) {
            isRight = last.keyRoot == keyRoot;
            if (isRight) creditOf[last.poster] += bond;
            else {
                uint256 reward = bond / 2;
                creditOf[msg.sender] += reward;
                creditOf[address(0)] += bond - reward;
            }
        }
        _posts[size] = Post(keyRoot, epoch, 0, isPosted && isRight ? last.poster : msg.sender);
        _keep(epoch, size, keyRoot);
        emit CommitteeChecked(epoch, size, keyRoot, isRight, msg.sender);
    }

    /// @inheritdoc IStandingCommittees
    function finalize(uint16 size) external {
        if (!_settle(size)) revert NothingToFinalize(size);
    }

    /// @inheritdoc IStandingCommittees
    function claim(address payable to) external returns (uint256 amount) {
        amount = creditOf[msg.sender];
        if (amount == 0) revert NothingToClaim(msg.sender);
        creditOf[msg.sender] = 0;
        emit Claimed(msg.sender, to, amount);
        (bool ok, ) = to.call{value: amount}("");
        if (!ok) revert TransferFailed(to);
    }

    /// @inheritdoc IStandingCommittees
    function latest(uint16 size) external view returns (uint32, uint256) {
        Post storage last = _isUndecided(_posts[size]) ? _finals[size] : _posts[size];
        if (last.poster == address(0)) revert NoCommittee(size);
        return (last.epoch, last.keyRoot);
    }

    /// @inheritdoc IStandingCommittees
    function committeeOf(uint256 keyRoot) external view returns (uint32, uint16) {
        // One that counts because its time is over stands among the posts alone until it is settled.
        for (uint16 size = uint16(SIZE_MIN); size <= SIZE_MAX; ++size) {
            Post storage last = _posts[size];
            if (last.keyRoot == keyRoot && last.poster != address(0) && !_isUndecided(last)) {
                return (last.epoch, size);
            }
        }
        uint256 kept = _committees[keyRoot];
        return (uint32(kept >> 16), uint16(kept));
    }

    /// @inheritdoc IStandingCommittees
    function postOf(
        uint16 size
    ) external view returns (uint32 epoch, uint64 finalAt, address poster, uint256 keyRoot) {
        Post storage last = _posts[size];
        return (last.epoch, last.finalAt, last.poster, last.keyRoot);
    }

    /// @inheritdoc IStandingCommittees
    function membersOf(uint32 epoch, uint16 size) external view returns (uint256[] memory entries) {
        return _draw(epoch, size);
    }

    /// @inheritdoc IStandingCommittees
    function keyRegistry() external view returns (address) {
        return address(KEYS);
    }

    /// @inheritdoc IStandingCommittees
    function roundOf(uint32 epoch) external view returns (uint64) {
        return _roundAfterSeal(_snapshotOf(epoch));
    }

    /// @inheritdoc IStandingCommittees
    function keysOf(uint32 epoch, uint16 size) public view returns (uint256[] memory keys) {
        keys = _draw(epoch, size);
        for (uint256 seat; seat < keys.length; ++seat) keys[seat] = KEYS.keyOf(uint32(keys[seat]), epoch);
    }

    /// @inheritdoc IStandingCommittees
    function computeKeyRoot(uint32 epoch, uint16 size) public view returns (uint256 root) {
        uint256[] memory keys = keysOf(epoch, size);
        address table = _tableOf(size);
        root = (KEYS_DOMAIN << 8) + size;
        uint256 rate = size < Poseidon.RATE_MAX ? size : Poseidon.RATE_MAX;
        uint256[] memory state = new uint256[](rate + 1);
        for (uint256 from; from < size; from += rate) {
            state[0] = root;
            for (uint256 i; i < rate; ++i) state[i + 1] = from + i < size ? keys[from + i] : 0;
            root = Poseidon.permute(table, state);
        }
    }

    /// Whether a new root of this size may be given for this epoch; one whose time is over is settled on the way.
    function _checkNew(uint32 epoch, uint16 size) private {
        _settle(size);
        Post storage last = _posts[size];
        if (_isUndecided(last)) revert PostUndecided(last.epoch, last.finalAt);
        (uint32 newest, ) = NODES.latestSnapshot();
        if (epoch != newest) revert NotNewestEpoch(epoch, newest);
        // Of epoch 0 there may be one when there is none yet.
        if (last.poster != address(0) && epoch <= last.epoch) revert AlreadyPosted(epoch, last.epoch);
    }

    /// Whether it may still be found wrong.
    function _isUndecided(Post storage last) private view returns (bool) {
        return block.timestamp < last.finalAt;
    }

    /// Gives back the bond of a root whose time is over. Who posted and when are kept: there is no newer one yet.
    function _settle(uint16 size) private returns (bool) {
        Post storage last = _posts[size];
        if (last.finalAt == 0 || _isUndecided(last)) return false;
        last.finalAt = 0;
        creditOf[last.poster] += bond;
        _keep(last.epoch, size, last.keyRoot);
        return true;
    }

    /// Keeps whose root it is, and the root itself for as long as the next is undecided.
    function _keep(uint32 epoch, uint16 size, uint256 keyRoot) private {
        _committees[keyRoot] = (uint256(epoch) << 16) | size;
        _finals[size] = _posts[size];
    }

    function _snapshotOf(uint32 epoch) private view returns (INodeRegistry.Snapshot memory snapshot) {
        snapshot = NODES.snapshotOf(epoch);
        if (snapshot.blob == address(0)) revert EpochNotSealed(epoch);
    }

    function _roundAfterSeal(INodeRegistry.Snapshot memory snapshot) private view returns (uint64) {
        return BEACON.roundAfter(snapshot.sealedAt + leadSeconds);
    }

    /// @return members attestor (20) and number (4) of each, in order.
    function _draw(uint32 epoch, uint16 size) private view returns (uint256[] memory members) {
        if (size < SIZE_MIN || size > SIZE_MAX) revert InvalidSize(size);
        INodeRegistry.Snapshot memory snapshot = _snapshotOf(epoch);
        if (size > snapshot.count) revert NotEnoughNodes(snapshot.count, size);
        uint64 round = _roundAfterSeal(snapshot);
        bytes32 randomness = BEACON.randomness(round);
        if (randomness == 0) revert RoundNotPosted(round);
        bytes32 seed = keccak256(
            abi.encode(SEED_TAG, block.chainid, address(this), epoch, round, randomness)
        );
        SnapshotBlob.Weights weights = SnapshotBlob.readWeights(snapshot.blob);
        uint256[] memory committee = Sortition.selectCommittee(seed, weights, size);
        return SnapshotSeats.membersOf(snapshot.blob, weights, committee);
    }

    function _tableOf(uint256 size) private view returns (address table) {
        uint256 width = 1 + (size < Poseidon.RATE_MAX ? size : Poseidon.RATE_MAX);
        table = TABLES.tableOf(width);
        if (table == address(0)) revert PoseidonTableMissing(width);
    }
}
