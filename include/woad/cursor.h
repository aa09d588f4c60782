/* woad/cursor.h: reading and writing of little-endian fields with a sticky error.
 *
 *     struct woad_rd r = woad_rd_init(pdu, len);
 *     uint16_t handle = woad_rd_u16(&r);
 *     const uint8_t *value = woad_rd_take(&r, r.left);
 *     if (!woad_rd_ok(&r))
 *         return malformed;
 *
 * Read everything, test once: after the first read past the end every read answers 0 (or NULL) and
 * woad_rd_ok() is false. The writer is the same: after the first write past the capacity nothing
 * more is written and woad_wr_ok() is false. Callable from anywhere.
 *
 * The functions are inline with one definition for all in the library: a compiler that optimises
 * for size calls it.
 */
#ifndef WOAD_CURSOR_H
#define WOAD_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct woad_rd {
    const uint8_t *p; /* NULL after an error */
    size_t left;
};

static inline struct woad_rd woad_rd_init(const void *data, size_t len)
{
    static const uint8_t nothing = 0;
    return (struct woad_rd){data ? (const uint8_t *)data : &nothing, data ? len : 0};
}

static inline bool woad_rd_ok(const struct woad_rd *r)
{
    return r->p != NULL;
}

/* True when everything was read and nothing beyond. */
static inline bool woad_rd_done(const struct woad_rd *r)
{
    return r->p != NULL && r->left == 0;
}

/* The next n octets, in place; NULL when fewer are left (and the error sticks). */
inline const uint8_t *woad_rd_take(struct woad_rd *r, size_t n)
{
    const uint8_t *p = r->p;
    if (n > r->left)
        p = NULL;
    r->left = p ? r->left - n : 0;
    r->p = p ? p + n : NULL;
    return p;
}

inline uint8_t woad_rd_u8(struct woad_rd *r)
{
    const uint8_t *p = woad_rd_take(r, 1);
    return p ? p[0] : 0;
}

inline uint16_t woad_get_u16(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

inline uint32_t woad_get_u24(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16;
}

inline uint32_t woad_get_u32(const uint8_t *p)
{
    return woad_get_u24(p) | (uint32_t)p[3] << 24;
}

inline uint64_t woad_get_u64(const uint8_t *p)
{
    return woad_get_u32(p) | (uint64_t)woad_get_u32(p + 4) << 32;
}

inline uint16_t woad_rd_u16(struct woad_rd *r)
{
    const uint8_t *p = woad_rd_take(r, 2);
    return p ? woad_get_u16(p) : 0;
}

inline uint32_t woad_rd_u24(struct woad_rd *r)
{
    const uint8_t *p = woad_rd_take(r, 3);
    return p ? woad_get_u24(p) : 0;
}

inline uint32_t woad_rd_u32(struct woad_rd *r)
{
    const uint8_t *p = woad_rd_take(r, 4);
    return p ? woad_get_u32(p) : 0;
}

inline uint64_t woad_rd_u64(struct woad_rd *r)
{
    const uint8_t *p = woad_rd_take(r, 8);
    return p ? woad_get_u64(p) : 0;
}

/* n octets copied to `to`; zeros when fewer are left. */
inline void woad_rd_bytes(struct woad_rd *r, void *to, size_t n)
{
    const uint8_t *p = woad_rd_take(r, n);
    if (p)
        memcpy(to, p, n);
    else
        memset(to, 0, n);
}

struct woad_wr {
    uint8_t *p; /* NULL after an error */
    size_t left;
    uint8_t *start;
};

static inline struct woad_wr woad_wr_init(void *data, size_t size)
{
    return (struct woad_wr){(uint8_t *)data, size, (uint8_t *)data};
}

static inline bool woad_wr_ok(const struct woad_wr *w)
{
    return w->p != NULL;
}

/* Octets written so far; 0 after an error. */
static inline size_t woad_wr_len(const struct woad_wr *w)
{
    return w->p ? (size_t)(w->p - w->start) : 0;
}

/* Room for n octets, to be filled by the caller; NULL when there is none. */
inline uint8_t *woad_wr_room(struct woad_wr *w, size_t n)
{
    uint8_t *p = w->p;
    if (n > w->left)
        p = NULL;
    w->left = p ? w->left - n : 0;
    w->p = p ? p + n : NULL;
    return p;
}

inline void woad_put_u16(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
}

inline void woad_put_u24(uint8_t *p, uint32_t v)
{
    woad_put_u16(p, (uint16_t)v);
    p[2] = (uint8_t)(v >> 16);
}

inline void woad_put_u32(uint8_t *p, uint32_t v)
{
    woad_put_u24(p, v);
    p[3] = (uint8_t)(v >> 24);
}

inline void woad_put_u64(uint8_t *p, uint64_t v)
{
    woad_put_u32(p, (uint32_t)v);
    woad_put_u32(p + 4, (uint32_t)(v >> 32));
}

inline void woad_wr_u8(struct woad_wr *w, uint8_t v)
{
    uint8_t *p = woad_wr_room(w, 1);
    if (p)
        p[0] = v;
}

inline void woad_wr_u16(struct woad_wr *w, uint16_t v)
{
    uint8_t *p = woad_wr_room(w, 2);
    if (p)
        woad_put_u16(p, v);
}

inline void woad_wr_u24(struct woad_wr *w, uint32_t v)
{
    uint8_t *p = woad_wr_room(w, 3);
    if (p)
        woad_put_u24(p, v);
}

inline void woad_wr_u32(struct woad_wr *w, uint32_t v)
{
    uint8_t *p = woad_wr_room(w, 4);
    if (p)
        woad_put_u32(p, v);
}

inline void woad_wr_u64(struct woad_wr *w, uint64_t v)
{
    uint8_t *p = woad_wr_room(w, 8);
    if (p)
        woad_put_u64(p, v);
}

inline void woad_wr_bytes(struct woad_wr *w, const void *from, size_t n)
{
    uint8_t *p = woad_wr_room(w, n);
    if (p && n)
        memcpy(p, from, n);
}

#endif
