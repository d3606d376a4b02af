/*
 * F_q[u] / (u^2 + 1). Operands of products are tidy: two products of each pair of limbs, below 2^58, and one of m P.
 */
typedef struct {
  fe a, b;
} fe2;

static NOINLINE void fq2_mul(fe2 *o, const fe2 *x, const fe2 *y) {
  fe minus, real;
  fq_neg(&minus, &y->b, -1);
  fq_mul2(&real, &x->a, &y->a, &x->b, &minus);
  fq_mul2(&o->b, &x->a, &y->b, &x->b, &y->a);
  o->a = real;
}

/* (a + b) (a - b) and 2 a b. */
static NOINLINE void fq2_sqr(fe2 *o, const fe2 *x) {
  fe sum, difference, twice;
  i64 t[9];
  EACH(j, 9) {
    sum.l[j] = x->a.l[j] + x->b.l[j];
    twice.l[j] = 2 * x->a.l[j];
    t[j] = (i64)x->a.l[j] - x->b.l[j];
  }
  fq_settle(&difference, t);
  fq_mul(&o->b, &twice, &x->b);
  fq_mul(&o->a, &sum, &difference);
}

static INLINE void fq2_add(fe2 *o, const fe2 *x, const fe2 *y) {
  fq_add(&o->a, &x->a, &y->a);
  fq_add(&o->b, &x->b, &y->b);
}

static INLINE void fq2_sub(fe2 *o, const fe2 *x, const fe2 *y) {
  fq_sub(&o->a, &x->a, &y->a);
  fq_sub(&o->b, &x->b, &y->b);
}

static INLINE void fq_sub_sub(fe *o, const fe *x, const fe *y, const fe *z) {
  i64 t[9];
  EACH(j, 9) t[j] = (i64)x->l[j] - y->l[j] - z->l[j];
  fq_settle(o, t);
  fq_fit(o);
}

static NOINLINE void fq2_mul_sub2(fe2 *o, const fe2 *x, const fe2 *y, const fe2 *z, const fe2 *w) {
  fe2 product;
  fq2_mul(&product, x, y);
  fq_sub_sub(&o->a, &product.a, &z->a, &w->a);
  fq_sub_sub(&o->b, &product.b, &z->b, &w->b);
}

static NOINLINE void fq2_sqr_sub2(fe2 *o, const fe2 *x, const fe2 *z, const fe2 *w) {
  fe2 square;
  fq2_sqr(&square, x);
  fq_sub_sub(&o->a, &square.a, &z->a, &w->a);
  fq_sub_sub(&o->b, &square.b, &z->b, &w->b);
}

/* Tidy: products here have no room for loose ones. */
static INLINE void fq2_dif(fe2 *o, const fe2 *x, i32 sign, const fe2 *y) {
  i64 t[9], v[9];
  EACH(j, 9) {
    t[j] = (i64)((x->a.l[j] ^ sign) - sign) - y->a.l[j];
    v[j] = (i64)((x->b.l[j] ^ sign) - sign) - y->b.l[j];
  }
  fq_settle(&o->a, t);
  fq_settle(&o->b, v);
}

static INLINE void fq2_neg(fe2 *o, const fe2 *x, i32 sign) {
  fq_neg(&o->a, &x->a, sign);
  fq_neg(&o->b, &x->b, sign);
}

static INLINE int fq2_is_zero(const fe2 *x) { return fq_is_zero(&x->a) && fq_is_zero(&x->b); }

/* (a - b u) / (a^2 + b^2) */
static NOINLINE void fq2_inv(fe2 *o, const fe2 *x) {
  fe norm, minus;
  fq_mul2(&norm, &x->a, &x->a, &x->b, &x->b);
  fq_inv(&norm, &norm);
  fq_neg(&minus, &x->b, -1);
  fq_mul(&o->a, &x->a, &norm);
  fq_mul(&o->b, &minus, &norm);
}
