// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Actors} from "./support/actors/Actors.sol";
import {vm} from "./support/Vm.sol";

/// @title What the invariants' moves are made through: only contracts of test files are.
contract Everybody is Actors {
    constructor() payable {}
}

/// @title Everybody uses a network in any order, thieves too: nothing is lost, nothing is paid twice, and everybody gets
/// what docs/spec says is theirs, to the wei.
/// @dev Runs and depth are those of hardhat.config.ts: 12 runs of 60 moves by default, more with `DIKAST_INVARIANT_RUNS`
/// and `DIKAST_INVARIANT_DEPTH` (`npm run test:slow`: 200 of 150). A move that reverts fails the test: whoever may do
/// something can. After every run everything is brought to an end and taken out.
contract MoneyTest {
    uint256 private constant MOVES = 1_200;
    /// Who sends every move, and nothing else. Left to itself the fuzzer sends from any address it has seen, the thief's and
    /// the registry's too, and what a sender pays for gas and gets back changes its balance.
    address private constant SENDER = address(uint160(uint256(keccak256("who sends every move"))));

    Everybody private actors;

    function setUp() external {
        vm.deal(address(this), 10_000_000 ether);
        actors = new Everybody{value: 1_000_000 ether}();
        vm.deal(address(actors), 1_000_000 ether);
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(actors);
    }

    function targetSenders() external pure returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = SENDER;
    }

    /// [MKT-14] [CHA-8] [REG-15] [FEE-5] [MKT-9] [MKT-12] [MKT-17] [MKT-22] [MKT-5] [REG-7]
    function invariant_everybodyHasWhatIsTheirs() external view {
        _check();
    }

    /// Every open request can be ended, every challenge decided, every credit claimed.
    function afterInvariant() external {
        actors.drain();
        _check();
    }

    /// The same moves in an order of this file: each kind is made, so that what is proved above is not proved of nothing.
    function test_everyKindOfMoveIsMade() external {
        for (uint256 i; i < MOVES; ++i) {
            actors.move(uint256(keccak256(abi.encode(i))));
            if (i % 20 == 0) _check();
        }
        string[27] memory kinds = [
            "request",
            "requestFor",
            "deposit",
            "topUp",
            "claim",
            "postRound",
            "fulfill",
            "certify",
            "fulfillBatch",
            "fulfillBatch of several",
            "passed over",
            "shares recorded",
            "callback failed",
            "retryCallback",
            "expire",
            "challenge",
            "upheld",
            "overturned",
            "closeUndecided",
            "finalize",
            "reportOverturned",
            "claimNode",
            "claimShares",
            "sealEpoch",
            "moveNodes",
            "withdraw",
            "claimReward"
        ];
        for (uint256 i; i < kinds.length; ++i) _made(kinds[i]);
        actors.drain();
        _made("evict");
        _check();
    }

    function _made(string memory kind) private view {
        require(actors.made(bytes32(bytes(kind))) != 0, kind);
    }

    function _check() private view {
        require(address(actors.MARKET()).balance == actors.marketOwes(), "the market's balance");
        require(address(actors.COURT()).balance == actors.courtOwes(), "the court's balance");
        require(address(actors.REGISTRY()).balance == actors.registryOwes(), "the registry's balance");
        actors.checkCredits();
        actors.checkRequests();
        actors.checkSeals();
        actors.checkThief();
    }
}
