// SPDX-License-Identifier: GPL-3.0-only
pragma circom 2.2.3;

include "bits.circom";

// `median` is the lower median of the values of slots that are present: of k of them in order, the one at place floor((k - 1) / 2) from 0.
//
// Nothing is sorted. One present slot is `chosen` and gives the median; each other present slot is `above` or not, and is then at least, or at most,
// the median. As many are below as above, or one fewer. That places the chosen value at exactly that place in some order of the
// values, and all such orders agree on the value.
//
// Enforced: chosen and above are 0 or 1, 0 where a slot is absent, and never both 1; just one is chosen; the counts; the sides; the median is below
// 2^128, and so is each difference. Of an absent slot nothing is asked but a value that is not above the median, and less by not more than that.
// Assumed: `present` are bits.
// What it says of values of 2^128 and more, should a member sign one: none is the median; r - x counts as -x, which is below; one that is
// further away than 2^128 has no proof. Each value has one side, so the prover has no choice, and the member could as well have
// signed 0, or the largest.
// Size: 5 + 128 a slot.
template LowerMedian(n) {
    signal input present[n];
    signal input values[n];
    signal input chosen[n];
    signal input above[n];
    signal output median;

    signal given[n];
    var sum = 0;
    var choices = 0;
    var higher = 0;
    var count = 0;
    for (var i = 0; i < n; i++) {
        chosen[i] * (chosen[i] - present[i]) === 0;
        above[i] * (above[i] - present[i]) === 0;
        chosen[i] * above[i] === 0;
        given[i] <== chosen[i] * values[i];
        sum += given[i];
        choices += chosen[i];
        higher += above[i];
        count += present[i];
    }
    choices === 1;
    median <== sum;

    // above - below is 0 or 1, where below = count - 1 - above.
    (2 * higher - count + 1) * (2 * higher - count) === 0;

    // The difference, which is not negative; of the chosen slot, where it is 0, the median itself.
    signal turned[n];
    for (var i = 0; i < n; i++) {
        turned[i] <== above[i] * (values[i] - median);
        _ <== Bits(128)(median - values[i] + 2 * turned[i] + given[i]);
    }
}
