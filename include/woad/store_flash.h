/* woad/store_flash.h: a store as a power-safe log on raw flash.
 *
 *     block 0          block 1          block 2          block 3
 *     [header|records] [header|records] [header|rec....] [spare        ]
 *      oldest                            head: writes     next head
 *
 * Records are appended to the head block, each with a CRC-32 over it and over the number of its
 * block's life; the records of one write() are a chain that counts when its last one is whole. When
 * the head is full, the spare becomes the head, what is still valid in the oldest block is copied
 * over, a mark says that the oldest block is void, and that block is the new spare. So blocks take
 * turns, and their erase counts stay equal but for one (and a few more where power was cut).
 *
 *     static const struct woad_flash flash = {
 *         .ops = &my_ops, .block_size = 4096, .block_count = 4, .unit = 4, .erased = 0xFF};
 *     static struct woad_store_flash_key index[40];
 *     static struct woad_store_flash log;
 *     err = woad_store_flash_mount(&log, &flash, index, 40);
 *     struct woad_store store = woad_store_flash_store(&log);
 *
 * Rules
 * - Nothing that was acknowledged is lost, whatever program or erase operation the power fails in;
 *   a write that was cut off is there as a whole or not at all. Two blocks are the least.
 * - RAM: the struct (36 octets on a 32-bit machine) and 8 octets per key, as many as the
 * application will have; a write of more keys than that answers NO_MEM. Stack: some 500 octets.
 * - Time. A get reads one record. A write programs its records; when the head is full it also moves
 *   one block: one erase and at most one block of reading and programming. A store that is nearly
 *   full may have to move up to block_count blocks in one call; keep it two thirds full at most and
 *   it is one or two. woad_store_flash_tidy(), called while the device is idle, erases the spare
 *   ahead, so that a write that follows does not wait for the first of these erases.
 * - All keys of one write must fit in one block: TOO_LONG otherwise.
 * - Full: NO_MEM, decided before anything is programmed, so that a full store does not wear. The
 *   last octets are kept for deleting: a write of up to WOAD_STORE_FLASH_DELETES deletes only is
 *   always taken.
 * - Mount accepts any image. What is not a valid log is empty space and is erased when its turn
 *   comes: an empty or foreign flash needs no formatting.
 */
#ifndef WOAD_STORE_FLASH_H
#define WOAD_STORE_FLASH_H

#include <stdbool.h>

#include "woad/store.h"

#define WOAD_STORE_FLASH_DELETES 8 /* as many as one write may hold */

/* Operations of a flash; 0 or a negative error, which the store hands on as IO. Addresses count
 * from the start of the area; no operation crosses a block. */
struct woad_flash_ops {
    int (*read)(void *ctx, uint32_t addr, void *to, uint32_t len);
    /* addr and len are multiples of the unit; every unit is programmed once between erases */
    int (*program)(void *ctx, uint32_t addr, const void *data, uint32_t len);
    int (*erase)(void *ctx, uint32_t addr); /* the block that begins there */
};

struct woad_flash {
    const struct woad_flash_ops *ops;
    void *ctx;
    uint32_t block_size;  /* 256 or more, a multiple of 64; one or several erase blocks. A record of
                             the longest value wants 1,128 at least */
    uint16_t block_count; /* 2..1024; the area is 512 KiB at most */
    uint8_t unit;         /* smallest program operation: 1, 2, 4, 8, 16, 32 or 64 octets */
    uint8_t erased;       /* what erased octets read as: 0xFF or 0x00 */
};

/* One per key, memory of the caller. */
struct woad_store_flash_key {
    uint32_t key;
    uint16_t at; /* in grains */
    uint16_t len;
};

struct woad_store_flash {
    const struct woad_flash *flash;
    struct woad_store_flash_key *keys; /* ascending */
    uint16_t keys_max;
    uint16_t key_count;
    uint32_t live;    /* octets of valid records */
    uint32_t seq;     /* the head's place in the order of blocks; 0: no block yet */
    uint32_t tail;    /* blocks below this place are void */
    uint32_t pos;     /* where the next record goes in the head */
    uint16_t ready;   /* block that was erased ahead, or WOAD_STORE_FLASH_NONE */
    uint16_t dropped; /* records that were damaged when they were to be moved */
    bool stale;       /* an operation failed: what is in RAM may be wrong */
};
#define WOAD_STORE_FLASH_NONE 0xFFFFu

/* Reads the flash and fills the index; writes nothing. INVALID: the geometry; NO_MEM: more keys
 * than keys_max (the store is not usable: give more); IO. Time: reads each block once or twice. */
int woad_store_flash_mount(struct woad_store_flash *s, const struct woad_flash *flash,
                           struct woad_store_flash_key *keys, uint16_t keys_max) WOAD_MUST_USE;

struct woad_store woad_store_flash_store(struct woad_store_flash *s);

/* Erases the spare block ahead of its use, if that is not done: one erase at most. 1: it was erased
 * now; 0: nothing to do; IO. */
int woad_store_flash_tidy(struct woad_store_flash *s) WOAD_MUST_USE;

#endif
