// SPDX-License-Identifier: GPL-3.0-only
pragma circom 2.2.3;

include "../../../circuits/lib/median.circom";

template Case(n) {
    signal input present[n];
    signal input values[n];
    signal input chosen[n];
    signal input above[n];
    signal output median;

    for (var i = 0; i < n; i++) present[i] * (present[i] - 1) === 0;
    median <== LowerMedian(n)(present, values, chosen, above);
}

component main = Case(3);
