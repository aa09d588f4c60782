#include "support/gap_log.h"

#include <stdlib.h>
#include <string.h>

#include "woad/cursor.h"

static bool on_cmd(struct dbl_dev *dev, void *arg, uint16_t opcode, const uint8_t *params,
                   uint8_t len)
{
    struct gap_log *g = arg;
    if (g->cmd_count < GAP_LOG_CMDS) {
        struct gap_cmd *c = &g->cmds[g->cmd_count++];
        c->opcode = opcode;
        c->len = len;
        memcpy(c->params, params, len);
    }
    return (g->answer && g->answer(g, opcode, params, len)) ||
           (g->script.count && script_answer(&g->script, dev, opcode));
}

static void keep_data(struct gap_log *g, const uint8_t *data, uint16_t len)
{
    if (len)
        memcpy(g->data, data, len);
}

static void on_event(struct dbl_dev *dev, const struct woad_host_evt *evt)
{
    struct gap_log *g = dev->app;
    if (g->event_count < GAP_LOG_EVENTS) {
        struct gap_event *e = &g->events[g->event_count++];
        memset(e, 0, sizeof(*e));
        e->type = evt->type;
        e->conn = evt->conn;
        switch (evt->type) {
        case WOAD_EVT_ADV_SET: e->set = *evt->u.adv_set; break;
        case WOAD_EVT_EXT_REPORT:
            e->report = *evt->u.ext_report;
            keep_data(g, e->report.data, e->report.data_len);
            break;
        case WOAD_EVT_PERIODIC:
            e->pa = *evt->u.periodic;
            if (e->pa.type == WOAD_PA_REPORT)
                keep_data(g, e->pa.u.report.data, e->pa.u.report.data_len);
            break;
        case WOAD_EVT_PRIVACY: e->privacy = *evt->u.privacy; break;
        case WOAD_EVT_POWER: e->power = *evt->u.power; break;
        case WOAD_EVT_CONNECTED:
        case WOAD_EVT_CONNECT_FAILED:
            e->peer = evt->u.connected.peer;
            e->result = evt->u.connected.result;
            break;
        case WOAD_EVT_ADV_REPORT:
            e->peer = evt->u.report.addr;
            keep_data(g, evt->u.report.data, evt->u.report.data_len);
            break;
        default: e->result = evt->u.done; break;
        }
    }
    if (g->on_event)
        g->on_event(g, evt);
}

void gap_open_with(struct gap_log *g, const struct woad_host_use *parts,
                   const struct script_row *rows, unsigned count, void (*setup)(struct dbl_dev *))
{
    struct woad_host_cfg cfg = {.parts = parts};
    memset(g, 0, sizeof(*g));
    g->d = dbl_new(1, &cfg);
    g->dev = &g->d->dev[0];
    g->h = g->dev->h;
    g->dev->version = WOAD_HCI_VERSION_5_4;
    g->dev->commands[41] = 0xdf; /* all but version 2 of LE Read Buffer Size */
    if (rows)
        script_use(g->dev, &g->script, rows, count);
    g->dev->on_cmd = on_cmd;
    g->dev->arg = g;
    g->dev->on_event = on_event;
    g->dev->app = g;
    if (setup)
        setup(g->dev);
    dbl_start(g->d);
}

void gap_open(struct gap_log *g, const struct woad_host_use *parts, const struct script_row *rows,
              unsigned count)
{
    gap_open_with(g, parts, rows, count, NULL);
    gap_forget(g);
}

void gap_close(struct gap_log *g)
{
    dbl_free(g->d);
}

void gap_turn(struct gap_log *g)
{
    dbl_run(g->d, 1000);
}

const struct gap_cmd *gap_cmd(const struct gap_log *g, uint16_t opcode, unsigned n)
{
    for (unsigned i = 0; i < g->cmd_count; i++)
        if (g->cmds[i].opcode == opcode && n-- == 0)
            return &g->cmds[i];
    return NULL;
}

unsigned gap_cmds(const struct gap_log *g, uint16_t opcode)
{
    unsigned n = 0;
    while (gap_cmd(g, opcode, n))
        n++;
    return n;
}

const struct gap_event *gap_event(const struct gap_log *g, uint8_t type, unsigned n)
{
    for (unsigned i = 0; i < g->event_count; i++)
        if (g->events[i].type == type && n-- == 0)
            return &g->events[i];
    return NULL;
}

unsigned gap_events(const struct gap_log *g, uint8_t type)
{
    unsigned n = 0;
    while (gap_event(g, type, n))
        n++;
    return n;
}

void gap_forget(struct gap_log *g)
{
    g->cmd_count = g->event_count = 0;
    dbl_forget(g->dev);
}

unsigned gap_pending(const struct gap_log *g)
{
    struct woad_host_stats stats;
    woad_host_get_stats(g->h, &stats);
    return stats.ops_pending;
}

void gap_le(struct gap_log *g, uint8_t code, const void *params, uint8_t len)
{
    dbl_le_evt(g->dev, code, params, len);
    gap_turn(g);
}

void gap_link(struct gap_log *g, uint16_t handle, uint8_t role, const struct woad_addr *peer)
{
    uint8_t evt[18] = {0};
    woad_put_u16(evt + 1, handle);
    evt[3] = role;
    evt[4] = peer->type;
    memcpy(evt + 5, peer->val, 6);
    woad_put_u16(evt + 11, 24);
    woad_put_u16(evt + 15, 500);
    gap_le(g, WOAD_HCI_LE_EVT_CONNECTION_COMPLETE, evt, sizeof(evt));
}
