/* Legacy advertising [Vol 4, Part E, 7.8.5-7.8.9]. */
#include <string.h>

#include "gap_priv.h"

static bool directed(const struct woad_adv_params *p)
{
    return p->kind == WOAD_ADV_DIRECT_HIGH_DUTY || p->kind == WOAD_ADV_DIRECT_LOW_DUTY;
}

static void build_params(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    (void)cmd;
    const struct woad_adv_params *p = &h->adv.p;
    woad_wr_u16(w, p->interval_min_625us);
    woad_wr_u16(w, p->interval_max_625us);
    woad_wr_u8(w, p->kind);
    woad_wr_u8(w, woad_gap_own_type(h, directed(p) ? &p->peer : NULL));
    woad_wr_u8(w, p->peer.type);
    woad_wr_bytes(w, p->peer.val, 6);
    woad_wr_u8(w, p->channel_map);
    woad_wr_u8(w, p->filter);
}

static void put_data(struct woad_wr *w, const uint8_t *data, uint8_t len)
{
    uint8_t padded[31] = {0};
    memcpy(padded, data, len);
    woad_wr_u8(w, len);
    woad_wr_bytes(w, padded, sizeof(padded));
}

static void build_data(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    (void)cmd;
    put_data(w, h->adv.data, h->adv.p.data_len);
}

static void build_scan_rsp(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    (void)cmd;
    put_data(w, h->adv.scan_rsp, h->adv.p.scan_rsp_len);
}

static void build_on(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    (void)h;
    (void)cmd;
    woad_wr_u8(w, 1);
}

static void build_off(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    (void)h;
    (void)cmd;
    woad_wr_u8(w, 0);
}

static const struct host_cmd_row steps[] = {
    {WOAD_HCI_CMD_LE_SET_ADVERTISING_PARAMETERS, build_params, woad_gap_activity_done},
    {WOAD_HCI_CMD_LE_SET_ADVERTISING_DATA, build_data, woad_gap_activity_done},
    {WOAD_HCI_CMD_LE_SET_SCAN_RESPONSE_DATA, build_scan_rsp, woad_gap_activity_done},
    {WOAD_HCI_CMD_LE_SET_ADVERTISING_ENABLE, build_on, woad_gap_activity_done},
};

const struct host_activity_kind woad_gap_adv_legacy = {
    .steps = steps,
    .step_count = sizeof(steps) / sizeof(steps[0]),
    .off = {WOAD_HCI_CMD_LE_SET_ADVERTISING_ENABLE, build_off, woad_gap_activity_done},
    .started = WOAD_EVT_ADV_STARTED,
    .stopped = WOAD_EVT_ADV_STOPPED,
};

void woad_gap_adv_init(struct woad_host *h)
{
    woad_gap_activity_init(h, &h->adv.act, &woad_gap_adv_legacy);
}

void woad_gap_adv_ended(struct woad_host *h, int err)
{
    woad_gap_activity_ended(h, &h->adv.act, err);
}

static bool valid(const struct woad_adv_params *p, uint16_t min, uint16_t max)
{
    return p->kind <= WOAD_ADV_DIRECT_LOW_DUTY && p->channel_map <= 7 && p->filter <= 3 &&
           min >= 0x20 && max <= 0x4000 && min <= max && p->peer.type <= WOAD_ADDR_RANDOM &&
           p->data_len <= 31 && p->scan_rsp_len <= 31 && (!p->data_len || p->data) &&
           (!p->scan_rsp_len || p->scan_rsp);
}

int woad_gap_advertise_start(struct woad_host *h, const struct woad_adv_params *p)
{
    woad_host_enter(h);
    struct host_adv *adv = &h->adv;
    uint16_t min = p->interval_min_625us ? p->interval_min_625us : 160;
    uint16_t max = p->interval_max_625us ? p->interval_max_625us : min;
    if (!valid(p, min, max))
        return WOAD_ERR_INVALID;
    if (h->state != HOST_ON)
        return WOAD_ERR_STATE;
    if (adv->act.state != GAP_IDLE)
        return WOAD_ERR_BUSY;
    if (directed(p) && woad_gap_deaf(h, &p->peer))
        return WOAD_ERR_UNSUPPORTED;
    if (p->data_len)
        memcpy(adv->data, p->data, p->data_len);
    if (p->scan_rsp_len)
        memcpy(adv->scan_rsp, p->scan_rsp, p->scan_rsp_len);
    adv->p = *p;
    adv->p.channel_map = p->channel_map ? p->channel_map : 7;
    adv->p.interval_min_625us = min;
    adv->p.interval_max_625us = max;
    adv->p.data = adv->p.scan_rsp = NULL; /* the caller's; not kept */
    return woad_gap_activity_start(h, &adv->act, p->duration_ms);
}

int woad_gap_advertise_stop(struct woad_host *h)
{
    return woad_gap_activity_stop(h, &h->adv.act);
}
