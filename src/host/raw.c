/* Commands the application words itself. */
#include <string.h>

#include "host_priv.h"

static void tell(struct woad_host *h, struct host_raw_cmd *raw, struct woad_result result,
                 const uint8_t *params, size_t len)
{
    raw->used = false;
    h->ops_pending--;
    woad_host_tell(h, &(struct woad_host_evt){.type = WOAD_EVT_HCI_COMPLETE,
                                              .conn = WOAD_CONN_NONE,
                                              .u.hci = {.result = result,
                                                        .opcode = raw->cmd.opcode,
                                                        .params = params,
                                                        .len = (uint8_t)len}});
}

static void build(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    (void)h;
    const struct host_raw_cmd *raw = HOST_OWNER(cmd, struct host_raw_cmd, cmd);
    woad_wr_bytes(w, raw->params, raw->len);
}

static void done(struct woad_host *h, struct host_cmd *cmd, uint8_t status, struct woad_rd *ret)
{
    struct host_raw_cmd *raw = HOST_OWNER(cmd, struct host_raw_cmd, cmd);
    tell(h, raw, woad_host_result(status), ret->p, ret->left);
}

static const struct host_cmd_row raw_row = {0, build, done};

static void drop(struct woad_host *h, int err)
{
    for (unsigned i = 0; i < h->cfg.cmd_count; i++) {
        struct host_raw_cmd *raw = &h->raws[i];
        if (!raw->used)
            continue;
        woad_host_cmd_drop(h, &raw->cmd);
        tell(h, raw, woad_host_error(err), NULL, 0);
    }
}

int woad_host_hci_command(struct woad_host *h, uint16_t opcode, const void *params, uint8_t len)
{
    woad_host_enter(h);
    if (opcode == 0 || (len && !params))
        return WOAD_ERR_INVALID;
    if (h->state != HOST_ON)
        return WOAD_ERR_STATE;
    if (len > h->cfg.cmd_len)
        return WOAD_ERR_TOO_LONG;
    for (unsigned i = 0; i < h->cfg.cmd_count; i++) {
        struct host_raw_cmd *raw = &h->raws[i];
        if (raw->used)
            continue;
        raw->used = true;
        raw->len = len;
        if (len)
            memcpy(raw->params, params, len);
        raw->cmd.opcode = opcode;
        h->raws_drop = drop;
        h->ops_pending++;
        woad_host_cmd_push(h, &raw->cmd, &raw_row);
        return 0;
    }
    return WOAD_ERR_NO_MEM;
}
