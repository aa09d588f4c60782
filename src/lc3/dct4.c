/*
 * DCT-IV of N by a complex FFT of N / 2 points between two rotations.
 *
 * N / 2 is 5 * 3^a * 2^b, a = 0..2, b = 1..5. The FFT is a prime factor algorithm: its factors 5, 3
 * or 9, and 2^b have no common divisor, so the passes need no twiddles between them. With point n
 * and line k both numbered sum i_p M / p modulo the number of points M, each pass works in place on
 * points a fixed stride apart, starting at a multiple of p, and the result comes out in order, at
 * the price that the transform of p points uses the root w^u, u = M / p mod p, in place of w: other
 * constants for 5 and 3, another order of the results for 9 and 2^b.
 *
 * Scaling: a product with a Q31 constant is mulh, which halves; additions around it are halved to
 * match. From |x| < 2^26, magnitudes after each step, as powers of two:
 *   rotation 25.5; 5 points 26.8; 3 points 27.4 (9 points 28); 4 points +2; 8, 16: +2, +3; 32: +3;
 * at most 30.4 at the end, and sums inside a step below 2^31.
 */
#include "dct4.h"

#include "fixed.h"
#include "tables.h"

struct cpx {
    int32_t re, im;
};

#define SIN_60 1859775393 /* Q31 */
#define SIN_72 2042378317
#define SIN_36 1262259218
#define DIFF_5 1200479854 /* (cos 72 - cos 144) / 2 = sqrt(5) / 4 */

/* x (c - i s) / 2 */
static inline struct cpx turn(struct cpx x, int32_t c, int32_t s)
{
    return (struct cpx){mulh(x.re, c) + mulh(x.im, s), mulh(x.im, c) - mulh(x.re, s)};
}

static inline struct cpx cadd(struct cpx a, struct cpx b)
{
    return (struct cpx){a.re + b.re, a.im + b.im};
}

static inline struct cpx csub(struct cpx a, struct cpx b)
{
    return (struct cpx){a.re - b.re, a.im - b.im};
}

static inline struct cpx half(struct cpx a)
{
    return (struct cpx){a.re >> 1, a.im >> 1};
}

/* Index i of n, when i is below 2 n. */
static inline int wrap(int i, int n)
{
    return i >= n ? i - n : i;
}

/* n / 5 transforms of 5 points, halved. */
static void pass_5(struct cpx *z, int n)
{
    static const struct {
        int32_t diff, s1, s2;
    } roots[5] = {{0, 0, 0},
                  {DIFF_5, SIN_72, SIN_36},
                  {-DIFF_5, SIN_36, -SIN_72},
                  {-DIFF_5, -SIN_36, SIN_72},
                  {DIFF_5, -SIN_72, -SIN_36}};
    int m = n / 5, base;
    int32_t diff = roots[m % 5].diff, s1 = roots[m % 5].s1, s2 = roots[m % 5].s2;

    for (base = 0; base < n; base += 5) {
        struct cpx *z0 = z + base, *z1 = z + wrap(base + m, n), *z2 = z + wrap(base + 2 * m, n);
        struct cpx *z3 = z + wrap(base + 3 * m, n), *z4 = z + wrap(base + 4 * m, n);
        struct cpx p1 = cadd(*z1, *z4), d1 = csub(*z1, *z4);
        struct cpx p2 = cadd(*z2, *z3), d2 = csub(*z2, *z3);
        struct cpx p = cadd(p1, p2);
        struct cpx mid = {(z0->re - (p.re >> 2)) >> 1, (z0->im - (p.im >> 2)) >> 1};
        struct cpx e = {mulh(p1.re - p2.re, diff), mulh(p1.im - p2.im, diff)};
        struct cpx a1 = cadd(mid, e), a2 = csub(mid, e);
        struct cpx b1 = {mulh(d1.re, s1) + mulh(d2.re, s2), mulh(d1.im, s1) + mulh(d2.im, s2)};
        struct cpx b2 = {mulh(d1.re, s2) - mulh(d2.re, s1), mulh(d1.im, s2) - mulh(d2.im, s1)};

        *z0 = half(cadd(*z0, p));
        *z1 = (struct cpx){a1.re + b1.im, a1.im - b1.re};
        *z4 = (struct cpx){a1.re - b1.im, a1.im + b1.re};
        *z2 = (struct cpx){a2.re + b2.im, a2.im - b2.re};
        *z3 = (struct cpx){a2.re - b2.im, a2.im + b2.re};
    }
}

/* Three points, halved; s = +- sin 60. */
static inline void points_3(struct cpx *a, struct cpx *b, struct cpx *c, int32_t s)
{
    struct cpx p = cadd(*b, *c), d = csub(*b, *c);
    struct cpx mid = {(a->re - (p.re >> 1)) >> 1, (a->im - (p.im >> 1)) >> 1};
    struct cpx e = {mulh(d.re, s), mulh(d.im, s)};

    *a = half(cadd(*a, p));
    *b = (struct cpx){mid.re + e.im, mid.im - e.re};
    *c = (struct cpx){mid.re - e.im, mid.im + e.re};
}

static void pass_3(struct cpx *z, int n)
{
    int m = n / 3, base;
    int32_t s = m % 3 == 1 ? SIN_60 : -SIN_60;

    for (base = 0; base < n; base += 3) {
        points_3(z + base, z + wrap(base + m, n), z + wrap(base + 2 * m, n), s);
    }
}

/* Three points at full scale, for the first half of nine. */
static inline void points_3_full(struct cpx *a, struct cpx *b, struct cpx *c)
{
    struct cpx p = cadd(*b, *c), d = csub(*b, *c);
    struct cpx mid = {a->re - (p.re >> 1), a->im - (p.im >> 1)};
    struct cpx e = {2 * mulh(d.re, SIN_60), 2 * mulh(d.im, SIN_60)};

    *a = cadd(*a, p);
    *b = (struct cpx){mid.re + e.im, mid.im - e.re};
    *c = (struct cpx){mid.re - e.im, mid.im + e.re};
}

/* n / 9 transforms of 9 points, scaled by 1/4. */
static void pass_9(struct cpx *z, int n)
{
    const int32_t *w = woad_lc3_twiddle_9;
    int m = n / 9, inverse = 1, base, i, k;
    struct cpx t[9];

    while (inverse * m % 9 != 1) {
        inverse++;
    }
    for (base = 0; base < n; base += 9) {
        for (i = 0; i < 9; i++) {
            t[i] = z[wrap(base + i * m, n)];
        }
        for (i = 0; i < 3; i++) {
            points_3_full(&t[i], &t[i + 3], &t[i + 6]);
            t[i] = half(t[i]);
        }
        t[3] = half(t[3]);
        t[6] = half(t[6]);
        t[4] = turn(t[4], w[0], w[1]);
        t[5] = turn(t[5], w[2], w[3]);
        t[7] = turn(t[7], w[4], w[5]);
        t[8] = turn(t[8], w[6], w[7]);
        for (i = 0; i < 3; i++) {
            points_3(&t[3 * i], &t[3 * i + 1], &t[3 * i + 2], SIN_60);
            for (k = 0; k < 3; k++) {
                z[wrap(base + (i + 3 * k) * inverse % 9 * m, n)] = t[3 * i + k];
            }
        }
    }
}

/* Four points, growing by 4: results y[0], y[1], y[2], y[3] in a, b, c, d. */
static inline void points_4(struct cpx *a, struct cpx *b, struct cpx *c, struct cpx *d)
{
    struct cpx p = cadd(*a, *c), q = csub(*a, *c), r = cadd(*b, *d), s = csub(*b, *d);

    *a = cadd(p, r);
    *b = (struct cpx){q.re + s.im, q.im - s.re};
    *c = csub(p, r);
    *d = (struct cpx){q.re - s.im, q.im + s.re};
}

static void pass_2(struct cpx *z, int n)
{
    int base;

    for (base = 0; base < n; base += 2) {
        struct cpx *z1 = z + wrap(base + n / 2, n), a = z[base], b = *z1;
        z[base] = cadd(a, b);
        *z1 = csub(a, b);
    }
}

/* With u = n / 4 mod 4 = 3 the results 1 and 3 change places. */
static void pass_4(struct cpx *z, int n)
{
    int m = n / 4, base, one = m % 4 == 1 ? m : 3 * m;

    for (base = 0; base < n; base += 4) {
        struct cpx *z1 = z + wrap(base + m, n), *z2 = z + wrap(base + 2 * m, n);
        struct cpx *z3 = z + wrap(base + 3 * m, n);
        struct cpx a = z[base], b = *z1, c = *z2, d = *z3;
        points_4(&a, &b, &c, &d);
        z[base] = a;
        z[wrap(base + one, n)] = b;
        *z2 = c;
        z[wrap(base + 4 * m - one, n)] = d;
    }
}

/*
 * Radix 4 step of `points` points: in[base], in[base + stride].. modulo n, to t[0], t[1].., halved.
 */
static inline void split_4(const struct cpx *in, int n, int base, int stride, struct cpx *t,
                           int points)
{
    const int32_t *w = woad_lc3_twiddle_32;
    int q = points / 4, step = 2 * (32 / points), j;

    for (j = 0; j < q; j++, base = wrap(base + stride, n)) {
        int i1 = wrap(base + n / 4, n), i2 = wrap(base + n / 2, n), i3 = wrap(i1 + n / 2, n);
        struct cpx a = in[base], b = in[i1], c = in[i2], d = in[i3];

        points_4(&a, &b, &c, &d);
        t[j] = half(a);
        if (j == 0) {
            t[q] = half(b);
            t[2 * q] = half(c);
            t[3 * q] = half(d);
        } else {
            t[j + q] = turn(b, w[j * step], w[j * step + 1]);
            t[j + 2 * q] = turn(c, w[2 * j * step], w[2 * j * step + 1]);
            t[j + 3 * q] = turn(d, w[3 * j * step], w[3 * j * step + 1]);
        }
    }
}

/* Transforms of p = 8, 16 or 32 points; result k goes to place k * inverse mod p. */
static inline void pass_pow2(struct cpx *z, int n, const int p)
{
    int m = n / p, inverse = 1, base, i, q, k;
    uint8_t place[32];
    struct cpx t[32], s[8];

    while (((inverse * m) & (p - 1)) != 1) {
        inverse += 2;
    }
    for (k = 0; k < p; k++) {
        place[k] = (uint8_t)(((k * inverse) & (p - 1)) * m);
    }
    for (base = 0; base < n; base += p) {
        split_4(z, n, base, m, t, p);
        for (q = 0; q < 4; q++) {
            struct cpx *y = &t[q * (p / 4)];
            if (p == 16) {
                struct cpx a = y[0], b = y[1], c = y[2], d = y[3];
                points_4(&a, &b, &c, &d);
                z[wrap(base + place[q], n)] = a;
                z[wrap(base + place[4 + q], n)] = b;
                z[wrap(base + place[8 + q], n)] = c;
                z[wrap(base + place[12 + q], n)] = d;
                continue;
            }
            if (p == 32) {
                split_4(y, 8, 0, 1, s, 8);
                y = s;
            }
            /* What is left: pairs; results i and i + p / 8 of this quarter. */
            for (i = 0; i < p / 8; i++) {
                struct cpx a = y[2 * i], b = y[2 * i + 1];
                z[wrap(base + place[4 * i + q], n)] = cadd(a, b);
                z[wrap(base + place[4 * i + q + p / 2], n)] = csub(a, b);
            }
        }
    }
}

/* Constant conditions: a build has only the passes that its sizes need. */
static void fft(struct cpx *z, int n)
{
    int p = n & -n;

    pass_5(z, n);
    if ((WOAD_LC3_LINES_180 || WOAD_LC3_LINES_360) && n % 9 == 0) {
        pass_9(z, n);
    } else if (n % 3 == 0) {
        pass_3(z, n);
    }
    if ((WOAD_LC3_LINES_160 || WOAD_LC3_LINES_480) && p == 16) {
        pass_pow2(z, n, 16);
    } else if ((WOAD_LC3_LINES_80 || WOAD_LC3_LINES_240) && p == 8) {
        pass_pow2(z, n, 8);
    } else if (WOAD_LC3_LINES_320 && p == 32) {
        pass_pow2(z, n, 32);
    } else if ((WOAD_LC3_LINES_120 || WOAD_LC3_LINES_360) && p == 4) {
        pass_4(z, n);
    } else if (WOAD_LC3_LINES_60 || WOAD_LC3_LINES_180) {
        pass_2(z, n);
    }
}

int woad_lc3_dct4_shift(const struct woad_lc3_geometry *geo)
{
    int n = geo->samples / 2, p = n & -n;

    return 3 + (n % 9 == 0 ? 2 : n % 3 == 0) + (p == 32 ? 2 : p >= 8);
}

/*
 * Before: z[k] = (x[2k] + i x[N-1-2k]) w[k], w[k] = exp(-i pi (8k + 1) / 8N). After: y[2k] and
 * y[N-1-2k] are the real and the negative imaginary part of Z[k] w[k]. Points k and N/2 - 1 - k
 * share their four places, so both can be done in place.
 */
static void rotate_in(const struct woad_lc3_geometry *geo, int32_t *x)
{
    const int32_t *w0 = geo->rot, *w1 = geo->rot + geo->samples - 2;
    int32_t *low = x, *high = x + geo->samples - 2;

    for (; low < high; low += 2, high -= 2, w0 += 2, w1 -= 2) {
        struct cpx a = turn((struct cpx){low[0], high[1]}, w0[0], w0[1]);
        struct cpx b = turn((struct cpx){high[0], low[1]}, w1[0], w1[1]);
        low[0] = a.re;
        low[1] = a.im;
        high[0] = b.re;
        high[1] = b.im;
    }
}

static void rotate_out(const struct woad_lc3_geometry *geo, int32_t *x)
{
    const int32_t *w0 = geo->rot, *w1 = geo->rot + geo->samples - 2;
    int32_t *low = x, *high = x + geo->samples - 2;

    for (; low < high; low += 2, high -= 2, w0 += 2, w1 -= 2) {
        struct cpx a = turn((struct cpx){low[0], low[1]}, w0[0], w0[1]);
        struct cpx b = turn((struct cpx){high[0], high[1]}, w1[0], w1[1]);
        low[0] = a.re;
        high[1] = -a.im;
        high[0] = b.re;
        low[1] = -b.im;
    }
}

void woad_lc3_dct4(const struct woad_lc3_geometry *geo, int32_t *x)
{
    rotate_in(geo, x);
    /* Pairs of words as complex numbers: struct cpx is two int32_t. */
    fft((struct cpx *)x, geo->samples / 2);
    rotate_out(geo, x);
}
