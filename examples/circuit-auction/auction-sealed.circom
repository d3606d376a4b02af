// SPDX-License-Identifier: GPL-3.0-only
pragma circom 2.2.3;

include "templates/auction.circom";

// Only the auctioneer has the secret: losing bids stay hidden for good.
//
// Public: winner, price | auction, reserve, key, bidders[8], points[8], boxes[8], binding. Private: secret.
// `binding` is filled by the network with who is paid. The square keeps it in the proof.
template SealedAuction(n) {
    signal input auction;
    signal input reserve;
    signal input key;
    signal input bidders[n];
    signal input points[n];
    signal input boxes[n];
    signal input binding;
    signal input secret;
    signal output winner;
    signal output price;

    signal bindingSquare <== binding * binding;
    (winner, price) <== Auction(n)(auction, reserve, key, bidders, points, boxes, secret);
}

component main {public [auction, reserve, key, bidders, points, boxes, binding]} = SealedAuction(8);
