#include "bits.h"

void woad_lc3_reader_init(struct woad_lc3_reader *r, const uint8_t *frame, size_t len)
{
    *r = (struct woad_lc3_reader){.start = frame, .end = frame + len, .back = frame + len};
    r->front = frame + 3;
    r->low = (uint32_t)frame[0] << 16 | (uint32_t)frame[1] << 8 | frame[2];
    r->range = 0xffffff;
}

void woad_lc3_refill(struct woad_lc3_reader *r)
{
    while (r->acc_bits <= 24) {
        if (r->back > r->start) {
            r->acc |= (uint32_t) * --r->back << r->acc_bits;
        } else {
            r->missing += 8;
        }
        r->acc_bits += 8;
    }
}

uint32_t woad_lc3_read(struct woad_lc3_reader *r, int n)
{
    return woad_lc3_read_inline(r, n);
}

unsigned woad_lc3_read_symbol(struct woad_lc3_reader *r, const uint16_t *cum)
{
    return woad_lc3_read_symbol_inline(r, cum);
}

int woad_lc3_reader_left(const struct woad_lc3_reader *r)
{
    int plain = 8 * (int)(r->end - r->back) + r->missing - r->acc_bits;
    int code = 8 * (int)(r->front - r->start) + 2 - bit_length(r->range);

    return 8 * (int)(r->end - r->start) - plain - code;
}

void woad_lc3_writer_init(struct woad_lc3_writer *w, uint8_t *frame, size_t len)
{
    *w = (struct woad_lc3_writer){.start = frame, .end = frame + len, .back = frame + len};
    w->front = frame;
    w->range = 0xffffff;
    w->cache = -1;
}

/* Whole octets of plain bits go out, as long as the arithmetic code has left room. */
void woad_lc3_flush(struct woad_lc3_writer *w)
{
    for (; w->acc_bits >= 8; w->acc_bits -= 8, w->acc >>= 8) {
        if (w->back > w->front) {
            *--w->back = (uint8_t)w->acc;
        }
    }
}

void woad_lc3_write(struct woad_lc3_writer *w, uint32_t value, int n)
{
    for (; n > 16; n -= 16, value >>= 16) {
        woad_lc3_write(w, value & 0xffff, 16);
    }
    w->acc |= value << w->acc_bits;
    w->acc_bits += n;
    woad_lc3_flush(w);
}

static void put_code(struct woad_lc3_writer *w, int octet)
{
    if (w->front < w->end) {
        *w->front++ = (uint8_t)octet;
    }
}

/* Moves the top octet of low out; runs of 0xff wait until a carry can no longer reach them. */
static void shift_code(struct woad_lc3_writer *w)
{
    if (w->low < 0xff0000 || w->carry) {
        if (w->cache >= 0) {
            put_code(w, w->cache + w->carry);
        }
        for (; w->carry_count > 0; w->carry_count--) {
            put_code(w, w->carry ? 0x00 : 0xff);
        }
        w->cache = (int)(w->low >> 16);
        w->carry = 0;
    } else {
        w->carry_count++;
    }
    w->low = (w->low << 8) & 0xffffff;
}

void woad_lc3_write_symbol(struct woad_lc3_writer *w, const uint16_t *cum, unsigned s)
{
    uint32_t scale = w->range >> 10;

    w->low += scale * cum[s];
    w->range = scale * (uint32_t)(cum[s + 1] - cum[s]);
    if (w->low >> 24) {
        w->carry = 1;
        w->low &= 0xffffff;
    }
    while (w->range < 0x10000) {
        shift_code(w);
        w->range <<= 8;
    }
}

int woad_lc3_writer_left(const struct woad_lc3_writer *w)
{
    int code = 26 - bit_length(w->range) + 8 * ((w->cache >= 0) + w->carry_count);

    return 8 * (int)(w->back - w->front) - w->acc_bits - code;
}

/* The shortest value inside the last interval. [3.4.4.6] */
static void finish_code(struct woad_lc3_writer *w)
{
    int n = 25 - bit_length(w->range), last;
    uint32_t mask = 0xffffffu >> n;
    uint32_t value = w->low + mask, high = w->low + w->range;
    bool over = value >> 24, high_over = high >> 24;

    value = value & 0xffffff & ~mask;
    high &= 0xffffff;
    if (over == high_over) {
        if (value + mask >= high) {
            n++;
            mask >>= 1;
            value = (w->low + mask) & 0xffffff & ~mask;
        }
        if (value < w->low) {
            w->carry = 1;
        }
    }
    w->low = value;
    for (; n > 8; n -= 8) {
        shift_code(w);
    }
    shift_code(w);
    last = w->cache >> (8 - n);
    if (w->carry_count) {
        put_code(w, w->cache);
        for (; w->carry_count > 1; w->carry_count--) {
            put_code(w, 0xff);
        }
        last = n < 8 ? 0 : 0xff;
    }
    if (w->front < w->end) {
        *w->front = (uint8_t)((*w->front & (0xff >> n)) | last << (8 - n));
    }
}

void woad_lc3_writer_finish(struct woad_lc3_writer *w)
{
    int n;

    /* Zeros between the two ends; an octet that both share keeps the plain bits at its bottom. */
    for (n = 8 * (int)(w->back - w->front) - w->acc_bits; n > 0; n -= 16) {
        woad_lc3_write(w, 0, min_int(n, 16));
    }
    woad_lc3_flush(w);
    finish_code(w);
}
