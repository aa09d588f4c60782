/* The store as a log on raw flash; the shape is in woad/store_flash.h.
 *
 *     block    {u32 magic, u32 seq, u32 geometry, u32 crc}, padded to a grain, then records
 *     record   {u32 key, u16 len, u8 more, u8 kind, u32 crc} value, padded to a grain
 *
 * Block number and place in the order belong together: block = seq mod block_count. In use are the
 * places tail..seq, at most block_count - 1 of them. A record's CRC starts from the seq of its
 * block, so what an earlier life of the block left behind is never a record. `more` counts down to
 * 0 along the records of one write.
 *
 * Why a power cut is harmless at every operation:
 * - Torn records: the CRC is wrong or the chain has no end. Nothing is appended behind them, the
 *   rest of the block is given up until its turn to be erased.
 * - While the oldest block is moved, the new head holds copies only. If the mark (TRIM) that ends
 *   the move is missing, all block_count places are taken, and the new head is dropped at mount.
 * - A block is erased only after the mark that voids it was written, so a half-erased block is void
 *   whatever it still seems to hold: a deleted record cannot come back because its erasing began
 *   with the record that deleted it.
 *
 * Why a write that passed the check of room() ends: each step of rotate() moves the oldest block
 * into what is left of the head, then into a new one. A head is left with less than the largest
 * record M free, or the new head is empty. After block_count - 1 steps there are only valid records
 * in the blocks, so with P octets of room per block, L octets valid and a write of S octets, L + S
 * <= (block_count - 2) * (P - M) + P always ends in a head with S octets free. */
#include "woad/store_flash.h"

#include <string.h>

#include "check.h"
#include "woad/cursor.h"

#define MAGIC      0x31545377u /* "wST1" */
#define BLOCK_HEAD 16u
#define HEAD       12u
#define CHUNK      64u
#define AREA_MAX   0x80000u
#define SEQ_MAX    0xFFFF0000u

enum kind { VALUE = 0xA1, TOMB = 0xA2, TRIM = 0xA3 }; /* none is an erased octet */

struct record {
    uint32_t at; /* address */
    uint32_t key;
    uint32_t crc;
    uint16_t len;
    uint8_t more;
    uint8_t kind;
};

static uint32_t crc32(uint32_t crc, const uint8_t *p, size_t len)
{
    static const uint32_t nibble[16] = {
        0x00000000, 0x1DB71064, 0x3B6E20C8, 0x26D930AC, 0x76DC4190, 0x6B6B51F4,
        0x4DB26158, 0x5005713C, 0xEDB88320, 0xF00F9344, 0xD6D6A3E8, 0xCB61B38C,
        0x9B64C2B0, 0x86D3D2D4, 0xA00AE278, 0xBDBDF21C,
    };
    for (crc = ~crc; len; len--) {
        crc ^= *p++;
        crc = crc >> 4 ^ nibble[crc & 15];
        crc = crc >> 4 ^ nibble[crc & 15];
    }
    return ~crc;
}

static uint32_t grain(const struct woad_store_flash *s)
{
    return s->flash->unit > 8 ? s->flash->unit : 8;
}

static uint32_t padded(const struct woad_store_flash *s, uint32_t len)
{
    return (len + grain(s) - 1) & ~(grain(s) - 1);
}

/* The records of a block end here; behind it there is room for the TRIM record only. */
static uint32_t records_end(const struct woad_store_flash *s)
{
    return s->flash->block_size - padded(s, HEAD);
}

static uint32_t block_room(const struct woad_store_flash *s)
{
    return records_end(s) - padded(s, BLOCK_HEAD);
}

static uint32_t block_addr(const struct woad_store_flash *s, uint32_t seq)
{
    return seq % s->flash->block_count * s->flash->block_size;
}

/* The place of the block in use that holds an address. */
static uint32_t seq_at(const struct woad_store_flash *s, uint32_t addr)
{
    uint32_t n = s->flash->block_count;
    uint32_t block = addr / s->flash->block_size;
    return s->seq - (s->seq % n + n - block) % n;
}

static uint32_t key_addr(const struct woad_store_flash *s, const struct woad_store_flash_key *k)
{
    return k->at * grain(s);
}

static int flash_read(const struct woad_store_flash *s, uint32_t addr, void *to, uint32_t len)
{
    return s->flash->ops->read(s->flash->ctx, addr, to, len) ? WOAD_ERR_IO : 0;
}

static int flash_program(struct woad_store_flash *s, uint32_t addr, const void *data, uint32_t len)
{
    return s->flash->ops->program(s->flash->ctx, addr, data, len) ? WOAD_ERR_IO : 0;
}

/* ---- Records ---- */

static void put_head(uint8_t to[HEAD], const struct record *r)
{
    woad_put_u32(to, r->key);
    woad_put_u16(to + 4, r->len);
    to[6] = r->more;
    to[7] = r->kind;
    woad_put_u32(to + 8, r->crc);
}

static uint32_t head_crc(uint32_t seq, const struct record *r)
{
    uint8_t octets[4 + HEAD];
    woad_put_u32(octets, seq);
    put_head(octets + 4, r);
    return crc32(0, octets, sizeof(octets) - 4); /* without the CRC itself */
}

/* The CRC a record must have: its value is at `mem`, or in flash at `addr`. */
static int make_crc(const struct woad_store_flash *s, uint32_t seq, const struct record *r,
                    const uint8_t *mem, uint32_t addr, uint32_t *crc)
{
    uint8_t chunk[CHUNK];
    *crc = head_crc(seq, r);
    for (uint32_t done = 0; done < r->len;) {
        uint32_t n = r->len - done < CHUNK ? r->len - done : CHUNK;
        int err = mem ? 0 : flash_read(s, addr + done, chunk, n);
        if (err)
            return err;
        *crc = crc32(*crc, mem ? mem + done : chunk, n);
        done += n;
    }
    return 0;
}

static int read_head(const struct woad_store_flash *s, uint32_t addr, struct record *r)
{
    uint8_t octets[HEAD];
    int err = flash_read(s, addr, octets, HEAD);
    struct woad_rd rd = woad_rd_init(octets, HEAD);
    r->at = addr;
    r->key = woad_rd_u32(&rd);
    r->len = woad_rd_u16(&rd);
    r->more = woad_rd_u8(&rd);
    r->kind = woad_rd_u8(&rd);
    r->crc = woad_rd_u32(&rd);
    return err;
}

/* 1: a whole record at this offset of the block; 0: none; or IO. */
static int read_record(const struct woad_store_flash *s, uint32_t seq, uint32_t offset,
                       struct record *r)
{
    uint32_t crc;
    if (offset + HEAD > s->flash->block_size)
        return 0;
    int err = read_head(s, block_addr(s, seq) + offset, r);
    if (err)
        return err;
    bool value = r->kind == VALUE && r->len && r->len <= WOAD_STORE_VALUE_MAX;
    if (!value && ((r->kind != TOMB && r->kind != TRIM) || r->len))
        return 0;
    if (r->kind != TRIM && offset + padded(s, HEAD + r->len) > records_end(s))
        return 0;
    err = make_crc(s, seq, r, NULL, r->at + HEAD, &crc);
    return err ? err : crc == r->crc;
}

/* Appends a record to the head, which has room. Its value is at mem, or in flash at addr. */
static int append(struct woad_store_flash *s, struct record *r, const uint8_t *mem, uint32_t addr)
{
    uint8_t chunk[CHUNK];
    uint32_t size = padded(s, HEAD + r->len);
    int err = make_crc(s, s->seq, r, mem, addr, &r->crc);
    r->at = block_addr(s, s->seq) + s->pos;
    s->pos += size;
    for (uint32_t at = 0; !err && at < size; at += CHUNK) {
        uint32_t n = size - at < CHUNK ? size - at : CHUNK;
        uint32_t skip = at ? 0 : HEAD;      /* of the chunk: the head */
        uint32_t from = at ? at - HEAD : 0; /* of the value */
        uint32_t left = r->len - (from < r->len ? from : r->len);
        uint32_t take = left < n - skip ? left : n - skip;
        memset(chunk, s->flash->erased, CHUNK);
        if (!at)
            put_head(chunk, r);
        if (take && mem)
            memcpy(chunk + skip, mem + from, take);
        else if (take)
            err = flash_read(s, addr + from, chunk + skip, take);
        if (!err)
            err = flash_program(s, r->at + at, chunk, n);
    }
    return err;
}

/* ---- The index ---- */

/* The first entry whose key is not below `key`. */
static uint16_t find(const struct woad_store_flash *s, uint32_t key)
{
    uint16_t low = 0, high = s->key_count;
    while (low < high) {
        uint16_t middle = (uint16_t)((low + high) / 2);
        if (s->keys[middle].key < key)
            low = (uint16_t)(middle + 1);
        else
            high = middle;
    }
    return low;
}

static bool holds(const struct woad_store_flash *s, uint16_t i, uint32_t key)
{
    return i < s->key_count && s->keys[i].key == key;
}

static void forget(struct woad_store_flash *s, uint16_t i)
{
    s->live -= padded(s, HEAD + s->keys[i].len);
    s->key_count--;
    memmove(&s->keys[i], &s->keys[i + 1], (s->key_count - i) * sizeof(s->keys[0]));
}

/* What a record that counts does to the index. */
static int apply(struct woad_store_flash *s, const struct record *r)
{
    uint16_t i = find(s, r->key);
    if (holds(s, i, r->key))
        forget(s, i);
    if (r->kind != VALUE)
        return 0;
    if (s->key_count >= s->keys_max)
        return WOAD_ERR_NO_MEM;
    memmove(&s->keys[i + 1], &s->keys[i], (s->key_count - i) * sizeof(s->keys[0]));
    s->keys[i] = (struct woad_store_flash_key){r->key, (uint16_t)(r->at / grain(s)), r->len};
    s->key_count++;
    s->live += padded(s, HEAD + r->len);
    return 0;
}

/* ---- Mount ---- */

/* 1: the block where this place belongs has it; 0: no; or IO. With seq 0 any place, which is put
 * into *found. */
static int read_block(const struct woad_store_flash *s, uint32_t block, uint32_t *found)
{
    uint8_t octets[BLOCK_HEAD];
    int err = flash_read(s, block * s->flash->block_size, octets, BLOCK_HEAD);
    if (err)
        return err;
    *found = woad_get_u32(octets + 4);
    return woad_get_u32(octets) == MAGIC && *found && *found < SEQ_MAX &&
           *found % s->flash->block_count == block &&
           woad_get_u32(octets + 8) == (s->flash->block_size | (uint32_t)s->flash->unit << 24) &&
           woad_get_u32(octets + 12) == crc32(0, octets, 12);
}

/* Applies the records of a chain that is whole: from one offset of a block to another. */
static int apply_chain(struct woad_store_flash *s, uint32_t seq, uint32_t from, uint32_t to)
{
    struct record r;
    for (int err = 0; from < to; from += padded(s, HEAD + r.len)) {
        err = read_head(s, block_addr(s, seq) + from, &r);
        if (!err)
            err = apply(s, &r);
        if (err)
            return err;
    }
    return 0;
}

/* Walks the records of a block: collects its TRIM mark, and applies the others if `fill`. Leaves
 * s->pos behind the last one that counts; check_rest() finds a chain without an end there. */
static int replay(struct woad_store_flash *s, uint32_t seq, bool fill)
{
    struct record r;
    uint32_t start = padded(s, BLOCK_HEAD); /* of the chain */
    uint32_t offset = start;
    unsigned more = 0; /* the chain's records that are still to come */
    int ok;
    while ((ok = read_record(s, seq, offset, &r)) == 1) {
        if (offset != start && r.more + 1u != more)
            break;
        more = r.more;
        offset += padded(s, HEAD + r.len);
        if (r.kind == TRIM && r.key <= seq && r.key > s->tail)
            s->tail = r.key;
        if (more)
            continue;
        int err = fill && r.kind != TRIM ? apply_chain(s, seq, start, offset) : 0;
        if (err)
            return err;
        start = offset;
    }
    s->pos = start;
    return ok < 0 ? ok : 0;
}

/* Whether the head is erased from s->pos on; if not, nothing more is written there. */
static int check_rest(struct woad_store_flash *s)
{
    uint8_t chunk[CHUNK];
    for (uint32_t at = s->pos; at < s->flash->block_size; at += CHUNK) {
        uint32_t n = s->flash->block_size - at < CHUNK ? s->flash->block_size - at : CHUNK;
        int err = flash_read(s, block_addr(s, s->seq) + at, chunk, n);
        for (uint32_t i = 0; !err && i < n; i++) {
            if (chunk[i] != s->flash->erased)
                s->pos = s->flash->block_size;
        }
        if (err)
            return err;
    }
    return 0;
}

/* Finds the places in use: tail..seq. */
static int find_window(struct woad_store_flash *s)
{
    uint32_t n = s->flash->block_count, found;
    for (uint32_t block = 0; block < n; block++) {
        int ok = read_block(s, block, &found);
        if (ok < 0)
            return ok;
        if (ok && found > s->seq)
            s->seq = found;
    }
    uint32_t oldest = s->seq >= n ? s->seq - n + 1 : 1;
    for (uint32_t seq = s->seq; seq >= oldest && !s->tail; seq--) {
        int ok = read_block(s, seq % n, &found);
        if (ok == 1 && found == seq)
            ok = replay(s, seq, false);
        if (ok < 0)
            return ok;
    }
    if (s->tail < oldest)
        s->tail = oldest;
    if (s->seq - s->tail + 1 < n)
        return 0;
    /* No spare: the newest block was being filled with copies of the oldest. */
    int ok = read_block(s, s->tail % n, &found);
    if (ok == 1 && found == s->tail)
        s->seq--;
    else
        s->tail++;
    return ok < 0 ? ok : 0;
}

static int mount(struct woad_store_flash *s)
{
    uint32_t found;
    s->key_count = 0;
    s->live = s->seq = s->tail = 0;
    s->ready = WOAD_STORE_FLASH_NONE;
    s->stale = true;
    int err = find_window(s);
    s->pos = s->flash->block_size;
    for (uint32_t seq = s->tail; !err && s->seq && seq <= s->seq; seq++) {
        int ok = read_block(s, seq % s->flash->block_count, &found);
        s->pos = s->flash->block_size;
        if (ok == 1 && found == seq)
            ok = replay(s, seq, true);
        err = ok < 0 ? ok : 0;
    }
    if (!err)
        err = check_rest(s);
    s->stale = err != 0;
    return err;
}

int woad_store_flash_mount(struct woad_store_flash *s, const struct woad_flash *flash,
                           struct woad_store_flash_key *keys, uint16_t keys_max)
{
    memset(s, 0, sizeof(*s));
    s->flash = flash;
    s->keys = keys;
    s->keys_max = keys_max;
    s->stale = true;
    if (flash->block_count < 2 || flash->block_size < 256 || flash->block_size % CHUNK ||
        flash->block_size > AREA_MAX / flash->block_count || !flash->unit || flash->unit > CHUNK ||
        flash->unit & (flash->unit - 1) || (flash->erased != 0 && flash->erased != 0xFF))
        return WOAD_ERR_INVALID;
    return mount(s);
}

/* ---- Moving on ---- */

static int erase_spare(struct woad_store_flash *s)
{
    uint32_t block = (s->seq + 1) % s->flash->block_count;
    if (s->ready == block)
        return 0;
    if (s->flash->ops->erase(s->flash->ctx, block * s->flash->block_size))
        return WOAD_ERR_IO;
    s->ready = (uint16_t)block;
    return 1;
}

static int open_head(struct woad_store_flash *s)
{
    uint8_t octets[CHUNK];
    int err = erase_spare(s);
    if (err < 0)
        return err;
    s->ready = WOAD_STORE_FLASH_NONE;
    s->seq++;
    s->pos = padded(s, BLOCK_HEAD);
    memset(octets, s->flash->erased, sizeof(octets));
    woad_put_u32(octets, MAGIC);
    woad_put_u32(octets + 4, s->seq);
    woad_put_u32(octets + 8, s->flash->block_size | (uint32_t)s->flash->unit << 24);
    woad_put_u32(octets + 12, crc32(0, octets, 12));
    return flash_program(s, block_addr(s, s->seq), octets, s->pos);
}

/* Moves to the head what is valid in the block of a place, as far as there is room. */
static int move_block(struct woad_store_flash *s, uint32_t seq)
{
    uint32_t crc;
    for (uint16_t i = 0; i < s->key_count; i++) {
        struct woad_store_flash_key *k = &s->keys[i];
        struct record r;
        if (seq_at(s, key_addr(s, k)) != seq || s->pos + padded(s, HEAD + k->len) > records_end(s))
            continue;
        uint32_t from = key_addr(s, k) + HEAD;
        int err = read_head(s, key_addr(s, k), &r);
        if (!err)
            err = make_crc(s, seq, &r, NULL, from, &crc);
        if (err)
            return err;
        if (crc != r.crc || r.key != k->key || r.len != k->len) { /* the flash has lost it */
            s->dropped++;
            forget(s, i--);
            continue;
        }
        r.more = 0;
        err = append(s, &r, NULL, from);
        if (err)
            return err;
        k->at = (uint16_t)(r.at / grain(s));
    }
    return 0;
}

static int rotate(struct woad_store_flash *s)
{
    uint32_t oldest = s->tail;
    bool move = s->seq && s->seq + 1 - oldest + 1 == s->flash->block_count;
    int err = 0;
    if (move && oldest != s->seq)
        err = move_block(s, oldest);
    if (!err)
        err = open_head(s);
    if (err || !move)
        return err;
    err = move_block(s, oldest);
    struct record trim = {.key = oldest + 1, .kind = TRIM};
    if (!err)
        err = append(s, &trim, NULL, 0);
    s->tail = oldest + 1;
    return err;
}

/* ---- The interface ---- */

static int refresh(struct woad_store_flash *s)
{
    return s->stale ? mount(s) : 0;
}

/* Octets that records may take in all, if the largest has `largest` octets. */
static uint32_t room(const struct woad_store_flash *s, uint32_t largest)
{
    for (uint16_t i = 0; i < s->key_count; i++) {
        uint32_t size = padded(s, HEAD + s->keys[i].len);
        largest = size > largest ? size : largest;
    }
    uint32_t all = block_room(s);
    return (s->flash->block_count - 2u) * (all - (largest < all ? largest : all)) + all;
}

static uint32_t kept_for_deletes(const struct woad_store_flash *s)
{
    return WOAD_STORE_FLASH_DELETES * padded(s, HEAD);
}

static long get(void *ctx, uint32_t key, void *to, size_t size)
{
    struct woad_store_flash *s = ctx;
    struct record r;
    uint32_t crc;
    int err = refresh(s);
    if (err)
        return err;
    uint16_t i = find(s, key);
    if (!holds(s, i, key))
        return WOAD_ERR_NOT_FOUND;
    if (s->keys[i].len > size)
        return WOAD_ERR_TOO_LONG;
    uint32_t addr = key_addr(s, &s->keys[i]);
    err = read_head(s, addr, &r);
    if (!err && (r.key != key || r.len != s->keys[i].len))
        return WOAD_ERR_FORMAT;
    if (!err)
        err = flash_read(s, addr + HEAD, to, r.len);
    if (!err)
        err = make_crc(s, seq_at(s, addr), &r, to, 0, &crc);
    if (err)
        return err;
    return crc == r.crc ? r.len : WOAD_ERR_FORMAT;
}

/* What a write needs; items that change nothing (deletes of what is not there) do not count. */
struct need {
    uint32_t octets;
    uint32_t largest;
    uint16_t keys;
    uint8_t records;
    bool deletes_only;
};

static bool idle(const struct woad_store_flash *s, const struct woad_store_item *item)
{
    return !item->data && !holds(s, find(s, item->key), item->key);
}

static struct need needs(const struct woad_store_flash *s, const struct woad_store_item *items,
                         size_t count)
{
    struct need n = {.deletes_only = true};
    for (size_t i = 0; i < count; i++) {
        if (idle(s, &items[i]))
            continue;
        uint32_t size = padded(s, HEAD + (items[i].data ? items[i].len : 0u));
        n.octets += size;
        n.largest = size > n.largest ? size : n.largest;
        n.records++;
        n.deletes_only &= !items[i].data;
        n.keys = (uint16_t)(n.keys + !holds(s, find(s, items[i].key), items[i].key));
    }
    return n;
}

static int put_all(struct woad_store_flash *s, const struct woad_store_item *items, size_t count,
                   uint8_t records)
{
    struct record r[STORE_ITEMS_MAX];
    int err = 0;
    uint8_t n = 0;
    for (size_t i = 0; !err && i < count; i++) {
        const struct woad_store_item *it = &items[i];
        if (idle(s, it))
            continue;
        r[n] = (struct record){.key = it->key, .kind = TOMB, .more = (uint8_t)(records - n - 1)};
        if (it->data) {
            r[n].kind = VALUE;
            r[n].len = it->len;
        }
        err = append(s, &r[n], it->data, 0);
        n++;
    }
    for (uint8_t i = 0; !err && i < n; i++)
        err = apply(s, &r[i]);
    return err;
}

static int write(void *ctx, const struct woad_store_item *items, size_t count)
{
    struct woad_store_flash *s = ctx;
    int err = woad_store_check(items, count);
    if (!err)
        err = refresh(s);
    if (err)
        return err;
    struct need n = needs(s, items, count);
    if (!n.records)
        return 0;
    if (n.octets > block_room(s))
        return WOAD_ERR_TOO_LONG;
    if (s->key_count + n.keys > s->keys_max ||
        s->live + n.octets + (n.deletes_only ? 0 : kept_for_deletes(s)) > room(s, n.largest))
        return WOAD_ERR_NO_MEM;
    for (unsigned i = 0; !err && s->pos + n.octets > records_end(s); i++)
        err = i < s->flash->block_count ? rotate(s) : WOAD_ERR_NO_MEM;
    if (!err)
        err = put_all(s, items, count, n.records);
    s->stale = err != 0;
    return err;
}

static int next(void *ctx, uint32_t *key)
{
    struct woad_store_flash *s = ctx;
    int err = refresh(s);
    if (err)
        return err;
    uint16_t i = *key == UINT32_MAX ? s->key_count : find(s, *key + 1);
    if (i >= s->key_count)
        return WOAD_ERR_NOT_FOUND;
    *key = s->keys[i].key;
    return 0;
}

static long space(void *ctx)
{
    struct woad_store_flash *s = ctx;
    int err = refresh(s);
    if (err)
        return err;
    uint32_t all = room(s, 0);
    uint32_t used = s->live + kept_for_deletes(s) + padded(s, HEAD + 1);
    return s->key_count < s->keys_max && all > used ? (long)(all - used) : 0;
}

static const struct woad_store_ops ops = {get, write, next, space};

struct woad_store woad_store_flash_store(struct woad_store_flash *s)
{
    return (struct woad_store){&ops, s};
}

int woad_store_flash_tidy(struct woad_store_flash *s)
{
    int err = refresh(s);
    return err ? err : erase_spare(s);
}
