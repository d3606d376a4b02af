// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title The market, spoken to as consumers of Chainlink Functions speak to their router.
/// @notice Functions, events and errors with a name of that router have its signature too, unless they say otherwise.
/// Amounts are wei of the chain's own currency. A `donId` is a FunctionId, a request's id the market's RequestId.
interface IFunctionsAdapter {
    /// @notice A subscription as clients read it.
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

    /// @notice A contract that may ask on a subscription, and its counts.
    struct Consumer {
        bool allowed;
        uint64 initiatedRequests;
        /// Answered or timed out.
        uint64 completedRequests;
    }

    /// @notice An account opened a subscription.
    event SubscriptionCreated(uint64 indexed subscriptionId, address owner);
    /// @notice A subscription's balance grew.
    event SubscriptionFunded(uint64 indexed subscriptionId, uint256 oldBalance, uint256 newBalance);
    /// @notice A contract may ask on the subscription.
    event SubscriptionConsumerAdded(uint64 indexed subscriptionId, address consumer);
    /// @notice A contract may ask no more on the subscription.
    event SubscriptionConsumerRemoved(uint64 indexed subscriptionId, address consumer);
    /// @notice The subscription ended, and its balance was paid out.
    event SubscriptionCanceled(uint64 indexed subscriptionId, address fundsRecipient, uint256 fundsAmount);
    /// @notice The subscription was offered to another account.
    event SubscriptionOwnerTransferRequested(uint64 indexed subscriptionId, address from, address to);
    /// @notice The subscription has another owner.
    event SubscriptionOwnerTransferred(uint64 indexed subscriptionId, address from, address to);
    /// @notice A request that will not be answered any more counts as completed.
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

    /// @notice There is no such subscription.
    error InvalidSubscription();
    /// @notice The contract is no consumer of the subscription.
    error InvalidConsumer();
    /// @notice An argument is the zero address, or what it would set already.
    error InvalidCalldata();
    /// @notice A request without data asks for nothing.
    error EmptyRequestData();
    /// @notice A callback has at most so much gas.
    error GasLimitTooBig(uint32 limit);
    /// @notice A subscription has at most so many consumers.
    error TooManyConsumers(uint16 maximumConsumers);
    /// @notice Only the subscription's owner may.
    error MustBeSubscriptionOwner();
    /// @notice Only the account it was offered to may accept.
    error MustBeProposedOwner(address proposedOwner);
    /// @notice Requests of the subscription are still open.
    error CannotRemoveWithPendingRequests();
    /// @notice Only a request that expired is timed out, or one whose callback failed and can be tried no more.
    error TimeoutNotExceeded();
    /// Not the router's.
    error UnsupportedDataVersion(uint16 dataVersion);
    /// @notice Only the market calls back.
    error NotMarket(address caller);
    /// @notice The request is not the adapter's, or was answered or timed out.
    error UnknownRequest(bytes32 requestId);
    /// @notice The transaction cannot give the client the gas it asked for.
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

    /// @notice Opens a subscription for the caller.
    function createSubscription() external returns (uint64 subscriptionId);

    /// @notice Opens a subscription for the caller, with its first consumer.
    function createSubscriptionWithConsumer(address consumer) external returns (uint64 subscriptionId);

    /// @notice Adds the value sent to the balance, in place of a token's `transferAndCall`. Anyone.
    function fundSubscription(uint64 subscriptionId) external payable;

    /// @notice Bounds what one request of the subscription may cost. Only its owner.
    /// @dev Warning: a consumer names the function, and so whom its fees go to. Raise this no further than that is worth.
    function setSpendingMax(uint64 subscriptionId, uint96 valueMax) external;

    /// @notice Lets a contract ask on the subscription. Only its owner.
    function addConsumer(uint64 subscriptionId, address consumer) external;

    /// @notice Ends that, unless requests of the contract are open. Only the subscription's owner.
    function removeConsumer(uint64 subscriptionId, address consumer) external;

    /// @notice Offers the subscription to another account, in place of whom it was offered before. Only its owner.
    function proposeSubscriptionOwnerTransfer(uint64 subscriptionId, address newOwner) external;

    /// @notice Takes a subscription that was offered to the caller.
    function acceptSubscriptionOwnerTransfer(uint64 subscriptionId) external;

    /// @notice Pays what is left to `to`, and forgets the subscription. Not while a request of it is open.
    function cancelSubscription(uint64 subscriptionId, address to) external;

    /// @notice Counts as completed what will not be answered any more: an expired request, whose escrow is back in the
    /// balance already; or one the market could not call this contract back for, once nobody can try again. Anyone.
    /// @param requestIds the router takes its own commitments here.
    function timeoutRequests(bytes32[] calldata requestIds) external;

    /// @notice A subscription as it stands.
    function getSubscription(uint64 subscriptionId) external view returns (Subscription memory);

    /// @notice A contract's part in a subscription.
    function getConsumer(address client, uint64 subscriptionId) external view returns (Consumer memory);

    /// @notice How many subscriptions there have been; the newest one's id.
    function getSubscriptionCount() external view returns (uint64);

    /// @notice Whether a request of the subscription is open.
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
