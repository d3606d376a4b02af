// SPDX-License-Identifier: GPL-3.0-only
pragma circom 2.2.3;

include "../../../circuits/lib/draw.circom";

component main = DrawnSeat(2);
