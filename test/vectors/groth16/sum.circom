// SPDX-License-Identifier: MIT
// Public: total (output), values (79 inputs). Enforced: total is the sum of their squares. As wide as most circuits get.
pragma circom 2.2.0;

template SumOfSquares(n) {
    signal input values[n];
    signal output total;
    signal squares[n];
    var sum = 0;
    for (var i = 0; i < n; i++) {
        squares[i] <== values[i] * values[i];
        sum += squares[i];
    }
    total <== sum;
}

component main {public [values]} = SumOfSquares(79);
