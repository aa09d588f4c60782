/* The controller's filter accept list [Vol 4, Part E, 7.8.15-7.8.17]. One operation at a time. */
#include "gap_priv.h"

static void end(struct woad_host *h, struct woad_result result)
{
    h->list.busy = false;
    h->ops_pending--;
    woad_host_tell(h, &(struct woad_host_evt){
                          .type = WOAD_EVT_LIST_DONE, .conn = WOAD_CONN_NONE, .u.done = result});
}

static void done(struct woad_host *h, struct host_cmd *cmd, uint8_t status, struct woad_rd *ret)
{
    (void)cmd;
    (void)ret;
    struct woad_result result = woad_host_result(status);
    if (status == WOAD_HCI_ERR_MEMORY_CAPACITY_EXCEEDED)
        result.err = WOAD_ERR_NO_MEM;
    end(h, result);
}

static void drop(struct woad_host *h, int err)
{
    woad_host_cmd_drop(h, &h->list.cmd);
    end(h, woad_host_error(err));
}

static void build_addr(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    (void)cmd;
    woad_wr_u8(w, h->list.addr.type);
    woad_wr_bytes(w, h->list.addr.val, 6);
}

static const struct host_cmd_row add_row = {WOAD_HCI_CMD_LE_ADD_DEVICE_TO_FILTER_ACCEPT_LIST,
                                            build_addr, done};
static const struct host_cmd_row remove_row = {
    WOAD_HCI_CMD_LE_REMOVE_DEVICE_FROM_FILTER_ACCEPT_LIST, build_addr, done};
static const struct host_cmd_row clear_row = {WOAD_HCI_CMD_LE_CLEAR_FILTER_ACCEPT_LIST, NULL, done};

static int begin(struct woad_host *h, const struct woad_addr *addr, const struct host_cmd_row *row)
{
    woad_host_enter(h);
    if (addr && addr->type > WOAD_ADDR_RANDOM)
        return WOAD_ERR_INVALID;
    if (h->state != HOST_ON)
        return WOAD_ERR_STATE;
    if (h->list.busy || (h->many && h->many->uses_list(h)))
        return WOAD_ERR_BUSY;
    h->list.busy = true;
    h->list.drop = drop;
    if (addr)
        h->list.addr = *addr;
    h->ops_pending++;
    woad_host_cmd_push(h, &h->list.cmd, row);
    return 0;
}

int woad_gap_accept_list_add(struct woad_host *h, const struct woad_addr *addr)
{
    return begin(h, addr, &add_row);
}

int woad_gap_accept_list_remove(struct woad_host *h, const struct woad_addr *addr)
{
    return begin(h, addr, &remove_row);
}

int woad_gap_accept_list_clear(struct woad_host *h)
{
    return begin(h, NULL, &clear_row);
}
