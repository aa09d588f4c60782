/* The GATT client against a server that answers what is asked: plausibly, plausibly but for an
 * octet or the length, or with anything. The input is a row of steps {what, argument, ...}. Each
 * operation must complete exactly once, whatever the server says. */
#include "host_fuzz.h"

#include "host/host_priv.h"
#include "support/gatt_server.c"
#include "woad/gattc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define OPS  8
#define SUBS 4

struct client {
    struct host_fuzz f;
    struct gatt_server server;
    struct woad_gattc_op ops[OPS];
    struct woad_gattc_sub subs[SUBS];
    struct woad_gattc_db db;
    uint16_t db_mem[300];
    unsigned begun, done, opened, ready;
    uint8_t pdu[600]; /* the last request */
    uint16_t pdu_len;
    uint8_t value[512];
    uint16_t handles[4];
    struct woad_gattc_write writes[2];
};

static void on_event(void *arg, struct woad_host *h, const struct woad_gattc_evt *evt)
{
    struct client *c = arg;
    unsigned sum = 0;
    (void)h;
    c->done += evt->type == WOAD_GATTC_DONE;
    if (evt->type == WOAD_GATTC_VALUE)
        for (uint16_t i = 0; i < evt->u.value.len; i++)
            sum += evt->u.value.data[i];
    if (evt->type == WOAD_GATTC_VALUE && evt->u.value.len > 516)
        abort();
    if (evt->type == WOAD_GATTC_CHARACTERISTIC &&
        evt->u.characteristic.end < evt->u.characteristic.value_handle)
        abort();
    if (evt->op && evt->type == WOAD_GATTC_VALUE && sum % 64 == 63)
        (void)!woad_gattc_cancel(h, evt->op);
}

/* One completion for an opening, one for every change that was told. */
static void on_db(void *arg, struct woad_host *h, const struct woad_gattc_evt *evt)
{
    struct client *c = arg;
    (void)h;
    if (evt->type == WOAD_GATTC_DB_READY)
        c->ready++;
    for (uint16_t i = 0; i < c->db.attr_count; i++) {
        (void)woad_gattc_db_uuid(&c->db, &c->db.attrs[i]);
        if (i && c->db.attrs[i].handle <= c->db.attrs[i - 1].handle)
            abort();
    }
}

static void pump(struct client *c)
{
    struct woad_buf *buf;
    uint8_t sent = 0;
    for (int i = 0; i < 3; i++) {
        woad_host_run(c->f.h, ++c->f.now);
        for (; (buf = woad_host_tx(c->f.h)); woad_buf_unref(buf)) {
            uint8_t pkt[600];
            size_t len = woad_buf_copy_out(buf, 0, pkt, sizeof(pkt));
            if (buf->type == WOAD_PKT_CMD)
                fuzz_answer(&c->f, woad_get_u16(pkt));
            else if (len > 8 && woad_get_u16(pkt + 6) == 4 && !(pkt[8] & 0x40)) {
                c->pdu_len = (uint16_t)(len - 8);
                memcpy(c->pdu, pkt + 8, c->pdu_len);
            }
            sent = (uint8_t)(sent + (buf->type == WOAD_PKT_ACL));
        }
        const uint8_t done[7] = {
            WOAD_HCI_EVT_NUMBER_OF_COMPLETED_PACKETS, 5, 1, FUZZ_CONN, 0, sent, 0};
        fuzz_give(&c->f, WOAD_PKT_EVT, done, sizeof(done));
        sent = 0;
    }
}

static void give_pdu(struct client *c, const uint8_t *pdu, uint16_t len)
{
    uint8_t acl[600];
    woad_put_u16(acl, FUZZ_CONN | WOAD_HCI_ACL_FIRST_FLUSHABLE);
    woad_put_u16(acl + 2, (uint16_t)(len + 4));
    woad_put_u16(acl + 4, len);
    woad_put_u16(acl + 6, 4);
    memcpy(acl + 8, pdu, len);
    fuzz_give(&c->f, WOAD_PKT_ACL, acl, len + 8u);
    pump(c);
}

/* The server's answer to the last request, with one octet changed when change is not 0 and grown
 * or shortened by more. */
static void answer(struct client *c, uint8_t at, uint8_t change, int8_t more)
{
    uint8_t to[600] = {0};
    if (!c->pdu_len)
        return;
    int len = gatt_server_answer(&c->server, c->pdu, c->pdu_len, to);
    if (len && (change || more)) {
        to[at % len] ^= change;
        len += more % 8;
    }
    if (len > 0)
        give_pdu(c, to, (uint16_t)len);
}

/* ---- security made of variables -------------------------------------------------------------- */

static struct {
    uint8_t level, status;
    int bond, err;
} fake;

static uint8_t fake_level(const struct host_link *link)
{
    (void)link;
    return fake.level;
}

static int fake_bond(const struct host_link *link)
{
    (void)link;
    return fake.bond;
}

static int fake_raise(struct host_link *link, uint8_t level)
{
    (void)link;
    (void)level;
    return fake.err;
}

static int fake_sign(struct host_link *link, const struct woad_cmac_part *parts, size_t count,
                     uint8_t signature[12])
{
    (void)link;
    (void)parts;
    (void)count;
    memset(signature, 1, 12);
    return fake.err;
}

static const struct host_security_ops security = {
    .level = fake_level, .bond = fake_bond, .raise = fake_raise, .sign = fake_sign};

static void tell_parts(struct woad_timer *t)
{
    struct woad_host *h = HOST_OWNER(t, struct host_timer, t)->h;
    if (h->links[0].state == HOST_LINK_UP)
        woad_host_parts_security(&h->links[0], fake.status);
}

static void secure(struct client *c, uint8_t arg)
{
    struct woad_host *h = c->f.h;
    struct host_timer timer = {0};
    h->security = &security;
    fake.level = 1 + arg % 4;
    fake.status = arg & 0x04 ? 6 : 0;
    fake.bond = arg & 0x08 ? 0 : -1;
    fake.err = arg & 0x10 ? WOAD_ERR_STATE : arg & 0x20 ? WOAD_ERR_BUSY : 0;
    h->links[0].encrypted = fake.level > 1;
    woad_host_timer_init(h, &timer, tell_parts);
    woad_host_timer_after(&timer, 0);
    for (int i = 0; i < 4 && woad_host_timer_on(&timer); i++)
        woad_host_run(h, ++c->f.now);
    woad_host_timer_stop(&timer);
}

static int begin(struct client *c, struct woad_gattc_op *op, uint8_t kind, uint8_t arg)
{
    struct woad_host *h = c->f.h;
    struct woad_uuid uuid = woad_uuid16((uint16_t)(0x2a00 + arg % 4));
    struct woad_gattc_sub *sub = &c->subs[arg % SUBS];
    uint16_t handle = arg % 32;
    op->in_order = arg & 0x80;
    switch (kind % 18) {
    case 0: return woad_gattc_discover_services(h, FUZZ_CONN, op, NULL);
    case 1: return woad_gattc_discover_services(h, FUZZ_CONN, op, &uuid);
    case 2: return woad_gattc_discover_includes(h, FUZZ_CONN, op, 1, 0xffff);
    case 3: return woad_gattc_discover_characteristics(h, FUZZ_CONN, op, handle, 0xffff, NULL);
    case 4: return woad_gattc_discover_characteristics(h, FUZZ_CONN, op, 1, handle, &uuid);
    case 5: return woad_gattc_discover_descriptors(h, FUZZ_CONN, op, handle, 30);
    case 6: return woad_gattc_read(h, FUZZ_CONN, op, handle);
    case 7: return woad_gattc_read_long(h, FUZZ_CONN, op, handle, arg & 0x40 ? arg : 0);
    case 8: return woad_gattc_read_by_uuid(h, FUZZ_CONN, op, 1, 0xffff, &uuid);
    case 9: return woad_gattc_read_multiple(h, FUZZ_CONN, op, c->handles, 4, arg & 1);
    case 10: return woad_gattc_write(h, FUZZ_CONN, op, handle, c->value, arg);
    case 11: return woad_gattc_write_cmd(h, FUZZ_CONN, op, handle, c->value, arg % 30);
    case 12: return woad_gattc_write_signed(h, FUZZ_CONN, op, handle, c->value, 3);
    case 13: return woad_gattc_write_long(h, FUZZ_CONN, op, handle, arg, c->value, arg);
    case 14: return woad_gattc_write_reliable(h, FUZZ_CONN, op, c->writes, 2);
    case 15: return woad_gattc_exchange_mtu(h, FUZZ_CONN, op);
    case 16: return woad_gattc_subscribe(h, FUZZ_CONN, op, sub, 1 + arg % 3);
    default: return woad_gattc_unsubscribe(h, op, sub);
    }
}

static void end_link(struct client *c)
{
    const uint8_t evt[6] = {WOAD_HCI_EVT_DISCONNECTION_COMPLETE, 4, 0, FUZZ_CONN, 0, 8};
    fuzz_give(&c->f, WOAD_PKT_EVT, evt, sizeof(evt));
    pump(c);
}

static void step(struct client *c, struct woad_rd *r)
{
    uint8_t what = woad_rd_u8(r), arg = woad_rd_u8(r);
    uint8_t raw[255];
    switch (what % 12) {
    case 0:
    case 1: c->begun += !begin(c, &c->ops[what % OPS], woad_rd_u8(r), arg); break;
    case 2: (void)!woad_gattc_cancel(c->f.h, &c->ops[arg % OPS]); break;
    case 3: c->opened += !woad_gattc_db_open(c->f.h, FUZZ_CONN, &c->db); break;
    case 4: (void)!woad_gattc_db_close(c->f.h, &c->db); break;
    case 5: (void)!woad_gattc_listen(c->f.h, FUZZ_CONN, &c->subs[arg % SUBS]); break;
    case 6: (void)!woad_gattc_forget(c->f.h, &c->subs[arg % SUBS]); break;
    case 7: answer(c, arg, woad_rd_u8(r), (int8_t)woad_rd_u8(r)); break;
    case 8:
        memset(raw, 0, sizeof(raw));
        arg = (uint8_t)(arg < r->left ? arg : r->left);
        woad_rd_bytes(r, raw, arg);
        give_pdu(c, raw, arg);
        break;
    case 9: c->f.now += arg == 255 ? WOAD_S(31) : 0; break;
    case 11: secure(c, arg); break;
    default:
        for (uint8_t i = 0; i < arg % 32; i++)
            answer(c, 0, 0, 0);
        break;
    }
    pump(c);
}

static void fill(struct client *c)
{
    static const uint8_t include[] = {20, 0, 29, 0, 0x0f, 0x18};
    c->server.mtu = 23;
    gatt_server_service(&c->server, 1, 9, 0x1801);
    gatt_server_chr(&c->server, 2, 0x20, 0x2a05, c->value, 4);
    gatt_server_add(&c->server, 4, 0x2902, c->value, 2);
    gatt_server_chr(&c->server, 5, 0x0a, 0x2b29, c->value, 1);
    gatt_server_chr(&c->server, 7, 0x02, 0x2b2a, c->value, 16);
    gatt_server_service(&c->server, 10, 19, 0x1800);
    gatt_server_add(&c->server, 11, 0x2802, include, 6);
    gatt_server_chr(&c->server, 12, 0x02, 0x2a00, c->value, 60);
    gatt_server_service(&c->server, 20, 29, 0x2a01);
    gatt_server_chr(&c->server, 21, 0x12, 0x2a02, c->value, 1);
    gatt_server_add(&c->server, 23, 0x2902, c->value, 2);
    for (unsigned i = 0; i < OPS; i++)
        c->ops[i] = (struct woad_gattc_op){.event = on_event, .arg = c};
    for (uint16_t i = 0; i < SUBS; i++)
        c->subs[i] = (struct woad_gattc_sub){
            .event = on_event, .arg = c, .value_handle = (uint16_t)(22 + i / 2), .ccc_handle = 23};
    c->db = (struct woad_gattc_db){
        .event = on_db, .arg = c, .mem = c->db_mem, .size = sizeof(c->db_mem)};
    for (uint16_t i = 0; i < 4; i++)
        c->handles[i] = (uint16_t)(i * 5 + 3);
    c->writes[0] = (struct woad_gattc_write){.handle = 13, .len = 40, .data = c->value};
    c->writes[1] = (struct woad_gattc_write){.handle = 22, .len = 1, .data = c->value};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct woad_host_use parts[] = {{&woad_gattc_part, NULL}, {NULL, NULL}};
    struct client *c = calloc(1, sizeof(*c));
    struct woad_rd r = woad_rd_init(data, size);
    struct woad_host_stats stats;
    if (!c)
        abort();
    fill(c);
    fuzz_link(&c->f, parts);
    while (r.left > 1)
        step(c, &r);
    end_link(c);
    woad_host_run(c->f.h, ++c->f.now);
    woad_host_get_stats(c->f.h, &stats);
    if (c->done != c->begun || c->ready < c->opened || stats.ops_pending || stats.bufs_in_use)
        abort();
    woad_host_deinit(c->f.h);
    free(c->f.mem);
    free(c);
    return 0;
}
