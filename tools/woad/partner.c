#include "partner.h"

#include "woad/gap.h"
#include "woad/smp.h"

#include <string.h>

static void check(const struct partner *p, const char *what, int err)
{
    if (err < 0)
        tool_error("the simulated %s %s: %s", p->name, what, woad_err_text(err));
}

static void advertise(struct partner *p, struct woad_host *h)
{
    uint8_t data[31];
    struct woad_adv_params params = {.data = data, .data_len = station_adv_data(p->name, data)};
    check(p, "cannot advertise", woad_gap_advertise_start(h, &params));
}

static void security_event(struct partner *p, const struct woad_host_evt *evt)
{
    if (evt->u.smp->type != WOAD_SMP_SHOW)
        return;
    fprintf(stderr, "the simulated %s shows %06u\n", p->name, evt->u.smp->u.passkey);
}

static void watch_event(void *arg, struct woad_host *h, const struct woad_host_evt *evt)
{
    struct partner *p = arg;
    if (evt->type == WOAD_EVT_READY || evt->type == WOAD_EVT_DISCONNECTED)
        advertise(p, h);
    else if (evt->type == WOAD_EVT_SECURITY)
        security_event(p, evt);
}

static void phone_event(void *arg, struct woad_host *h, const struct woad_host_evt *evt)
{
    struct partner *p = arg;
    switch (evt->type) {
    case WOAD_EVT_READY:
        check(p, "cannot scan", woad_gap_scan_start(h, &(struct woad_scan_params){0}));
        break;
    case WOAD_EVT_ADV_REPORT:
        if (p->found || evt->u.report.adv_type != WOAD_ADV_CONNECTABLE)
            break;
        p->found = true;
        check(p, "cannot stop scanning", woad_gap_scan_stop(h));
        check(p, "cannot connect",
              woad_gap_connect(h, &evt->u.report.addr, &(struct woad_conn_params){0}));
        break;
    case WOAD_EVT_CONNECTED:
        if (p->kind == STATION_CENTRAL)
            check(p, "cannot pair", woad_smp_pair(h, evt->conn, 2));
        else
            check(p, "cannot read services", phone_start(&p->phone, h, evt->conn));
        break;
    case WOAD_EVT_SECURITY: security_event(p, evt); break;
    default: break;
    }
}

int partner_init(struct partner *p, enum station_company kind, const char *peer_store,
                 struct woad_host_cfg *host)
{
    char path[4096];
    *p = (struct partner){.kind = kind, .name = kind == STATION_PERIPHERAL ? "watch" : "phone"};
    if (peer_store && snprintf(path, sizeof(path), "%s.peer", peer_store) < (int)sizeof(path)) {
        if (keys_open(&p->keys, path) != 0)
            return WOAD_ERR_IO;
        p->kept = true;
    }
    p->smp = (struct woad_smp_cfg){
        .io = WOAD_SMP_DISPLAY,
        .mitm = true,
        .store = p->kept ? &p->keys.store : NULL,
    };
    p->parts[0] = (struct woad_host_use){&woad_smp_part, &p->smp};
    static const struct woad_gatts_cfg gatts = {
        .name = "watch", .appearance = 0x00C0, .prepare_size = 1024};
    if (kind == STATION_PERIPHERAL)
        p->parts[1] = (struct woad_host_use){&woad_gatts_part, &gatts};
    else
        p->parts[1] = (struct woad_host_use){&woad_gattc_part, NULL};
    host->att_mtu = 517;
    host->parts = p->parts;
    host->event = kind == STATION_PERIPHERAL ? watch_event : phone_event;
    host->event_arg = p;
    return 0;
}

int partner_start(struct partner *p, struct woad_host *h)
{
    p->serves = p->kind == STATION_PERIPHERAL;
    return p->serves ? watch_init(&p->watch, h) : 0;
}

void partner_tick(struct partner *p, struct woad_host *h, double now_s)
{
    if (!p->serves || now_s < p->beat_s)
        return;
    p->beat_s = now_s + 1;
    watch_beat(&p->watch, h);
}

void partner_deinit(struct partner *p)
{
    if (p->kept)
        keys_close(&p->keys);
}
