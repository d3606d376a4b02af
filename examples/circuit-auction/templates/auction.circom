// SPDX-License-Identifier: GPL-3.0-only
pragma circom 2.2.3;

include "../../../circuits/lib/base-multiple.circom";
include "../../../circuits/lib/bits.circom";
include "bid.circom";

// A second-price auction over n encrypted bids, given the auction's secret.
//
//   winner  the place of the highest bid that counts, the earliest among equals; n when none counts
//   price   the second highest bid that counts, but at least the reserve; 0 without a winner
//
// A bid counts when it is valid (see `EncryptedBid`), at least the reserve, and above 0. Whoever proves cannot leave one out, and no bid, however
// malformed, keeps the others from being settled. An empty place is three zeros: it is no valid bid.
//
// The secret stands for the scalar x = 2^248 + 2 secret + 1.
//
// Enforced here: all of the above; the secret is below 2^248 and is `key`'s; the reserve is below 2^96.
// NOT enforced here: that key, reserve and bids are those the contract holds. It builds the request from its own storage.
template Auction(n) {
    signal input auction;
    signal input reserve;
    signal input key;
    signal input bidders[n];
    signal input points[n];
    signal input boxes[n];
    signal input secret;
    signal output winner;
    signal output price;

    _ <== Bits(96)(reserve);
    signal secretBits[248] <== Bits(248)(secret);
    signal own[2] <== OddMultiple(248)(BASE(), secretBits);
    own[0] === key;

    // Before bid i: the highest so far, the place of it, the price so far, and whether there is a winner.
    signal best[n + 1];
    signal place[n + 1];
    signal second[n + 1];
    signal won[n + 1];
    best[0] <== 0;
    place[0] <== n;
    second[0] <== reserve;
    won[0] <== 0;

    component bids[n];
    signal isEnough[n];
    signal counts[n];
    signal amounts[n];
    signal isHigher[n];
    signal gain[n];
    signal displaced[n];
    signal raises[n];
    for (var i = 0; i < n; i++) {
        bids[i] = EncryptedBid(248);
        bids[i].auction <== auction;
        bids[i].secretBits <== secretBits;
        bids[i].bidder <== bidders[i];
        bids[i].point <== points[i];
        bids[i].box <== boxes[i];
        isEnough[i] <== LessEqThan(96)([reserve, bids[i].amount]);
        counts[i] <== bids[i].isValid * isEnough[i];
        amounts[i] <== counts[i] * bids[i].amount;

        isHigher[i] <== LessThan(96)([best[i], amounts[i]]);
        gain[i] <== isHigher[i] * (amounts[i] - best[i]);
        best[i + 1] <== best[i] + gain[i];
        place[i + 1] <== place[i] + isHigher[i] * (i - place[i]);
        won[i + 1] <== won[i] + isHigher[i] * (1 - won[i]);

        // The lower of the two: what was the highest so far, or this bid.
        displaced[i] <== amounts[i] - gain[i];
        raises[i] <== LessThan(96)([second[i], displaced[i]]);
        second[i + 1] <== second[i] + raises[i] * (displaced[i] - second[i]);
    }
    winner <== place[n];
    price <== won[n] * second[n];
}
