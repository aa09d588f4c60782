/* mem_store.h: a store of records in memory that fails when it is told to. */
#ifndef MEM_STORE_H
#define MEM_STORE_H

#include <stdbool.h>

#include "woad/store.h"

#define MEM_STORE_RECORDS 64

struct mem_record {
    bool used;
    uint32_t key;
    uint16_t len;
    uint8_t data[WOAD_STORE_VALUE_MAX];
};

struct mem_store {
    struct woad_store store;
    struct mem_record records[MEM_STORE_RECORDS];
    unsigned writes;
    int fail; /* what the next writes answer; 0: they succeed */
};

void mem_store_init(struct mem_store *m);
struct mem_record *mem_store_find(struct mem_store *m, uint32_t key);

#endif
