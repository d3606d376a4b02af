// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {IComputeMarket} from "../interfaces/IComputeMarket.sol";
import {IMarketTypes} from "../interfaces/IMarketTypes.sol";
import {IDikastCallback} from "../interfaces/IDikastCallback.sol";
import {IFunctionsAdapter} from "../interfaces/IFunctionsAdapter.sol";
import {IFunctionsClient} from "../interfaces/IFunctionsClient.sol";
import {FunctionId, RequestId} from "../types/Ids.sol";
import {SubscriptionAccount} from "./SubscriptionAccount.sol";

/// @title The market, spoken to as consumers of Chainlink Functions speak to their router.
/// @dev The documentation stands in `IFunctionsAdapter`. Nobody owns this contract, and it never holds a balance: each
/// subscription is an account in the market, which pays for its requests and is refunded without a transaction of ours.
///
/// Hostile are consumers and whoever a cancelled subscription is paid to. They are called last. While one is called, the
/// guard keeps all but `sendRequest` and funding closed: a consumer may ask again from its callback; it cannot cancel a
/// subscription the market is about to refund.
contract FunctionsAdapter is IFunctionsAdapter, IDikastCallback, ReentrancyGuardTransient {
    /// @dev Who owns a subscription, and who was offered it.
    struct Owners {
        address owner;
        address proposedOwner;
        address[] consumers;
    }

    /// @dev One slot a request, gone when it is answered.
    struct Pending {
        address consumer;
        uint32 subscriptionId;
        uint24 callbackGasLimit;
        uint40 sentAt;
    }

    /// The one there is of the client's library.
    uint16 private constant DATA_VERSION = 1;
    /// So that loops over a subscription's consumers fit a transaction; the router's own bound.
    uint16 private constant CONSUMERS_MAX = 100;
    /// With what is bought beside it, below the 2,000,000 the market sells for a callback.
    uint32 private constant CALLBACK_GAS_LIMIT_MAX = 1_800_000;
    /// Bought for this contract beside the consumer's limit: 14,000 of storage, 20,000 to copy an output of 32,768 bytes,
    /// and what stands around the call. What is not used is not paid.
    uint256 private constant OVERHEAD_GAS = 60_000;
    /// Of it, for the call (a cold account that delegates to another, EIP-7702: 5,200) and the event after it.
    uint256 private constant GAS_AROUND_CALL = 12_000;
    /// EIP-150 keeps a 64th of what there is from a call, so a 63rd of what the call gets.
    uint256 private constant EIP_150 = 63;
    /// After it the market calls nobody back: three windows of at most a day, the beacon's rounds between them, and the
    /// week in which a failed callback may be tried again.
    uint256 private constant UNANSWERABLE_AFTER_SECONDS = 12 days;
    /// Of an exit, in words.
    uint256 private constant EXIT_BYTES = 2;

    /// @notice The market its requests are made in.
    IComputeMarket public immutable MARKET;
    /// What a subscription may spend on a request until its owner says otherwise.
    uint96 public immutable SPENDING_MAX_DEFAULT;
    uint256 private immutable TIP_MAX;
    address private immutable ACCOUNT_CODE;

    uint32 private _count;
    mapping(uint64 subscriptionId => Owners) private _subscriptions;
    mapping(address consumer => mapping(uint64 subscriptionId => Consumer)) private _consumers;
    mapping(bytes32 requestId => Pending) private _pending;

    modifier onlySubscriptionOwner(uint64 subscriptionId) {
        address owner = _subscriptions[subscriptionId].owner;
        if (owner == address(0)) revert InvalidSubscription();
        if (owner != msg.sender) revert MustBeSubscriptionOwner();
        _;
    }

    constructor(IComputeMarket market, uint96 spendingMaxDefault) {
        MARKET = market;
        SPENDING_MAX_DEFAULT = spendingMaxDefault;
        (, , , TIP_MAX) = market.gasConstants();
        ACCOUNT_CODE = address(new SubscriptionAccount(market));
    }

    /// @inheritdoc IFunctionsAdapter
    function sendRequest(
        uint64 subscriptionId,
        bytes calldata data,
        uint16 dataVersion,
        uint32 callbackGasLimit,
        bytes32 donId
    ) external returns (bytes32 requestId) {
        Consumer storage consumer = _consumers[msg.sender][subscriptionId];
        if (!consumer.allowed) {
            _checkExists(subscriptionId);
            revert InvalidConsumer();
        }
        if (data.length == 0) revert EmptyRequestData();
        if (dataVersion != DATA_VERSION) revert UnsupportedDataVersion(dataVersion);
        _checkGasLimit(callbackGasLimit);
        ++consumer.initiatedRequests;
        // The base fee may double until it is answered.
        uint256 gasPrice = 2 * block.basefee + TIP_MAX;
        // Nothing the market calls here is anybody's but its registries.
        requestId = RequestId.unwrap(
            MARKET.requestFor(
                accountOf(subscriptionId),
                address(this),
                _params(donId, data, callbackGasLimit, gasPrice)
            )
        );
        _pending[requestId] = Pending(
            msg.sender,
            uint32(subscriptionId),
            uint24(callbackGasLimit),
            uint40(block.timestamp)
        );
        emit RequestForwarded(requestId, subscriptionId, msg.sender);
    }

    /// @inheritdoc IDikastCallback
    /// @dev The consumer gets exactly its limit or this reverts, which leaves the callback to be tried again. Whatever the
    /// consumer does, the request is answered; nothing it returns is copied.
    function fulfillCompute(
        RequestId requestId,
        FunctionId,
        uint64,
        uint64,
        uint16 exit,
        bytes calldata output
    ) external nonReentrant {
        if (msg.sender != address(MARKET)) revert NotMarket(msg.sender);
        bytes32 id = RequestId.unwrap(requestId);
        Pending memory pending = _pending[id];
        if (pending.consumer == address(0)) revert UnknownRequest(id);
        delete _pending[id];
        ++_consumers[pending.consumer][pending.subscriptionId].completedRequests;

        bytes memory data =
            exit == 0
                ? abi.encodeCall(IFunctionsClient.handleOracleFulfillment, (id, output, ""))
                : abi.encodeCall(IFunctionsClient.handleOracleFulfillment, (id, "", _error(exit, output)));
        bool ok = _call(pending.consumer, pending.callbackGasLimit, data);
        emit RequestAnswered(id, pending.subscriptionId, pending.consumer, ok);
    }

    /// @inheritdoc IFunctionsAdapter
    function createSubscription() external returns (uint64 subscriptionId) {
        return _create();
    }

    /// @inheritdoc IFunctionsAdapter
    function createSubscriptionWithConsumer(address consumer) external returns (uint64 subscriptionId) {
        subscriptionId = _create();
        _add(subscriptionId, consumer);
    }

    /// @inheritdoc IFunctionsAdapter
    function fundSubscription(uint64 subscriptionId) external payable {
        _checkExists(subscriptionId);
        address account = accountOf(subscriptionId);
        uint256 balance = MARKET.creditOf(account);
        emit SubscriptionFunded(subscriptionId, balance, balance + msg.value);
        MARKET.deposit{value: msg.value}(account);
    }

    /// @inheritdoc IFunctionsAdapter
    function setSpendingMax(
        uint64 subscriptionId,
        uint96 valueMax
    ) external onlySubscriptionOwner(subscriptionId) {
        _setSpendingMax(subscriptionId, valueMax);
    }

    /// @inheritdoc IFunctionsAdapter
    function addConsumer(
        uint64 subscriptionId,
        address consumer
    ) external onlySubscriptionOwner(subscriptionId) {
        if (_subscriptions[subscriptionId].consumers.length >= CONSUMERS_MAX) {
            revert TooManyConsumers(CONSUMERS_MAX);
        }
        if (!_consumers[consumer][subscriptionId].allowed) _add(subscriptionId, consumer);
    }

    /// @inheritdoc IFunctionsAdapter
    function removeConsumer(
        uint64 subscriptionId,
        address consumer
    ) external nonReentrant onlySubscriptionOwner(subscriptionId) {
        if (!_consumers[consumer][subscriptionId].allowed) revert InvalidConsumer();
        if (_isPending(consumer, subscriptionId)) revert CannotRemoveWithPendingRequests();
        delete _consumers[consumer][subscriptionId];
        address[] storage consumers = _subscriptions[subscriptionId].consumers;
        uint256 last = consumers.length - 1;
        for (uint256 i; i < last; ++i) {
            if (consumers[i] == consumer) {
                consumers[i] = consumers[last];
                break;
            }
        }
        consumers.pop();
        emit SubscriptionConsumerRemoved(subscriptionId, consumer);
    }

    /// @inheritdoc IFunctionsAdapter
    function proposeSubscriptionOwnerTransfer(
        uint64 subscriptionId,
        address newOwner
    ) external onlySubscriptionOwner(subscriptionId) {
        Owners storage subscription = _subscriptions[subscriptionId];
        if (newOwner == address(0) || newOwner == subscription.proposedOwner) revert InvalidCalldata();
        subscription.proposedOwner = newOwner;
        emit SubscriptionOwnerTransferRequested(subscriptionId, msg.sender, newOwner);
    }

    /// @inheritdoc IFunctionsAdapter
    function acceptSubscriptionOwnerTransfer(uint64 subscriptionId) external {
        Owners storage subscription = _subscriptions[subscriptionId];
        address from = subscription.owner;
        if (msg.sender != subscription.proposedOwner) revert MustBeProposedOwner(subscription.proposedOwner);
        subscription.owner = msg.sender;
        subscription.proposedOwner = address(0);
        emit SubscriptionOwnerTransferred(subscriptionId, from, msg.sender);
    }

    /// @inheritdoc IFunctionsAdapter
    function cancelSubscription(
        uint64 subscriptionId,
        address to
    ) external nonReentrant onlySubscriptionOwner(subscriptionId) {
        if (to == address(0)) revert InvalidCalldata();
        if (pendingRequestExists(subscriptionId)) revert CannotRemoveWithPendingRequests();
        address[] memory consumers = _subscriptions[subscriptionId].consumers;
        for (uint256 i; i < consumers.length; ++i) delete _consumers[consumers[i]][subscriptionId];
        delete _subscriptions[subscriptionId];
        address account = accountOf(subscriptionId);
        uint256 amount = MARKET.creditOf(account);
        emit SubscriptionCanceled(subscriptionId, to, amount);
        if (amount != 0) SubscriptionAccount(account).claim(payable(to));
    }

    /// @inheritdoc IFunctionsAdapter
    function timeoutRequests(bytes32[] calldata requestIds) external nonReentrant {
        for (uint256 i; i < requestIds.length; ++i) {
            bytes32 id = requestIds[i];
            Pending memory pending = _pending[id];
            if (pending.consumer == address(0)) revert UnknownRequest(id);
            (IMarketTypes.Status status, ) = MARKET.statusOf(RequestId.wrap(id));
            bool isUnanswerable =
                status == IMarketTypes.Status.CallbackFailed &&
                    block.timestamp > pending.sentAt + UNANSWERABLE_AFTER_SECONDS;
            if (status != IMarketTypes.Status.Expired && !isUnanswerable) revert TimeoutNotExceeded();
            delete _pending[id];
            ++_consumers[pending.consumer][pending.subscriptionId].completedRequests;
            emit RequestTimedOut(id);
        }
    }

    /// @inheritdoc IFunctionsAdapter
    function isValidCallbackGasLimit(uint64 subscriptionId, uint32 callbackGasLimit) external view {
        _checkExists(subscriptionId);
        _checkGasLimit(callbackGasLimit);
    }

    /// @inheritdoc IFunctionsAdapter
    function getSubscription(uint64 subscriptionId) external view returns (Subscription memory subscription) {
        _checkExists(subscriptionId);
        Owners memory owners = _subscriptions[subscriptionId];
        // There is not that much ether.
        subscription.balance = uint96(MARKET.creditOf(accountOf(subscriptionId)));
        subscription.owner = owners.owner;
        subscription.proposedOwner = owners.proposedOwner;
        subscription.consumers = owners.consumers;
    }

    /// @inheritdoc IFunctionsAdapter
    function getConsumer(address client, uint64 subscriptionId) external view returns (Consumer memory) {
        return _consumers[client][subscriptionId];
    }

    /// @inheritdoc IFunctionsAdapter
    function getSubscriptionCount() external view returns (uint64) {
        return _count;
    }

    /// @inheritdoc IFunctionsAdapter
    function estimateCost(
        bytes32 donId,
        bytes calldata data,
        uint32 callbackGasLimit,
        uint256 gasPriceWei
    ) external view returns (uint96) {
        _checkGasLimit(callbackGasLimit);
        // What does not fit is more than the market takes.
        uint256 cost = MARKET.quote(_params(donId, data, callbackGasLimit, gasPriceWei));
        return cost > type(uint96).max ? type(uint96).max : uint96(cost);
    }

    /// @inheritdoc IFunctionsAdapter
    function spendingMaxOf(uint64 subscriptionId) external view returns (uint256) {
        _checkExists(subscriptionId);
        return MARKET.spendingCapOf(accountOf(subscriptionId), address(this));
    }

    /// @inheritdoc IFunctionsAdapter
    function pendingRequestExists(uint64 subscriptionId) public view returns (bool) {
        address[] memory consumers = _subscriptions[subscriptionId].consumers;
        for (uint256 i; i < consumers.length; ++i) {
            if (_isPending(consumers[i], subscriptionId)) return true;
        }
        return false;
    }

    /// @inheritdoc IFunctionsAdapter
    function accountOf(uint64 subscriptionId) public view returns (address) {
        return Clones.predictDeterministicAddress(ACCOUNT_CODE, bytes32(uint256(subscriptionId)));
    }

    function _create() private returns (uint64 subscriptionId) {
        subscriptionId = ++_count;
        _subscriptions[subscriptionId].owner = msg.sender;
        emit SubscriptionCreated(subscriptionId, msg.sender);
        Clones.cloneDeterministic(ACCOUNT_CODE, bytes32(uint256(subscriptionId)));
        _setSpendingMax(subscriptionId, SPENDING_MAX_DEFAULT);
    }

    function _setSpendingMax(uint64 subscriptionId, uint96 valueMax) private {
        emit SubscriptionSpendingMaxSet(subscriptionId, valueMax);
        SubscriptionAccount(accountOf(subscriptionId)).setSpendingMax(valueMax);
    }

    function _add(uint64 subscriptionId, address consumer) private {
        _consumers[consumer][subscriptionId].allowed = true;
        _subscriptions[subscriptionId].consumers.push(consumer);
        emit SubscriptionConsumerAdded(subscriptionId, consumer);
    }

    /// Warning: the consumer is hostile. A contract that is no more fails, as with the router.
    function _call(address consumer, uint256 gasGiven, bytes memory data) private returns (bool ok) {
        if (consumer.code.length == 0) return false;
        uint256 available = gasleft();
        uint256 required = gasGiven + gasGiven / EIP_150 + GAS_AROUND_CALL;
        if (available < required) revert CallbackGasTooLow(available, required);
        assembly ("memory-safe") {
            ok := call(gasGiven, consumer, 0, add(data, 32), mload(data), 0, 0)
        }
    }

    function _isPending(address consumer, uint64 subscriptionId) private view returns (bool) {
        Consumer memory counts = _consumers[consumer][subscriptionId];
        return counts.initiatedRequests != counts.completedRequests;
    }

    function _checkExists(uint64 subscriptionId) private view {
        if (_subscriptions[subscriptionId].owner == address(0)) revert InvalidSubscription();
    }

    function _checkGasLimit(uint32 callbackGasLimit) private pure {
        if (callbackGasLimit > CALLBACK_GAS_LIMIT_MAX) revert GasLimitTooBig(CALLBACK_GAS_LIMIT_MAX);
    }

    /// What the function wrote, or its exit in words: consumers know an error by its length.
    function _error(uint16 exit, bytes calldata output) private pure returns (bytes memory) {
        if (output.length != 0) return output;
        return bytes(string.concat("exit ", Strings.toHexString(exit, EXIT_BYTES)));
    }

    function _params(
        bytes32 donId,
        bytes calldata data,
        uint32 callbackGasLimit,
        uint256 gasPrice
    ) private pure returns (IMarketTypes.RequestParams memory params) {
        params.functionId = FunctionId.wrap(donId);
        params.callbackGas = uint32(callbackGasLimit + callbackGasLimit / EIP_150 + OVERHEAD_GAS);
        params.maxFeePerGas = gasPrice > type(uint64).max ? type(uint64).max : uint64(gasPrice);
        params.input = data;
    }
}
