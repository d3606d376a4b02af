// SPDX-License-Identifier: GPL-3.0-only
pragma circom 2.2.3;

include "../../circuits/lib/bits.circom";
include "../../circuits/lib/schnorr.circom";
include "circomlib/circuits/comparators.circom";
include "circomlib/circuits/poseidon.circom";

// An account's score, which its issuer signed, against a threshold. The score stays private.
//
// The issuer signs poseidon(account, score, validUntil) in the context `scheme`, by a key over BabyJubJub (docs/spec/circuits.md, CIR-12).
//
// Public: reached | issuer, scheme, account, threshold, time, binding. Private: score, validUntil, v, e, digits.
// Enforced: the signature; score and threshold below 2^32, times below 2^64; time <= validUntil; `reached` is 1 exactly when the score is at least
// the threshold. `binding` is who is paid, filled by the network; the square keeps it in the proof.
// Assumed: the issuer's key is of prime order: whoever names it checks that once (`pointOfKey`).
// NOT enforced here: that issuer, scheme, threshold and time are the contract's, and that the account is whoever asks.
template Score() {
    signal input issuer;
    signal input scheme;
    signal input account;
    signal input threshold;
    signal input time;
    signal input binding;
    signal input score;
    signal input validUntil;
    signal input v;
    signal input e;
    signal input digits;
    signal output reached;

    signal bindingSquare <== binding * binding;

    _ <== Bits(32)(score);
    _ <== Bits(32)(threshold);
    _ <== Bits(64)(time);
    _ <== Bits(64)(validUntil);

    signal statement <== Poseidon(3)([account, score, validUntil]);
    SchnorrSignature()(issuer, v, scheme, statement, e, digits);

    signal isInTime <== LessEqThan(64)([time, validUntil]);
    isInTime === 1;
    reached <== LessEqThan(32)([threshold, score]);
}

component main {public [issuer, scheme, account, threshold, time, binding]} = Score();
