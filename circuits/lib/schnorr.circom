// SPDX-License-Identifier: GPL-3.0-only
pragma circom 2.2.3;

include "base-multiple.circom";
include "bits.circom";
include "challenge.circom";
include "circomlib/circuits/poseidon.circom";
include "odd-multiple.circom";

// A Schnorr signature in (e, s) form over BabyJubJub, with a challenge of 128 bits, by an x-only key: the Montgomery u of A = sk B.
//
//   R = k B, h = Poseidon(R.u, A.u, ctx, value), e = h mod 2^128, c = 2^128 + 2 e + 1, s = k + c sk mod l
//
// Checked is that R' = s B - c A gives this e again. u does not tell a point from its opposite: a signature by -A is one by whoever
// knows -sk, who knows sk; and -R' comes from no other (e, s). So neither helps anyone else (BIP 340 argues the same for its keys).
//
// Enforced: the key is on the curve (`v` is its other coordinate, either of two); the equation; e is the hash's.
// Assumed: A is of prime order, which is checked when a key is registered. A key that is not could make its own signature be accepted for
// any value, as its owner can anyway: it is a member that lies, and nobody else's slot is touched.
// Size: 3 + 671 + 128 + 772 + 300 + 127 + 3.
template SchnorrSignature() {
    signal input key;
    signal input v;
    signal input ctx;
    signal input value;
    signal input e;
    signal input digits;

    OnCurve()(key, v);
    signal bits[128] <== Bits(128)(e);
    signal sB[2] <== BaseMultiple()(digits);
    signal cA[2] <== OddMultiple(128)([key, v], bits);

    // The u of s B - c A. Equal u would leave the slope free, or be the point at infinity.
    Differ()(sB[0], cA[0]);
    signal slope <-- (-cA[1] - sB[1]) / (cA[0] - sB[0]);
    slope * (cA[0] - sB[0]) === -cA[1] - sB[1];
    signal r <== slope * slope - MONTGOMERY_A() - sB[0] - cA[0];

    signal hash <== Poseidon(4)([r, key, ctx, value]);
    ChallengeOf()(hash, e);
}
