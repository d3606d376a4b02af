// SPDX-License-Identifier: GPL-3.0-only
pragma circom 2.2.3;

include "bits.circom";
include "montgomery.circom";

// The base point of BabyJubJub's subgroup of prime order l (EIP-2494), in Montgomery form.
function BASE() {
    return [
        7117928050407583618111176421555214756675765419608405867398403713213306743542,
        14577268218881899420966779687690205425227431577728659819975198491127179315626
    ];
}

function montgomerySum(a, b) {
    var slope = (b[1] - a[1]) / (b[0] - a[0]);
    var u = slope * slope - 168698 - a[0] - b[0];
    return [u, slope * (a[0] - u) - a[1]];
}

function montgomeryTwice(a) {
    var slope = (3 * a[0] * a[0] + 2 * 168698 * a[0] + 1) / (2 * a[1]);
    var u = slope * slope - 168698 - 2 * a[0];
    return [u, slope * (a[0] - u) - a[1]];
}

// 8^i B times 1, 3, 5 and 7, for each i below 84.
function BASE_TABLES() {
    var tables[84][4][2];
    var power[2] = BASE();
    for (var i = 0; i < 84; i++) {
        var twice[2] = montgomeryTwice(power);
        tables[i][0] = power;
        for (var j = 1; j < 4; j++) tables[i][j] = montgomerySum(tables[i][j - 1], twice);
        power = montgomeryTwice(montgomeryTwice(twice));
    }
    return tables;
}

// One of ±1, ±3, ±5, ±7 times a constant point: bits are those of the magnitude's place among 1, 3, 5, 7, then 1 for plus.
// Assumed: bits are 0 or 1. Size: 2.
template SignedOdd(table) {
    signal input bits[3];
    signal output out[2];

    signal both <== bits[0] * bits[1];
    var chosen[2];
    for (var k = 0; k < 2; k++) {
        chosen[k] = table[0][k] + (table[1][k] - table[0][k]) * bits[0] + (table[2][k] - table[0][k]) * bits[1]
            + (table[3][k] - table[2][k] - table[1][k] + table[0][k]) * both;
    }
    out[0] <== chosen[0];
    out[1] <== (2 * bits[2] - 1) * chosen[1];
}

// s B for the scalar s that `digits` writes: the sum of d_i 8^i over 83 digits of ±1, ±3, ±5, ±7 and a last one, d_83, of ±1, ±3.
// `digits` holds three bits a digit from the lowest on, and two of the last: the place of |d| among 1, 3, 5, 7, then 1 for plus.
// These are the odd numbers of absolute value below 2^251. Each scalar modulo l has one: itself or itself - l. Which of several
// was taken is of no consequence, since s enters as s B only.
//
// Enforced: the bits are 0 or 1, so every digit is of its set.
// Why no addition is degenerate: below digit i <= 82, 0 < |sum of d_j 8^j| < 8^i <= |d_i| 8^i, and both together are less than 8^83 < l; so the
// two points are not equal or opposite. For the last digit they could be, since 4 * 8^83 > l: there `Differ` forbids it.
// Size: 251 bits, 2 a digit (1 the last), 3 an addition, 1: 671.
template BaseMultiple() {
    signal input digits;
    signal output out[2];

    var tables[84][4][2] = BASE_TABLES();
    signal bits[251] <== Bits(251)(digits);

    // Of digits up to i.
    signal acc[83][2];
    signal choices[83][2];
    for (var i = 0; i < 83; i++) {
        choices[i] <== SignedOdd(tables[i])([bits[3 * i], bits[3 * i + 1], bits[3 * i + 2]]);
        if (i == 0) acc[i] <== choices[i];
        else acc[i] <== MontgomeryAddition()(acc[i - 1], choices[i]);
    }

    var first[2] = tables[83][0];
    var second[2] = tables[83][1];
    signal last[2];
    last[0] <== first[0] + (second[0] - first[0]) * bits[249];
    last[1] <== (2 * bits[250] - 1) * (first[1] + (second[1] - first[1]) * bits[249]);
    Differ()(acc[82][0], last[0]);
    out <== MontgomeryAddition()(acc[82], last);
}
