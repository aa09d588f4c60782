/* ext_priv.h: extended advertising, scanning and connecting among each other. */
#ifndef WOAD_GAP_EXT_PRIV_H
#define WOAD_GAP_EXT_PRIV_H

#include "gap_priv.h"
#include "woad/gap_ext.h"

/* Advertising handles: the legacy advertiser of woad/gap.h, then the sets. */
#define EXT_LEGACY_HANDLE 0
#define EXT_FIRST_SET     1

/* One report of an LE Extended Advertising Report event [7.7.65.13]. */
struct ext_fragment {
    struct woad_ext_report r; /* data is in the event */
    uint8_t status;           /* 0 complete, 1 more to come, 2 truncated, 3 reserved */
};

struct host_ext {
    /* of the parts that are there */
    void (*terminated)(struct woad_host *h, uint8_t handle, uint8_t status, uint16_t conn,
                       uint8_t events);
    void (*report)(struct woad_host *h, const struct ext_fragment *f);
    struct woad_conn_params phys[3]; /* 1M, 2M, Coded, of woad_gap_ext_connect() */
};

struct adv_set {
    uint8_t handle;
    uint8_t data_step; /* of data_cmd */
    bool data_op;      /* DATA is owed */
    bool fresh;        /* next_* wait to be used */
    bool known;        /* the controller has the set */
    bool train;        /* it carries a periodic train: not to be removed */
    int8_t tx_power;
    uint8_t events;
    uint16_t conn;
    uint16_t off; /* octets of the data or scan response already sent */
    uint16_t next_data_len, next_scan_rsp_len;
    const uint8_t *next_data; /* of woad_adv_set_data(), until they are used */
    const uint8_t *next_scan_rsp;
    struct woad_adv_set_params p;
    struct woad_addr air;
    struct host_cmd data_cmd;
    struct host_activity act;
};

struct host_adv_sets {
    uint8_t count;
    struct adv_set set[];
};

/* NULL: no such set. */
static inline struct adv_set *woad_ext_set(const struct woad_host *h, uint8_t set)
{
    struct host_adv_sets *sets = h->part[HOST_PART_EXT_ADV];
    return sets && set < sets->count ? &sets->set[set] : NULL;
}

/* The parameters of one fragment of advertising data [7.8.54]: handle, operation, for two of the
 * three commands a fragment preference, length, data. Returns how much that was. */
uint16_t woad_ext_put_fragment(struct woad_wr *w, uint8_t handle, bool preference,
                               const uint8_t *data, uint16_t len, uint16_t off);
/* Results of advertising commands, with TOO_LONG and NO_MEM where they are meant. */
struct woad_result woad_ext_result(struct woad_result result);

#endif
