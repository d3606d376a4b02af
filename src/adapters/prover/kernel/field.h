/*
 * A prime field of 254 bits in nine limbs of 29 bits, in Montgomery form with R = 2^261. Included once for each prime, with
 *
 *   F(name)   the prefix of its functions
 *   P0 … P8   the prime's limbs
 *   NINV      -1 / prime modulo 2^29
 *
 * Numbers are redundant and signed: an element stands for any integer congruent to it, and limbs may be negative.
 *
 *   tidy      the first eight limbs have |l| < 2^29. So has all that is stored.
 *   loose     |l| < 2^30: the sum or difference of two tidy ones, without its carries.
 *   products  a loose element times a tidy one: nine products below 2^59, nine of m P below 2^58 and a carry stay below 2^63.
 *   values    (a b + m P) / R with 0 <= m < R, and R = 169 P: while |a b| < 84 P^2 it is in (-P / 2, 3 P / 2).
 *   fitted    in (-P / 4096, P + P / 4096): what `F(fit)` makes of values within 4 P.
 *
 * So elements are compared with nothing, but by `F(is_zero)` and when they leave this program.
 */

static const i64 F(prime)[9] = {P0, P1, P2, P3, P4, P5, P6, P7, P8};

/* A row of operand scanning: t = (t + x b + m P) / 2^29. */
#define ROW(FIRST, TERM)                                                                                               \
  {                                                                                                                    \
    i64 u = t[0] + TERM(0);                                                                                            \
    i64 m = (i64)(((u32)u * (u32)NINV) & MASK);                                                                        \
    u = (u + m * P0) >> LIMB_BITS;                                                                                     \
    t[0] = t[1] + TERM(1) + m * P1 + u;                                                                                \
    t[1] = t[2] + TERM(2) + m * P2;                                                                                    \
    t[2] = t[3] + TERM(3) + m * P3;                                                                                    \
    t[3] = t[4] + TERM(4) + m * P4;                                                                                    \
    t[4] = t[5] + TERM(5) + m * P5;                                                                                    \
    t[5] = t[6] + TERM(6) + m * P6;                                                                                    \
    t[6] = t[7] + TERM(7) + m * P7;                                                                                    \
    t[7] = TERM(8) + m * P8;                                                                                           \
  }
#define ONE_PRODUCT(j) (i64) x->l[i] * b[j]
#define TWO_PRODUCTS(j) (i64) x->l[i] * b[j] + (i64)z->l[i] * d[j]

#define EACH(j, n) UNROLL for (int j = 0; j < n; j++)
#define LOAD(b, from)                                                                                                  \
  i64 b[9];                                                                                                            \
  EACH(j, 9) b[j] = (from)->l[j];

/* Passes carries on: eight limbs in [0, 2^29), and the sign in the ninth. `t` has nine terms. */
static INLINE void F(settle)(fe *o, const i64 *t) {
  i64 carry = 0;
  EACH(j, 8) {
    i64 v = t[j] + carry;
    o->l[j] = (i32)(v & MASK);
    carry = v >> LIMB_BITS;
  }
  o->l[8] = (i32)(carry + t[8]);
}

/* Of a settled element: takes away the multiple of the prime that its highest limb tells. The result is tidy, not settled. */
static INLINE void F(fit)(fe *o) {
  /* 346695 = floor(2^40 / (P8 + 1)) for both primes. */
  i64 k = ((i64)o->l[8] * 346695) >> 40;
  const i32 *multiple = F(multiples)[k + 4].l;
  EACH(j, 9) o->l[j] -= multiple[j];
}

static NOINLINE void F(mul)(fe *o, const fe *x, const fe *y) {
  LOAD(b, y)
  i64 t[9] = {0};
  EACH(i, 9) ROW(, ONE_PRODUCT)
  F(settle)(o, t);
}

/* x y - z - w, fitted, of tidy z and w. */
static NOINLINE void F(mul_sub2)(fe *o, const fe *x, const fe *y, const fe *z, const fe *w) {
  LOAD(b, y)
  i64 t[9] = {0};
  EACH(i, 9) ROW(, ONE_PRODUCT)
  EACH(j, 9) t[j] -= (i64)z->l[j] + w->l[j];
  F(settle)(o, t);
  F(fit)(o);
}

/* x y + z w of tidy elements. */
static NOINLINE void F(mul2)(fe *o, const fe *x, const fe *y, const fe *z, const fe *w) {
  LOAD(b, y)
  LOAD(d, w)
  i64 t[9] = {0};
  EACH(i, 9) ROW(, TWO_PRODUCTS)
  F(settle)(o, t);
}

/* Squares of tidy elements: 45 products for 81. The result's nine terms. */
static INLINE void F(sqr_terms)(i64 *t, const fe *x) {
  LOAD(a, x)
  i64 c[18] = {0};
  EACH(k, 17) {
    i64 v = 0;
    EACH(i, 9) if (k - i > i && k - i < 9) v += a[i] * a[k - i];
    v += v;
    if (k % 2 == 0) v += a[k / 2] * a[k / 2];
    c[k] = v;
  }
  EACH(i, 9) {
    i64 m = (i64)(((u32)c[i] * (u32)NINV) & MASK);
    c[i + 1] += ((c[i] + m * P0) >> LIMB_BITS) + m * P1;
    c[i + 2] += m * P2;
    c[i + 3] += m * P3;
    c[i + 4] += m * P4;
    c[i + 5] += m * P5;
    c[i + 6] += m * P6;
    c[i + 7] += m * P7;
    c[i + 8] += m * P8;
  }
  EACH(j, 9) t[j] = c[9 + j];
}

static NOINLINE void F(sqr)(fe *o, const fe *x) {
  i64 t[9];
  F(sqr_terms)(t, x);
  F(settle)(o, t);
}

/* x^2 - z - w, fitted. */
static NOINLINE void F(sqr_sub2)(fe *o, const fe *x, const fe *z, const fe *w) {
  i64 t[9];
  F(sqr_terms)(t, x);
  EACH(j, 9) t[j] -= (i64)z->l[j] + w->l[j];
  F(settle)(o, t);
  F(fit)(o);
}

/* Fitted sums and differences of fitted elements. */
static NOINLINE void F(add)(fe *o, const fe *x, const fe *y) {
  i64 t[9];
  EACH(j, 9) t[j] = (i64)x->l[j] + y->l[j];
  F(settle)(o, t);
  F(fit)(o);
}

static NOINLINE void F(sub)(fe *o, const fe *x, const fe *y) {
  i64 t[9];
  EACH(j, 9) t[j] = (i64)x->l[j] - y->l[j];
  F(settle)(o, t);
  F(fit)(o);
}

/* Loose. `sign` is 0 or -1: then of -x. */
static INLINE void F(dif)(fe *o, const fe *x, i32 sign, const fe *y) {
  EACH(j, 9) o->l[j] = ((x->l[j] ^ sign) - sign) - y->l[j];
}

static INLINE void F(neg)(fe *o, const fe *x, i32 sign) {
  EACH(j, 9) o->l[j] = (x->l[j] ^ sign) - sign;
}

/* A number below the prime, of values within 4 P: limbs in [0, 2^29). */
static NOINLINE void F(reduce)(fe *o, const fe *x) {
  i64 t[9];
  EACH(j, 9) t[j] = x->l[j];
  F(settle)(o, t);
  F(fit)(o);
  for (int round = 0; round < 2; round++) {
    EACH(j, 9) t[j] = o->l[j];
    F(settle)(o, t);
    if (o->l[8] < 0) {
      EACH(j, 9) t[j] = o->l[j] + F(prime)[j];
      F(settle)(o, t);
    }
  }
  fe less;
  EACH(j, 9) t[j] = o->l[j] - F(prime)[j];
  F(settle)(&less, t);
  if (less.l[8] >= 0) *o = less;
}

static NOINLINE int F(is_zero_exact)(const fe *x) {
  fe reduced;
  F(reduce)(&reduced, x);
  i32 bits = 0;
  EACH(j, 9) bits |= reduced.l[j];
  return bits == 0;
}

/* Of loose values within 4 P. k P has -k for its low limb times NINV: few others come past the first line. */
static INLINE int F(is_zero)(const fe *x) {
  u32 k = ((u32)x->l[0] * (u32)NINV) & MASK;
  return ((k + 4) & MASK) <= 8 && F(is_zero_exact)(x);
}

/* x^(P - 2). Of zero it is zero. */
static NOINLINE void F(inv)(fe *o, const fe *x) {
  /* Four bits at a time. */
  fe powers[16];
  powers[0] = F(one);
  for (int i = 1; i < 16; i++) F(mul)(&powers[i], &powers[i - 1], x);
  fe result = F(one);
  for (int at = 252; at >= 0; at -= 4) {
    for (int i = 0; i < 4; i++) F(sqr)(&result, &result);
    int digit = 0;
    for (int bit = 3; bit >= 0; bit--) {
      int place = at + bit;
      i64 limb = F(prime)[place / LIMB_BITS];
      /* P - 2 differs from P in its two lowest limbs' bits alone. */
      if (place < LIMB_BITS) limb -= 2;
      digit = 2 * digit + (int)((limb >> (place % LIMB_BITS)) & 1);
    }
    F(mul)(&result, &result, &powers[digit]);
  }
  *o = result;
}

/* 32 bytes, little-endian, as limbs; 0 when the number is not below the prime. */
static NOINLINE int F(unpack)(fe *o, const u32 *words) {
  EACH(j, 9) {
    int bit = j * LIMB_BITS, word = bit / 32, shift = bit % 32;
    u64 v = (u64)words[word] >> shift;
    if (word < 7) v |= ((u64)words[word + 1] << 32) >> shift;
    o->l[j] = (i32)(v & (j < 8 ? MASK : 0xffffff));
  }
  for (int j = 8; j >= 0; j--)
    if (o->l[j] != F(prime)[j]) return o->l[j] < F(prime)[j];
  return 0;
}

/* A number below the prime as 32 bytes. */
static NOINLINE void F(pack)(u32 *words, const fe *x) {
  EACH(word, 8) {
    int bit = word * 32, j = bit / LIMB_BITS, shift = bit % LIMB_BITS;
    u64 v = (u64)x->l[j] >> shift | (u64)x->l[j + 1] << (LIMB_BITS - shift);
    if (j + 2 < 9) v |= (u64)x->l[j + 2] << (2 * LIMB_BITS - shift);
    words[word] = (u32)v;
  }
}

/* Out of Montgomery form, below the prime, as 32 bytes. */
static NOINLINE void F(leave)(u32 *words, const fe *x) {
  static const fe plain_one = {{1}};
  fe y;
  F(mul)(&y, x, &plain_one);
  F(reduce)(&y, &y);
  F(pack)(words, &y);
}

#undef ROW
