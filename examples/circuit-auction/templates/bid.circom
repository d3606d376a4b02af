// SPDX-License-Identifier: GPL-3.0-only
pragma circom 2.2.3;

include "../../../circuits/lib/odd-multiple.circom";
include "circomlib/circuits/babyjub.circom";
include "circomlib/circuits/bitify.circom";
include "circomlib/circuits/comparators.circom";
include "circomlib/circuits/pointbits.circom";
include "circomlib/circuits/poseidon.circom";

// The base point in the curve's Edwards form (EIP-2494).
function BASE_X() {
    return 5299619240641551281634865583518297030282874472190772894086521144482721001553;
}

function BASE_Y() {
    return 16950150798460657717958625567821834550301663161624707787222815936182638968203;
}

// The point of BabyJubJub a bid was encrypted with, from its y, or that it is none.
//
// x^2 = (1 - y^2) / (a - d y^2) has a root or, times a number without one, it has: which of both is proven, so that whoever proves cannot choose.
// With x^2 = 0 both hold, and the point is neutral after `cleared`. Either root will do: opposite points share their secret's u.
// Eight times the point is in the subgroup of prime order; where that is neutral, or there is none, the base point stands in.
//
// Enforced: all of it; isPoint is 1 exactly when `cleared` is the bid's own.
template EncryptionPoint() {
    signal input y;
    signal output cleared[2];
    signal output isPoint;

    // 5 generates the field's units, so it is no square.
    var NO_SQUARE = 5;
    var A = 168700;
    var D = 168696;
    // a - d y^2 is never 0: a / d is no square.
    signal yy <== y * y;
    signal xx <-- (1 - yy) / (A - D * yy);
    xx * (A - D * yy) === 1 - yy;

    var root = sqrt(xx);
    signal isSquare <-- root * root == xx ? 1 : 0;
    isSquare * (isSquare - 1) === 0;
    signal x <-- isSquare == 1 ? root : sqrt(NO_SQUARE * xx);
    signal square <== x * x;
    square === xx * (isSquare + NO_SQUARE * (1 - isSquare));

    // The neutral point (0, 1) where there is none: complete formulas take it.
    signal px <== isSquare * x;
    signal py <== 1 + isSquare * (y - 1);
    signal x2, y2, x4, y4, x8, y8;
    (x2, y2) <== BabyDbl()(px, py);
    (x4, y4) <== BabyDbl()(x2, y2);
    (x8, y8) <== BabyDbl()(x4, y4);

    // In the subgroup only the neutral point has x = 0.
    signal isNeutral <== IsZero()(x8);
    isPoint <== 1 - isNeutral;
    signal qx <== x8 + isNeutral * (BASE_X() - x8);
    signal qy <== y8 + isNeutral * (BASE_Y() - y8);
    // Not the neutral point: neither 1 - y nor x is 0.
    cleared[0] <-- (1 + qy) / (1 - qy);
    cleared[0] * (1 - qy) === 1 + qy;
    cleared[1] <-- cleared[0] / qx;
    cleared[1] * qx === cleared[0];
}

// One encrypted bid, decrypted.
//
//   bidder:   E = k B,  S = 8 k K,  box = amount + poseidon(auction, S.u, bidder)      (K = x B is the auction's key)
//   circuit:  S = x (8 E),  amount = box - poseidon(auction, S.u, bidder)
//
// An amount of 96 bits or fewer says that the box was made for this bidder: another's box, or one that was changed, opens to
// a number of 254 bits as good as random. So nobody can copy a bid, or outbid it by one, without knowing it.
//
// Enforced: the number's bits are unique; `isValid` is 1 exactly when it is below 2^96 and the point is one.
template EncryptedBid(n) {
    signal input auction;
    signal input secretBits[n];
    signal input bidder;
    signal input point;
    signal input box;
    signal output amount;
    signal output isValid;

    component encryption = EncryptionPoint();
    encryption.y <== point;
    signal shared[2] <== OddMultiple(n)(encryption.cleared, secretBits);
    signal mask <== Poseidon(3)([auction, shared[0], bidder]);

    signal bits[254] <== Num2Bits_strict()(box - mask);
    var low = 0;
    var high = 0;
    for (var i = 0; i < 96; i++) low += bits[i] * 2 ** i;
    for (var i = 96; i < 254; i++) high += bits[i];
    signal isShort <== IsZero()(high);
    isValid <== isShort * encryption.isPoint;
    amount <== low;
}
