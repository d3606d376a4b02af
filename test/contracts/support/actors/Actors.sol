// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IBounties} from "../../../../contracts/interfaces/IBounties.sol";
import {IChallengeCourt} from "../../../../contracts/interfaces/IChallengeCourt.sol";
import {IMarketAccounts} from "../../../../contracts/interfaces/IMarketAccounts.sol";
import {IMarketCore} from "../../../../contracts/interfaces/IMarketCore.sol";
import {IMarketExtension} from "../../../../contracts/interfaces/IMarketExtension.sol";
import {IMarketTypes} from "../../../../contracts/interfaces/IMarketTypes.sol";
import {INodeRegistry} from "../../../../contracts/interfaces/INodeRegistry.sol";
import {ISlasher} from "../../../../contracts/interfaces/ISlasher.sol";
import {MerkleTree} from "../../../../contracts/libraries/MerkleTree.sol";
import {Certified} from "../../../../contracts/types/Certified.sol";
import {Fulfillment, Request} from "../../../../contracts/types/Request.sol";
import {Verdict} from "../../../../contracts/types/Verdict.sol";
import {vm} from "../Vm.sol";
import {Stakers} from "./Stakers.sol";

/// @title Everybody: nodes and their operator, the thief, and the passing of time.
abstract contract Actors is Stakers {
    uint256 private constant BASE_FEE_MAX = 60 gwei;
    address private immutable TEST = msg.sender;

    constructor() payable {
        _bookSeal(1, 0);
    }

    /// What the nodes, their operator, slashers, reporters and passers-by do to the registry.
    function moveNodes(uint256 number) external now_ {
        if (number & (1 << 200) == 0) return _keepIn();
        if (USERS.move(number)) ++made["moveNodes"];
    }

    function pass(uint256 seconds_, uint256 baseFee_) external now_ {
        _later(clock + 1 + (seconds_ % 200));
        baseFee = baseFee_ % BASE_FEE_MAX;
    }

    /// By a step or by all of them, for a bounty or for nothing; and of a capability set.
    function seal(uint256 number) external now_ {
        uint32 epoch = REGISTRY.currentEpoch();
        _keepIn();
        if (number % 3 == 0) {
            if (USERS.seal()) ++made["seal"];
        } else if (number % 3 == 1) {
            if (USERS.sealStep(1 + ((number >> 8) % 12))) ++made["seal"];
        } else {
            _sealForBounty();
        }
        _bookSeal(epoch, 0);
        bytes32 set = bytes32(1 + ((number >> 16) % 7));
        (bool ok, ) = address(REGISTRY).call(
            abi.encodeCall(INodeRegistry.sealCapabilities, (set, 1 + ((number >> 24) % 24)))
        );
        (epoch, ) = REGISTRY.latestSnapshot();
        if (ok) _bookSeal(epoch, set);
    }

    /// A share of each settlement, in ascending order; each once, and no one's who did not sign.
    function claimShares(uint256 which) public now_ {
        address attestor = USERS.attestorOf(which % NODES);
        uint256 owed = unclaimed[attestor];
        if (owed == 0) return;
        bytes memory claims = _claimsOf(attestor);
        bytes memory call = abi.encodeCall(IMarketExtension.claimShares, (attestor, claims));
        _mustFail(THIEF, address(MARKET), abi.encodeCall(IMarketExtension.claimShares, (THIEF, claims)));
        // Who claimed for another could pass over what it is owed, which then is lost.
        _mustFail(THIEF, address(MARKET), call);
        // Not even for another node of the same operator, which may have signed the same in another place.
        address other = USERS.attestorOf((which + 1) % NODES);
        _mustFail(
            address(USERS),
            address(MARKET),
            abi.encodeCall(IMarketExtension.claimShares, (other, claims))
        );
        vm.prank(address(USERS));
        require(MARKET.claimShares(attestor, claims) == owed, "shares");
        for (uint256 i; i < shares.length; ++i) {
            for (uint256 place; place < shares[i].signers.length; ++place)
                if (shares[i].signers[place] == attestor) shares[i].claimed |= 1 << place;
        }
        unclaimed[attestor] = 0;
        _mustFail(address(USERS), address(MARKET), call);
        ++made["claimShares"];
    }

    function claimNode(uint256 which) public now_ {
        address attestor = USERS.attestorOf(which % NODES);
        uint256 owed = nodeEarned[attestor] - nodeClaimed[attestor] - unclaimed[attestor];
        bytes memory call = abi.encodeCall(IMarketAccounts.claimNode, (attestor, payable(THIEF)));
        _mustFail(THIEF, address(MARKET), call);
        // Not even the node's own key.
        _mustFail(attestor, address(MARKET), call);
        if (owed == 0) return _mustFail(address(USERS), address(MARKET), call);
        uint256 before = address(this).balance;
        vm.prank(address(USERS));
        require(MARKET.claimNode(attestor, payable(address(this))) == owed, "a node's claim");
        require(address(this).balance == before + owed, "paid");
        nodeClaimed[attestor] += owed;
        _mustFail(address(USERS), address(MARKET), call);
        ++made["claimNode"];
    }

    /// What he has no right to, in every way there is; and what others did already, again.
    function steal(uint256 number) external now_ {
        address attestor = USERS.attestorOf(number % NODES);
        address market = address(MARKET);
        _mustFail(THIEF, market, abi.encodeCall(IMarketAccounts.claim, (payable(THIEF))));
        _mustFail(THIEF, market, abi.encodeCall(IMarketExtension.payBounty, (THIEF, 1 + (number % 1 ether))));
        bytes32[] memory himself = new bytes32[](1 + (number % 30));
        for (uint256 i; i < himself.length; ++i) himself[i] = bytes32(uint256(uint160(THIEF)));
        _mustFail(
            THIEF,
            market,
            abi.encodeCall(IMarketAccounts.depositShares, (himself, 1 + ((number >> 8) % 1 ether), 0))
        );
        _mustFail(
            THIEF,
            market,
            abi.encodeCall(IMarketAccounts.depositShares, (himself, type(uint256).max, himself.length))
        );
        _mustFail(THIEF, market, abi.encodeCall(IMarketCore.setPaused, (true)));
        _mustFail(THIEF, address(BOUNTIES), abi.encodeCall(IBounties.sealEpoch, (THIEF)));
        address registry = address(REGISTRY);
        _mustFail(THIEF, registry, abi.encodeCall(INodeRegistry.slash, (attestor, 10_000, THIEF)));
        _mustFail(THIEF, registry, abi.encodeCall(INodeRegistry.addSlasher, (address(SLASHER))));
        _mustFail(THIEF, registry, abi.encodeCall(INodeRegistry.unbond, (attestor, 1)));
        _mustFail(THIEF, registry, abi.encodeCall(INodeRegistry.withdraw, (attestor, 1, payable(THIEF))));
        _mustFail(THIEF, registry, abi.encodeCall(INodeRegistry.claimReward, (payable(THIEF))));
        _mustFail(THIEF, registry, abi.encodeCall(INodeRegistry.renew, (attestor)));
        if (items.length != 0) _replay(number % items.length);
        ++made["steal"];
    }

    /// One of all moves, so that a test can make them in an order of its own.
    function move(uint256 number) external {
        uint256 kind = number % 26;
        uint256 a = number >> 8;
        if (kind < 3) return this.request(a, uint32(number >> 160), uint96(number >> 128));
        if (kind == 3) return this.requestSome(a, uint32(number >> 160));
        if (kind == 4) return this.requestFor(a, uint32(number >> 160));
        if (kind == 5) return this.deposit(a, uint96(number >> 128));
        if (kind == 6) return this.topUp(a, uint96(number >> 128), uint64(number >> 64));
        if (kind < 10)
            return this.fulfill(a, number >> 16, uint8(a), uint16(number >> 32), uint64(number >> 64));
        if (kind == 10) return this.fulfillBatch(a, number >> 16, uint64(number >> 64));
        if (kind == 11) return this.expire(a);
        if (kind == 12) return this.retryCallback(a, number >> 64);
        if (kind == 13) return this.challenge(a);
        bool same = (number >> 90) & 1 == 0;
        if (kind == 14) return this.challengeAndResolve(a, number >> 16, same, uint64(number >> 64));
        if (kind == 15) return this.resolve(a, number >> 16, same, uint64(number >> 64));
        if (kind == 16) return this.closeUndecided(a);
        if (kind == 17) return this.finalize(a, number >> 64);
        if (kind == 18) return this.reportOverturned(a);
        if (kind == 19) return this.claim(a);
        if (kind == 20) return number & 256 == 0 ? this.claimNode(a >> 8) : this.claimShares(a >> 8);
        if (kind == 21) return number & 256 == 0 ? this.moveNodes(a) : this.seal(a);
        if (kind == 22) return this.steal(a);
        if (kind == 23) return this.withdraw(a);
        if (kind == 24) return this.claimReward(a);
        this.pass(a, number >> 64);
    }

    /// Everything ends, and everybody takes what is theirs: then the market holds its pool, court and registry nothing.
    function drain() external {
        // Not one of the moves.
        if (msg.sender != TEST) return;
        for (uint256 i; i < items.length; ++i) {
            if (items[i].status == IMarketTypes.Status.Open) expire(i);
            if (items[i].verdict == Verdict.Pending) closeUndecided(i);
            if (items[i].status == IMarketTypes.Status.Certified) finalize(i, i);
        }
        for (uint256 i; i < NODES; ++i) {
            claimShares(i);
            claimNode(i);
        }
        for (uint256 i; i < 10; ++i) claim(i);
        require(
            address(MARKET).balance == poolNow && MARKET.pool() == poolNow,
            "the market is left with its pool"
        );
        require(address(COURT).balance == 0, "the court is left with nothing");
        _drainRegistry();
    }

    function _sealForBounty() private {
        vm.prank(KEEPER);
        try BOUNTIES.sealEpoch(address(MARKET)) returns (bool, uint256 bounty) {
            require(bounty <= poolNow, "a bounty the pool has not");
            poolNow -= bounty;
            earned[KEEPER] += bounty;
            ++made["sealEpoch"];
        } catch {}
    }

    /// What is over or certified is over or certified.
    function _replay(uint256 which) private {
        Request memory asked = requests[which];
        Item storage item = items[which];
        if (item.status == IMarketTypes.Status.Open) return;
        address market = address(MARKET);
        Fulfillment memory fulfillment;
        _mustFail(THIEF, market, abi.encodeCall(IMarketCore.fulfill, (asked, fulfillment)));
        _mustFail(THIEF, market, abi.encodeCall(IMarketCore.expire, (asked)));
        IMarketTypes.CallbackResult memory result = item.failed;
        if (item.status != IMarketTypes.Status.CallbackFailed) {
            _mustFail(
                THIEF,
                market,
                abi.encodeCall(IMarketExtension.retryCallback, (asked, result, 1_000_000))
            );
        }
        if (item.status == IMarketTypes.Status.Certified) return;
        Certified memory certified = item.certified;
        _mustFail(THIEF, market, abi.encodeCall(IMarketExtension.finalize, (asked, certified, item.output)));
        bytes memory call = abi.encodeCall(IChallengeCourt.challenge, (market, asked, certified));
        _mustFail(THIEF, address(COURT), call);
        fulfillment.attempt = 255;
        call = abi.encodeCall(IChallengeCourt.resolve, (market, asked, certified, fulfillment));
        _mustFail(THIEF, address(COURT), call);
        if (item.verdict == Verdict.Overturned) return;
        call = abi.encodeCall(ISlasher.reportOverturned, (market, asked, certified));
        _mustFail(THIEF, address(SLASHER), call);
    }

    function _claimsOf(address attestor) private view returns (bytes memory claims) {
        for (uint256 i; i < shares.length; ++i) {
            Share storage share = shares[i];
            for (uint256 place; place < share.signers.length; ++place) {
                if (share.signers[place] != attestor || (share.claimed >> place) & 1 == 1) continue;
                bytes32[] memory proof = _proof(share.signers, 0, share.signers.length, place);
                claims = abi.encodePacked(claims, uint64(i + 1), uint16(place), proof);
            }
        }
    }

    /// The audit path of RFC 6962 section 2.1.1, by its definition.
    function _proof(
        address[] storage leaves,
        uint256 from,
        uint256 count,
        uint256 place
    ) private view returns (bytes32[] memory proof) {
        if (count == 1) return proof;
        uint256 split = 1;
        while (split * 2 < count) split *= 2;
        bool left = place < split;
        bytes32[] memory below =
            left
                ? _proof(leaves, from, split, place)
                : _proof(leaves, from + split, count - split, place - split);
        proof = new bytes32[](below.length + 1);
        for (uint256 i; i < below.length; ++i) proof[i] = below[i];
        proof[below.length] = left ? _root(leaves, from + split, count - split) : _root(leaves, from, split);
    }

    function _root(address[] storage leaves, uint256 from, uint256 count) private view returns (bytes32) {
        if (count == 1) return MerkleTree.leafOf(bytes32(uint256(uint160(leaves[from]))));
        uint256 split = 1;
        while (split * 2 < count) split *= 2;
        bytes32 left = _root(leaves, from, split);
        return keccak256(abi.encodePacked(uint8(1), left, _root(leaves, from + split, count - split)));
    }
}
