/* Places a host and its tables in the memory of the caller. */
#include <stdalign.h>
#include <string.h>

#include "host_priv.h"
#include "gap/gap_priv.h"
#include "woad/att.h"
#include "l2cap/l2cap_priv.h"

/* Octets of storage of each kind of buffer: a headroom octet for the H4 indicator, the HCI header
 * and the longest content. */
#define CMD_HDR   (1 + WOAD_HCI_CMD_HDR_LEN)
#define EVT_HDR   (1 + WOAD_HCI_EVT_HDR_LEN)
#define ACL_HDR   (1 + WOAD_HCI_ACL_HDR_LEN)
#define CHAN_DATA 251 /* of several small writes in one fragment; all else is lent */
#define SIG_SIZE  (HOST_PDU_HEADROOM + HOST_SIG_PAYLOAD)
#define CMD_EXTRA 2 /* commands of the host's own that the transport may still hold */

/* Hands out pieces of a block; without a block it only adds up. */
struct carver {
    uint8_t *mem;
    size_t used;
};

static void *carve(struct carver *c, size_t size)
{
    size_t align = alignof(max_align_t);
    size_t at = c->used;
    c->used += (size + align - 1) / align * align;
    return c->mem ? c->mem + at : NULL;
}

/* What zero in a limit means. */
static const struct {
    uint8_t at; /* in the configuration */
    uint16_t preset;
} presets[] = {
#define PRESET(limit, preset)                                                                      \
    {                                                                                              \
        offsetof(struct woad_host_cfg, limit), preset                                              \
    }
    PRESET(max_conns, 4),     PRESET(max_chans, 8),     PRESET(max_psms, 8),
    PRESET(max_sends, 32),    PRESET(acl_tx_count, 24), PRESET(sig_count, 8),
    PRESET(acl_rx_count, 16), PRESET(acl_rx_len, 512),  PRESET(evt_count, 16),
    PRESET(report_count, 8),  PRESET(cmd_count, 2),     PRESET(cmd_timeout_ms, 2000),
    PRESET(run_budget, 64),   PRESET(mps, 2004),        PRESET(att_mtu, 247),
    PRESET(att_tx_count, 8),
#undef PRESET
};

static void fill_defaults(struct woad_host_cfg *c)
{
    for (size_t i = 0; i < sizeof(presets) / sizeof(presets[0]); i++) {
        uint16_t *limit = (uint16_t *)(void *)((uint8_t *)c + presets[i].at);
        if (*limit == 0)
            *limit = presets[i].preset;
    }
    if (c->cmd_len == 0)
        c->cmd_len = 255;
    if (c->evt_len == 0)
        c->evt_len = 255;
    if (c->chan_rx_size == 0)
        c->chan_rx_size = 32768;
    c->chan_rx_size = (c->chan_rx_size + 3) & ~(uint32_t)3;
    if (c->max_sends < c->max_chans)
        c->max_sends = c->max_chans;
    if (c->no_chans)
        c->max_chans = c->max_psms = c->max_sends = 0;
}

static bool valid(const struct woad_host_cfg *c)
{
    /* A channel handle needs its index and at least 20 bits of generation. */
    return c->event && c->rand && c->max_conns <= 1024 && c->max_chans <= 4096 && c->mps >= 23 &&
           c->mps <= 65533 && c->chan_rx_size >= 23 + 8 && c->chan_rx_size < (UINT32_C(1) << 28) &&
           c->cmd_len >= 36 && c->evt_len >= 72 && c->acl_rx_len >= 27 && c->acl_rx_len <= 4096 &&
           c->att_mtu >= WOAD_ATT_MTU_MIN && c->att_mtu <= WOAD_ATT_MTU_MAX;
}

static void carve_pool(struct carver *c, struct woad_pool *pool, uint16_t count, unsigned size,
                       uint16_t reserve)
{
    void *mem = carve(c, woad_pool_mem_size(count, (uint16_t)size));
    if (c->mem)
        woad_pool_init(pool, mem, count, (uint16_t)size, reserve);
}

/* A PDU of a fixed channel is put together in memory of its link; without parts there is only
 * signalling. */
static uint16_t assembly_size(const struct woad_host_cfg *cfg, const struct host_part_list *parts)
{
    uint16_t size = parts->count ? HOST_SIG_PAYLOAD : HOST_SIG_MTU;
    for (uint8_t i = 0; i < parts->count; i++)
        if (parts->use[i].part->id == HOST_PART_ATT && cfg->att_mtu > size)
            size = cfg->att_mtu;
    return size;
}

/* What the configuration comes to, and its parts; false: it is not valid. */
static bool complete(const struct woad_host_cfg *from, struct woad_host_cfg *full,
                     struct host_part_list *parts)
{
    *full = *from;
    fill_defaults(full);
    if (!woad_host_parts_list(full, parts))
        return false;
    for (uint8_t i = 0; i < parts->count; i++) {
        uint8_t len = parts->use[i].part->hci_len;
        full->cmd_len = full->cmd_len < len ? len : full->cmd_len;
        full->evt_len = full->evt_len < len ? len : full->evt_len;
    }
    return valid(full);
}

static struct woad_host *lay_out(struct carver *c, const struct woad_host_cfg *cfg,
                                 const struct host_part_list *parts, void **part_mem)
{
    struct woad_host *h = carve(c, sizeof(*h));
    struct woad_host scratch;
    struct woad_host *to = h ? h : &scratch;
    to->raws = carve(c, sizeof(struct host_raw_cmd) * cfg->cmd_count);
    to->raw_params = carve(c, (size_t)cfg->cmd_len * cfg->cmd_count);
    to->links = carve(c, sizeof(struct host_link) * cfg->max_conns);
    to->chans = carve(c, sizeof(struct host_chan) * cfg->max_chans);
    to->psms = carve(c, sizeof(struct host_psm) * cfg->max_psms);
    to->sends = carve(c, sizeof(struct host_send) * cfg->max_sends);
    to->rings = carve(c, (size_t)cfg->chan_rx_size * cfg->max_chans);
    to->late = cfg->psm_wait_ms ? carve(c, sizeof(struct host_late_request)) : NULL;
    to->asm_size = assembly_size(cfg, parts);
    to->assemblies = carve(c, (size_t)to->asm_size * cfg->max_conns);
    for (uint8_t i = 0; i < parts->count; i++) {
        const struct woad_host_use *use = &parts->use[i];
        part_mem[i] = carve(c, use->part->mem_size(cfg, use->cfg));
    }
    uint16_t sig_reserve = cfg->sig_count / 2;
    carve_pool(c, &to->cmd_pool, (uint16_t)(cfg->cmd_count + CMD_EXTRA), CMD_HDR + cfg->cmd_len, 0);
    carve_pool(c, &to->acl_pool, cfg->acl_tx_count, ACL_HDR + (cfg->max_chans ? CHAN_DATA : 0u), 0);
    carve_pool(c, &to->sig_pool, cfg->sig_count, SIG_SIZE, sig_reserve);
    carve_pool(c, &to->evt_pool, cfg->evt_count, EVT_HDR + cfg->evt_len, 0);
    carve_pool(c, &to->report_pool, cfg->report_count, EVT_HDR + cfg->evt_len, 0);
    carve_pool(c, &to->rx_pool, cfg->acl_rx_count, ACL_HDR + cfg->acl_rx_len, 0);
    return h;
}

static size_t mem_size(const struct woad_host_cfg *full, const struct host_part_list *parts)
{
    void *part_mem[HOST_PART_COUNT];
    struct carver c = {0};
    lay_out(&c, full, parts, part_mem);
    return c.used;
}

size_t woad_host_mem_size(const struct woad_host_cfg *cfg)
{
    struct woad_host_cfg full;
    struct host_part_list parts;
    return complete(cfg, &full, &parts) ? mem_size(&full, &parts) : 0;
}

/* Transmission may have waited for a buffer. */
static void released(void *arg, struct woad_buf *buf)
{
    struct woad_host *h = arg;
    (void)buf;
    if (h->tx_head)
        woad_host_kick(h);
}

static void init_tables(struct woad_host *h)
{
    for (unsigned i = 0; i < h->max_conns; i++) {
        h->links[i].h = h;
        h->links[i].index = (uint16_t)i;
    }
    for (unsigned i = 0; i < h->cfg.cmd_count; i++)
        h->raws[i].params = h->raw_params + (size_t)i * h->cfg.cmd_len;
    h->acl_pool.released = h->sig_pool.released = released;
    h->acl_pool.released_arg = h->sig_pool.released_arg = h;
}

int woad_host_place(void *mem, size_t len, const struct woad_host_cfg *cfg,
                    const struct host_full_ops *ops, struct woad_host **out)
{
    struct woad_host_cfg full;
    struct host_part_list parts;
    void *part_mem[HOST_PART_COUNT];
    if (!mem || !out || (uintptr_t)mem % alignof(max_align_t) || !complete(cfg, &full, &parts) ||
        (full.acl_flow_control && !ops))
        return WOAD_ERR_INVALID;
    size_t needed = mem_size(&full, &parts);
    if (len < needed)
        return WOAD_ERR_NO_MEM;
    memset(mem, 0, needed);
    struct carver c = {.mem = mem};
    struct woad_host *h = lay_out(&c, &full, &parts, part_mem);
    h->cfg = full;
    h->max_conns = full.max_conns;
    h->tx_end = &h->tx_head;
    h->dirty_links_end = &h->dirty_links_head;
    h->full = ops;
    h->fixed[L2CAP_CID_SIG - HOST_CID_FIXED_FIRST] = &woad_l2cap_sig_fixed;
    h->ring_size = full.chan_rx_size;
    init_tables(h);
    woad_gap_adv_init(h);
    int err = woad_host_parts_init(h, &parts, part_mem);
    h->cfg.parts = NULL; /* borrowed no longer */
    if (!err)
        *out = h;
    return err;
}

int woad_host_init_basic(void *mem, size_t len, const struct woad_host_cfg *cfg,
                         struct woad_host **h)
{
    return woad_host_place(mem, len, cfg, NULL, h);
}

void woad_host_deinit(struct woad_host *h)
{
    woad_host_enter(h);
    woad_buf_queue_clear(&h->rxq);
    woad_buf_unref(h->undone);
    h->undone = NULL;
    for (unsigned i = 0; i < h->max_conns; i++) {
        woad_buf_queue_clear(&h->links[i].sigq);
        woad_buf_queue_clear(&h->links[i].attq);
        woad_buf_unref(h->links[i].cut);
        h->links[i].cut = NULL;
    }
    woad_host_parts_deinit(h);
    h->state = HOST_OFF;
    h->wake = NULL;
}
