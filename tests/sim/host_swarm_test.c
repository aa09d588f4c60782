/* Swarms of complete devices: 2 to 8 of them advertise, scan, connect, discover, read, write,
 * subscribe, notify, change their databases, pair, bond, come back and move data, as a seed says,
 * in a world that loses packets, resets controllers and cuts the power of whole devices, also in
 * the middle of a write to flash. What the headers promise is checked after each event.
 *
 *     --seed N      only this seed, twice; --trace: with what happens; --capture FILE: and the air
 *     --seeds N     so many seeds [200], from --first N [1]
 */
/* ctest: slow timeout=600 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>
#include <cmocka.h>

#include "host_swarm_client.h"
#include "support/toy_p256.h"

static struct {
    uint64_t first, count;
    bool one, trace;
    const char *capture;
} options = {.first = 1, .count = 200};

/* ---- a device -------------------------------------------------------------------------------- */

static struct woad_buf *up_alloc(void *arg, uint8_t type, uint16_t len, const uint8_t *head,
                                 uint16_t head_len, bool *discard)
{
    return woad_host_rx_alloc(((struct hs_dev *)arg)->host, type, len, head, head_len, discard);
}

static void up_rx(void *arg, struct woad_buf *pkt)
{
    if (woad_host_rx(((struct hs_dev *)arg)->host, pkt) < 0)
        woad_buf_unref(pkt);
}

static void up_tx_done(void *arg, struct woad_buf *pkt)
{
    (void)arg;
    woad_buf_unref(pkt);
}

static void up_fault(void *arg, enum woad_transport_fault reason)
{
    (void)reason;
    woad_host_fault(((struct hs_dev *)arg)->host, "the transport failed");
}

static void up_wake(void *arg)
{
    woad_sim_task_wake(((struct hs_dev *)arg)->host_task);
}

static const struct woad_transport_up up = {up_alloc, up_rx, up_tx_done, up_fault, up_wake};

static woad_time run_ll(void *arg, woad_time now_us)
{
    struct hs_dev *d = arg;
    woad_time next = woad_ll_run(d->ll, now_us);
    d->ll_ran = true;
    woad_sim_task_wake(d->host_task);
    return next;
}

/* Once the power has failed at a write to flash, nothing leaves any more. */
static woad_time run_host(void *arg, woad_time now_us)
{
    struct hs_dev *d = arg;
    struct woad_transport *t = &d->direct.transport;
    struct woad_buf *pkt;
    woad_time next = WOAD_TIME_NEVER;
    if (d->dark || d->flash.off)
        return next;
    if (d->ll_ran)
        next = woad_transport_poll(t, now_us);
    d->ll_ran = false;
    d->in_run = true;
    next = woad_time_min(next, woad_host_run(d->host, now_us));
    d->in_run = false;
    while (!d->flash.off && (pkt = woad_host_tx(d->host)))
        if (woad_transport_tx(t, pkt) < 0) {
            woad_host_tx_undo(d->host, pkt);
            break;
        }
    return next;
}

static void on_event(void *arg, struct woad_host *h, const struct woad_host_evt *evt);
static void on_channel(void *arg, struct woad_host *h, const struct woad_chan_evt *evt);
static void on_bearer(void *arg, struct woad_host *h, const struct woad_eatt_evt *evt);

static void draw_limits(struct swarm *s, struct woad_host_cfg *host, struct woad_ll_cfg *ll)
{
    host->max_chans = 4;
    host->chan_rx_size = hs_range(s, 2000, 8000);
    host->att_mtu = hs_chance(s, 3) ? (uint16_t)hs_range(s, 23, 517) : 0;
    if (hs_chance(s, 3)) {
        host->max_conns = (uint16_t)hs_range(s, 1, 2);
        host->acl_tx_count = (uint16_t)hs_range(s, 1, 4);
        host->sig_count = (uint16_t)hs_range(s, 2, 4);
        host->att_tx_count = (uint16_t)hs_range(s, 2, 4);
        host->run_budget = (uint16_t)hs_range(s, 1, 8);
    }
    if (hs_chance(s, 3)) {
        ll->max_conns = (uint16_t)hs_range(s, 1, 3);
        ll->acl_tx_count = (uint16_t)hs_range(s, 1, 3);
        ll->acl_len = (uint16_t)hs_range(s, 27, 600);
        ll->rx_count = (uint16_t)hs_range(s, 2, 6);
        ll->evt_count = (uint16_t)hs_range(s, 2, 5);
    }
    host->no_auto_dle = hs_chance(s, 4);
    host->no_auto_phy = hs_chance(s, 4);
    if (hs_chance(s, 3)) {
        host->static_addr.type = WOAD_ADDR_RANDOM;
        for (unsigned i = 0; i < 6; i++)
            host->static_addr.val[i] = (uint8_t)hs_next(s);
        host->static_addr.val[5] |= 0xc0;
    }
}

static void draw_parts(struct hs_dev *d)
{
    struct swarm *s = d->s;
    d->gatts = (struct woad_gatts_cfg){
        .cccds = HS_CCCDS, .store = &d->store, .prepare_size = (uint16_t)hs_range(s, 60, 600)};
    d->gattc = (struct woad_gattc_cfg){
        .event = hs_any_value, .arg = d, .store = &d->store, .mtu = (uint8_t)hs_below(s, 2)};
    d->smp = (struct woad_smp_cfg){
        .store = &d->store,
        .max_bonds = (uint16_t)hs_range(s, 1, HS_BONDS),
        .when_full = hs_chance(s, 2) ? WOAD_SMP_FULL_REPLACE : WOAD_SMP_FULL_REFUSE,
        .io = (uint8_t)hs_below(s, 8),
        .mitm = hs_chance(s, 3),
        .no_bonding = hs_chance(s, 12),
        .ask = hs_chance(s, 4),
        .keypress = hs_chance(s, 4),
        .no_auto_encrypt = hs_chance(s, 8),
        .keep_unsecured = hs_chance(s, 3),
        .legacy = hs_chance(s, 3) ? &woad_smp_legacy : NULL,
        .signing = hs_chance(s, 2) ? &woad_smp_signing : NULL,
        .irk = d->irk,
    };
    d->smp.no_sc = d->smp.legacy && hs_chance(s, 3);
    for (unsigned i = 0; i < 16; i++)
        d->irk[i] = (uint8_t)hs_next(s);
    d->use[0] = (struct woad_host_use){&woad_gatts_part, &d->gatts};
    d->use[1] = (struct woad_host_use){&woad_gattc_part, &d->gattc};
    d->use[2] = (struct woad_host_use){&woad_smp_part, &d->smp};
    d->cfg.parts = d->use;
    if (hs_chance(s, 4) || (d->cfg.att_mtu && d->cfg.att_mtu < 64))
        return;
    d->cfg.att_bearers = (uint16_t)hs_range(s, 1, 4);
    d->eatt =
        (struct woad_eatt_cfg){.connect = (uint8_t)hs_below(s, 4), .event = on_bearer, .arg = d};
    d->use[3] = (struct woad_host_use){&woad_eatt_part, &d->eatt};
}

/* The program starts: a host, with what the flash says, and an application that has forgotten all.
 */
static void boot(struct hs_dev *d)
{
    struct swarm *s = d->s;
    d->boots++;
    d->flash.off = false;
    d->flash.cut_at = -1;
    int err = woad_store_flash_mount(&d->log, &d->flash.flash, d->keys, HS_STORE_KEYS);
    HS_CHECK(s, err == 0 && !d->flash.rule_broken, "device %u: mount %d", d->index, err);
    d->store = woad_store_flash_store(&d->log);
    memset(d->host_mem, 0xa5, d->host_size);
    err = woad_host_init(d->host_mem, d->host_size, &d->cfg, &d->host);
    HS_CHECK(s, err == 0, "device %u: init %d", d->index, err);
    woad_host_set_wake(d->host, woad_sim_task_wake, d->host_task);
    memset(d->op, 0, sizeof(d->op));
    memset(d->links, 0, sizeof(d->links));
    memset(d->services, 0, sizeof(d->services));
    memset(d->owed, 0, sizeof(d->owed));
    memset(d->ops, 0, sizeof(d->ops));
    memset(d->views, 0, sizeof(d->views));
    memset(d->chans, 0, sizeof(d->chans));
    d->ready = d->adv_on = d->scan_on = d->ll_ran = d->dark = false;
    d->off = true;
    for (unsigned i = 0; i < HS_SERVICES; i++)
        d->services[i].d = d;
    hs_build_fixed(d);
    hs_add_service(d, &d->services[0]);
    for (unsigned i = 1; i < HS_SERVICES; i++)
        if (hs_chance(s, 2))
            hs_add_service(d, &d->services[i]);
    err = woad_l2cap_listen(
        d->host, &(struct woad_chan_cfg){.psm = 0x81, .mps = 247, .event = on_channel, .arg = d});
    HS_CHECK(s, err == 0, "device %u: listen %d", d->index, err);
    HS_CHECK(s, woad_transport_open(&d->direct.transport, &up, d) == 0, "transport open");
    woad_sim_task_wake(d->host_task);
}

static void add_dev(struct swarm *s, unsigned index)
{
    struct hs_dev *d = &s->dev[index];
    double ppm = hs_range(s, 20, 250);
    d->s = s;
    d->index = index;
    d->dev = woad_sim_add(
        s->sim, &(struct woad_sim_dev_cfg){.x_m = index,
                                           .sleep_ppm = hs_chance(s, 2) ? ppm : -ppm,
                                           .timer_latency_us = (uint16_t)hs_range(s, 1, 30),
                                           .irq_latency_us = (uint16_t)hs_below(s, 20),
                                           .clock_offset_us = hs_below(s, 10000000)});
    assert_non_null(d->dev);
    struct woad_ll_cfg ll = {.radio = woad_sim_radio(d->dev),
                             .public_addr = {(uint8_t)(index + 1), 0, 0, 0xff, 0xee, 0xc0},
                             .rand = woad_sim_rand,
                             .rand_arg = d->dev};
    ll.radio.caps.sleep_clock_ppm = 250;
    d->cfg = (struct woad_host_cfg){
        .event = on_event, .event_arg = d, .rand = woad_sim_rand, .rand_arg = d->dev};
    draw_limits(s, &d->cfg, &ll);
    d->narrow = ll.acl_tx_count == 1;
    draw_parts(d);
    memcpy(d->addr.val, ll.public_addr, 6);
    if (d->cfg.static_addr.type)
        d->addr = d->cfg.static_addr;
    size_t size = woad_ll_mem_size(&ll);
    d->ll_mem = malloc(size);
    assert_int_equal(woad_ll_init(d->ll_mem, size, &ll, &d->ll), 0);
    woad_sim_attach(d->dev, d->ll);
    d->ll_task = woad_sim_task_add(d->dev, run_ll, d);
    d->host_task = woad_sim_task_add(d->dev, run_host, d);
    woad_sim_task_set_host(d->host_task);
    woad_sim_task_latency(d->host_task, hs_chance(s, 2) ? hs_below(s, 10000) : 0);
    woad_ll_set_wake(d->ll, woad_sim_task_wake, d->ll_task);
    woad_direct_init(&d->direct, d->ll, woad_sim_task_wake, d->ll_task);
    flash_double_open(&d->flash, 4096, 4, hs_chance(s, 2) ? 4 : 8, 0xff, 0xff);
    d->host_size = woad_host_mem_size(&d->cfg);
    d->host_mem = malloc(d->host_size);
    boot(d);
}

static void free_dev(struct hs_dev *d)
{
    if (!d->dark) {
        woad_transport_close(&d->direct.transport);
        woad_host_deinit(d->host);
    }
    woad_ll_deinit(d->ll);
    flash_double_close(&d->flash);
    free(d->host_mem);
    free(d->ll_mem);
}

/* ---- power ----------------------------------------------------------------------------------- */

/* Bonds differ in their counters alone, which are stored ahead. */
static bool same_bond(const struct woad_smp_bond *a, const struct woad_smp_bond *b)
{
    return woad_addr_equal(&a->peer, &b->peer) && a->flags == b->flags &&
           a->key_size == b->key_size && a->level == b->level && a->ediv == b->ediv &&
           a->own_ediv == b->own_ediv && !memcmp(a->ltk, b->ltk, 16) &&
           !memcmp(a->rand, b->rand, 8) && !memcmp(a->own_ltk, b->own_ltk, 16) &&
           !memcmp(a->own_rand, b->own_rand, 8) && !memcmp(a->irk, b->irk, 16) &&
           !memcmp(a->csrk, b->csrk, 16) && !memcmp(a->own_csrk, b->own_csrk, 16);
}

/* Each bond in the store is there as it was acknowledged, or as it was about to be: whole. */
static void check_bonds(struct hs_dev *d, const bool ram_has[HS_BONDS],
                        const struct woad_smp_bond ram[HS_BONDS])
{
    struct woad_smp_bond is = {0};
    for (int i = 0; i < d->smp.max_bonds; i++) {
        bool has = woad_smp_bond_get(d->host, i, &is) == 0;
        bool as_acked = has == d->has_bond[i] && (!has || same_bond(&is, &d->bond[i]));
        bool as_ram = has == ram_has[i] && (!has || same_bond(&is, &ram[i]));
        HS_CHECK(
            d->s, as_acked || as_ram,
            "device %u: bond %d is %sthere after the power cut, neither as before nor as after",
            d->index, i, has ? "" : "not ");
        d->has_bond[i] = has;
        d->bond[i] = is;
    }
}

static void go_dark(struct hs_dev *d)
{
    struct swarm *s = d->s;
    woad_sim_time now = woad_sim_now(s->sim);
    uint32_t ms = hs_range(s, 1, 3000);
    HS_TRACE(s, "%u: the power fails for %u ms%s", d->index, ms,
             d->flash.off ? ", in a write to flash" : "");
    hs_note(d, 1, ms, 0);
    s->reboots++;
    s->flash_cuts += d->flash.off;
    d->dark = true;
    d->ready = false;
    d->light_at = now + WOAD_SIM_MS(ms);
    d->hurt_until = d->light_at + WOAD_SIM_S(10);
    struct woad_sim_fault f = {
        .at = now, .duration = WOAD_SIM_MS(ms), .dev = d->index, .kind = WOAD_SIM_FAULT_POWER_CUT};
    HS_CHECK(s, woad_sim_fault_add(s->sim, &f) == 0, "fault");
}

static void come_back(struct hs_dev *d)
{
    bool has[HS_BONDS] = {0};
    struct woad_smp_bond ram[HS_BONDS];
    bool cut = d->flash.off;
    for (int i = 0; i < d->smp.max_bonds; i++)
        has[i] = woad_smp_bond_get(d->host, i, &ram[i]) == 0;
    for (unsigned i = 0; i < HS_DEVS; i++)
        d->unsure[i] |= cut;
    woad_transport_close(&d->direct.transport);
    woad_host_deinit(d->host);
    boot(d);
    check_bonds(d, cut ? has : d->has_bond, cut ? ram : d->bond);
}

/* ---- links ----------------------------------------------------------------------------------- */

static void connected(struct hs_dev *d, const struct woad_host_evt *evt)
{
    struct swarm *s = d->s;
    HS_CHECK(s, !hs_link(d, evt->conn), "device %u: handle %u given twice", d->index, evt->conn);
    if (evt->u.connected.role == WOAD_ROLE_CENTRAL)
        hs_end(d, &d->op[HS_CONNECT], false, "CONNECTED as central");
    struct hs_dev *peer = hs_dev_of(s, &evt->u.connected.peer);
    for (unsigned i = 0; peer && i < HS_LINKS; i++) {
        struct hs_link *l = &d->links[i];
        if (l->up)
            continue;
        *l = (struct hs_link){.up = true,
                              .handle = evt->conn,
                              .role = evt->u.connected.role,
                              .peer = peer,
                              .serial = ++s->serials,
                              .version = d->version};
        s->links++;
        return;
    }
    hs_fail(s, "device %u: a link to nobody, or one too many", d->index);
}

static void disconnected(struct hs_dev *d, const struct woad_host_evt *evt)
{
    struct swarm *s = d->s;
    struct hs_link *l = hs_link(d, evt->conn);
    if (!l) {
        hs_fail(s, "device %u: DISCONNECTED of unknown link %u", d->index, evt->conn);
        return;
    }
    l->op[HS_DISCONNECT].n = 0;
    for (unsigned i = HS_DEV_WHATS; i < HS_WHATS; i++)
        HS_CHECK(s, !l->op[i].n, "device %u: link %u ended, operation %u did not", d->index,
                 evt->conn, i);
    for (unsigned i = 0; i < HS_OPS; i++)
        HS_CHECK(s, !d->ops[i].busy || d->ops[i].conn != evt->conn,
                 "device %u: DISCONNECTED before DONE of operation %u", d->index, i);
    for (unsigned i = 0; i < 3; i++)
        HS_CHECK(s, !l->subs[i].used, "device %u: DISCONNECTED before ENDED", d->index);
    for (unsigned i = 0; i < HS_CHANS; i++)
        HS_CHECK(s, !d->chans[i].used || d->chans[i].conn != evt->conn,
                 "device %u: DISCONNECTED before CLOSED", d->index);
    struct hs_view *v = &d->views[l->peer->index];
    if (v->conn == evt->conn) {
        HS_CHECK(s, !v->open || !v->reading, "device %u: DISCONNECTED before DB_READY", d->index);
        v->open = false;
    }
    l->up = false;
}

/* ---- security: persons and their devices ----------------------------------------------------- */

static void secured(struct hs_dev *d, struct hs_link *l, const struct woad_smp_evt *evt)
{
    int err = evt->u.secured.result.err;
    HS_TRACE(d->s, "%u: SECURED on %u: %d, reason %02x, level %u%s%s", d->index, l->handle, err,
             evt->u.secured.reason, evt->u.secured.level, evt->u.secured.paired ? ", paired" : "",
             evt->u.secured.bonded ? ", bonded" : "");
    l->op[HS_SECURE].n = 0;
    l->shows = l->enters = l->compares = l->agreed = false;
    d->s->secured += err == 0;
    if (err == WOAD_ERR_SECURITY && evt->u.secured.bonded && hs_chance(d->s, 2)) {
        /* one of the two has lost the key: the person forgets the other's */
        int gone = woad_smp_bond_remove(d->host, &l->peer->addr);
        HS_TRACE(d->s, "%u: forgets %u -> %d", d->index, l->peer->index, gone);
    }
}

static void bond_changed(struct hs_dev *d, const struct woad_smp_evt *evt)
{
    HS_TRACE(d->s, "%u: bond event %u, %d", d->index, evt->type, evt->u.bond.err);
    if (d->flash.off)
        return; /* told to nobody: the power has failed */
    HS_CHECK(d->s, evt->type != WOAD_SMP_BOND_LOST, "device %u: BOND_LOST %d", d->index,
             evt->u.bond.err);
    for (int i = 0; i < d->smp.max_bonds; i++) {
        d->has_bond[i] = woad_smp_bond_get(d->host, i, &d->bond[i]) == 0;
    }
    const struct hs_dev *peer = hs_dev_of(d->s, &evt->u.bond.peer);
    HS_CHECK(d->s, peer, "device %u: a bond with nobody", d->index);
    if (peer && evt->type != WOAD_SMP_BOND_FULL)
        memset(d->asked_cccds[peer->index], 0xff, sizeof(d->asked_cccds[0]));
}

static void asked(struct hs_dev *d, struct hs_link *l, const struct woad_smp_evt *evt)
{
    l->answer_at = woad_sim_now(d->s->sim) + WOAD_SIM_MS(hs_below(d->s, 800));
    switch (evt->type) {
    case WOAD_SMP_SHOW:
        l->shows = true;
        l->shown = evt->u.passkey;
        break;
    case WOAD_SMP_ENTER: l->enters = true; break;
    case WOAD_SMP_COMPARE:
        l->compares = true;
        l->shown = evt->u.passkey;
        break;
    default: /* ASK */ (void)!woad_smp_accept(d->host, l->handle, !hs_chance(d->s, 6)); break;
    }
}

static void on_security(struct hs_dev *d, const struct woad_host_evt *evt)
{
    const struct woad_smp_evt *smp = evt->u.smp;
    hs_note(d, 500u + smp->type, evt->conn,
            smp->type == WOAD_SMP_SECURED ? smp->u.secured.result.err : 0);
    HS_TRACE(d->s, "%u: security event %u, conn %u", d->index, smp->type, evt->conn);
    if (smp->type >= WOAD_SMP_BOND_STORED) {
        bond_changed(d, smp);
        return;
    }
    struct hs_link *l = hs_link(d, evt->conn);
    if (!l)
        hs_fail(d->s, "device %u: security event %u of unknown link", d->index, smp->type);
    else if (smp->type == WOAD_SMP_SECURED)
        secured(d, l, smp);
    else if (smp->type != WOAD_SMP_KEYPRESSED)
        asked(d, l, smp);
}

/* What persons do, in their time; some mistype. */
static void persons(struct hs_dev *d)
{
    for (unsigned i = 0; i < HS_LINKS; i++) {
        struct hs_link *l = &d->links[i];
        if (!l->up || woad_sim_now(d->s->sim) < l->answer_at)
            continue;
        const struct hs_link *other = hs_other_end(d, l);
        if (l->compares && other && (other->compares || other->agreed)) {
            bool same = other->shown == l->shown && !hs_chance(d->s, 12);
            l->compares = false;
            l->agreed = true; /* the number stays on the display */
            (void)!woad_smp_confirm(d->host, l->handle, same);
        }
        if (l->enters && other && (other->shows || other->enters)) {
            uint32_t key = other->shows ? other->shown : 112358;
            l->enters = false;
            if (hs_chance(d->s, 12))
                key = (key + 1) % 1000000;
            int err = woad_smp_passkey(d->host, l->handle, key);
            HS_TRACE(d->s, "%u: enters %06u on %u -> %d", d->index, key, l->handle, err);
        }
    }
}

/* ---- events ---------------------------------------------------------------------------------- */

static void link_event(struct hs_dev *d, const struct woad_host_evt *evt)
{
    struct hs_link *l = hs_link(d, evt->conn);
    if (!l) {
        hs_fail(d->s, "device %u: event %u of unknown link %u", d->index, evt->type, evt->conn);
        return;
    }
    switch (evt->type) {
    case WOAD_EVT_CONN_UPDATED: hs_end(d, &l->op[HS_UPDATE], true, "CONN_UPDATED"); break;
    case WOAD_EVT_CONN_UPDATE_REQUEST: *evt->u.update_request.accept = !hs_chance(d->s, 4); break;
    case WOAD_EVT_PHY_UPDATED: hs_end(d, &l->op[HS_PHY], true, "PHY_UPDATED"); break;
    case WOAD_EVT_RSSI: hs_end(d, &l->op[HS_RSSI], false, "RSSI"); break;
    default: break;
    }
}

static void started(struct hs_dev *d, int err, enum hs_what start, enum hs_what stop, bool *on)
{
    hs_end(d, &d->op[start], false, "ADV_STARTED or SCAN_STARTED");
    *on = err == 0;
    if (err)
        d->op[stop].n = 0;
}

static void stopped(struct hs_dev *d, enum hs_what stop, bool *on)
{
    HS_CHECK(d->s, *on, "device %u: stopped without a start", d->index);
    *on = false;
    d->op[stop].n = 0;
}

static void is_off(struct hs_dev *d)
{
    d->ready = false;
    d->off = true;
    hs_end(d, &d->op[HS_STOP], false, "STOPPED");
    d->op[HS_START].n = 0;
    for (unsigned i = HS_ADV; i < HS_DEV_WHATS; i++)
        HS_CHECK(d->s, !d->op[i].n, "device %u: STOPPED, operation %u did not end", d->index, i);
    HS_CHECK(d->s, !d->adv_on && !d->scan_on, "device %u: STOPPED before the others", d->index);
}

static void device_event(struct hs_dev *d, const struct woad_host_evt *evt)
{
    switch (evt->type) {
    case WOAD_EVT_READY:
        d->ready = true;
        d->op[HS_START].n = 0;
        break;
    case WOAD_EVT_FAULT:
        HS_TRACE(d->s, "%u: FAULT %s", d->index, woad_host_fault_text(evt));
        d->ready = false;
        d->op[HS_START].n = 0;
        hs_begin(d->s, &d->op[HS_START]);
        break;
    case WOAD_EVT_STOPPED: is_off(d); break;
    case WOAD_EVT_ADV_STARTED: started(d, evt->u.done.err, HS_ADV, HS_ADV_STOP, &d->adv_on); break;
    case WOAD_EVT_SCAN_STARTED:
        started(d, evt->u.done.err, HS_SCAN, HS_SCAN_STOP, &d->scan_on);
        break;
    case WOAD_EVT_ADV_STOPPED: stopped(d, HS_ADV_STOP, &d->adv_on); break;
    case WOAD_EVT_SCAN_STOPPED: stopped(d, HS_SCAN_STOP, &d->scan_on); break;
    case WOAD_EVT_CONNECT_FAILED: hs_end(d, &d->op[HS_CONNECT], false, "CONNECT_FAILED"); break;
    default: break;
    }
}

static void on_event(void *arg, struct woad_host *h, const struct woad_host_evt *evt)
{
    struct hs_dev *d = arg;
    (void)h;
    if (evt->type != WOAD_EVT_ADV_REPORT) {
        HS_TRACE(d->s, "%u: event %u conn %d", d->index, evt->type,
                 evt->conn == WOAD_CONN_NONE ? -1 : evt->conn);
        hs_note(d, evt->type, evt->conn, 0);
    }
    if (evt->type == WOAD_EVT_CONNECTED)
        connected(d, evt);
    else if (evt->type == WOAD_EVT_DISCONNECTED)
        disconnected(d, evt);
    else if (evt->type == WOAD_EVT_SECURITY)
        on_security(d, evt);
    else if (evt->conn != WOAD_CONN_NONE)
        link_event(d, evt);
    else
        device_event(d, evt);
    hs_inside(d);
}

/* ---- channels beside ------------------------------------------------------------------------- */

static uint8_t pattern[4096];

static struct hs_chan *chan_of(struct hs_dev *d, woad_chan handle)
{
    for (unsigned i = 0; i < HS_CHANS; i++)
        if (d->chans[i].used && d->chans[i].handle == handle)
            return &d->chans[i];
    return NULL;
}

static struct hs_chan *new_chan(struct hs_dev *d)
{
    for (unsigned i = 0; i < HS_CHANS; i++)
        if (!d->chans[i].used)
            return &d->chans[i];
    return NULL;
}

static void read_chan(struct hs_dev *d, struct hs_chan *c)
{
    uint8_t buf[512];
    long n;
    while ((n = woad_l2cap_read(d->host, c->handle, buf, sizeof(buf))) > 0)
        for (long i = 0; i < n; i++)
            if (buf[i] != pattern[c->got++ % sizeof(pattern)])
                hs_fail(d->s, "device %u: octet %u of a channel is wrong", d->index, c->got - 1);
}

static void write_chan(struct hs_dev *d, struct hs_chan *c)
{
    while (c->out && c->open && !c->closing && c->at < 12000) {
        uint32_t from = c->at % sizeof(pattern);
        uint32_t len = hs_range(d->s, 1, (uint32_t)sizeof(pattern) - from);
        int err = woad_l2cap_write(d->host, c->handle, pattern + from, len, c);
        if (err)
            return;
        c->at += len;
        c->sends++;
    }
    if (c->out && c->open && !c->closing)
        c->closing = woad_l2cap_close(d->host, c->handle, true) == 0;
}

static void on_channel(void *arg, struct woad_host *h, const struct woad_chan_evt *evt)
{
    struct hs_dev *d = arg;
    struct hs_chan *c = evt->type == WOAD_CHAN_ACCEPT ? new_chan(d) : chan_of(d, evt->chan);
    hs_note(d, 600u + evt->type, evt->conn, 0);
    if (evt->type == WOAD_CHAN_ACCEPT) {
        int err = woad_l2cap_accept(h, evt->chan, c ? WOAD_L2CAP_OK : WOAD_L2CAP_NO_RESOURCES, NULL,
                                    NULL);
        if (c && !err)
            *c = (struct hs_chan){.handle = evt->chan, .conn = evt->conn, .used = true};
        return;
    }
    if (!c) {
        HS_CHECK(d->s, evt->type == WOAD_CHAN_CLOSED, "device %u: event of unknown channel",
                 d->index);
        return;
    }
    switch (evt->type) {
    case WOAD_CHAN_OPENED: c->open = true; break;
    case WOAD_CHAN_RECEIVED: read_chan(d, c); break;
    case WOAD_CHAN_SENT:
        HS_CHECK(d->s, evt->u.sent.tag == c && c->sends, "device %u: SENT twice", d->index);
        c->sends--;
        break;
    case WOAD_CHAN_CLOSED:
        HS_CHECK(d->s, !c->sends, "device %u: CLOSED before SENT", d->index);
        read_chan(d, c);
        if (c->open && !c->closing)
            HS_CHECK(d->s, woad_l2cap_release(h, c->handle) == 0, "release");
        c->used = false;
        return;
    default: break;
    }
    write_chan(d, c);
}

static void op_chan(struct hs_dev *d)
{
    struct hs_link *l = hs_draw_link(d);
    struct hs_chan *c = new_chan(d);
    woad_chan handle;
    if (!l || !c ||
        woad_l2cap_connect(
            d->host, l->handle,
            &(struct woad_chan_cfg){.psm = 0x81, .mps = 247, .event = on_channel, .arg = d},
            &handle))
        return;
    *c = (struct hs_chan){.handle = handle, .conn = l->handle, .used = true, .out = true};
}

/* ---- operations ------------------------------------------------------------------------------ */

static void op_start(struct hs_dev *d)
{
    if (!d->off || d->dark)
        return;
    hs_called(d, &d->op[HS_START], woad_host_start(d->host), "start");
    d->off = false;
}

static void op_stop(struct hs_dev *d)
{
    if (!d->dark)
        hs_called(d, &d->op[HS_STOP], woad_host_stop(d->host), "stop");
}

static void op_advertise(struct hs_dev *d)
{
    struct woad_adv_params p = {.interval_min_625us = (uint16_t)hs_range(d->s, 32, 100),
                                .data = (const uint8_t *)"\2\1\6",
                                .data_len = 3};
    hs_called(d, &d->op[HS_ADV], woad_gap_advertise_start(d->host, &p), "advertise_start");
}

static void op_advertise_stop(struct hs_dev *d)
{
    hs_called(d, &d->op[HS_ADV_STOP], woad_gap_advertise_stop(d->host), "advertise_stop");
}

static void op_scan(struct hs_dev *d)
{
    struct woad_scan_params p = {.active = hs_chance(d->s, 2),
                                 .duration_ms = hs_range(d->s, 1, 2000)};
    hs_called(d, &d->op[HS_SCAN], woad_gap_scan_start(d->host, &p), "scan_start");
}

static void op_scan_stop(struct hs_dev *d)
{
    hs_called(d, &d->op[HS_SCAN_STOP], woad_gap_scan_stop(d->host), "scan_stop");
}

static struct woad_conn_params draw_params(struct swarm *s)
{
    struct woad_conn_params p = {.interval_min_1250us = (uint16_t)hs_range(s, 6, 40),
                                 .latency = hs_chance(s, 3) ? (uint16_t)hs_range(s, 1, 4) : 0,
                                 .timeout_10ms = (uint16_t)hs_range(s, 100, 300)};
    return p;
}

/* Or on the way to it: a second link between the same two is none of the swarm's business. */
static bool linked(const struct hs_dev *a, const struct hs_dev *b)
{
    if (b->op[HS_CONNECT].n && b->wanted == a)
        return true;
    for (unsigned i = 0; i < HS_LINKS; i++)
        if ((a->links[i].up && a->links[i].peer == b) || (b->links[i].up && b->links[i].peer == a))
            return true;
    return false;
}

static void connect_to(struct hs_dev *d, const struct hs_dev *to, uint32_t duration_ms)
{
    struct woad_conn_params p = draw_params(d->s);
    if (to == d || linked(d, to))
        return;
    p.duration_ms = duration_ms;
    int err = woad_gap_connect(d->host, &to->addr, &p);
    hs_called(d, &d->op[HS_CONNECT], err, "connect");
    if (!err)
        d->wanted = to;
}

static void op_connect(struct hs_dev *d)
{
    connect_to(d, &d->s->dev[hs_below(d->s, d->s->n)], hs_range(d->s, 1, 2000));
}

static void op_disconnect(struct hs_dev *d)
{
    struct hs_link *l = hs_draw_link(d);
    if (!l || !hs_chance(d->s, 4))
        return;
    hs_called(d, &l->op[HS_DISCONNECT], woad_gap_disconnect(d->host, l->handle, 0), "disconnect");
}

/* Values go over other bearers from now on: those on their way are lost or come late. */
static void on_bearer(void *arg, struct woad_host *h, const struct woad_eatt_evt *evt)
{
    struct hs_dev *d = arg;
    struct hs_link *l = hs_link(d, evt->conn);
    (void)h;
    HS_TRACE(d->s, "%u: bearer event %u on %u: %d, result %u, has %u", d->index, evt->type,
             evt->conn, evt->err, evt->result, evt->count);
    hs_note(d, 700u + evt->type, evt->conn, evt->err);
    if (!l) {
        hs_fail(d->s, "device %u: a bearer of unknown link %u", d->index, evt->conn);
        return;
    }
    bool open = evt->type == WOAD_EATT_OPENED;
    d->s->bearers += open;
    l->bearers += open;
    HS_CHECK(d->s, evt->count <= l->bearers, "device %u: %u bearers, not %u", d->index, evt->count,
             l->bearers);
    l->bearers = evt->count;
    l->rebuilt_at = woad_sim_now(d->s->sim);
}

static void op_bearer(struct hs_dev *d)
{
    struct hs_link *l = hs_draw_link(d);
    if (!l || !d->use[3].part)
        return;
    int err = woad_eatt_open(d->host, l->handle, hs_range(d->s, 1, 3));
    HS_TRACE(d->s, "%u: open bearers on %u -> %d", d->index, l->handle, err);
    HS_CHECK(d->s, err <= 0 && err != WOAD_ERR_INVALID, "device %u: open bearers %d", d->index,
             err);
}

static void op_link(struct hs_dev *d)
{
    struct hs_link *l = hs_draw_link(d);
    struct woad_conn_params p = draw_params(d->s);
    if (!l)
        return;
    switch (hs_below(d->s, 4)) {
    case 0:
        hs_called(d, &l->op[HS_UPDATE], woad_gap_update(d->host, l->handle, &p), "update");
        break;
    case 1:
        hs_called(d, &l->op[HS_PHY],
                  woad_gap_set_phy(d->host, l->handle, (uint8_t)hs_range(d->s, 1, 3),
                                   (uint8_t)hs_range(d->s, 1, 3)),
                  "set_phy");
        break;
    default: hs_called(d, &l->op[HS_RSSI], woad_gap_read_rssi(d->host, l->handle), "rssi"); break;
    }
}

static void op_secure(struct hs_dev *d)
{
    struct hs_link *l = hs_draw_link(d);
    if (!l)
        return;
    uint8_t level = (uint8_t)(hs_chance(d->s, 3) ? hs_range(d->s, 3, 4) : 2);
    int err = hs_chance(d->s, 6) ? woad_smp_pair(d->host, l->handle, level)
                                 : woad_smp_secure(d->host, l->handle, level);
    hs_called(d, &l->op[HS_SECURE], err, "secure");
}

static void op_bonds(struct hs_dev *d)
{
    struct hs_link *l = hs_draw_link(d);
    if (l && hs_chance(d->s, 3)) {
        int err = woad_smp_cancel(d->host, l->handle);
        HS_TRACE(d->s, "%u: cancel pairing -> %d", d->index, err);
    } else if (hs_chance(d->s, 4)) {
        const struct hs_dev *peer = &d->s->dev[hs_below(d->s, d->s->n)];
        int err = woad_smp_bond_remove(d->host, &peer->addr);
        HS_TRACE(d->s, "%u: remove bond of %u -> %d", d->index, peer->index, err);
    }
}

static void hs_random_op(struct hs_dev *d)
{
    static const struct {
        unsigned weight;
        void (*run)(struct hs_dev *d);
    } ops[] = {
        {8, op_advertise},
        {1, op_advertise_stop},
        {1, op_scan},
        {1, op_scan_stop},
        {8, op_connect},
        {1, op_disconnect},
        {2, op_link},
        {5, op_secure},
        {1, op_bonds},
        {40, hs_op_client},
        {2, hs_op_cancel_client},
        {5, hs_op_view},
        {12, hs_op_notify},
        {4, hs_op_indicate},
        {1, hs_op_change},
        {4, hs_op_value},
        {1, op_chan},
        {3, op_bearer},
    };
    unsigned total = 0;
    if (d->dark)
        return;
    for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
        total += ops[i].weight;
    unsigned at = hs_below(d->s, total);
    size_t i = 0;
    while (at >= ops[i].weight)
        at -= ops[i++].weight;
    ops[i].run(d);
}

/* ---- faults ---------------------------------------------------------------------------------- */

static void fault(struct hs_dev *d, uint8_t kind, uint32_t duration_ms, int32_t value)
{
    struct swarm *s = d->s;
    woad_sim_time now = woad_sim_now(s->sim);
    struct woad_sim_fault f = {.at = now,
                               .duration = WOAD_SIM_MS(duration_ms),
                               .dev = d->index,
                               .value = value,
                               .kind = kind};
    HS_TRACE(s, "%u: fault %u for %u ms, value %d", d->index, kind, duration_ms, value);
    HS_CHECK(s, woad_sim_fault_add(s->sim, &f) == 0, "fault");
    woad_sim_time end = now + f.duration + WOAD_SIM_S(4);
    if (kind == WOAD_SIM_FAULT_RESET)
        d->fault_at = now + WOAD_SIM_MS(hs_below(s, 500)) + 1;
    if (kind != WOAD_SIM_FAULT_LOSS && end > d->hurt_until)
        d->hurt_until = end;
}

static void random_fault(struct swarm *s)
{
    struct hs_dev *d = &s->dev[hs_below(s, s->n)];
    if (d->dark)
        return;
    switch (hs_below(s, 8)) {
    case 0: fault(d, WOAD_SIM_FAULT_RESET, 0, 0); break;
    case 1: fault(d, WOAD_SIM_FAULT_MUTE, hs_range(s, 1, 3000), 0); break;
    case 2: fault(d, WOAD_SIM_FAULT_LOSS, hs_range(s, 1, 2000), (int32_t)hs_below(s, 700)); break;
    case 3:
        if (!d->off)
            woad_host_fault(d->host, "for a test");
        break;
    case 4: op_stop(d); break;
    case 5: go_dark(d); break;
    default: /* at one of the next operations of the flash */
        d->flash.cut_at = d->flash.operations + (long)hs_below(s, 12);
        d->flash.cut = (enum flash_cut)hs_below(s, FLASH_CUTS);
        break;
    }
}

static void starve(struct hs_dev *d)
{
    struct woad_host *h = d->host;
    struct woad_ll *ll = d->ll;
    struct woad_pool *pools[] = {&h->cmd_pool, &h->acl_pool,  &h->sig_pool,
                                 &h->att_pool, &ll->evt_pool, &ll->rx_pool};
    if (!d->dark)
        pools[hs_below(d->s, 6)]->fail_at = hs_range(d->s, 1, 20);
}

/* ---- invariants ------------------------------------------------------------------------------ */

static void check_age(struct hs_dev *d, woad_sim_time since, unsigned seconds, const char *what,
                      unsigned number)
{
    woad_sim_time from = since > d->hurt_until ? since : d->hurt_until;
    HS_CHECK(d->s, woad_sim_now(d->s->sim) < from + WOAD_SIM_S(seconds),
             "device %u: %s %u under way for %u s", d->index, what, number, seconds);
}

static void check_dev(struct hs_dev *d)
{
    for (unsigned i = 0; i < HS_DEV_WHATS; i++)
        if (d->op[i].n)
            check_age(d, d->op[i].since, 15, "operation of the device", i);
    for (unsigned k = 0; k < HS_LINKS; k++)
        for (unsigned i = HS_DEV_WHATS; i < HS_WHATS && d->links[k].up; i++)
            if (d->links[k].op[i].n)
                check_age(d, d->links[k].op[i].since, 120, "operation of a link", i);
    for (unsigned i = 0; i < HS_OPS; i++)
        if (d->ops[i].busy)
            check_age(d, d->ops[i].since, 120, "operation of the client", i);
    for (unsigned i = 0; i < HS_SERVICES; i++)
        if (d->services[i].want_writable)
            check_age(d, d->services[i].refused_at, 60, "WRITABLE of service", i);
    hs_check_cccds(d);
}

static void tend(struct hs_dev *d)
{
    struct swarm *s = d->s;
    woad_sim_time now = woad_sim_now(s->sim);
    if (d->flash.off && !d->dark)
        go_dark(d);
    if (d->dark && now >= d->light_at)
        come_back(d);
    if (d->dark)
        return;
    if (d->fault_at && now >= d->fault_at) {
        d->fault_at = 0;
        woad_host_fault(d->host, "the controller was reset");
    }
    persons(d);
    for (unsigned i = 0; i < HS_LINKS; i++)
        if (d->owed[i].used && now >= d->owed[i].at) {
            d->owed[i].used = false;
            hs_answer(d, &d->owed[i]);
        }
    if (d->off && !s->quiet && hs_chance(s, 10))
        op_start(d);
    woad_sim_task_wake(d->host_task);
    if (s->hungry)
        woad_sim_task_wake(d->ll_task);
}

static void step(struct swarm *s, woad_sim_time ns)
{
    woad_sim_run_until(s->sim, woad_sim_now(s->sim) + ns);
    for (unsigned i = 0; i < s->n && !s->failed; i++) {
        tend(&s->dev[i]);
        if (!s->dev[i].dark && !s->dev[i].flash.off && !s->failed)
            check_dev(&s->dev[i]);
    }
}

/* ---- the end --------------------------------------------------------------------------------- */

static bool settled(const struct hs_dev *d)
{
    bool busy = d->dark || d->hurt_until > woad_sim_now(d->s->sim);
    for (unsigned i = 0; i < HS_OPS; i++)
        busy |= d->ops[i].busy;
    for (unsigned i = 0; i < HS_DEVS; i++)
        busy |= d->views[i].open && d->views[i].reading;
    for (unsigned i = 0; i < HS_DEV_WHATS; i++)
        busy |= d->op[i].n != 0;
    for (unsigned i = 0; i < HS_LINKS; i++)
        for (unsigned k = 0; k < HS_WHATS; k++)
            busy |= d->links[i].up && d->links[i].op[k].n;
    for (unsigned i = 0; i < HS_CHANS; i++)
        busy |= d->chans[i].used;
    return !busy;
}

/* Links that are too slow to wait for. */
static void hang_up(struct swarm *s)
{
    for (unsigned i = 0; i < s->n; i++)
        for (unsigned k = 0; k < HS_LINKS; k++)
            if (s->dev[i].links[k].up)
                (void)!woad_gap_disconnect(s->dev[i].host, s->dev[i].links[k].handle, 0);
}

/* Everything under way comes to its end. */
static void calm(struct swarm *s)
{
    s->quiet = true;
    for (unsigned i = 0; i < 9000 && !s->failed; i++) {
        bool all = true;
        for (unsigned k = 0; k < s->n; k++)
            all = all && settled(&s->dev[k]);
        if (all)
            return;
        if (i == 6000)
            hang_up(s);
        step(s, WOAD_SIM_MS(10));
    }
    for (unsigned k = 0; k < s->n; k++)
        HS_CHECK(s, settled(&s->dev[k]), "device %u does not come to rest", k);
}

/* Every client that follows a server knows it as it is; every reader has read. */
static void check_views(struct swarm *s)
{
    for (unsigned i = 0; i < 200; i++) /* Service Changed on its way */
        step(s, WOAD_SIM_MS(10));
    calm(s);
    for (unsigned i = 0; i < s->n && !s->failed; i++)
        for (unsigned k = 0; k < s->n && !s->failed; k++) {
            struct hs_view *v = &s->dev[i].views[k];
            if (v->open && v->boots == v->of->boots && !s->dev[i].off)
                hs_check_view(v);
        }
}

static void wait_for(struct swarm *s, bool hs_off)
{
    for (unsigned i = 0; i < 3000 && !s->failed; i++) {
        bool all = true;
        for (unsigned k = 0; k < s->n; k++)
            all = all && (hs_off ? s->dev[k].off : s->dev[k].ready);
        if (all)
            return;
        step(s, WOAD_SIM_MS(10));
    }
    hs_fail(s, "not every host is %s", hs_off ? "stopped" : "ready");
}

static void check_full(struct hs_dev *d)
{
    struct woad_ll *ll = d->ll;
    struct woad_host_stats stats;
    woad_host_get_stats(d->host, &stats);
    HS_CHECK(d->s, !stats.bufs_in_use && !stats.ops_pending,
             "device %u stopped: %u buffers in use, %u operations", d->index, stats.bufs_in_use,
             stats.ops_pending);
    const struct {
        const struct woad_pool *pool;
        unsigned kept;
        const char *name;
    } pools[] = {
        {&ll->cmd_pool, 0, "cmd"},
        {&ll->acl_pool, 0, "acl"},
        {&ll->evt_pool, 0, "evt"},
        {&ll->stage_pool, 0, "stage"},
        {&ll->rx_pool, ll_ring_count(&ll->rx_free), "rx"},
        {&ll->report_pool, ll_ring_count(&ll->report_free), "report"},
    };
    for (size_t i = 0; i < sizeof(pools) / sizeof(pools[0]); i++)
        HS_CHECK(d->s, pools[i].pool->free_count + pools[i].kept == pools[i].pool->count,
                 "device %u stopped: %u + %u of %u buffers of the controller's %s pool", d->index,
                 pools[i].pool->free_count, pools[i].kept, pools[i].pool->count, pools[i].name);
    for (unsigned i = 0; i < HS_LINKS; i++)
        HS_CHECK(d->s, !d->links[i].up, "device %u stopped: a link is up", d->index);
}

static void wind_up(struct swarm *s)
{
    for (unsigned i = 0; i < s->n; i++)
        s->dev[i].flash.cut_at = -1;
    calm(s);
    check_views(s);
    for (unsigned i = 0; i < s->n && !s->failed; i++)
        op_start(&s->dev[i]);
    wait_for(s, false);
    for (unsigned i = 0; i < s->n && !s->failed; i++)
        op_stop(&s->dev[i]);
    wait_for(s, true);
    step(s, WOAD_SIM_MS(200));
    for (unsigned i = 0; i < s->n && !s->failed; i++)
        check_full(&s->dev[i]);
}

/* ---- one seed -------------------------------------------------------------------------------- */

static uint64_t current_seed;

static void on_signal(int number)
{
    char text[80];
    int n = snprintf(text, sizeof(text), "signal %d; repeat with: --seed %llu\n", number,
                     (unsigned long long)current_seed);
    (void)!write(2, text, (size_t)n);
    signal(number, SIG_DFL);
    raise(number);
}

static void live(struct swarm *s)
{
    bool faults = hs_chance(s, 2);
    s->hungry = hs_chance(s, 4);
    woad_sim_time end = WOAD_SIM_S(hs_range(s, 5, 15));
    for (unsigned i = 0; i < s->n; i++)
        op_start(&s->dev[i]);
    while (woad_sim_now(s->sim) < end && !s->failed) {
        step(s, WOAD_SIM_US(hs_range(s, 100, 20000)));
        for (unsigned k = hs_range(s, 0, 3); k > 0 && !s->failed; k--)
            hs_random_op(&s->dev[hs_below(s, s->n)]);
        if (faults && hs_chance(s, 120))
            random_fault(s);
        if (s->hungry && hs_chance(s, 20))
            starve(&s->dev[hs_below(s, s->n)]);
    }
}

static void add_up(struct swarm *to, const struct swarm *s)
{
    to->links += s->links;
    to->values += s->values;
    to->secured += s->secured;
    to->bearers += s->bearers;
    to->reboots += s->reboots;
    to->flash_cuts += s->flash_cuts;
    to->changes += s->changes;
    for (unsigned i = 0; i < HS_KINDS; i++)
        to->done[i] += s->done[i];
}

static bool run_seed(uint64_t seed, uint64_t *hash, struct swarm *totals)
{
    struct swarm *s = calloc(1, sizeof(*s));
    assert_non_null(s);
    current_seed = seed;
    toy_p256_seed(seed);
    alarm(240);
    s->seed = s->rng = seed;
    s->trace = options.trace;
    s->n = hs_chance(s, 2) ? 2 : hs_range(s, 3, HS_DEVS);
    s->sim = woad_sim_new(&(struct woad_sim_cfg){
        .seed = seed, .loss_permille = hs_chance(s, 2) ? (uint16_t)hs_below(s, 251) : 0});
    assert_non_null(s->sim);
    if (options.capture)
        HS_CHECK(s, woad_sim_capture_open(s->sim, options.capture) == 0, "cannot write %s",
                 options.capture);
    for (unsigned i = 0; i < s->n; i++)
        add_dev(s, i);
    live(s);
    if (!s->failed)
        wind_up(s);
    *hash = s->hash;
    bool ok = !s->failed;
    add_up(totals, s);
    (void)woad_sim_capture_close(s->sim);
    for (unsigned i = 0; i < s->n; i++)
        free_dev(&s->dev[i]);
    woad_sim_free(s->sim);
    free(s);
    alarm(0);
    return ok;
}

static void print_totals(const struct swarm *t, unsigned failures)
{
    unsigned done = 0;
    for (unsigned i = 0; i < HS_KINDS; i++)
        done += t->done[i];
    print_message("%llu seeds: %u link ends, %u operations done, %u values sent, %u links secured, "
                  "%u bearers, %u changes, %u power cuts (%u in a write to flash), %u failures\n",
                  (unsigned long long)options.count, t->links, done, t->values, t->secured,
                  t->bearers, t->changes, t->reboots, t->flash_cuts, failures);
}

static void test_swarms(void **state)
{
    static struct swarm totals;
    uint64_t hash, again;
    unsigned failures = 0;
    (void)state;
    for (uint64_t seed = options.first; seed < options.first + options.count; seed++) {
        if (!run_seed(seed, &hash, &totals)) {
            failures++;
        } else if (seed % 20 == 1 || options.one) {
            assert_true(run_seed(seed, &again, &totals));
            assert_true(hash == again);
        }
    }
    print_totals(&totals, failures);
    assert_int_equal(failures, 0);
    for (unsigned i = 0; i < HS_KINDS && options.count >= 100; i++)
        assert_true(totals.done[i] > 0);
}

static uint64_t number(char **argv, int *i)
{
    const char *text = argv[*i + 1];
    if (text)
        ++*i;
    return text ? strtoull(text, NULL, 0) : 1;
}

static bool parse(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--seed")) {
            options.one = true;
            options.first = number(argv, &i);
            options.count = 1;
        } else if (!strcmp(argv[i], "--seeds")) {
            options.count = number(argv, &i);
        } else if (!strcmp(argv[i], "--first")) {
            options.first = number(argv, &i);
        } else if (!strcmp(argv[i], "--trace")) {
            options.trace = true;
        } else if (!strcmp(argv[i], "--capture") && argv[i + 1]) {
            options.capture = argv[++i];
        } else {
            return false;
        }
    }
    return true;
}

int main(int argc, char **argv)
{
    static const int numbers[] = {SIGABRT, SIGSEGV, SIGALRM};
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_swarms)};
    if (!parse(argc, argv) || woad_crypto_init()) {
        fputs("host_swarm_test [--seed N | --seeds N [--first N]] [--trace] [--capture FILE]\n",
              stderr);
        return 2;
    }
    for (size_t i = 0; i < sizeof(pattern); i++)
        pattern[i] = (uint8_t)(i * 31 + (i >> 7));
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        signal(numbers[i], on_signal);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
