// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {INodeRegistry} from "../../../../contracts/interfaces/INodeRegistry.sol";
import {vm} from "../Vm.sol";
import {Challengers} from "./Challengers.sol";

/// @title Who takes stakes and rewards out of the registry: all of it, once, and not before its time.
abstract contract Stakers is Challengers {
    /// Of a node that unbonded, now if there was none. Lets the time it takes pass.
    function withdraw(uint256 which) public now_ {
        if (which & 7 != 0) _keepIn();
        if (!_isUnbonding()) _unbond(USERS.attestorOf(which % NODES), which >> 8);
        for (uint256 i; i < NODES; ++i) {
            address attestor = USERS.attestorOf(((which % NODES) + i) % NODES);
            INodeRegistry.Node memory node = REGISTRY.node(attestor);
            if (node.unbonding == 0) continue;
            _withdraw(attestor, node.unbonding, _sealedWithout(attestor, node.unbondingEpoch));
            return;
        }
    }

    function claimReward(uint256 number) public now_ {
        address reporter = REGISTRY.rewardOf(CHALLENGER) == 0 ? address(USERS) : CHALLENGER;
        uint256 owed = REGISTRY.rewardOf(reporter);
        if (owed == 0 && number & 3 == 0) {
            _slash(number >> 2);
            owed = REGISTRY.rewardOf(reporter);
        }
        bytes memory call = abi.encodeCall(INodeRegistry.claimReward, (payable(address(this))));
        if (owed == 0) return _mustFail(reporter, address(REGISTRY), call);
        uint256 before = address(this).balance;
        vm.prank(reporter);
        REGISTRY.claimReward(payable(address(this)));
        require(address(this).balance == before + owed, "a reward");
        _mustFail(reporter, address(REGISTRY), call);
        ++made["claimReward"];
    }

    /// A part of what it may do without.
    function _unbond(address attestor, uint256 number) private {
        uint96 stake = REGISTRY.node(attestor).stake;
        uint96 least = REGISTRY.stakeMin();
        if (stake <= least) return;
        vm.prank(address(USERS));
        REGISTRY.unbond(attestor, uint96(1 + (number % (stake - least))));
    }

    /// A hundredth of a node's stake at most, reported by the operator itself.
    function _slash(uint256 number) private {
        uint256 asked = ((number % 100) << 64) | ((number % NODES) << 8) | 32;
        asked += (7 + 9 - (asked % 9)) % 9;
        USERS.move(asked);
    }

    function _isUnbonding() private view returns (bool) {
        for (uint256 i; i < NODES; ++i) {
            if (REGISTRY.node(USERS.attestorOf(i)).unbonding != 0) return true;
        }
        return false;
    }

    /// Who was jailed or lapsed is drawn again, and who was slashed has stake enough: or few would be left to draw. Who left
    /// cannot come back.
    function _keepIn() internal {
        uint32 epoch = REGISTRY.currentEpoch();
        uint96 least = REGISTRY.stakeMin();
        for (uint256 i; i < NODES; ++i) {
            address attestor = USERS.attestorOf(i);
            INodeRegistry.Node memory node = REGISTRY.node(attestor);
            if (node.liveFrom == 0) continue;
            if (node.liveUntil <= epoch + 1 && node.jailedUntil <= epoch) {
                vm.prank(address(USERS));
                REGISTRY.renew(attestor);
            }
            if (node.stake >= least) continue;
            vm.prank(address(USERS));
            REGISTRY.bond{value: least - node.stake}(attestor);
        }
    }

    /// A node that lost nearly all is put out, by whoever comes. What it has left is paid out with the others'.
    function _evictOne() private {
        (uint32 epoch, ) = REGISTRY.latestSnapshot();
        for (uint256 i; i < NODES; ++i) {
            address attestor = USERS.attestorOf(i);
            INodeRegistry.Node memory node = REGISTRY.node(attestor);
            if (node.stake < REGISTRY.stakeMin() || node.unbondingEpoch > epoch) continue;
            bytes memory call = abi.encodeCall(INodeRegistry.evict, (attestor, epoch));
            _mustFail(THIEF, address(REGISTRY), call);
            vm.prank(address(USERS));
            REGISTRY.slash(attestor, 9_999, address(USERS));
            _later(REGISTRY.epochStart(REGISTRY.currentEpoch() + 1));
            vm.prank(THIEF);
            REGISTRY.evict(attestor, epoch);
            require(REGISTRY.node(attestor).stake == 0, "it left with a stake");
            ++made["evict"];
            return;
        }
    }

    /// All nodes leave.
    function _drainRegistry() internal {
        _evictOne();
        for (uint256 i; i < NODES; ++i) {
            address attestor = USERS.attestorOf(i);
            uint96 stake = REGISTRY.node(attestor).stake;
            if (stake == 0) continue;
            vm.prank(address(USERS));
            REGISTRY.unbond(attestor, stake);
        }
        for (uint256 i; i < NODES; ++i) withdraw(8 * i);
        for (uint256 i; i < 2; ++i) claimReward(1);
        require(address(REGISTRY).balance == 0, "the registry is left with nothing");
    }

    /// The newest sealed epoch without what is unbonding: sealed now, if there is none.
    function _sealedWithout(address attestor, uint32 unbondingEpoch) private returns (uint32 epoch) {
        (epoch, ) = REGISTRY.latestSnapshot();
        if (epoch >= unbondingEpoch) return epoch;
        _mustFail(address(USERS), address(REGISTRY), _withdrawal(attestor, epoch));
        _mustFail(address(USERS), address(REGISTRY), _withdrawal(attestor, unbondingEpoch));
        _later(REGISTRY.epochStart(unbondingEpoch));
        require(USERS.seal(), "not sealed for who leaves");
        epoch = REGISTRY.currentEpoch();
        _bookSeal(epoch, 0);
    }

    function _withdraw(address attestor, uint256 unbonding, uint32 epoch) private {
        bytes memory call = _withdrawal(attestor, epoch);
        uint256 withdrawableAt = REGISTRY.snapshotOf(epoch).sealedAt + UNBONDING_SECONDS;
        if (clock < withdrawableAt) {
            _mustFail(address(USERS), address(REGISTRY), call);
            _later(withdrawableAt);
        }
        _mustFail(THIEF, address(REGISTRY), call);
        uint256 before = address(this).balance;
        vm.prank(address(USERS));
        REGISTRY.withdraw(attestor, epoch, payable(address(this)));
        require(address(this).balance == before + unbonding, "a stake");
        _mustFail(address(USERS), address(REGISTRY), call);
        ++made["withdraw"];
    }

    function _withdrawal(address attestor, uint32 epoch) private view returns (bytes memory) {
        return abi.encodeCall(INodeRegistry.withdraw, (attestor, epoch, payable(address(this))));
    }
}
