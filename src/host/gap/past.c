/* Transfer of periodic syncs over links [Vol 4, Part E, 7.8.89-7.8.92, 7.7.65.24]. */
#include "periodic_priv.h"

static void tell_link(struct woad_host *h, uint8_t type, uint16_t conn, struct woad_result result)
{
    const struct woad_pa_evt evt = {.type = type, .u.link = {.result = result, .conn = conn}};
    h->ops_pending--;
    woad_pa_tell(h, conn, &evt);
}

/* The link whose transfers l is about; WOAD_CONN_NONE for the preset. */
static uint16_t conn_of(const struct woad_host *h, const struct pa_link *l)
{
    const struct host_pa *pa = woad_pa_of(h);
    return l == &pa->preset ? WOAD_CONN_NONE : h->links[l - pa->links].handle;
}

static void end_transfer(struct woad_host *h, struct pa_link *l, struct woad_result result)
{
    woad_host_cmd_drop(h, &l->transfer);
    if (!l->transferring)
        return;
    l->transferring = false;
    tell_link(h, WOAD_PA_TRANSFERRED, conn_of(h, l), result);
}

static void end_receive(struct woad_host *h, struct pa_link *l, struct woad_result result)
{
    woad_host_cmd_drop(h, &l->receive);
    if (!l->receiving)
        return;
    l->receiving = false;
    tell_link(h, WOAD_PA_RECEIVE_SET, conn_of(h, l), result);
}

/* ---- sending --------------------------------------------------------------------------------- */

static void build_transfer(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    const struct pa_link *l = HOST_OWNER(cmd, struct pa_link, transfer);
    woad_wr_u16(w, conn_of(h, l));
    woad_wr_u16(w, l->service_data);
    if (cmd->opcode == WOAD_HCI_CMD_LE_PERIODIC_ADVERTISING_SYNC_TRANSFER)
        woad_wr_u16(w, l->source);
    else
        woad_wr_u8(w, (uint8_t)l->source);
}

static void transfer_done(struct woad_host *h, struct host_cmd *cmd, uint8_t status,
                          struct woad_rd *ret)
{
    (void)ret;
    end_transfer(h, HOST_OWNER(cmd, struct pa_link, transfer), woad_host_result(status));
}

static const struct host_cmd_row sync_row = {WOAD_HCI_CMD_LE_PERIODIC_ADVERTISING_SYNC_TRANSFER,
                                             build_transfer, transfer_done};
static const struct host_cmd_row set_row = {WOAD_HCI_CMD_LE_PERIODIC_ADVERTISING_SET_INFO_TRANSFER,
                                            build_transfer, transfer_done};

static int transfer(struct woad_host *h, uint16_t conn, uint16_t source, uint16_t service_data,
                    const struct host_cmd_row *row)
{
    int err;
    struct host_link *link = woad_host_link_of(h, conn, &err);
    if (!link)
        return err;
    struct pa_link *l = &woad_pa_of(h)->links[woad_host_link_index(link)];
    if (l->transferring)
        return WOAD_ERR_BUSY;
    l->transferring = true;
    l->source = source;
    l->service_data = service_data;
    h->ops_pending++;
    woad_host_cmd_push(h, &l->transfer, row);
    return 0;
}

int woad_pa_transfer(struct woad_host *h, uint16_t conn, uint16_t sync, uint16_t service_data)
{
    const struct host_pa *pa = woad_pa_of(h);
    if (!pa)
        return WOAD_ERR_UNSUPPORTED;
    for (uint8_t i = 0; i < pa->sync_count; i++)
        if (pa->syncs[i].used && pa->syncs[i].handle == sync)
            return transfer(h, conn, sync, service_data, &sync_row);
    return h->state == HOST_ON ? WOAD_ERR_NOT_FOUND : WOAD_ERR_STATE;
}

int woad_pa_transfer_set(struct woad_host *h, uint16_t conn, uint8_t set, uint16_t service_data)
{
    const struct adv_set *s = woad_ext_set(h, set);
    if (!woad_pa_of(h))
        return WOAD_ERR_UNSUPPORTED;
    if (!s || !s->train)
        return h->state == HOST_ON ? WOAD_ERR_NOT_FOUND : WOAD_ERR_STATE;
    return transfer(h, conn, s->handle, service_data, &set_row);
}

/* ---- receiving ------------------------------------------------------------------------------- */

static void build_receive(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    const struct pa_link *l = HOST_OWNER(cmd, struct pa_link, receive);
    uint16_t conn = conn_of(h, l);
    if (conn != WOAD_CONN_NONE)
        woad_wr_u16(w, conn);
    woad_wr_u8(w, l->mode);
    woad_wr_u16(w, l->skip);
    woad_wr_u16(w, l->timeout_10ms);
    woad_wr_u8(w, 0);
}

static void receive_done(struct woad_host *h, struct host_cmd *cmd, uint8_t status,
                         struct woad_rd *ret)
{
    (void)ret;
    end_receive(h, HOST_OWNER(cmd, struct pa_link, receive), woad_host_result(status));
}

static const struct host_cmd_row receive_row = {
    WOAD_HCI_CMD_LE_SET_PERIODIC_ADVERTISING_SYNC_TRANSFER_PARAMETERS, build_receive, receive_done};
static const struct host_cmd_row preset_row = {
    WOAD_HCI_CMD_LE_SET_DEFAULT_PERIODIC_ADVERTISING_SYNC_TRANSFER_PARAMETERS, build_receive,
    receive_done};

int woad_pa_receive(struct woad_host *h, uint16_t conn, uint8_t mode, uint16_t skip,
                    uint16_t timeout_10ms)
{
    woad_host_enter(h);
    struct host_pa *pa = woad_pa_of(h);
    if (!timeout_10ms)
        timeout_10ms = 1000;
    if (!pa)
        return WOAD_ERR_UNSUPPORTED;
    if (mode > WOAD_PA_RECEIVE_FILTER || !woad_pa_sync_params_valid(skip, timeout_10ms))
        return WOAD_ERR_INVALID;
    if (h->state != HOST_ON)
        return WOAD_ERR_STATE;
    struct pa_link *l = &pa->preset;
    if (conn != WOAD_CONN_NONE) {
        const struct host_link *link = woad_host_link_find(h, conn);
        if (!link)
            return WOAD_ERR_NOT_CONNECTED;
        l = &pa->links[woad_host_link_index(link)];
    }
    if (l->receiving)
        return WOAD_ERR_BUSY;
    l->receiving = true;
    l->mode = mode;
    l->skip = skip;
    l->timeout_10ms = timeout_10ms;
    h->ops_pending++;
    woad_host_cmd_push(h, &l->receive, conn == WOAD_CONN_NONE ? &preset_row : &receive_row);
    return 0;
}

void woad_past_received(struct woad_host *h, struct woad_rd *r)
{
    struct woad_pa_evt evt = {0};
    uint8_t status = woad_rd_u8(r);
    uint16_t conn = woad_rd_u16(r) & WOAD_HCI_HANDLE_MASK;
    uint16_t service_data = woad_rd_u16(r);
    woad_pa_read_synced(r, &evt);
    if (!woad_host_link_find(h, conn))
        h->bad_packets++; /* the link may just have ended: the sync is there all the same */
    evt.u.synced.result = woad_host_result(status);
    if (status == WOAD_HCI_ERR_CONNECTION_FAILED_TO_BE_ESTABLISHED)
        evt.u.synced.result.err = WOAD_ERR_TIMEOUT;
    if (!status && !woad_pa_take(h, evt.u.synced.sync))
        evt.u.synced.result.err = WOAD_ERR_NO_MEM;
    evt.u.synced.conn = conn;
    evt.u.synced.service_data = service_data;
    woad_pa_tell(h, conn, &evt);
}

/* ---- the end --------------------------------------------------------------------------------- */

void woad_past_link_down(struct host_link *link, int err)
{
    struct pa_link *l = &woad_pa_of(link->h)->links[woad_host_link_index(link)];
    end_transfer(link->h, l, woad_host_error(err));
    end_receive(link->h, l, woad_host_error(err));
}

void woad_past_drop(struct woad_host *h, int err)
{
    end_receive(h, &woad_pa_of(h)->preset, woad_host_error(err));
}
