// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {INodeRegistry} from "./interfaces/INodeRegistry.sol";
import {SnapshotBlob} from "./libraries/SnapshotBlob.sol";
import {NodeRegistryConfig} from "./types/NodeRegistryConfig.sol";

/// @title The node registry's list: who is in it, with how much stake, in which epochs, and what is taken for faults.
/// @dev The documentation stands in `INodeRegistry`. The balance is always the sum of stakes, unbonding stakes and unclaimed
/// rewards. A node never moves in the list, and every value a seal reads is kept as it was at the epoch's first second:
/// seals may stop and go on while anything here happens.
abstract contract Stakes is INodeRegistry, EIP712, Ownable2Step, ReentrancyGuardTransient {
    /// @dev What is stored of a node besides its place; the second slot is all a seal reads of it.
    struct Record {
        address operator;
        uint96 unbonding;
        /// The stake now, and at the first second of epoch `changedIn`, in which it last changed.
        uint88 stake;
        uint88 stakeAtBoundary;
        uint32 changedIn;
        /// Place in the list, from 1; zero when the node left it.
        uint32 place;
        bytes32 peerId;
        uint32 unbondingEpoch;
        uint32 jailedUntil;
        uint32 number;
    }

    /// @dev One slot. All zero when nobody has the place.
    struct Place {
        address attestor;
        uint32 number;
        /// The node is drawn in epochs from this one and before that one.
        uint32 liveFrom;
        uint32 liveUntil;
    }

    bytes32 private constant BINDING_TYPEHASH = keccak256(
        "NodeBinding(address operator,bytes32 peerId,bytes32 capabilities)"
    );
    /// Kinds of host calls, each a bit: http, ipfs, s3, cgi, driver, socket, llm.
    uint256 internal constant CAPABILITIES = 7;
    uint256 internal constant WEIGHT_UNIT = 1 gwei;
    /// 2**51 gwei, 2.2 million of the currency: 4,096 such weights sum below 2**64.
    uint256 private constant STAKE_LIMIT = WEIGHT_UNIT << 51;
    /// Of renewing and jail, in epochs: with it no epoch a node is given overflows for millennia.
    uint256 private constant SPAN_EPOCHS_MAX = 65_535;
    uint256 private constant SLASHERS_MAX = 16;
    uint256 private constant BPS = 10_000;
    /// Enough to pay for a proof on chain; little enough that a node that reports itself still loses.
    uint256 private constant REWARD_BPS = 1_000;

    uint64 private immutable GENESIS;
    uint32 private immutable EPOCH_SECONDS;
    /// @inheritdoc INodeRegistry
    uint96 public immutable stakeMin;
    /// @inheritdoc INodeRegistry
    uint96 public immutable stakeMax;
    /// @inheritdoc INodeRegistry
    uint32 public immutable unbondingPeriod;
    uint32 internal immutable NODES_MAX;
    /// @inheritdoc INodeRegistry
    uint32 public immutable renewEpochs;
    /// @inheritdoc INodeRegistry
    uint32 public immutable jailEpochs;

    mapping(address attestor => Record) internal _nodes;
    Place[] internal _places;
    /// Places nodes left, from 1: taken before the list grows.
    uint32[] private _vacant;
    uint32 private _registrations;
    /// The newest epoch any stake is unbonded from, and the one before it: which of the two was known at an epoch's first
    /// second shows, since nothing is unbonded from an epoch that has begun.
    uint32 private _unbondingEpoch;
    uint32 private _unbondingEpochBefore;
    /// By registration number, a byte each, 32 to a word.
    mapping(uint256 numberOver32 => uint256) private _capabilities;
    address[] private _slashers;
    mapping(address => bool) private _isSlasher;
    mapping(address reporter => uint256) private _rewards;

    constructor(NodeRegistryConfig memory config) EIP712("Dikast", "1") Ownable(config.owner) {
        if (config.genesis > block.timestamp) revert InvalidConfig("genesis");
        if (config.epochSeconds == 0) revert InvalidConfig("epochSeconds");
        if (config.stakeMin < WEIGHT_UNIT) revert InvalidConfig("stakeMin");
        if (config.stakeMax < config.stakeMin || config.stakeMax > STAKE_LIMIT) {
            revert InvalidConfig("stakeMax");
        }
        if (config.nodesMax == 0 || config.nodesMax > SnapshotBlob.NODES_MAX) {
            revert InvalidConfig("nodesMax");
        }
        if (config.renewEpochs == 0 || config.renewEpochs > SPAN_EPOCHS_MAX) {
            revert InvalidConfig("renewEpochs");
        }
        if (config.jailEpochs > SPAN_EPOCHS_MAX) revert InvalidConfig("jailEpochs");
        GENESIS = config.genesis;
        EPOCH_SECONDS = config.epochSeconds;
        stakeMin = config.stakeMin;
        stakeMax = config.stakeMax;
        unbondingPeriod = config.unbondingPeriod;
        NODES_MAX = config.nodesMax;
        renewEpochs = config.renewEpochs;
        jailEpochs = config.jailEpochs;
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
        if (msg.value < stakeMin) revert StakeTooSmall(msg.value, stakeMin);
        _checkBinding(attestor, peerId, capabilities, bindingSignature);

        uint32 number = _registrations++;
        record.operator = msg.sender;
        record.peerId = peerId;
        record.number = number;
        record.place = _takePlace(attestor, number);
        if (capabilities != 0) {
            _capabilities[number >> 5] |= uint256(capabilities) << ((number & 31) << 3);
        }
        emit NodeRegistered(attestor, msg.sender, peerId, capabilities, number);
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
        uint256 stake = record.stake;
        if (amount == 0 || amount > stake) revert StakeTooSmall(stake, amount);
        _startUnbonding(attestor, record, amount);
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
        if (record.place != 0 && _stakeInUse(record) == 0) _leave(attestor, record);
        emit Withdrawn(attestor, to, amount);
        _pay(to, amount);
    }

    /// @inheritdoc INodeRegistry
    function renew(address attestor) external {
        Record storage record = _nodes[attestor];
        address operator = record.operator;
        if (operator == address(0) || record.place == 0) revert UnknownNode(attestor);
        if (msg.sender != operator && msg.sender != attestor) revert NotOperator(attestor, msg.sender);
        uint32 epoch = currentEpoch();
        if (epoch < record.jailedUntil) revert NodeJailed(attestor, record.jailedUntil);
        Place storage place = _places[record.place - 1];
        // A node that lapsed was not drawn at this epoch's first second, and is not because of this.
        if (place.liveUntil <= epoch) place.liveFrom = epoch + 1;
        place.liveUntil = epoch + 1 + renewEpochs;
        emit LivenessChanged(attestor, epoch, place.liveFrom, place.liveUntil);
    }

    /// @inheritdoc INodeRegistry
    function evict(address attestor, uint32 sealedEpoch) external {
        Record storage record = _nodes[attestor];
        if (record.place == 0) revert UnknownNode(attestor);
        uint256 inUse = _stakeInUse(record);
        if (inUse >= stakeMin) revert StillBonded(attestor, inUse);
        _sealedWithout(record, sealedEpoch);
        uint96 rest = record.stake;
        if (rest != 0) {
            // What a slash left: its operator's, as if unbonded now.
            _startUnbonding(attestor, record, rest);
            _checkpoint(attestor, record, 0);
        }
        _leave(attestor, record);
    }

    /// @inheritdoc INodeRegistry
    function slash(address attestor, uint256 bps, address reporter) external returns (uint256 amount) {
        if (!_isSlasher[msg.sender]) revert NotSlasher(msg.sender);
        if (bps == 0 || bps > BPS) revert InvalidSlash(bps);
        Record storage record = _nodes[attestor];
        if (record.operator == address(0)) revert UnknownNode(attestor);

        uint256 bonded = (uint256(record.stake) * bps) / BPS;
        uint256 unbonding = (uint256(record.unbonding) * bps) / BPS;
        amount = bonded + unbonding;
        if (unbonding != 0) record.unbonding -= uint96(unbonding);
        // What is left may be less than `stakeMin`: then the node is in no snapshot until more is bonded.
        if (bonded != 0) _checkpoint(attestor, record, record.stake - bonded);
        uint32 jailedUntil = _jail(attestor, record);
        uint256 reward = reporter == address(0) ? 0 : (amount * REWARD_BPS) / BPS;
        if (reward != 0) _rewards[reporter] += reward;
        emit Slashed(attestor, msg.sender, reporter, amount, reward, jailedUntil);
        _pay(payable(address(0)), amount - reward);
    }

    /// @inheritdoc INodeRegistry
    function claimReward(address payable to) external nonReentrant returns (uint256 amount) {
        amount = _rewards[msg.sender];
        if (amount == 0) revert NoReward(msg.sender);
        _rewards[msg.sender] = 0;
        emit RewardClaimed(msg.sender, to, amount);
        _pay(to, amount);
    }

    /// @inheritdoc INodeRegistry
    function addSlasher(address slasher) external onlyOwner {
        if (slasher.code.length == 0 || _isSlasher[slasher] || _slashers.length == SLASHERS_MAX) {
            revert InvalidSlasher(slasher);
        }
        _isSlasher[slasher] = true;
        _slashers.push(slasher);
        emit SlasherAdded(slasher);
    }

    /// @inheritdoc INodeRegistry
    function slashers() external view returns (address[] memory) {
        return _slashers;
    }

    /// @inheritdoc INodeRegistry
    function rewardOf(address reporter) external view returns (uint256) {
        return _rewards[reporter];
    }

    /// @inheritdoc INodeRegistry
    function node(address attestor) external view returns (Node memory answer) {
        Record storage record = _nodes[attestor];
        answer.operator = record.operator;
        if (answer.operator == address(0)) return answer;
        answer.peerId = record.peerId;
        answer.number = record.number;
        answer.capabilities = bytes32(_capabilitiesOf(record.number));
        answer.stake = record.stake;
        answer.unbonding = record.unbonding;
        answer.unbondingEpoch = record.unbondingEpoch;
        answer.jailedUntil = record.jailedUntil;
        if (record.place == 0) return answer;
        Place storage place = _places[record.place - 1];
        answer.liveFrom = place.liveFrom;
        answer.liveUntil = place.liveUntil;
    }

    /// @inheritdoc INodeRegistry
    function operatorOf(address attestor) external view returns (address) {
        return _nodes[attestor].operator;
    }

    /// @inheritdoc INodeRegistry
    function nodeCount() external view returns (uint256) {
        return _places.length - _vacant.length;
    }

    /// @inheritdoc INodeRegistry
    function placeCount() external view returns (uint256) {
        return _places.length;
    }

    /// @inheritdoc INodeRegistry
    function nodeAt(uint256 place) external view returns (address attestor) {
        return _places[place].attestor;
    }

    /// @inheritdoc INodeRegistry
    function currentEpoch() public view returns (uint32) {
        return uint32((block.timestamp - GENESIS) / EPOCH_SECONDS);
    }

    /// @inheritdoc INodeRegistry
    function epochStart(uint32 epoch) public view returns (uint64) {
        return GENESIS + uint64(epoch) * EPOCH_SECONDS;
    }

    /// When an epoch was sealed; zero when it was not.
    function _sealedAt(uint32 epoch) internal view virtual returns (uint64);

    /// At the first second of the current epoch: a checkpoint keeps one boundary.
    function _stakeAt(Record storage record, uint32 epoch) internal view returns (uint256) {
        return record.changedIn == epoch ? record.stakeAtBoundary : record.stake;
    }

    /// Whether a node waits for this epoch's seal to withdraw.
    function _isAwaited(uint32 epoch, uint32 sealedBelow) internal view returns (bool) {
        uint32 unbondingEpoch = _unbondingEpoch;
        if (unbondingEpoch > epoch) unbondingEpoch = _unbondingEpochBefore;
        return unbondingEpoch != 0 && unbondingEpoch >= sealedBelow;
    }

    function _capabilitiesOf(uint256 number) internal view returns (uint256) {
        return (_capabilities[number >> 5] >> ((number & 31) << 3)) & 0xff;
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

    /// The greater of what a node has now and what it is drawn with in this epoch, whose seal may be under way.
    function _stakeInUse(Record storage record) private view returns (uint256) {
        uint256 stake = record.stake;
        uint256 atBoundary = _stakeAt(record, currentEpoch());
        return stake < atBoundary ? atBoundary : stake;
    }

    function _startUnbonding(address attestor, Record storage record, uint96 amount) private {
        uint32 epoch = currentEpoch() + 1;
        record.unbonding += amount;
        record.unbondingEpoch = epoch;
        if (_unbondingEpoch != epoch) (_unbondingEpochBefore, _unbondingEpoch) = (_unbondingEpoch, epoch);
        emit Unbonding(attestor, amount, epoch);
    }

    function _setStake(address attestor, Record storage record, uint256 stake) private {
        if (stake != 0 && stake < stakeMin) revert StakeTooSmall(stake, stakeMin);
        if (stake > stakeMax) revert StakeTooLarge(stake);
        _checkpoint(attestor, record, stake);
    }

    /// The first change in an epoch keeps what the stake was at its first second.
    function _checkpoint(address attestor, Record storage record, uint256 stake) private {
        uint32 epoch = currentEpoch();
        if (record.changedIn != epoch) {
            record.stakeAtBoundary = record.stake;
            record.changedIn = epoch;
        }
        // At most STAKE_LIMIT, which is below 2**81.
        record.stake = uint88(stake);
        emit StakeChanged(attestor, epoch, uint96(stake));
    }

    /// From the next epoch on: this one's snapshot holds what was so at its first second.
    function _jail(address attestor, Record storage record) private returns (uint32 jailedUntil) {
        uint32 next = currentEpoch() + 1;
        jailedUntil = next + jailEpochs;
        record.jailedUntil = jailedUntil;
        if (record.place == 0) return jailedUntil;
        Place storage place = _places[record.place - 1];
        if (place.liveUntil <= next) return jailedUntil;
        place.liveUntil = next;
        emit LivenessChanged(attestor, next - 1, place.liveFrom, next);
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
        sealedAt = _sealedAt(sealedEpoch);
        if (sealedAt == 0) revert EpochNotSealed(sealedEpoch);
    }

    /// @return place counted from 1.
    function _takePlace(address attestor, uint32 number) private returns (uint32 place) {
        uint32 next = currentEpoch() + 1;
        uint256 vacant = _vacant.length;
        if (vacant == 0) {
            if (_places.length >= NODES_MAX) revert RegistryFull(NODES_MAX);
            _places.push();
            place = uint32(_places.length);
        } else {
            place = _vacant[vacant - 1];
            _vacant.pop();
        }
        _places[place - 1] = Place(attestor, number, next, next + renewEpochs);
        emit LivenessChanged(attestor, next - 1, next, next + renewEpochs);
    }

    function _leave(address attestor, Record storage record) private {
        uint32 place = record.place;
        delete _places[place - 1];
        _vacant.push(place);
        record.place = 0;
        emit NodeLeft(attestor);
    }

    function _pay(address payable to, uint256 amount) private {
        (bool ok, ) = to.call{value: amount}("");
        if (!ok) revert TransferFailed(to);
    }
}
