// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ChallengeCourt} from "../../contracts/ChallengeCourt.sol";
import {ComputeMarket} from "../../contracts/ComputeMarket.sol";
import {MarketExtension} from "../../contracts/MarketExtension.sol";
import {FunctionRegistry} from "../../contracts/FunctionRegistry.sol";
import {NodeRegistry} from "../../contracts/NodeRegistry.sol";
import {VerifierRouter} from "../../contracts/VerifierRouter.sol";
import {IBeaconRegistry} from "../../contracts/interfaces/IBeaconRegistry.sol";
import {IComputeMarket} from "../../contracts/interfaces/IComputeMarket.sol";
import {IMarketTypes} from "../../contracts/interfaces/IMarketTypes.sol";
import {IDataFee} from "../../contracts/interfaces/IDataFee.sol";
import {IFunctionRegistry} from "../../contracts/interfaces/IFunctionRegistry.sol";
import {INodeRegistry} from "../../contracts/interfaces/INodeRegistry.sol";
import {BeaconClock} from "../../contracts/libraries/BeaconClock.sol";
import {Consensus} from "../../contracts/types/Consensus.sol";
import {FunctionId, RequestId} from "../../contracts/types/Ids.sol";
import {MarketConfig} from "../../contracts/types/MarketConfig.sol";
import {Fulfillment, Request} from "../../contracts/types/Request.sol";
import {nodeRegistryConfig, nodeSignature} from "./support/Nodes.sol";
import {Vm, vm} from "./support/Vm.sol";

/// @title Every round is posted, with its own number for randomness.
contract OpenBeacon {
    uint64 private constant GENESIS = 1000;

    function latestRound() external pure returns (uint64) {
        return 0;
    }

    function randomness(uint64 round) external pure returns (bytes32) {
        return keccak256(abi.encode(round));
    }

    function timeOfRound(uint64 round) external pure returns (uint64) {
        return uint64(BeaconClock.timeOfRound(round, GENESIS, 3));
    }
}

/// @title Says of the seats in `bitmap` that they signed.
contract SettableVerifier {
    uint256 public bitmap;

    function set(uint256 bitmap_) external {
        bitmap = bitmap_;
    }

    function verify(
        address,
        uint32,
        uint256[] calldata committee,
        uint256,
        bytes32,
        bytes calldata
    ) external view returns (uint256) {
        return bitmap & ((1 << committee.length) - 1);
    }
}

/// @title Uses a market in every order; what it owes must always be what it holds.
contract MarketHandler {
    uint256 private constant NODES = 9;

    IComputeMarket public immutable MARKET;
    NodeRegistry private immutable REGISTRY;
    SettableVerifier private immutable VERIFIER = new SettableVerifier();
    address public constant TREASURY = address(0xfee);
    uint96 private constant SELECTION_FEE = 1e13;
    uint64 private constant FUEL_LIMIT = 3_000_000;

    FunctionId private functionId;
    Request[] private open;
    address[] public accounts = [address(0xa1), address(0xa2), address(0xa3), address(this), TREASURY];
    uint256 public settled;

    constructor() payable {
        vm.warp(1_000_000);
        VerifierRouter router = new VerifierRouter(address(this));
        router.add(0x00000001, address(VERIFIER));
        FunctionRegistry functions = new FunctionRegistry(router);
        REGISTRY = new NodeRegistry(nodeRegistryConfig(600, 100, address(this)));
        IBeaconRegistry beacon = IBeaconRegistry(address(new OpenBeacon()));
        MarketConfig memory config = MarketConfig({
            nodeRegistry: INodeRegistry(address(REGISTRY)),
            beaconRegistry: beacon,
            functionRegistry: IFunctionRegistry(address(functions)),
            court: new ChallengeCourt(beacon, 24),
            bounties: address(0),
            treasury: TREASURY,
            leadSeconds: 24,
            epochAgeMax: type(uint32).max,
            selectionFee: SELECTION_FEE,
            protocolFeeBps: 777,
            tipMax: 1 gwei,
            gasBase: 100_000,
            gasPerSignature: 13_000,
            gasPerByte: 40,
            gasPerProof: 215_000,
            dataFee: IDataFee(address(0))
        });
        MARKET = IComputeMarket(
            address(new ComputeMarket(config, address(this), new MarketExtension(config)))
        );
        functionId = functions.deploy(_spec(), new string[](0));
        for (uint256 i = 1; i <= NODES; ++i) {
            bytes memory signature = nodeSignature(i, address(REGISTRY), address(this), bytes32(i), 0);
            REGISTRY.register{value: i * 1 ether}(vm.addr(i), bytes32(i), 0, signature);
        }
        vm.warp(block.timestamp + 600);
        REGISTRY.sealEpoch();
    }

    receive() external payable {}

    function request(uint256 who, uint16 seats, uint8 attempts, uint32 callbackGas, uint96 surplus) external {
        IMarketTypes.RequestParams memory params = IMarketTypes.RequestParams({
            functionId: functionId,
            committeeSize: 4 + (seats % (uint16(NODES) - 3)),
            attempts: attempts % 4,
            callbackGas: callbackGas % 100_000,
            maxFeePerGas: uint64(surplus % 100 gwei),
            challengeWindow: 0,
            input: abi.encode(who)
        });
        address requester = accounts[who % 3];
        uint256 value = MARKET.quote(params) + (surplus % 1 ether);
        vm.deal(requester, value);
        vm.recordLogs();
        vm.prank(requester);
        MARKET.request{value: value}(params);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        (, Request memory asked) = abi.decode(logs[logs.length - 1].data, (uint96, Request));
        open.push(asked);
    }

    /// Half of the runs trap, which costs all their fuel.
    function fulfill(uint256 which, uint256 bitmap, uint8 attempt, uint16 length, uint64 fuel) external {
        if (open.length == 0) return;
        Request memory asked = open[which % open.length];
        attempt = uint8(attempt % asked.attempts.length);
        if (block.timestamp >= asked.attempts[attempt].closesAt) return;
        if (block.timestamp < asked.attempts[attempt].opensAt) vm.warp(asked.attempts[attempt].opensAt);
        VERIFIER.set(bitmap);
        Fulfillment memory fulfillment;
        fulfillment.attempt = attempt;
        fulfillment.output = new bytes(length % 1025);
        fulfillment.exit = fuel & 1 == 0 ? 0 : 0x100;
        fulfillment.fuelUsed = fuel & 1 == 0 ? fuel % (FUEL_LIMIT + 1) : FUEL_LIMIT;
        vm.prank(accounts[bitmap % 3]);
        MARKET.fulfill(asked, fulfillment);
        ++settled;
        _forget(which % open.length);
    }

    function expire(uint256 which) external {
        if (open.length == 0) return;
        Request memory asked = open[which % open.length];
        if (block.timestamp <= asked.deadline) vm.warp(asked.deadline + 1);
        MARKET.expire(asked);
        _forget(which % open.length);
    }

    function claim(uint256 who) external {
        address account = accounts[who % accounts.length];
        if (MARKET.creditOf(account) == 0) return;
        vm.prank(account);
        MARKET.claim(payable(account));
    }

    function claimNode(uint256 which) external {
        address attestor = vm.addr(1 + (which % NODES));
        if (MARKET.nodeCreditOf(attestor) == 0) return;
        MARKET.claimNode(attestor, payable(address(this)));
    }

    /// Open escrows, credits, the pool and the protocol's fees, each read from the market.
    function owed() external view returns (uint256 sum) {
        sum = MARKET.pool();
        for (uint256 i; i < open.length; ++i) {
            (, uint96 escrow) = MARKET.statusOf(MARKET.requestIdOf(open[i]));
            sum += escrow;
        }
        for (uint256 i; i < accounts.length; ++i) sum += MARKET.creditOf(accounts[i]);
        for (uint256 i = 1; i <= NODES; ++i) sum += MARKET.nodeCreditOf(vm.addr(i));
    }

    function _forget(uint256 index) private {
        open[index] = open[open.length - 1];
        open.pop();
    }

    function _spec() private pure returns (IFunctionRegistry.FunctionSpec memory) {
        return
            IFunctionRegistry.FunctionSpec({
                kind: IFunctionRegistry.Kind.Wasm,
                moduleHash: bytes32(uint256(1)),
                entry: "_start",
                runtime: "deterministic-1",
                capabilities: 0,
                permissions: new string[](0),
                consensus: Consensus.Exact,
                agreement: "",
                committeeSize: 4,
                fuelLimit: FUEL_LIMIT,
                memoryBytesMax: 1 << 20,
                outputBytesMax: 1024,
                windowSeconds: 60,
                flatFeePerSeat: 123_457 gwei,
                fuelPrice: 12_345_677,
                royalty: 7_777_777 gwei,
                verifierSelector: 0x00000001,
                verificationKeyHash: 0,
                challengeWindow: 0
            });
    }
}

/// @title Conservation of money.
contract ComputeMarketTest {
    MarketHandler private handler;

    function setUp() external {
        handler = new MarketHandler{value: 100 ether}();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    /// [MKT-14] [FEE-5]
    function invariant_theMarketHoldsWhatItOwes() external view {
        require(address(handler.MARKET()).balance == handler.owed(), "balance");
    }

    /// [FEE-5] One settlement after another, whatever signed and whatever was sent.
    function testFuzz_settlementConservesMoney(
        uint256 bitmap,
        uint16 seats,
        uint96 surplus,
        uint16 length,
        uint64 fuel
    ) external {
        handler.request(0, seats, 1, 50_000, surplus);
        handler.fulfill(0, bitmap, 0, length, fuel);
        require(handler.settled() == 1, "settled");
        require(address(handler.MARKET()).balance == handler.owed(), "balance");
    }
}
