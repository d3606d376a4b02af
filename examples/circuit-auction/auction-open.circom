// SPDX-License-Identifier: GPL-3.0-only
pragma circom 2.2.3;

include "templates/auction.circom";

// The auction's secret was revealed on chain: everything is public, so that any prover can do it.
//
// Public: winner, price | auction, reserve, key, bidders[8], points[8], boxes[8], secret. Private: nothing.
component main {public [auction, reserve, key, bidders, points, boxes, secret]} = Auction(8);
