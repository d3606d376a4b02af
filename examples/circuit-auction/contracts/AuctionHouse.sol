// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {DikastConsumer} from "../../../contracts/DikastConsumer.sol";
import {IComputeMarket} from "../../../contracts/interfaces/IComputeMarket.sol";
import {IMarketTypes} from "../../../contracts/interfaces/IMarketTypes.sol";
import {FunctionId, RequestId} from "../../../contracts/types/Ids.sol";

/// @title An auction of encrypted bids that a circuit opens once its secret is revealed (`auction-open.circom`).
/// @notice Eight places; the bids are words that the contract collects and never reads. Who won and what it costs is proven, so
/// neither the seller nor who computes it can say anything else. It moves no money: that is for whoever builds on it.
contract AuctionHouse is DikastConsumer {
    uint256 private constant BIDS = 8;
    uint256 private constant OUTPUTS = 2;
    uint256 private constant FIELD_ORDER =
        21888242871839275222246405745257275088548364400416034343698204186575808495617;
    uint32 private constant CALLBACK_GAS = 100_000;

    address public immutable SELLER;
    FunctionId public immutable FUNCTION_ID;
    uint256 public immutable RESERVE;
    /// What bids are encrypted to, as the circuit has it.
    uint256 public immutable KEY;

    uint256[BIDS] private _bidders;
    uint256[BIDS] private _points;
    uint256[BIDS] private _boxes;
    mapping(address bidder => bool) private _hasBid;
    uint256 public bids;
    bool public closed;
    /// Whether the winner was proven.
    bool public settled;

    /// Zero until it was proven, and when no bid reached the reserve.
    address public winner;
    /// The second price, or the reserve; zero when no bid counts.
    uint256 public price;

    event BidPlaced(address indexed bidder, uint256 place);
    event AuctionClosed(RequestId indexed requestId, uint256 secret);
    event AuctionWon(RequestId indexed requestId, address indexed winner, uint256 price);

    error NotSeller(address caller);
    error AlreadyClosed();
    error NotClosed();
    error AlreadySettled();
    error NoPlaceLeft();
    error NoElement();
    error AlreadyBid(address bidder);

    constructor(
        IComputeMarket market,
        FunctionId functionId,
        uint256 reserve,
        uint256 key
    ) DikastConsumer(market) {
        SELLER = msg.sender;
        FUNCTION_ID = functionId;
        RESERVE = reserve;
        KEY = key;
    }

    /// @notice A bid, encrypted to the auction's key for the sender: nobody else can place it.
    function bid(uint256 point, uint256 box) external {
        if (closed) revert AlreadyClosed();
        // One word that is no element would keep the request from ever being made.
        if (point >= FIELD_ORDER || box >= FIELD_ORDER) revert NoElement();
        uint256 place = bids;
        if (place == BIDS) revert NoPlaceLeft();
        if (_hasBid[msg.sender]) revert AlreadyBid(msg.sender);
        _hasBid[msg.sender] = true;
        bids = place + 1;
        (_bidders[place], _points[place], _boxes[place]) = (uint256(uint160(msg.sender)), point, box);
        emit BidPlaced(msg.sender, place);
    }

    /// @notice Ends it: with the secret revealed any prover can compute the winner. The value sent pays for that.
    function close(uint256 secret) external payable returns (RequestId requestId) {
        if (msg.sender != SELLER) revert NotSeller(msg.sender);
        if (closed) revert AlreadyClosed();
        closed = true;
        requestId = _request(_params(secret), msg.value);
        emit AuctionClosed(requestId, secret);
    }

    /// @notice Asks again when nobody proved it in time. Anyone, with the secret that is public by now: another than the auction's cannot
    /// be proven, and of the auction's there is one answer, however often it is asked for.
    function askAgain(uint256 secret) external payable returns (RequestId requestId) {
        if (!closed) revert NotClosed();
        if (settled) revert AlreadySettled();
        requestId = _request(_params(secret), msg.value);
        emit AuctionClosed(requestId, secret);
    }

    /// @notice Moves what the request did not spend to `to`.
    function claimRefund(address payable to) external returns (uint256 amount) {
        if (msg.sender != SELLER) revert NotSeller(msg.sender);
        return _claimRefund(to);
    }

    /// @notice The least value `close` accepts in this block. Name a gas price in the call.
    function quote(uint256 secret) external view returns (uint256) {
        return MARKET.quote(_params(secret));
    }

    function _onFulfilled(RequestId requestId, uint16 exit, bytes calldata output) internal override {
        if (settled || exit != 0 || output.length != OUTPUTS * 32) return;
        (uint256 place, uint256 price_) = abi.decode(output, (uint256, uint256));
        // The place after the last says that no bid counts.
        if (place < BIDS) winner = address(uint160(_bidders[place]));
        price = price_;
        settled = true;
        emit AuctionWon(requestId, winner, price_);
    }

    function _params(uint256 secret) private view returns (IMarketTypes.RequestParams memory) {
        return
            IMarketTypes.RequestParams({
                functionId: FUNCTION_ID,
                committeeSize: 0,
                attempts: 0,
                callbackGas: CALLBACK_GAS,
                maxFeePerGas: uint64(2 * block.basefee + 1 gwei),
                challengeWindow: 0,
                input: abi.encodePacked(_name(), RESERVE, KEY, _bidders, _points, _boxes, secret)
            });
    }

    /// Another auction's bids are no bids here. Below the order of the field, as an address is.
    function _name() private view returns (uint256) {
        return uint256(uint160(address(this)));
    }
}
