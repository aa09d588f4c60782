#include "support/duet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "woad/gap.h"

#define MUST(x)                                                                                    \
    do {                                                                                           \
        if (!(x)) {                                                                                \
            fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #x);                  \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

static void on_event(void *arg, struct woad_host *h, const struct woad_host_evt *evt)
{
    struct duet *d = arg;
    bool server = h == d->server.host;
    switch (evt->type) {
    case WOAD_EVT_READY:
        d->ready++;
        if (server)
            d->server_addr = evt->u.ready.addr;
        break;
    case WOAD_EVT_CONNECTED:
        d->links++;
        *(server ? &d->server_conn : &d->client_conn) = evt->conn;
        break;
    case WOAD_EVT_DISCONNECTED: d->links--; break;
    case WOAD_EVT_SECURITY:
        if (!server && evt->u.smp->type == WOAD_SMP_SECURED)
            d->secured += evt->u.smp->u.secured.result.err == 0;
        break;
    default: break;
    }
}

static void on_client(void *arg, struct woad_host *h, const struct woad_gattc_evt *evt)
{
    struct duet *d = arg;
    (void)h;
    if (evt->type == WOAD_GATTC_DONE || evt->type == WOAD_GATTC_DB_READY) {
        d->done = true;
        d->result = evt->u.done.err == WOAD_ERR_REFUSED || evt->u.done.err == WOAD_ERR_SECURITY
                        ? evt->u.done.att
                        : evt->u.done.err;
    } else if (evt->type == WOAD_GATTC_VALUE && !evt->op) {
        MUST(d->note_count < DUET_NOTES);
        struct duet_note *note = &d->notes[d->note_count++];
        note->handle = evt->u.value.handle;
        note->len = evt->u.value.len;
        memcpy(note->data, evt->u.value.data, note->len);
    } else if (evt->type == WOAD_GATTC_VALUE) {
        memcpy(d->value + evt->u.value.offset, evt->u.value.data, evt->u.value.len);
        d->len = (uint16_t)(evt->u.value.offset + evt->u.value.len);
    }
}

void duet_run_ms(struct duet *d, unsigned ms)
{
    node_wake(&d->client);
    node_wake(&d->server);
    woad_sim_run_until(d->sim, woad_sim_now(d->sim) + WOAD_SIM_MS(ms));
}

static int wait_done(struct duet *d, int err)
{
    MUST(err == 0);
    for (int i = 0; i < 400 && !d->done; i++)
        duet_run_ms(d, 20);
    MUST(d->done);
    return d->result;
}

static struct woad_gattc_op *begin(struct duet *d)
{
    d->done = false;
    d->len = 0;
    d->op = (struct woad_gattc_op){.event = on_client, .arg = d};
    return &d->op;
}

struct duet *duet_new(const struct duet_cfg *cfg)
{
    static const struct duet_cfg plain;
    struct duet *d = calloc(1, sizeof(*d));
    MUST(d);
    cfg = cfg ? cfg : &plain;
    MUST((d->sim = woad_sim_new(&(struct woad_sim_cfg){.seed = 5})));
    for (int i = 0; i < 2; i++)
        d->store[i] = woad_store_ram_init(&d->ram[i], d->store_mem[i], sizeof(d->store_mem[i]));
    const struct woad_gattc_cfg gattc = {.event = on_client, .arg = d, .store = &d->store[0]};
    const struct woad_gatts_cfg gatts = {.prepare_size = cfg->prepare_size, .store = &d->store[1]};
    const struct woad_smp_cfg smp[2] = {{.store = &d->store[0]}, {.store = &d->store[1]}};
    for (int i = 0; i < 2; i++) {
        struct woad_host_use *use = d->use[i];
        *use++ = i ? (struct woad_host_use){&woad_gatts_part, &gatts}
                   : (struct woad_host_use){&woad_gattc_part, &gattc};
        if (!cfg->no_security)
            *use++ = (struct woad_host_use){&woad_smp_part, &smp[i]};
        const struct node_cfg node = {
            .name = i ? "server" : "client",
            .dev = {.x_m = i},
            .host = {.event = on_event,
                     .event_arg = d,
                     .parts = d->use[i],
                     .max_chans = 1,
                     .att_mtu = cfg->att_mtu,
                     .att_tx_count = i ? cfg->att_tx_count : 0},
        };
        struct node *n = i ? &d->server : &d->client;
        MUST(node_init(n, d->sim, &node) == 0);
        MUST(woad_host_start(n->host) == 0);
    }
    duet_run_ms(d, 100);
    MUST(d->ready == 2);
    return d;
}

void duet_free(struct duet *d)
{
    node_deinit(&d->client);
    node_deinit(&d->server);
    woad_sim_free(d->sim);
    free(d);
}

void duet_connect(struct duet *d)
{
    MUST(woad_gap_advertise_start(d->server.host, &(struct woad_adv_params){0}) == 0);
    MUST(woad_gap_connect(d->client.host, &d->server_addr,
                          &(struct woad_conn_params){.interval_min_1250us = 12}) == 0);
    for (int i = 0; i < 100 && d->links < 2; i++)
        duet_run_ms(d, 20);
    MUST(d->links == 2);
    if (!d->db.mem)
        d->db = (struct woad_gattc_db){
            .event = on_client, .arg = d, .mem = d->db_mem, .size = sizeof(d->db_mem)};
    begin(d);
    MUST(wait_done(d, woad_gattc_db_open(d->client.host, d->client_conn, &d->db)) == 0);
}

void duet_disconnect(struct duet *d)
{
    MUST(woad_gap_disconnect(d->client.host, d->client_conn, 0) == 0);
    for (int i = 0; i < 100 && d->links; i++)
        duet_run_ms(d, 20);
    MUST(d->links == 0);
    d->sub_count = 0;
    memset(d->subs, 0, sizeof(d->subs));
}

uint16_t duet_find(struct duet *d, const struct woad_uuid *service, const struct woad_uuid *chr,
                   unsigned nth)
{
    const struct woad_gattc_attr *s =
        woad_gattc_db_find(&d->db, WOAD_GATTC_ATTR_SERVICE, service, 0, 0xFFFF);
    const struct woad_gattc_attr *c = s;
    do
        c = c ? woad_gattc_db_find(&d->db, WOAD_GATTC_ATTR_CHARACTERISTIC, chr, c->handle, s->end)
              : NULL;
    while (nth--);
    return c ? c->end : 0;
}

uint16_t duet_descriptor(struct duet *d, uint16_t value_handle, uint16_t uuid)
{
    const struct woad_uuid wanted = woad_uuid16(uuid);
    const struct woad_gattc_attr *a =
        woad_gattc_db_find(&d->db, WOAD_GATTC_ATTR_DESCRIPTOR, &wanted, value_handle, 0xFFFF);
    const struct woad_gattc_attr *next =
        woad_gattc_db_find(&d->db, WOAD_GATTC_ATTR_CHARACTERISTIC, NULL, value_handle, 0xFFFF);
    return a && (!next || a->handle < next->handle) ? a->handle : 0;
}

int duet_read(struct duet *d, uint16_t handle)
{
    return wait_done(d, woad_gattc_read_long(d->client.host, d->client_conn, begin(d), handle, 0));
}

int duet_write(struct duet *d, uint16_t handle, const void *data, uint16_t len)
{
    return wait_done(d,
                     woad_gattc_write(d->client.host, d->client_conn, begin(d), handle, data, len));
}

int duet_command(struct duet *d, uint16_t handle, const void *data, uint16_t len)
{
    int result = wait_done(
        d, woad_gattc_write_cmd(d->client.host, d->client_conn, begin(d), handle, data, len));
    duet_run_ms(d, 60);
    return result;
}

int duet_subscribe(struct duet *d, uint16_t value_handle)
{
    MUST(d->sub_count < DUET_SUBS);
    struct woad_gattc_sub *sub = &d->subs[d->sub_count++];
    *sub = (struct woad_gattc_sub){.event = on_client,
                                   .arg = d,
                                   .value_handle = value_handle,
                                   .ccc_handle = duet_descriptor(d, value_handle, 0x2902)};
    return wait_done(
        d, woad_gattc_subscribe(d->client.host, d->client_conn, begin(d), sub, WOAD_GATTC_NOTIFY));
}

int duet_unsubscribe(struct duet *d, uint16_t value_handle)
{
    for (unsigned i = 0; i < d->sub_count; i++)
        if (d->subs[i].value_handle == value_handle)
            return wait_done(d, woad_gattc_unsubscribe(d->client.host, begin(d), &d->subs[i]));
    return WOAD_ERR_NOT_FOUND;
}

void duet_pair(struct duet *d)
{
    unsigned before = d->secured;
    MUST(woad_smp_secure(d->client.host, d->client_conn, 2) == 0);
    for (int i = 0; i < 400 && d->secured == before; i++)
        duet_run_ms(d, 20);
    MUST(d->secured > before);
}
