// SPDX-License-Identifier: GPL-3.0-only
pragma circom 2.2.3;

include "circomlib/circuits/bitify.circom";
include "circomlib/circuits/comparators.circom";
include "circomlib/circuits/poseidon.circom";

// One committed bid and what is said to open it.
//
// Enforced: `opening` is amount * 2^128 + salt with an amount below 2^96 and a salt below 2^128, in one way only;
// `opens` is 1 exactly when it opens the commitment. A commitment of 0 stands for an empty place and opens to nothing.
template Bid() {
    signal input auction;
    signal input commitment;
    signal input opening;
    signal output amount;
    signal output opens;
    signal output isEmpty;

    signal bits[224] <== Num2Bits(224)(opening);
    var high = 0;
    for (var i = 0; i < 96; i++) high += bits[128 + i] * 2 ** i;
    amount <== high;

    signal hash <== Poseidon(2)([auction, opening]);
    opens <== IsEqual()([hash, commitment]);
    // No opening of 0 is known: it would be a preimage.
    isEmpty <== IsZero()(commitment);
}

// A second-price auction over n committed bids.
//
//   winner  the place of the highest bid of those that count, the earliest among equals; n when none counts
//   price   the second highest bid that counts, but at least the reserve; 0 without a winner
//
// A bid counts when it opens its commitment and is at least the reserve, and is above 0. With `everyBidOpens` = 1 a commitment that
// is not opened has no proof at all, so that whoever proves cannot leave a bid out; with 0 it does not count.
//
// Enforced here: all of the above, and that reserve and amounts are below 2^96.
// NOT enforced here: that commitments are those the contract holds, and each of them once; the contract does both.
template Auction(n, everyBidOpens) {
    signal input auction;
    signal input reserve;
    signal input commitments[n];
    signal input openings[n];
    signal output winner;
    signal output price;

    _ <== Num2Bits(96)(reserve);

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
        bids[i] = Bid();
        bids[i].auction <== auction;
        bids[i].commitment <== commitments[i];
        bids[i].opening <== openings[i];
        if (everyBidOpens == 1) {
            (1 - bids[i].opens) * (1 - bids[i].isEmpty) === 0;
        }
        isEnough[i] <== LessEqThan(96)([reserve, bids[i].amount]);
        counts[i] <== bids[i].opens * isEnough[i];
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
