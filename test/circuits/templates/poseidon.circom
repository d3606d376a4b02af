// SPDX-License-Identifier: GPL-3.0-only
pragma circom 2.2.3;

include "circomlib/circuits/poseidon.circom";

// Hashes of the widths in use here: of 2, 4 and 15 inputs.
template Case() {
    signal input inputs[15];
    signal input initial;
    signal output out[3];

    var widths[3] = [2, 4, 15];
    component hashes[3];
    for (var k = 0; k < 3; k++) {
        hashes[k] = PoseidonEx(widths[k], 1);
        hashes[k].initialState <== initial;
        for (var i = 0; i < widths[k]; i++) hashes[k].inputs[i] <== inputs[i];
        out[k] <== hashes[k].out[0];
    }
}

component main = Case();
