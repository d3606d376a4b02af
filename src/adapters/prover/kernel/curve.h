/*
 * A curve y^2 = x^3 + b over a field, included once for each group, with
 *
 *   G(name), E(name)   prefixes of its functions and of its field's
 *   EL                 the field's elements
 *   TWIST_B            sets an element to b
 *
 * Affine points are fitted. Infinity has a mark in place of x's highest limb. No point has y = 0: both curves' orders are odd.
 *
 * Sums of many points are trees of affine additions, (x2 - x1), (y2 - y1) and one division each; divisions of a batch come from
 * one inversion. Equal and opposite points are told apart before: x2 - x1 would make the whole batch's product zero.
 */
typedef struct {
  EL x, y;
} G(point);

/* X / Z^2, Y / Z^3; infinity is Z = 0, with `is_infinite` beside it. */
typedef struct {
  EL x, y, z;
  i32 is_infinite;
} G(jacobian);

static INLINE int G(is_infinite)(const G(point) * p) { return *(const i32 *)((const u8 *)p + 32) == INFINITY_MARK; }
static INLINE void G(set_infinite)(G(point) * p) { *(i32 *)((u8 *)p + 32) = INFINITY_MARK; }

/* y^2 = x^3 + b? */
static NOINLINE int G(is_on_curve)(const G(point) * p) {
  EL b, cube, square;
  TWIST_B(b)
  E(sqr)(&cube, &p->x);
  E(mul)(&cube, &cube, &p->x);
  E(add)(&cube, &cube, &b);
  E(sqr)(&square, &p->y);
  E(sub)(&square, &square, &cube);
  return E(is_zero)(&square);
}

/* ---- Sums in Jacobian coordinates: for what is too short for batches. ---- */

static NOINLINE void G(double)(G(jacobian) * o, const G(jacobian) * p) {
  if (p->is_infinite) {
    *o = *p;
    return;
  }
  EL a, b, c, d, e, t;
  E(sqr)(&a, &p->x);
  E(sqr)(&b, &p->y);
  E(sqr)(&c, &b);
  E(mul)(&d, &p->x, &b);
  E(add)(&d, &d, &d);
  E(add)(&d, &d, &d);
  E(add)(&e, &a, &a);
  E(add)(&e, &e, &a);
  E(mul)(&t, &p->y, &p->z);
  E(add)(&o->z, &t, &t);
  E(sqr_sub2)(&o->x, &e, &d, &d);
  E(sub)(&d, &d, &o->x);
  E(mul)(&d, &e, &d);
  E(add)(&c, &c, &c);
  E(add)(&c, &c, &c);
  E(add)(&c, &c, &c);
  E(sub)(&o->y, &d, &c);
  o->is_infinite = 0;
}

static NOINLINE void G(add)(G(jacobian) * o, const G(jacobian) * p, const G(jacobian) * q) {
  if (p->is_infinite) {
    *o = *q;
    return;
  }
  if (q->is_infinite) {
    *o = *p;
    return;
  }
  EL zz1, zz2, u1, u2, s1, s2, h, r, hh, hhh, v, t;
  E(sqr)(&zz1, &p->z);
  E(sqr)(&zz2, &q->z);
  E(mul)(&u1, &p->x, &zz2);
  E(mul)(&u2, &q->x, &zz1);
  E(mul)(&s1, &p->y, &zz2);
  E(mul)(&s1, &s1, &q->z);
  E(mul)(&s2, &q->y, &zz1);
  E(mul)(&s2, &s2, &p->z);
  E(sub)(&h, &u2, &u1);
  E(sub)(&r, &s2, &s1);
  if (E(is_zero)(&h)) {
    if (E(is_zero)(&r)) G(double)(o, p);
    else o->is_infinite = 1;
    return;
  }
  E(sqr)(&hh, &h);
  E(mul)(&hhh, &hh, &h);
  E(mul)(&v, &u1, &hh);
  E(mul)(&t, &p->z, &q->z);
  E(mul)(&o->z, &t, &h);
  E(add)(&t, &v, &v);
  E(sqr_sub2)(&o->x, &r, &hhh, &t);
  E(sub)(&v, &v, &o->x);
  E(mul)(&v, &r, &v);
  E(mul)(&s1, &s1, &hhh);
  E(sub)(&o->y, &v, &s1);
  o->is_infinite = 0;
}

static NOINLINE void G(widen)(G(jacobian) * o, const G(point) * p) {
  o->is_infinite = G(is_infinite)(p);
  o->x = p->x;
  o->y = p->y;
  E(set_one)(&o->z);
}

/* 0 for infinity. */
static NOINLINE int G(narrow)(G(point) * o, const G(jacobian) * p) {
  if (p->is_infinite) return 0;
  EL i, ii;
  E(inv)(&i, &p->z);
  E(sqr)(&ii, &i);
  E(mul)(&o->x, &p->x, &ii);
  E(mul)(&ii, &ii, &i);
  E(mul)(&o->y, &p->y, &ii);
  return 1;
}

/* ---- Batches ---- */

/* One addition of a batch: points, whether each is taken negative, and where the sum goes. */
typedef struct {
  const G(point) * p, *q;
  i32 p_sign, q_sign;
  i32 kind;
  G(point) * out;
} G(pair);

typedef struct {
  G(pair) pairs[BATCH];
  EL divisors[BATCH];
  EL products[BATCH];
  u32 count;
} G(batch);

static NOINLINE void G(flush)(G(batch) * batch) {
  u32 count = batch->count;
  batch->count = 0;
  if (count == 0) return;
  EL inverse, divisor;
  E(inv)(&inverse, &batch->products[count - 1]);
  for (u32 k = count; k-- > 0;) {
    const G(pair) *pair = &batch->pairs[k];
    EL slope, rise, y;
    G(point) * out = pair->out;
    EL x1 = pair->p->x, x2 = pair->q->x;
    if (k > 0) {
      E(mul)(&divisor, &inverse, &batch->products[k - 1]);
      E(mul)(&inverse, &batch->divisors[k], &inverse);
    } else divisor = inverse;
    E(neg)(&y, &pair->p->y, pair->p_sign);
    if (pair->kind == ADDITION) E(dif)(&rise, &pair->q->y, pair->q_sign, &y);
    else {
      E(sqr)(&slope, &x1);
      E(add)(&rise, &slope, &slope);
      E(add)(&rise, &rise, &slope);
    }
    E(mul)(&slope, &rise, &divisor);
    E(sqr_sub2)(&out->x, &slope, &x1, &x2);
    E(dif)(&rise, &x1, 0, &out->x);
    E(mul_sub2)(&out->y, &rise, &slope, &y, &E(zero));
  }
}

/* p and q, each with its sign, are summed into `out` at the latest when the batch is flushed. */
static INLINE void G(queue)(G(batch) * batch, const G(point) * p, i32 p_sign, const G(point) * q, i32 q_sign,
                            G(point) * out) {
  if (G(is_infinite)(p) || G(is_infinite)(q)) {
    int second = G(is_infinite)(p);
    const G(point) *other = second ? q : p;
    out->x = other->x;
    E(neg)(&out->y, &other->y, second ? q_sign : p_sign);
    return;
  }
  u32 k = batch->count;
  EL *divisor = &batch->divisors[k];
  G(pair) *pair = &batch->pairs[k];
  pair->kind = ADDITION;
  E(dif)(divisor, &q->x, 0, &p->x);
  if (E(is_zero)(divisor)) {
    EL y, rise;
    E(neg)(&y, &p->y, p_sign);
    E(dif)(&rise, &q->y, q_sign, &y);
    if (!E(is_zero)(&rise)) {
      G(set_infinite)(out);
      return;
    }
    pair->kind = DOUBLING;
    E(neg)(&rise, &y, -1);
    E(dif)(divisor, &y, 0, &rise);
  }
  pair->p = p;
  pair->q = q;
  pair->p_sign = p_sign;
  pair->q_sign = q_sign;
  pair->out = out;
  if (k == 0) {
    /* Tidy, as the others are. */
    E(mul)(&batch->products[0], divisor, &E(one));
  } else E(mul)(&batch->products[k], divisor, &batch->products[k - 1]);
  batch->count = k + 1;
  if (batch->count == BATCH) G(flush)(batch);
}

/*
 * Sums of groups of points. `entries` lists the points of group 0, then those of group 1, …, by number, the highest bit for a
 * point taken negative; `counts` says how many each group has, and is overwritten. Sums land in `sums`, infinity for no points.
 * `from` and `into` have room for a point for every two entries and one more a group.
 */
static NOINLINE void G(sum_groups)(G(point) * sums, const G(point) * points, const u32 *entries, u32 *counts,
                                   u32 groups, G(point) * from, G(point) * into, G(batch) * batch) {
  u32 left = 0;
  u32 at = 0, to = 0;
  for (u32 group = 0; group < groups; group++) {
    u32 count = counts[group];
    if (count == 0) {
      G(set_infinite)(&sums[group]);
      continue;
    }
    G(point) *out = count <= 2 ? &sums[group] : &from[to];
    for (u32 k = 0; k + 1 < count; k += 2) {
      u32 e = entries[at + k], f = entries[at + k + 1];
      G(queue)(batch, &points[e & INDEX], (i32)e >> 31, &points[f & INDEX], (i32)f >> 31, out++);
    }
    if (count & 1) {
      u32 e = entries[at + count - 1];
      const G(point) *last = &points[e & INDEX];
      out->x = last->x;
      E(neg)(&out->y, &last->y, (i32)e >> 31);
    }
    at += count;
    counts[group] = count <= 2 ? 0 : (count + 1) / 2;
    to += counts[group];
    left += count > 2;
  }
  G(flush)(batch);
  while (left > 0) {
    left = 0;
    at = 0;
    to = 0;
    for (u32 group = 0; group < groups; group++) {
      u32 count = counts[group];
      if (count == 0) continue;
      G(point) *out = count <= 2 ? &sums[group] : &into[to];
      const G(point) *in = &from[at];
      for (u32 k = 0; k + 1 < count; k += 2) G(queue)(batch, &in[k], 0, &in[k + 1], 0, out++);
      if (count & 1) *out = in[count - 1];
      at += count;
      counts[group] = count <= 2 ? 0 : (count + 1) / 2;
      to += counts[group];
      left += count > 2;
    }
    G(flush)(batch);
    G(point) *swap = from;
    from = into;
    into = swap;
  }
}

/* Room for one worker's work, laid out by `plan` in workspace.ts. */
typedef struct {
  /* Of windows × scalars: digits. */
  i16 *digits;
  /* Of the points of one set of buckets. */
  u32 *entries;
  /* Of groups. */
  u32 *counts;
  G(point) * buckets;
  G(point) * sums;
  G(point) * from;
  G(point) * into;
  G(batch) * batch;
} G(room);

/* Of `count` points from `first` on: the sum of i times the i-th, from 0. */
static void G(weighted)(G(jacobian) * o, const G(point) * sums, u32 count) {
  G(jacobian) running = {.is_infinite = 1}, next;
  o->is_infinite = 1;
  for (u32 i = count; i-- > 1;) {
    G(widen)(&next, &sums[i]);
    G(add)(&running, &running, &next);
    G(add)(o, o, &running);
  }
}

/*
 * The sum of scalar × point for windows [first, last) of the scalars: digit d of window w, from -2^(bits - 1) to
 * 2^(bits - 1) - 1, weighs 2^(bits w). A set of buckets, one for each |d|, is summed by rows and columns of its number:
 * with d = high 2^low_bits + low, the sum of d B_d is 2^low_bits times the rows' weighted sum and the columns'.
 *
 * `scalars` are 32 bytes each, below 2^254; `wires` says which belongs to each of the `count` points, or is 0: the i-th.
 */
static void G(msm)(G(jacobian) * o, const G(point) * points, const u32 *wires, u32 count, const u32 *scalars, u32 bits,
                   u32 first, u32 last, const G(room) * room) {
  u32 buckets = (1u << (bits - 1)) + 1;
  u32 low_bits = bits / 2, low = 1u << low_bits, high = ((buckets - 1) >> low_bits) + 1;
  u32 windows = last - first;
  /* The other group's batch stood here before. */
  room->batch->count = 0;
  window_digits(room->digits, wires, count, scalars, bits, first, last);
  for (u32 w = 0; w < windows; w++) {
    const i16 *digits = room->digits + w * count;
    u32 *counts = room->counts;
    for (u32 b = 0; b < buckets; b++) counts[b] = 0;
    for (u32 i = 0; i < count; i++) counts[digits[i] < 0 ? -digits[i] : digits[i]]++;
    /* Places, then each bucket's count again as its entries are put down. */
    counts[0] = 0;
    u32 place = 0;
    for (u32 b = 0; b < buckets; b++) {
      u32 of = counts[b];
      counts[b] = place;
      place += of;
    }
    for (u32 i = 0; i < count; i++) {
      i32 digit = digits[i];
      if (digit == 0) continue;
      room->entries[counts[digit < 0 ? -digit : digit]++] = digit < 0 ? i | NEGATIVE : i;
    }
    for (u32 b = buckets; b-- > 1;) counts[b] -= counts[b - 1];
    G(sum_groups)(room->buckets + w * buckets, points, room->entries, counts, buckets, room->from, room->into,
                  room->batch);
  }
  G(jacobian) total = {.is_infinite = 1};
  for (u32 w = windows; w-- > 0;) {
    const G(point) *of = room->buckets + w * buckets;
    G(jacobian) rows, columns;
    u32 n = 0;
    for (u32 h = 0; h < high; h++) {
      u32 start = n;
      for (u32 l = 0; l < low; l++) {
        u32 b = h * low + l;
        if (b < buckets && !G(is_infinite)(&of[b])) room->entries[n++] = b;
      }
      room->counts[h] = n - start;
    }
    G(sum_groups)(room->sums, of, room->entries, room->counts, high, room->from, room->into, room->batch);
    G(weighted)(&rows, room->sums, high);
    n = 0;
    for (u32 l = 0; l < low; l++) {
      u32 start = n;
      for (u32 b = l; b < buckets; b += low)
        if (!G(is_infinite)(&of[b])) room->entries[n++] = b;
      room->counts[l] = n - start;
    }
    G(sum_groups)(room->sums, of, room->entries, room->counts, low, room->from, room->into, room->batch);
    G(weighted)(&columns, room->sums, low);
    for (u32 i = 0; i < bits - low_bits; i++) G(double)(&total, &total);
    G(add)(&total, &total, &rows);
    for (u32 i = 0; i < low_bits; i++) G(double)(&total, &total);
    G(add)(&total, &total, &columns);
  }
  for (u32 i = 0; i < bits * first; i++) G(double)(&total, &total);
  *o = total;
}

/* scalar × p, bit by bit. */
static void G(times)(G(jacobian) * o, const G(jacobian) * p, const u32 *scalar) {
  G(jacobian) total = {.is_infinite = 1};
  for (int bit = 255; bit >= 0; bit--) {
    G(double)(&total, &total);
    if (scalar[bit / 32] >> (bit % 32) & 1) G(add)(&total, &total, p);
  }
  *o = total;
}
