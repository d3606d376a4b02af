// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title The market, spoken to as consumers of Chainlink Functions speak to their router.
/// @notice Functions, events and errors with a name of that router have its signature too, unless they say otherwise.
/// Amounts are wei of the chain's own currency. A `donId` is a FunctionId, a request's id the market's RequestId.
interface IFunctionsAdapter {
    struct Subscription {
        /// What can be spent now. What open requests hold is the market's escrow, and no part of it.
        uint96 balance;
        address owner;
        /// Always zero: nothing of the balance is held back.
        uint96 blockedBalance;
        address proposedOwner;
        address[] consumers;
        /// Always zero: there are no tiers.
        bytes32 flags;
    }

    struct Consumer {
        bool allowed;
        uint64 initiatedRequests;
        /// Answered or timed out.
        uint64 completedRequests;
    }

    event SubscriptionCreated(uint64 indexed subscriptionId, address owner);
    event SubscriptionFunded(uint64 indexed subscriptionId, uint256 oldBalance, uint256 newBalance);
    event SubscriptionConsumerAdded(uint64 indexed subscriptionId, address consumer);
    event SubscriptionConsumerRemoved(uint64 indexed subscriptionId, address consumer);
    event SubscriptionCanceled(uint64 indexed subscriptionId, address fundsRecipient, uint256 fundsAmount);
    event SubscriptionOwnerTransferRequested(uint64 indexed subscriptionId, address from, address to);
    event SubscriptionOwnerTransferred(uint64 indexed subscriptionId, address from, address to);
    event RequestTimedOut(bytes32 indexed requestId);
    /// @notice Not the router's: what one of its requests may cost at most.
    event SubscriptionSpendingMaxSet(uint64 indexed subscriptionId, uint96 valueMax);
    /// @notice In place of the router's `RequestStart`: the market's `RequestSubmitted` has the data and the escrow.
    event RequestForwarded(
        bytes32 indexed requestId,
        uint64 indexed subscriptionId,
        address indexed consumer
    );
    /// @notice In place of the router's `RequestProcessed`: the market's `RequestFulfilled` has the output and the cost.
    event RequestAnswered(
        bytes32 indexed requestId,
        uint64 indexed subscriptionId,
        address indexed consumer,
        bool callbackOk
    );

    error InvalidSubscription();
    error InvalidConsumer();
    error InvalidCalldata();
    error EmptyRequestData();
    error GasLimitTooBig(uint32 limit);
    error TooManyConsumers(uint16 maximumConsumers);
    error MustBeSubscriptionOwner();
    error MustBeProposedOwner(address proposedOwner);
    error CannotRemoveWithPendingRequests();
    error TimeoutNotExceeded();
    /// Not the router's.
    error UnsupportedDataVersion(uint16 dataVersion);
    error NotMarket(address caller);
    error UnknownRequest(bytes32 requestId);
    error CallbackGasTooLow(uint256 available, uint256 required);

    /// @notice Asks for a computation that the subscription pays for. Only its consumers.
    /// @param data the function's input: CBOR as the client's library writes it.
    /// @param dataVersion 1.
    /// @param callbackGasLimit the consumer's callback gets exactly this.
    /// @param donId the FunctionId.
    function sendRequest(
        uint64 subscriptionId,
        bytes calldata data,
        uint16 dataVersion,
        uint32 callbackGasLimit,
        bytes32 donId
    ) external returns (bytes32 requestId);

    /// @notice Reverts with `GasLimitTooBig` when no request may buy as much.
    function isValidCallbackGasLimit(uint64 subscriptionId, uint32 callbackGasLimit) external view;

    function createSubscription() external returns (uint64 subscriptionId);

    function createSubscriptionWithConsumer(address consumer) external returns (uint64 subscriptionId);

    /// @notice Adds the value sent to the balance, in place of a token's `transferAndCall`. Anyone.
    function fundSubscription(uint64 subscriptionId) external payable;

    /// @notice Bounds what one request of the subscription may cost. Only its owner.
    /// @dev Warning: a consumer names the function, and so whom its fees go to. Raise this no further than that is worth.
    function setSpendingMax(uint64 subscriptionId, uint96 valueMax) external;

    function addConsumer(uint64 subscriptionId, address consumer) external;

    function removeConsumer(uint64 subscriptionId, address consumer) external;

    function proposeSubscriptionOwnerTransfer(uint64 subscriptionId, address newOwner) external;

    function acceptSubscriptionOwnerTransfer(uint64 subscriptionId) external;

    /// @notice Pays what is left to `to`, and forgets the subscription. Not while a request of it is open.
    function cancelSubscription(uint64 subscriptionId, address to) external;

    /// @notice Counts as completed what will not be answered any more: an expired request, whose escrow is back in the
    /// balance already; or one the market could not call this contract back for, once nobody can try again. Anyone.
    /// @param requestIds the router takes its own commitments here.
    function timeoutRequests(bytes32[] calldata requestIds) external;

    function getSubscription(uint64 subscriptionId) external view returns (Subscription memory);

    function getConsumer(address client, uint64 subscriptionId) external view returns (Consumer memory);

    /// @notice How many subscriptions there have been; the newest one's id.
    function getSubscriptionCount() external view returns (uint64);

    function pendingRequestExists(uint64 subscriptionId) external view returns (bool);

    /// @notice The least balance `sendRequest` needs at this price of gas. The router's coordinator has it, by subscription.
    function estimateCost(
        bytes32 donId,
        bytes calldata data,
        uint32 callbackGasLimit,
        uint256 gasPriceWei
    ) external view returns (uint96);

    /// @notice What one request of the subscription may cost.
    function spendingMaxOf(uint64 subscriptionId) external view returns (uint256);

    /// @notice The market's account that is the subscription's balance. Refunds go to it by themselves.
    function accountOf(uint64 subscriptionId) external view returns (address);
}
