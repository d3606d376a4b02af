// SPDX-License-Identifier: GPL-3.0-only
pragma circom 2.2.3;

include "templates/auction.circom";

// Bids only the auctioneer knows: losing bids stay hidden for good.
//
// Public: winner, price | auction, reserve, commitments[8], binding. Private: openings[8].
// `binding` is filled by the network with who is paid. The square keeps it in the proof: without a constraint on it, a
// proof would hold for any.
template SealedAuction(n) {
    signal input auction;
    signal input reserve;
    signal input commitments[n];
    signal input binding;
    signal input openings[n];
    signal output winner;
    signal output price;

    signal bindingSquare <== binding * binding;
    (winner, price) <== Auction(n, 1)(auction, reserve, commitments, openings);
}

component main {public [auction, reserve, commitments, binding]} = SealedAuction(8);
