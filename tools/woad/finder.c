#include "finder.h"

#include "woad/hci.h"

#include <string.h>

int finder_init(struct finder *f, const struct tool_usage *usage, const char *who, const char *name,
                double timeout_s)
{
    *f = (struct finder){.name = name,
                         .by_addr = who != NULL,
                         .timeout_s = timeout_s,
                         .conn = WOAD_CONN_NONE,
                         .exit_code = -1};
    if (who && woad_addr_parse(who, &f->addr) < 0)
        return tool_usage_error(usage, "'%s' is no address; like C0:EE:FF:00:00:02/random", who);
    if (!who && !name)
        return tool_usage_error(usage, "give the address of a device, or --name");
    return -1;
}

static void fail(struct finder *f, const char *what, int err)
{
    if (err >= 0)
        return;
    tool_error("%s: %s", what, woad_err_text(err));
    f->exit_code = TOOL_PEER;
}

static void look(struct finder *f, struct woad_host *h)
{
    f->found = false;
    if (f->by_addr)
        fail(f, "cannot connect", woad_gap_connect(h, &f->addr, &f->params));
    else
        fail(f, "cannot scan", woad_gap_scan_start(h, &(struct woad_scan_params){.active = true}));
}

static void on_report(struct finder *f, struct woad_host *h, const struct woad_host_evt *evt)
{
    char name[32];
    station_adv_name(evt->u.report.data, evt->u.report.data_len, name, sizeof(name));
    bool connectable = evt->u.report.adv_type == 0 || evt->u.report.adv_type == 4;
    if (f->by_addr || f->found || !connectable || strcmp(name, f->name) != 0)
        return;
    f->found = true;
    f->addr = evt->u.report.addr;
    fail(f, "cannot stop scanning", woad_gap_scan_stop(h));
    fail(f, "cannot connect", woad_gap_connect(h, &f->addr, &f->params));
}

bool finder_event(struct finder *f, struct woad_host *h, const struct woad_host_evt *evt)
{
    switch (evt->type) {
    case WOAD_EVT_READY: look(f, h); break;
    case WOAD_EVT_ADV_REPORT: on_report(f, h, evt); break;
    case WOAD_EVT_CONNECTED: f->conn = evt->conn; return true;
    case WOAD_EVT_CONNECT_FAILED:
        tool_error("no connection: %s (status 0x%02X)", woad_err_text(evt->u.done.err),
                   evt->u.done.hci);
        f->exit_code = evt->u.done.err == WOAD_ERR_TIMEOUT ? TOOL_TIMEOUT : TOOL_PEER;
        break;
    case WOAD_EVT_DISCONNECTED:
        if (evt->conn != f->conn)
            break;
        f->conn = WOAD_CONN_NONE;
        f->down = evt->u.disconnected.result;
        if (f->down.hci == WOAD_HCI_ERR_CONNECTION_FAILED_TO_BE_ESTABLISHED)
            look(f, h); /* the air swallowed our request */
        break;
    default: break;
    }
    return false;
}

bool finder_over(struct finder *f, double now_s)
{
    if (f->exit_code < 0 && f->conn == WOAD_CONN_NONE && f->timeout_s > 0 && now_s > f->timeout_s) {
        tool_error("no such device was heard within %g s", f->timeout_s);
        f->exit_code = TOOL_TIMEOUT;
    }
    return f->exit_code >= 0;
}
