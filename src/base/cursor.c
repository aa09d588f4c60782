/* The definitions that calls of the functions of woad/cursor.h reach [C11, 6.7.4]. */
#include "woad/cursor.h"

extern inline const uint8_t *woad_rd_take(struct woad_rd *r, size_t n);
extern inline uint8_t woad_rd_u8(struct woad_rd *r);
extern inline uint16_t woad_get_u16(const uint8_t *p);
extern inline uint32_t woad_get_u24(const uint8_t *p);
extern inline uint32_t woad_get_u32(const uint8_t *p);
extern inline uint64_t woad_get_u64(const uint8_t *p);
extern inline uint16_t woad_rd_u16(struct woad_rd *r);
extern inline uint32_t woad_rd_u24(struct woad_rd *r);
extern inline uint32_t woad_rd_u32(struct woad_rd *r);
extern inline uint64_t woad_rd_u64(struct woad_rd *r);
extern inline void woad_rd_bytes(struct woad_rd *r, void *to, size_t n);
extern inline uint8_t *woad_wr_room(struct woad_wr *w, size_t n);
extern inline void woad_put_u16(uint8_t *p, uint16_t v);
extern inline void woad_put_u24(uint8_t *p, uint32_t v);
extern inline void woad_put_u32(uint8_t *p, uint32_t v);
extern inline void woad_put_u64(uint8_t *p, uint64_t v);
extern inline void woad_wr_u8(struct woad_wr *w, uint8_t v);
extern inline void woad_wr_u16(struct woad_wr *w, uint16_t v);
extern inline void woad_wr_u24(struct woad_wr *w, uint32_t v);
extern inline void woad_wr_u32(struct woad_wr *w, uint32_t v);
extern inline void woad_wr_u64(struct woad_wr *w, uint64_t v);
extern inline void woad_wr_bytes(struct woad_wr *w, const void *from, size_t n);
