// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMarketTypes} from "../../../../contracts/interfaces/IMarketTypes.sol";
import {INodeRegistry} from "../../../../contracts/interfaces/INodeRegistry.sol";
import {SnapshotBlob} from "../../../../contracts/libraries/SnapshotBlob.sol";
import {Certified} from "../../../../contracts/types/Certified.sol";
import {RequestId} from "../../../../contracts/types/Ids.sol";
import {Request} from "../../../../contracts/types/Request.sol";
import {Verdict} from "../../../../contracts/types/Verdict.sol";
import {vm} from "../Vm.sol";
import {World} from "./World.sol";

/// @title Second books, kept by docs/spec alone: who is owed what, and where every request stands.
/// @dev Nothing here asks the market what anybody is owed. What a submitter gets depends on the callback's gas; that one
/// figure is taken from the event, and held to the bounds of [FEE-4].
abstract contract Books is World {
    error ShouldHaveFailed(address who, address target, bytes4 selector);

    struct Item {
        RequestId id;
        /// As the market must tell it.
        IMarketTypes.Status status;
        /// What the market holds for it: while it is open or certified.
        uint256 escrow;
        uint64 maxFeePerGas;
        /// How often it ended. Once, at most.
        uint256 ended;
        /// Since it was certified.
        Certified certified;
        bytes output;
        /// Since it was challenged.
        Verdict verdict;
        uint256 bond;
        uint64 round;
        uint64 closesAt;
        uint64 judgedFuel;
        bytes judgedOutput;
        bool slashed;
        /// Since its callback failed.
        IMarketTypes.CallbackResult failed;
    }

    /// A large committee's pay.
    struct Share {
        address[] signers;
        uint256 claimed;
    }

    struct Sealed {
        uint32 epoch;
        bytes32 capabilities;
        bytes32 snapshot;
        bytes32 code;
    }

    /// More than any call here pays out.
    uint256 private constant OTHERS_WEI = 1_000_000 ether;

    Request[] internal requests;
    Item[] internal items;
    /// Settlement i is the share before it: the market counts them from 1.
    Share[] internal shares;
    Sealed[] internal seals;
    mapping(address account => uint256) internal earned;
    mapping(address account => uint256) internal spent;
    mapping(address attestor => uint256) internal nodeEarned;
    mapping(address attestor => uint256) internal nodeClaimed;
    /// Of the shares of its settlements, what it has not claimed.
    mapping(address attestor => uint256) internal unclaimed;
    uint256 internal poolNow;
    uint256 internal bonds;
    /// How often each kind of move was made, for tests that ask whether they saw all.
    mapping(bytes32 what => uint256) public made;

    function accounts() public view returns (address[10] memory) {
        return
            [
                ALICE,
                BOB,
                address(CONSUMER),
                AGENT,
                SUBMITTER,
                KEEPER,
                CHALLENGER,
                OWNER,
                TREASURY,
                address(this)
            ];
    }

    /// [MKT-14]: what the market must hold, by these books.
    function marketOwes() external view returns (uint256 sum) {
        sum = poolNow;
        for (uint256 i; i < items.length; ++i) sum += items[i].escrow;
        address[10] memory all = accounts();
        for (uint256 i; i < all.length; ++i) sum += earned[all[i]] - spent[all[i]];
        for (uint256 i; i < NODES; ++i) {
            address attestor = USERS.attestorOf(i);
            sum += nodeEarned[attestor] - nodeClaimed[attestor];
        }
    }

    /// [CHA-8]
    function courtOwes() external view returns (uint256) {
        return bonds;
    }

    /// [REG-15]
    function registryOwes() external view returns (uint256) {
        return USERS.owed() + REGISTRY.rewardOf(CHALLENGER) + REGISTRY.rewardOf(KEEPER);
    }

    /// Each account, each node and the pool have by the market's own word what these books say.
    function checkCredits() external view {
        address[10] memory all = accounts();
        for (uint256 i; i < all.length; ++i) {
            require(MARKET.creditOf(all[i]) == earned[all[i]] - spent[all[i]], "an account's credit");
        }
        for (uint256 i; i < NODES; ++i) {
            address attestor = USERS.attestorOf(i);
            uint256 owed = nodeEarned[attestor] - nodeClaimed[attestor];
            require(MARKET.nodeCreditOf(attestor) + unclaimed[attestor] == owed, "a node's credit");
        }
        require(MARKET.pool() == poolNow, "the pool");
    }

    /// [MKT-5]: no request is lost, or ends twice.
    function checkRequests() external view {
        for (uint256 i; i < items.length; ++i) {
            Item storage item = items[i];
            (IMarketTypes.Status status, uint96 escrow) = MARKET.statusOf(item.id);
            require(status == item.status, "a status");
            if (status == IMarketTypes.Status.Open) require(escrow == item.escrow, "an escrow");
            bool over = status != IMarketTypes.Status.Open && status != IMarketTypes.Status.Certified;
            require(item.ended == (over ? 1 : 0), "ended once");
        }
    }

    /// Snapshots are what they were when they were sealed.
    function checkSeals() external view {
        for (uint256 i; i < seals.length; ++i) {
            Sealed memory was = seals[i];
            INodeRegistry.Snapshot memory snapshot = REGISTRY.capabilitiesSnapshotOf(
                was.epoch,
                was.capabilities
            );
            require(keccak256(abi.encode(snapshot)) == was.snapshot, "another snapshot");
            require(keccak256(snapshot.blob.code) == was.code, "another code");
        }
    }

    function checkThief() external view {
        uint256 wealth = THIEF.balance + MARKET.creditOf(THIEF) + MARKET.nodeCreditOf(THIEF);
        require(wealth + REGISTRY.rewardOf(THIEF) == 0, "the thief has something");
    }

    function _bookSeal(uint32 epoch, bytes32 capabilities) internal {
        INodeRegistry.Snapshot memory snapshot = REGISTRY.capabilitiesSnapshotOf(epoch, capabilities);
        if (snapshot.sealedAt == 0) return;
        for (uint256 i; i < seals.length; ++i) {
            if (seals[i].epoch == epoch && seals[i].capabilities == capabilities) return;
        }
        bytes32 code = keccak256(snapshot.blob.code);
        seals.push(Sealed(epoch, capabilities, keccak256(abi.encode(snapshot)), code));
    }

    /// [FEE-1] [FEE-3] [MKT-22]: seats that signed earn, the pool has the pay of those that did not.
    function _bookSeats(
        Request memory asked,
        uint256[] memory committee,
        uint256 bitmap,
        uint256 perSeat,
        bool ofChallenge
    ) internal {
        address[] memory signers = new address[](committee.length);
        uint256 count;
        uint256 nodes = SnapshotBlob.count(asked.snapshot);
        for (uint256 seat; seat < committee.length; ++seat) {
            if ((bitmap >> seat) & 1 == 0) {
                poolNow += perSeat;
                continue;
            }
            address attestor = SnapshotBlob.attestorAt(asked.snapshot, nodes, committee[seat]);
            nodeEarned[attestor] += perSeat;
            signers[count++] = attestor;
        }
        // A court pays as many as signed, and does not say how many there were.
        if ((ofChallenge ? count : committee.length) <= 21) return;
        Share storage share = shares.push();
        for (uint256 i; i < count; ++i) {
            share.signers.push(signers[i]);
            unclaimed[signers[i]] += perSeat;
        }
    }

    /// What is left of an escrow when its seats are paid: [FEE-4], [FEE-5], [FEE-9].
    function _bookRest(
        Request memory asked,
        Item storage item,
        uint256 left,
        uint256 submitter,
        uint256 gasMin,
        uint256 callbackGas,
        address caller
    ) internal {
        uint256 price = _price(item.maxFeePerGas);
        require(submitter >= gasMin * price, "the submitter is owed more");
        require(submitter <= (gasMin + callbackGas) * price, "the submitter is owed less");
        left -= asked.royalty + asked.protocolFee + submitter;
        earned[asked.functionOwner] += asked.royalty;
        earned[TREASURY] += asked.protocolFee;
        earned[caller] += submitter;
        earned[asked.requester] += left;
        item.escrow = 0;
        ++item.ended;
        item.status = IMarketTypes.Status.Fulfilled;
        if (asked.callbackTarget == address(0)) return;
        // Its mood decides, and whether it bought gas enough.
        (IMarketTypes.Status status, ) = MARKET.statusOf(item.id);
        if (status != IMarketTypes.Status.CallbackFailed) return;
        require(asked.callbackTarget == address(CONSUMER), "who never fails failed");
        item.status = status;
        ++made["callback failed"];
    }

    function _price(uint256 maxFeePerGas) internal view returns (uint256 price) {
        price = baseFee + TIP_MAX;
        if (price > maxFeePerGas) price = maxFeePerGas;
    }

    function _count(uint256 bitmap, uint256 seats) internal pure returns (uint256 count) {
        for (uint256 seat; seat < seats; ++seat) count += (bitmap >> seat) & 1;
    }

    function _submissionGas(uint256 signers, uint256 bytes_) internal pure returns (uint256) {
        return GAS_BASE + GAS_PER_SIGNATURE * signers + GAS_PER_BYTE * bytes_;
    }

    /// Tries what must not succeed, from an account that may not do it. With ether enough in the target: a second payment
    /// must be refused because it is the second, not because nobody else's money was there to pay it with.
    function _mustFail(address who, address target, bytes memory call) internal {
        uint256 balance = target.balance;
        vm.deal(target, balance + OTHERS_WEI);
        vm.prank(who);
        (bool ok, ) = target.call(call);
        require(!ok, ShouldHaveFailed(who, target, bytes4(call)));
        vm.deal(target, balance);
    }
}
