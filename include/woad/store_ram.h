/* woad/store_ram.h: a store in the caller's memory, for tests and for devices that forget.
 *
 *     static uint8_t memory[2048];
 *     static struct woad_store_ram ram;
 *     struct woad_store store = woad_store_ram_init(&ram, memory, sizeof(memory));
 *
 * A record costs 6 octets and its value. Records lie in the order of their keys, without gaps:
 * every call is linear in what is stored. The memory may be kept and handed over again later (sleep
 * with RAM retention): woad_store_ram_resume() checks it.
 */
#ifndef WOAD_STORE_RAM_H
#define WOAD_STORE_RAM_H

#include "woad/store.h"

struct woad_store_ram {
    uint8_t *mem;
    size_t size;
    size_t used;
};

/* An empty store. mem is lent until the store is no longer used. */
struct woad_store woad_store_ram_init(struct woad_store_ram *ram, void *mem, size_t size);

/* A store whose memory holds `used` octets (ram->used of before). FORMAT: it does not; the store is
 * then empty. */
int woad_store_ram_resume(struct woad_store_ram *ram, void *mem, size_t size,
                          size_t used) WOAD_MUST_USE;

#endif
