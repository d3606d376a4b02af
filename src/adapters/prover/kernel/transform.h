/*
 * Transforms over the domain of 2^log roots of unity, in F_r.
 *
 * `roots` holds, at h + j, the j-th power of the root of order 2 h, for h = 1, 2, 4, … and j < h.
 */

/* Values in order to coefficients × 2^log in reversed order: decimation in frequency, with the inverse roots. */
static void to_coefficients(fe *values, u32 size, const fe *roots) {
  for (u32 h = size / 2; h >= 1; h /= 2) {
    for (u32 start = 0; start < size; start += 2 * h) {
      for (u32 j = 0; j < h; j++) {
        fe *u = &values[start + j], *v = &values[start + j + h];
        fe difference;
        /* The inverse of the j-th power is minus the (h - j)-th. */
        if (j == 0) {
          fr_sub(&difference, u, v);
          fr_add(u, u, v);
          *v = difference;
        } else {
          fr_dif(&difference, v, 0, u);
          fr_add(u, u, v);
          fr_mul(v, &difference, &roots[2 * h - j]);
        }
      }
    }
  }
}

/* Coefficients in reversed order to values in order: decimation in time. Values grow by 3 P / 2 a level. */
static void to_values(fe *values, u32 size, const fe *roots) {
  for (u32 h = 1; h < size; h *= 2) {
    for (u32 start = 0; start < size; start += 2 * h) {
      for (u32 j = 0; j < h; j++) {
        fe *u = &values[start + j], *v = &values[start + j + h];
        fe turned;
        fr_mul(&turned, v, &roots[h + j]);
        i64 sum[9], difference[9];
        EACH(l, 9) {
          sum[l] = (i64)u->l[l] + turned.l[l];
          difference[l] = (i64)u->l[l] - turned.l[l];
        }
        fr_settle(u, sum);
        fr_settle(v, difference);
      }
    }
  }
}

/* From values on the domain to values on the domain shifted by a root of twice its order. `shift`: its powers over the size, reversed. */
static void to_odd(fe *values, u32 size, const fe *roots, const fe *shift) {
  to_coefficients(values, size, roots);
  for (u32 i = 0; i < size; i++) fr_mul(&values[i], &values[i], &shift[i]);
  to_values(values, size, roots);
}
