// SPDX-License-Identifier: GPL-3.0-only
pragma circom 2.2.3;

include "templates/auction.circom";

// Bids that were revealed on chain: everything is public, so that any prover can do it.
//
// Public: winner, price | auction, reserve, commitments[8], openings[8]. Private: nothing.
component main {public [auction, reserve, commitments, openings]} = Auction(8, 0);
