/* Flash in memory, whose power fails at any operation and leaves it half done. */
#ifndef WOAD_FLASH_DOUBLE_H
#define WOAD_FLASH_DOUBLE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "woad/store_flash.h"

#define FLASH_DOUBLE_BLOCKS 16

/* What an operation that the power fails in has done: nothing, the first half, the second half,
 * all of it (without an answer). */
enum flash_cut { FLASH_CUT_NONE, FLASH_CUT_FIRST, FLASH_CUT_SECOND, FLASH_CUT_ALL, FLASH_CUTS };

struct flash_double {
    struct woad_flash flash;
    uint8_t *mem;
    uint8_t *used;   /* per octet: programmed since the erase, visibly */
    long operations; /* program and erase */
    long cut_at;     /* the operation that fails; -1: none */
    enum flash_cut cut;
    bool off;         /* the power has failed: every operation does */
    bool rule_broken; /* something was programmed twice, or not in units */
    unsigned erases[FLASH_DOUBLE_BLOCKS];
};

static inline bool flash_double_cut(struct flash_double *d, uint32_t *from, uint32_t *to)
{
    if (d->operations++ != d->cut_at)
        return false;
    d->off = true;
    uint32_t middle = (*from + *to) / 2;
    if (d->cut == FLASH_CUT_NONE)
        *to = *from;
    else if (d->cut == FLASH_CUT_FIRST)
        *to = middle;
    else if (d->cut == FLASH_CUT_SECOND)
        *from = middle;
    return true;
}

static inline int flash_double_read(void *ctx, uint32_t addr, void *to, uint32_t len)
{
    struct flash_double *d = ctx;
    if (d->off)
        return -1;
    if (addr + len > d->flash.block_size * d->flash.block_count)
        abort();
    memcpy(to, d->mem + addr, len);
    return 0;
}

static inline int flash_double_program(void *ctx, uint32_t addr, const void *data, uint32_t len)
{
    struct flash_double *d = ctx;
    uint32_t from = addr, to = addr + len;
    if (d->off)
        return -1;
    if (to > d->flash.block_size * d->flash.block_count)
        abort();
    if (addr % d->flash.unit || len % d->flash.unit ||
        addr / d->flash.block_size != (to - 1) / d->flash.block_size)
        d->rule_broken = true;
    for (uint32_t i = from; i < to; i++)
        d->rule_broken |= d->used[i] != 0;
    bool cut = flash_double_cut(d, &from, &to);
    if (to > from) {
        memcpy(d->mem + from, (const uint8_t *)data + (from - addr), to - from);
        for (uint32_t i = from; i < to; i++) /* an erased value programmed is no program */
            d->used[i] = d->mem[i] != d->flash.erased;
    }
    return cut ? -1 : 0;
}

static inline int flash_double_erase(void *ctx, uint32_t addr)
{
    struct flash_double *d = ctx;
    uint32_t from = addr, to = addr + d->flash.block_size;
    if (d->off)
        return -1;
    if (addr % d->flash.block_size || to > d->flash.block_size * d->flash.block_count)
        abort();
    bool cut = flash_double_cut(d, &from, &to);
    d->erases[addr / d->flash.block_size]++;
    memset(d->mem + from, d->flash.erased, to - from);
    memset(d->used + from, 0, to - from);
    return cut ? -1 : 0;
}

/* fill: what the flash holds at first. */
static inline void flash_double_open(struct flash_double *d, uint32_t block_size,
                                     uint16_t block_count, uint8_t unit, uint8_t erased,
                                     uint8_t fill)
{
    static const struct woad_flash_ops ops = {flash_double_read, flash_double_program,
                                              flash_double_erase};
    size_t size = (size_t)block_size * block_count;
    memset(d, 0, sizeof(*d));
    d->flash = (struct woad_flash){&ops, d, block_size, block_count, unit, erased};
    d->mem = malloc(size);
    d->used = malloc(size);
    if (!d->mem || !d->used)
        abort();
    memset(d->mem, fill, size);
    memset(d->used, fill != erased, size);
    d->cut_at = -1;
}

static inline void flash_double_close(struct flash_double *d)
{
    free(d->mem);
    free(d->used);
}

#endif
