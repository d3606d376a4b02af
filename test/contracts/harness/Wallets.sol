// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {IMarketAgent} from "../../../contracts/interfaces/IMarketAgent.sol";

/// @title A wallet that is a contract: it signs what its key signed (EIP-1271), and does what it is told.
contract Wallet {
    address public immutable KEY;

    constructor(address key) {
        KEY = key;
    }

    receive() external payable {}

    function call(address to, bytes calldata data) external payable {
        (bool ok, bytes memory result) = to.call{value: msg.value}(data);
        if (!ok) {
            assembly {
                revert(add(result, 32), mload(result))
            }
        }
    }

    function isValidSignature(bytes32 digest, bytes calldata signature) external view returns (bytes4) {
        return ECDSA.recover(digest, signature) == KEY ? this.isValidSignature.selector : bytes4(0);
    }
}

/// @title Claims its purse, and claims it again while it is paid.
contract ClaimsTwice {
    IMarketAgent private immutable AGENT;
    uint256 public tried;

    constructor(IMarketAgent agent) {
        AGENT = agent;
    }

    receive() external payable {
        if (tried != 0) return;
        ++tried;
        try AGENT.claim(payable(this)) {
            ++tried;
        } catch {}
    }

    function claim() external {
        AGENT.claim(payable(this));
    }
}
