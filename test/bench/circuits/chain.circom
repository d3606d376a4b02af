// SPDX-License-Identifier: GPL-3.0-only
pragma circom 2.1.0;

include "circomlib/circuits/bitify.circom";
include "circomlib/circuits/escalarmulany.circom";
include "circomlib/circuits/poseidon.circom";

// What circuits that check signatures are made of, for measuring provers: per step one Poseidon hash, its bits, and a multiple of
// a BabyJubJub point by them. Two thirds of a witness are bits or small sums of bits' products with points, as there; matrix rows have
// a few entries, those of Poseidon's linear layers up to dozens.
//
// Public: `seed` and the output. Proves nothing of use: the first step's point is a constant, and what is multiplied is what was
// hashed.
template Chain(steps) {
    signal input seed;
    signal input salt;
    signal output out;

    var base[2] = [
        5299619240641551281634865583518297030282874472190772894086521144482721001553,
        16950150798460657717958625567821834550301663161624707787222815936182638968203
    ];
    component hash[steps];
    component bits[steps];
    component multiple[steps];
    signal state[steps + 1];
    state[0] <== seed;
    for (var i = 0; i < steps; i++) {
        hash[i] = Poseidon(2);
        hash[i].inputs[0] <== state[i];
        hash[i].inputs[1] <== salt;
        bits[i] = Num2Bits(254);
        bits[i].in <== hash[i].out;
        multiple[i] = EscalarMulAny(254);
        for (var j = 0; j < 254; j++) multiple[i].e[j] <== bits[i].out[j];
        for (var j = 0; j < 2; j++) multiple[i].p[j] <== base[j];
        state[i + 1] <== multiple[i].out[0] + hash[i].out;
    }
    out <== state[steps];
}
