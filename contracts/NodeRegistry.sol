// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {INodeRegistry} from "./interfaces/INodeRegistry.sol";
import {CodeBlob} from "./libraries/CodeBlob.sol";
import {SnapshotBlob} from "./libraries/SnapshotBlob.sol";

/// @title Nodes, their stake, and the snapshots committees are drawn from.
/// @dev The documentation stands in `INodeRegistry`. Nobody owns this contract. There is no slashing yet.
contract NodeRegistry is INodeRegistry, EIP712, ReentrancyGuardTransient {
    /// @dev What is stored of a node; the second slot is all a seal reads of it.
    struct Record {
        address operator;
        uint96 unbonding;
        /// The stake now, and at the first second of epoch `changedIn`, in which it last changed.
        uint96 stake;
        uint96 stakeAtBoundary;
        uint32 changedIn;
        /// Place in the list, from 1; zero when the node left it.
        uint32 place;
        bytes32 peerId;
        uint32 unbondingEpoch;
        uint8 capabilities;
    }

    bytes32 private constant BINDING_TYPEHASH = keccak256(
        "NodeBinding(address operator,bytes32 peerId,bytes32 capabilities)"
    );
    /// Kinds of host calls, each a bit: http, ipfs, s3, cgi, driver, socket, llm.
    uint256 private constant CAPABILITIES = 7;
    uint256 private constant WEIGHT_UNIT = 1 gwei;
    /// 2**54 gwei, 18 million of the currency: 877 such weights sum below 2**64.
    uint256 private constant STAKE_MAX = WEIGHT_UNIT << 54;

    uint64 private immutable GENESIS;
    uint32 private immutable EPOCH_SECONDS;
    /// @inheritdoc INodeRegistry
    uint96 public immutable stakeMin;
    /// @inheritdoc INodeRegistry
    uint32 public immutable unbondingPeriod;
    uint32 private immutable NODES_MAX;

    mapping(address attestor => Record) private _nodes;
    address[] private _attestors;
    mapping(uint32 epoch => Snapshot) private _snapshots;
    /// The newest sealed epoch plus one: zero before the first seal.
    uint32 private _sealedBelow;

    /// @param genesis the first second of epoch 0, not in the future.
    /// @param nodesMax bounds the list, so that a seal always fits one transaction and one blob.
    constructor(
        uint64 genesis,
        uint32 epochSeconds,
        uint96 stakeMin_,
        uint32 unbondingPeriod_,
        uint32 nodesMax
    ) EIP712("Dikast", "1") {
        if (genesis > block.timestamp) revert InvalidConfig("genesis");
        if (epochSeconds == 0) revert InvalidConfig("epochSeconds");
        if (stakeMin_ < WEIGHT_UNIT || stakeMin_ > STAKE_MAX) revert InvalidConfig("stakeMin");
        if (nodesMax == 0 || nodesMax > SnapshotBlob.NODES_MAX) revert InvalidConfig("nodesMax");
        GENESIS = genesis;
        EPOCH_SECONDS = epochSeconds;
        stakeMin = stakeMin_;
        unbondingPeriod = unbondingPeriod_;
        NODES_MAX = nodesMax;
    }

    /// @inheritdoc INodeRegistry
    function register(
        address attestor,
        bytes32 peerId,
        bytes32 capabilities,
        bytes calldata bindingSignature
    ) external payable {
        Record storage record = _nodes[attestor];
        if (record.operator != address(0)) revert AttestorTaken(attestor);
        if (uint256(capabilities) >> CAPABILITIES != 0) revert UnknownCapabilities(capabilities);
        if (_attestors.length >= NODES_MAX) revert RegistryFull(NODES_MAX);
        if (msg.value < stakeMin) revert StakeTooSmall(msg.value, stakeMin);
        _checkBinding(attestor, peerId, capabilities, bindingSignature);

        _attestors.push(attestor);
        record.operator = msg.sender;
        record.peerId = peerId;
        record.place = uint32(_attestors.length);
        if (capabilities != 0) record.capabilities = uint8(uint256(capabilities));
        emit NodeRegistered(attestor, msg.sender, peerId, capabilities);
        _setStake(attestor, record, msg.value);
    }

    /// @inheritdoc INodeRegistry
    function bond(address attestor) external payable {
        Record storage record = _owned(attestor);
        if (record.place == 0) revert UnknownNode(attestor);
        _setStake(attestor, record, uint256(record.stake) + msg.value);
    }

    /// @inheritdoc INodeRegistry
    function unbond(address attestor, uint96 amount) external {
        Record storage record = _owned(attestor);
        uint96 stake = record.stake;
        if (amount == 0 || amount > stake) revert StakeTooSmall(stake, amount);
        uint32 epoch = currentEpoch() + 1;
        record.unbonding += amount;
        record.unbondingEpoch = epoch;
        emit Unbonding(attestor, amount, epoch);
        _setStake(attestor, record, stake - amount);
    }

    /// @inheritdoc INodeRegistry
    function withdraw(address attestor, uint32 sealedEpoch, address payable to) external nonReentrant {
        Record storage record = _owned(attestor);
        uint96 amount = record.unbonding;
        if (amount == 0) revert NothingUnbonding(attestor);
        uint256 withdrawableAt = uint256(_sealedWithout(record, sealedEpoch)) + unbondingPeriod;
        if (block.timestamp < withdrawableAt) revert StakeStillBonded(withdrawableAt);

        record.unbonding = 0;
        if (record.stake == 0 && record.place != 0) _leave(attestor, record);
        emit Withdrawn(attestor, to, amount);
        (bool ok, ) = to.call{value: amount}("");
        if (!ok) revert TransferFailed(to);
    }

    /// @inheritdoc INodeRegistry
    function evict(address attestor, uint32 sealedEpoch) external {
        Record storage record = _nodes[attestor];
        if (record.place == 0) revert UnknownNode(attestor);
        if (record.stake != 0) revert StillBonded(attestor, record.stake);
        _sealedWithout(record, sealedEpoch);
        _leave(attestor, record);
    }

    /// @inheritdoc INodeRegistry
    function sealEpoch() external returns (uint32 epoch) {
        epoch = currentEpoch();
        if (_sealedBelow > epoch) revert EpochAlreadySealed(epoch);
        (bytes memory data, uint256 count, uint64 totalWeight) = _freeze(epoch);
        address blob = CodeBlob.write(data);
        _snapshots[epoch] = Snapshot(blob, uint64(block.timestamp), uint32(count));
        _sealedBelow = epoch + 1;
        emit EpochSealed(epoch, blob, uint32(count), totalWeight);
    }

    /// @inheritdoc INodeRegistry
    function currentEpoch() public view returns (uint32) {
        return uint32((block.timestamp - GENESIS) / EPOCH_SECONDS);
    }

    /// @inheritdoc INodeRegistry
    function epochStart(uint32 epoch) public view returns (uint64) {
        return GENESIS + uint64(epoch) * EPOCH_SECONDS;
    }

    /// @inheritdoc INodeRegistry
    function latestSnapshot() external view returns (uint32 epoch, Snapshot memory snapshot) {
        uint32 sealedBelow = _sealedBelow;
        if (sealedBelow == 0) revert EpochNotSealed(0);
        epoch = sealedBelow - 1;
        snapshot = _snapshots[epoch];
    }

    /// @inheritdoc INodeRegistry
    function snapshotOf(uint32 epoch) external view returns (Snapshot memory) {
        return _snapshots[epoch];
    }

    /// @inheritdoc INodeRegistry
    function node(address attestor) external view returns (Node memory) {
        Record storage record = _nodes[attestor];
        return
            Node({
                operator: record.operator,
                peerId: record.peerId,
                capabilities: bytes32(uint256(record.capabilities)),
                stake: record.stake,
                unbonding: record.unbonding,
                unbondingEpoch: record.unbondingEpoch
            });
    }

    /// @inheritdoc INodeRegistry
    function operatorOf(address attestor) external view returns (address) {
        return _nodes[attestor].operator;
    }

    /// @inheritdoc INodeRegistry
    function nodeCount() external view returns (uint256) {
        return _attestors.length;
    }

    /// @inheritdoc INodeRegistry
    function nodeAt(uint256 place) external view returns (address attestor) {
        return _attestors[place];
    }

    function _checkBinding(
        address attestor,
        bytes32 peerId,
        bytes32 capabilities,
        bytes calldata signature
    ) private view {
        bytes32 digest = _hashTypedDataV4(
            keccak256(abi.encode(BINDING_TYPEHASH, msg.sender, peerId, capabilities))
        );
        // Refuses a high s, another length and what recovers to zero.
        (address recovered, ECDSA.RecoverError problem, ) = ECDSA.tryRecoverCalldata(digest, signature);
        if (problem != ECDSA.RecoverError.NoError || recovered != attestor) {
            revert BadBinding(recovered, attestor);
        }
    }

    function _owned(address attestor) private view returns (Record storage record) {
        record = _nodes[attestor];
        address operator = record.operator;
        if (operator == address(0)) revert UnknownNode(attestor);
        if (msg.sender != operator) revert NotOperator(attestor, msg.sender);
    }

    /// Checkpoints: the first change in an epoch keeps what the stake was at its first second.
    function _setStake(address attestor, Record storage record, uint256 stake) private {
        if (stake != 0 && stake < stakeMin) revert StakeTooSmall(stake, stakeMin);
        if (stake > STAKE_MAX) revert StakeTooLarge(stake);
        uint32 epoch = currentEpoch();
        if (record.changedIn != epoch) {
            record.stakeAtBoundary = record.stake;
            record.changedIn = epoch;
        }
        record.stake = uint96(stake);
        emit StakeChanged(attestor, epoch, uint96(stake));
    }

    /// When an epoch without the stake that is unbonding was sealed: until then a committee may still be drawn with it.
    function _sealedWithout(
        Record storage record,
        uint32 sealedEpoch
    ) private view returns (uint64 sealedAt) {
        uint32 unbondingEpoch = record.unbondingEpoch;
        if (sealedEpoch < unbondingEpoch) {
            revert StakeStillBonded(uint256(epochStart(unbondingEpoch)) + unbondingPeriod);
        }
        sealedAt = _snapshots[sealedEpoch].sealedAt;
        if (sealedAt == 0) revert EpochNotSealed(sealedEpoch);
    }

    /// Takes a node out of the list; the last one takes its place.
    function _leave(address attestor, Record storage record) private {
        uint32 place = record.place;
        address last = _attestors[_attestors.length - 1];
        _attestors[place - 1] = last;
        _nodes[last].place = place;
        _attestors.pop();
        record.place = 0;
        emit NodeLeft(attestor);
    }

    /// The snapshot of an epoch's first second. Only for the current epoch: a checkpoint keeps one boundary.
    function _freeze(
        uint32 epoch
    ) private view returns (bytes memory data, uint256 count, uint64 totalWeight) {
        uint256 length = _attestors.length;
        bool leaving;
        uint64[] memory cumulativeWeights = new uint64[](length);
        address[] memory attestors = new address[](length);
        for (uint256 i; i < length; ++i) {
            address attestor = _attestors[i];
            Record storage record = _nodes[attestor];
            uint256 stake = record.changedIn == epoch ? record.stakeAtBoundary : record.stake;
            if (stake < stakeMin) {
                leaving = leaving || record.unbonding != 0;
                continue;
            }
            // Cannot overflow: at most 877 weights of at most 2**54 each.
            totalWeight += uint64(stake / WEIGHT_UNIT);
            cumulativeWeights[count] = totalWeight;
            attestors[count] = attestor;
            ++count;
        }
        // When only leaving nodes are left the snapshot is empty, so that they can withdraw.
        if (count == 0 && !leaving) revert NothingToSeal(epoch);
        data = SnapshotBlob.encode(cumulativeWeights, attestors, count);
    }
}
