// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Bounties} from "../../../../contracts/Bounties.sol";
import {ChallengeCourt} from "../../../../contracts/ChallengeCourt.sol";
import {ComputeMarket} from "../../../../contracts/ComputeMarket.sol";
import {MarketExtension} from "../../../../contracts/MarketExtension.sol";
import {FunctionRegistry} from "../../../../contracts/FunctionRegistry.sol";
import {NodeRegistry} from "../../../../contracts/NodeRegistry.sol";
import {Slasher} from "../../../../contracts/Slasher.sol";
import {VerifierRouter} from "../../../../contracts/VerifierRouter.sol";
import {IBeaconRegistry} from "../../../../contracts/interfaces/IBeaconRegistry.sol";
import {IDataFee} from "../../../../contracts/interfaces/IDataFee.sol";
import {IComputeMarket} from "../../../../contracts/interfaces/IComputeMarket.sol";
import {IFunctionRegistry} from "../../../../contracts/interfaces/IFunctionRegistry.sol";
import {INodeRegistry} from "../../../../contracts/interfaces/INodeRegistry.sol";
import {Consensus} from "../../../../contracts/types/Consensus.sol";
import {FunctionId} from "../../../../contracts/types/Ids.sol";
import {MarketConfig} from "../../../../contracts/types/MarketConfig.sol";
import {NodeRegistryConfig} from "../../../../contracts/types/NodeRegistryConfig.sol";
import {CountingBeacon, MoodyConsumer, SettableVerifier} from "../Doubles.sol";
import {nodeRegistryConfig} from "../Nodes.sol";
import {RegistryHandler} from "../RegistryHandler.sol";
import {Vm, vm} from "../Vm.sol";

/// @title All contracts of a network, three functions on it, and the people who use it.
/// @dev Beacon and verifier are doubles: what is proved here is what the others do with rounds and signers, whatever
/// those are. Time and the base fee are kept here and set before every move.
abstract contract World {
    struct Function {
        FunctionId id;
        uint16 seats;
        uint32 challengeWindow;
    }

    uint256 internal constant START = 1_000_000;
    uint32 internal constant EPOCH_SECONDS = 600;
    uint32 internal constant UNBONDING_SECONDS = 1_000;
    uint256 internal constant NODES = 24;
    uint32 internal constant WINDOW_SECONDS = 60;
    uint32 internal constant CHALLENGE_WINDOW = 900;
    uint96 internal constant SELECTION_FEE = 1e13;
    uint96 internal constant FLAT_FEE = 123_457 gwei;
    uint64 internal constant FUEL_PRICE = 12_345_677;
    uint64 internal constant FUEL_LIMIT = 3_000_000;
    uint96 internal constant ROYALTY = 7_777_777 gwei;
    uint256 internal constant PROTOCOL_FEE_BPS = 777;
    uint256 internal constant TIP_MAX = 1 gwei;
    uint256 internal constant GAS_BASE = 100_000;
    uint256 internal constant GAS_PER_SIGNATURE = 13_000;
    uint256 internal constant GAS_PER_BYTE = 40;
    uint256 internal constant GAS_EXPIRE = 48_000;

    /// Requesters: two accounts, and a contract that is called back.
    address internal constant ALICE = address(0xa1);
    address internal constant BOB = address(0xa2);
    MoodyConsumer internal immutable CONSUMER = new MoodyConsumer();
    /// Asks for others, of their accounts.
    address internal constant AGENT = address(0xa3);
    address internal constant SUBMITTER = address(0xb1);
    address internal constant KEEPER = address(0xb2);
    address internal constant CHALLENGER = address(0xc1);
    address internal constant OWNER = address(0xd1);
    address internal constant TREASURY = address(0xfee);
    /// Takes whatever is not nailed down. Nothing here ever gives him anything.
    address public constant THIEF = address(0xbad);

    IComputeMarket public immutable MARKET;
    ChallengeCourt public immutable COURT;
    NodeRegistry public immutable REGISTRY;
    Bounties internal immutable BOUNTIES;
    Slasher internal immutable SLASHER;
    CountingBeacon internal immutable BEACON = new CountingBeacon();
    SettableVerifier internal immutable VERIFIER = new SettableVerifier();
    /// The nodes' operator, and a slasher too.
    RegistryHandler internal immutable USERS;

    Function[3] internal functions;
    uint256 internal clock = START;
    uint256 internal baseFee;

    /// At its time and base fee, in a transaction of its own.
    modifier now_() {
        vm.warp(clock);
        vm.fee(baseFee);
        // With less of a tip than a market pays, or more.
        vm.txGasPrice(baseFee + (clock % 4) * 0.5 gwei);
        _;
    }

    constructor() payable {
        vm.warp(START);
        NodeRegistryConfig memory config = nodeRegistryConfig(EPOCH_SECONDS, uint32(NODES), address(this));
        config.unbondingPeriod = UNBONDING_SECONDS;
        USERS = new RegistryHandler{value: address(this).balance}(config);
        USERS.start();
        REGISTRY = USERS.REGISTRY();
        VerifierRouter router = new VerifierRouter(address(this));
        router.add(0x00000001, address(VERIFIER));
        FunctionRegistry registry = new FunctionRegistry(router);
        IBeaconRegistry beacon = IBeaconRegistry(address(BEACON));
        COURT = new ChallengeCourt(beacon, 24);
        BOUNTIES = new Bounties(REGISTRY, beacon);
        MarketConfig memory marketConfig = _config(registry, beacon);
        MARKET = IComputeMarket(
            address(new ComputeMarket(marketConfig, address(this), new MarketExtension(marketConfig)))
        );
        SLASHER = new Slasher(REGISTRY, address(this), 1);
        SLASHER.addMarket(address(MARKET));
        vm.prank(address(USERS));
        REGISTRY.addSlasher(address(SLASHER));

        functions[0] = _deploy(registry, 4, 0);
        // More than are credited one by one.
        functions[1] = _deploy(registry, 22, 0);
        functions[2] = _deploy(registry, 4, CHALLENGE_WINDOW);
        // A capability set each, and stakes of up to 4 ether.
        for (uint256 i = 1; i <= NODES; ++i)
            require(USERS.move(9 * ((i << 40) | (i << 120))), "not registered");
        clock = START + EPOCH_SECONDS;
        vm.warp(clock);
        require(USERS.seal(), "not sealed");
    }

    receive() external payable {}

    function _later(uint256 time) internal {
        if (time <= clock) return;
        clock = time;
        vm.warp(time);
    }

    function _dataOf(Vm.Log[] memory logs, bytes32 topic) internal pure returns (bytes memory) {
        for (uint256 i = logs.length; i != 0; --i) {
            if (logs[i - 1].topics.length != 0 && logs[i - 1].topics[0] == topic) return logs[i - 1].data;
        }
        revert("no such event");
    }

    function _config(
        FunctionRegistry registry,
        IBeaconRegistry beacon
    ) private view returns (MarketConfig memory) {
        return
            MarketConfig({
                nodeRegistry: INodeRegistry(address(REGISTRY)),
                beaconRegistry: beacon,
                functionRegistry: IFunctionRegistry(address(registry)),
                court: COURT,
                bounties: address(BOUNTIES),
                treasury: TREASURY,
                leadSeconds: 24,
                epochAgeMax: type(uint32).max,
                selectionFee: SELECTION_FEE,
                protocolFeeBps: uint16(PROTOCOL_FEE_BPS),
                tipMax: uint64(TIP_MAX),
                gasBase: uint32(GAS_BASE),
                gasPerSignature: uint32(GAS_PER_SIGNATURE),
                gasPerByte: uint32(GAS_PER_BYTE),
                gasPerProof: 215_000,
                dataFee: IDataFee(address(0))
            });
    }

    function _deploy(
        FunctionRegistry registry,
        uint16 seats,
        uint32 challengeWindow
    ) private returns (Function memory) {
        IFunctionRegistry.FunctionSpec memory spec = IFunctionRegistry.FunctionSpec({
            kind: IFunctionRegistry.Kind.Wasm,
            moduleHash: bytes32(uint256(seats) | (uint256(challengeWindow) << 16)),
            entry: "_start",
            runtime: "deterministic-1",
            capabilities: 0,
            permissions: new string[](0),
            consensus: Consensus.Exact,
            agreement: "",
            committeeSize: seats,
            fuelLimit: FUEL_LIMIT,
            memoryBytesMax: 1 << 20,
            outputBytesMax: 1024,
            windowSeconds: WINDOW_SECONDS,
            flatFeePerSeat: FLAT_FEE,
            fuelPrice: FUEL_PRICE,
            royalty: ROYALTY,
            verifierSelector: 0x00000001,
            verificationKeyHash: 0,
            challengeWindow: challengeWindow
        });
        vm.prank(OWNER);
        return Function(registry.deploy(spec, new string[](0)), seats, challengeWindow);
    }
}
