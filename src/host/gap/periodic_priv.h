/* periodic_priv.h: what periodic advertising (periodic.c) and its transfer (past.c) share. */
#ifndef WOAD_GAP_PERIODIC_PRIV_H
#define WOAD_GAP_PERIODIC_PRIV_H

#include "ext_priv.h"
#include "woad/gap_periodic.h"

struct pa_train {
    uint8_t set;
    bool data_op; /* DATA is owed */
    bool fresh;
    uint16_t off; /* octets of the data already sent */
    uint16_t next_len;
    const uint8_t *next_data; /* of woad_pa_data(), while fresh */
    struct woad_pa_params p;
    struct host_cmd data_cmd;
    struct host_activity act;
};

struct pa_sync {
    uint16_t handle;
    bool used;
    bool ending;    /* woad_pa_sync_end() waits */
    bool reporting; /* woad_pa_report() waits */
    bool report_on, report_filter;
    bool in_chain; /* a report with more to come */
    bool cut;
    uint16_t len; /* octets of it */
    uint32_t dropped;
    struct host_cmd end, report;
};

/* Transfers over one link. */
struct pa_link {
    bool transferring, receiving;
    uint8_t mode;
    uint16_t service_data;
    uint16_t source; /* sync handle, or advertising handle */
    uint16_t skip, timeout_10ms;
    struct host_cmd transfer, receive;
};

struct host_pa {
    uint8_t train_count, sync_count;
    uint16_t chain_size;
    struct pa_train *trains;
    struct pa_sync *syncs;
    struct pa_link *links; /* by woad_host_link_index() */
    uint8_t *data;

    uint8_t state; /* enum host_gap_state, of the sync being created */
    bool by_list;
    bool cancelled;
    int8_t why;
    struct woad_addr addr;
    struct woad_pa_sync_params p;
    struct host_cmd create, cancel;
    struct host_timer timer;

    bool listing;
    uint8_t list_sid;
    uint16_t refused;
    struct woad_addr list_addr;
    struct host_cmd refuse, list;

    struct pa_link preset; /* receive alone: for links to come */
};

static inline struct host_pa *woad_pa_of(const struct woad_host *h)
{
    return h->part[HOST_PART_PERIODIC];
}

void woad_pa_tell(struct woad_host *h, uint16_t conn, const struct woad_pa_evt *evt);
/* A sync came into being; false: there is no room and it is ended. */
bool woad_pa_take(struct woad_host *h, uint16_t handle);
/* The fields from the sync handle on. */
void woad_pa_read_synced(struct woad_rd *r, struct woad_pa_evt *evt);
bool woad_pa_sync_params_valid(uint16_t skip, uint16_t timeout_10ms);

void woad_past_received(struct woad_host *h, struct woad_rd *r);
void woad_past_link_down(struct host_link *link, int err);
void woad_past_drop(struct woad_host *h, int err);

#endif
