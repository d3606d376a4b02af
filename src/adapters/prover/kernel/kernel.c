/*
 * The arithmetic of a Groth16 prover over BN254, for WebAssembly: `node scripts/prover-kernel.ts` builds it.
 *
 * It has no memory of its own but constants and a stack for each thread: whoever calls lays everything out in one memory that
 * threads share (memory.ts), and gives addresses. What it is given has been bounded and checked before, but for what the
 * `load_` functions are there to check.
 *
 * Scalars here are what a prover keeps secret, and its time depends on them: it runs where nobody measures it.
 */
typedef signed char i8;
typedef unsigned char u8;
typedef short i16;
typedef int i32;
typedef unsigned u32;
typedef long long i64;
typedef unsigned long long u64;

#define EXPORT(name) __attribute__((export_name(#name)))
#define NOINLINE __attribute__((noinline))
#define INLINE __attribute__((always_inline)) inline
#define UNROLL _Pragma("clang loop unroll(full)")

#define LIMB_BITS 29
#define MASK 0x1fffffff
/* No limb of a fitted element. */
#define INFINITY_MARK 0x7fffffff
/* Of an entry: the point's number, and whether it is taken negative. */
#define INDEX 0x7fffffffu
#define NEGATIVE 0x80000000u
/* Additions that share an inversion: what they work on stays in the nearest cache but one. */
#define BATCH 256

typedef struct {
  i32 l[9];
} fe;

/* Kinds of a batch's additions. */
enum { ADDITION, DOUBLING };

#include "constants.h"

#define F(name) fq_##name
#define P0 0x187cfd47ll
#define P1 0x10460b6ll
#define P2 0x1c72a34fll
#define P3 0x2d522d0ll
#define P4 0x1585d978ll
#define P5 0x2db40c0ll
#define P6 0xa6e141ll
#define P7 0xe5c2634ll
#define P8 0x30644ell
#define NINV 0x4866389
#include "field.h"
#undef F
#undef P0
#undef P1
#undef P2
#undef P3
#undef P4
#undef P5
#undef P6
#undef P7
#undef P8
#undef NINV
#define F(name) fr_##name
#define P0 0x10000001ll
#define P1 0x1f0fac9fll
#define P2 0xe5c2450ll
#define P3 0x7d090f3ll
#define P4 0x1585d283ll
#define P5 0x2db40c0ll
#define P6 0xa6e141ll
#define P7 0xe5c2634ll
#define P8 0x30644ell
#define NINV 0xfffffff
#include "field.h"

#include "extension.h"
#include "transform.h"

static const fe fq_zero = {{0}};
static const fe2 fq2_zero = {{{0}}, {{0}}};
static const fe2 fq2_one = {{{0x157ccc21, 0x141c2758, 0x185230d3, 0x14c0419, 0xaa36fb9, 0x1d4240ce, 0x11d54c07, 0x52ac7a8, 0xdc836}}, {{0}}};
static INLINE void fq_set_one(fe *o) { *o = fq_one; }
static INLINE void fq2_set_one(fe2 *o) { *o = fq2_one; }

/*
 * Digits of windows [first, last). With 2^(bits - 1) added at every window, a window's digit is its bits less 2^(bits - 1): signed
 * digits without a carry.
 */
static NOINLINE void window_digits(i16 *digits, const u32 *wires, u32 count, const u32 *scalars, u32 bits, u32 first,
                                   u32 last) {
  u32 half = 1u << (bits - 1);
  u32 halves[10] = {0};
  for (u32 bit = bits - 1; bit < 288; bit += bits) halves[bit / 32] |= 1u << (bit % 32);
  for (u32 i = 0; i < count; i++) {
    const u32 *scalar = scalars + 8 * (wires ? wires[i] : i);
    u32 sum[11];
    u64 carry = 0;
    for (u32 word = 0; word < 10; word++) {
      carry += (u64)halves[word] + (word < 8 ? scalar[word] : 0);
      sum[word] = (u32)carry;
      carry >>= 32;
    }
    sum[10] = 0;
    for (u32 w = first; w < last; w++) {
      u32 bit = w * bits;
      u64 pair = sum[bit / 32] | (u64)sum[bit / 32 + 1] << 32;
      digits[(w - first) * count + i] = (i16)((i32)((u32)(pair >> (bit % 32)) & ((1u << bits) - 1)) - (i32)half);
    }
  }
}

#define G(name) g1_##name
#define E(name) fq_##name
#define EL fe
#define TWIST_B(b) b = fq_three;
#include "curve.h"
#undef G
#undef E
#undef EL
#undef TWIST_B
#define G(name) g2_##name
#define E(name) fq2_##name
#define EL fe2
#define TWIST_B(o)                                                                                                     \
  o.a = fq_twist_a;                                                                                                    \
  o.b = fq_twist_b;
#include "curve.h"

/* ---- Loading a key: every number below its prime, every point on its curve, every index in its range. ---- */

/* From files' Montgomery form. 0 when a number is not below the prime. */
static int enter_coordinate(fe *o, const u32 *words) {
  fe raw;
  if (!fq_unpack(&raw, words)) return 0;
  fq_mul(&raw, &raw, &fq_from_file);
  fq_reduce(o, &raw);
  return 1;
}

static int is_blank(const u32 *words, u32 count) {
  for (u32 i = 0; i < count; i++)
    if (words[i] != 0) return 0;
  return 1;
}

/* Points of a file, without those at infinity; `wires` gets the numbers of those that stay. How many, or -1. */
EXPORT(load_g1) i32 load_g1(g1_point *points, u32 *wires, const u32 *file, u32 count, u32 first) {
  u32 kept = 0;
  for (u32 i = 0; i < count; i++, file += 16) {
    if (is_blank(file, 16)) continue;
    g1_point *p = &points[kept];
    if (!enter_coordinate(&p->x, file) || !enter_coordinate(&p->y, file + 8) || !g1_is_on_curve(p)) return -1;
    wires[kept++] = first + i;
  }
  return (i32)kept;
}

EXPORT(load_g2) i32 load_g2(g2_point *points, u32 *wires, const u32 *file, u32 count, u32 first) {
  u32 kept = 0;
  for (u32 i = 0; i < count; i++, file += 32) {
    if (is_blank(file, 32)) continue;
    g2_point *p = &points[kept];
    if (!enter_coordinate(&p->x.a, file) || !enter_coordinate(&p->x.b, file + 8) ||
        !enter_coordinate(&p->y.a, file + 16) || !enter_coordinate(&p->y.b, file + 24) || !g2_is_on_curve(p))
      return -1;
    wires[kept++] = first + i;
  }
  return (i32)kept;
}

/* Of a matrix: where an entry stands, and its value times R^2. */
typedef struct {
  u32 matrix, row, wire;
  fe value;
} entry;

/* Entries of a file, as many of 44 bytes. How many were right: `count`, or the first that is not. */
EXPORT(load_entries) u32 load_entries(entry *entries, const u32 *file, u32 count, u32 rows, u32 wires) {
  for (u32 i = 0; i < count; i++, file += 11) {
    entry *e = &entries[i];
    e->matrix = file[0];
    e->row = file[1];
    e->wire = file[2];
    if (e->matrix > 1 || e->row >= rows || e->wire >= wires || !fr_unpack(&e->value, file + 3)) return i;
    fr_mul(&e->value, &e->value, &fr_from_file);
  }
  return count;
}

/* Scalars as field elements. How many were below the prime: `count`, or the first that is not. */
EXPORT(load_scalars) u32 load_scalars(fe *o, const u32 *words, u32 count) {
  for (u32 i = 0; i < count; i++)
    if (!fr_unpack(&o[i], words + 8 * i)) return i;
  return count;
}

/* `roots` and `shift` as transform.h has them, from the root of order 2 × size, given as 32 bytes. */
EXPORT(load_roots) void load_roots(fe *roots, fe *shift, u32 size, const u32 *root) {
  fe step, over_size, power = fr_one;
  fr_unpack(&step, root);
  fr_mul(&step, &step, &fr_enter);
  over_size = (fe){{(i32)(size & MASK), (i32)(size >> LIMB_BITS)}};
  fr_mul(&over_size, &over_size, &fr_enter);
  fr_inv(&over_size, &over_size);
  u32 log = 0;
  while (1u << log < size) log++;
  for (u32 i = 0; i < size; i++) {
    u32 reversed = 0;
    for (u32 bit = 0; bit < log; bit++) reversed |= (i >> bit & 1) << (log - 1 - bit);
    fr_mul(&shift[reversed], &power, &over_size);
    fr_mul(&power, &power, &step);
  }
  fr_mul(&step, &step, &step);
  /* The root of order `size`; its square at each level further down. */
  for (u32 h = size / 2; h >= 1; h /= 2) {
    power = fr_one;
    for (u32 j = 0; j < h; j++) {
      roots[h + j] = power;
      fr_mul(&power, &power, &step);
    }
    fr_mul(&step, &step, &step);
  }
}

/* ---- A proof's parts ---- */

/* Of one matrix: its rows times the witness. */
EXPORT(evaluate) void evaluate(fe *rows, u32 size, const entry *entries, u32 count, u32 matrix, const fe *witness) {
  for (u32 i = 0; i < size; i++) rows[i] = fq_zero;
  for (u32 i = 0; i < count; i++) {
    const entry *e = &entries[i];
    if (e->matrix != matrix) continue;
    fe term;
    fr_mul(&term, &e->value, &witness[e->wire]);
    fr_add(&rows[e->row], &rows[e->row], &term);
  }
}

EXPORT(multiply) void multiply(fe *o, const fe *a, const fe *b, u32 size) {
  for (u32 i = 0; i < size; i++) fr_mul(&o[i], &a[i], &b[i]);
}

EXPORT(to_odd) void export_to_odd(fe *values, u32 size, const fe *roots, const fe *shift) {
  to_odd(values, size, roots, shift);
}

/* a b - c, as scalars. */
EXPORT(join) void join(u32 *scalars, const fe *a, const fe *b, const fe *c, u32 size) {
  for (u32 i = 0; i < size; i++) {
    fe x, y;
    i64 t[9];
    /* What the transforms left may be 43 P. */
    fr_mul(&x, &a[i], &fr_one);
    fr_mul(&x, &b[i], &x);
    fr_mul(&y, &c[i], &fr_one);
    EACH(j, 9) t[j] = (i64)x.l[j] - y.l[j];
    fr_settle(&x, t);
    fr_leave(scalars + 8 * i, &x);
  }
}

EXPORT(msm_g1) void msm_g1(g1_jacobian *o, const g1_point *points, const u32 *wires, u32 count, const u32 *scalars,
                           u32 bits, u32 first, u32 last, const g1_room *room) {
  g1_msm(o, points, wires, count, scalars, bits, first, last, room);
}

EXPORT(msm_g2) void msm_g2(g2_jacobian *o, const g2_point *points, const u32 *wires, u32 count, const u32 *scalars,
                           u32 bits, u32 first, u32 last, const g2_room *room) {
  g2_msm(o, points, wires, count, scalars, bits, first, last, room);
}

EXPORT(add_g1) void add_g1(g1_jacobian *o, const g1_jacobian *p, const g1_jacobian *q) { g1_add(o, p, q); }
EXPORT(add_g2) void add_g2(g2_jacobian *o, const g2_jacobian *p, const g2_jacobian *q) { g2_add(o, p, q); }
EXPORT(widen_g1) void widen_g1(g1_jacobian *o, const g1_point *p) { g1_widen(o, p); }
EXPORT(widen_g2) void widen_g2(g2_jacobian *o, const g2_point *p) { g2_widen(o, p); }

EXPORT(times_g1) void times_g1(g1_jacobian *o, const g1_jacobian *p, const u32 *scalar) { g1_times(o, p, scalar); }
EXPORT(times_g2) void times_g2(g2_jacobian *o, const g2_jacobian *p, const u32 *scalar) { g2_times(o, p, scalar); }

/* Coordinates as 32 bytes each, little-endian; 0 for infinity. */
EXPORT(leave_g1) i32 leave_g1(u32 *words, const g1_jacobian *p) {
  g1_point q;
  if (!g1_narrow(&q, p)) return 0;
  fq_leave(words, &q.x);
  fq_leave(words + 8, &q.y);
  return 1;
}

EXPORT(leave_g2) i32 leave_g2(u32 *words, const g2_jacobian *p) {
  g2_point q;
  if (!g2_narrow(&q, p)) return 0;
  fq_leave(words, &q.x.a);
  fq_leave(words + 8, &q.x.b);
  fq_leave(words + 16, &q.y.a);
  fq_leave(words + 24, &q.y.b);
  return 1;
}
