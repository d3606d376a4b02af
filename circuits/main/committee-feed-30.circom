// SPDX-License-Identifier: GPL-3.0-only
pragma circom 2.2.3;

include "../lib/committee.circom";

component main {public [keyRoot, ctx]} = CommitteeFeed(30);
